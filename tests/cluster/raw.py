"""API JSON as a real engine 28.5 answers it, cut down to what it takes to tell objects apart."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]


def node(
    name: str, *, availability: str = "active", state: str = "ready", manager: bool = False
) -> Json:
    raw: Json = {
        "ID": f"id-{name}",
        "Version": {"Index": 9},
        "Spec": {
            "Labels": {"disk": "ssd"},
            "Role": "manager" if manager else "worker",
            "Availability": availability,
        },
        "Description": {
            "Hostname": name,
            "Platform": {"Architecture": "x86_64", "OS": "linux"},
            "Resources": {"NanoCPUs": 2_000_000_000, "MemoryBytes": 25_276_502_016},
            "Engine": {"EngineVersion": "28.5.2"},
        },
        "Status": {"State": state, "Addr": "10.77.0.11"},
    }
    if manager:
        raw["ManagerStatus"] = {
            "Leader": True,
            "Reachability": "reachable",
            "Addr": "10.77.0.11:2377",
        }
    return raw


def service(name: str = "web", replicas: int | None = 3, **spec: Any) -> Json:
    mode: Json = {"Global": {}} if replicas is None else {"Replicated": {"Replicas": replicas}}
    return {
        "ID": f"id-{name}",
        "Version": {"Index": 23},
        "CreatedAt": "2026-11-23T18:38:02.411696625Z",
        "UpdatedAt": "2026-11-23T18:38:02.413891928Z",
        "Spec": {
            "Name": name,
            "Labels": {},
            "TaskTemplate": {
                "ContainerSpec": {"Image": "nginx:latest@sha256:6bc4", "Env": ["COLOR=a=b"]},
                "ForceUpdate": 0,
            },
            "Mode": mode,
            **spec,
        },
        "Endpoint": {
            "Ports": [
                {
                    "Protocol": "tcp",
                    "TargetPort": 80,
                    "PublishedPort": 8080,
                    "PublishMode": "ingress",
                }
            ]
        },
    }


def task(
    number: int,
    *,
    slot: int = 1,
    node: str = "node1",
    state: str = "running",
    desired: str = "running",
    error: str = "",
    service: str = "web",
    at: int = 0,
) -> Json:
    raw: Json = {
        "ID": f"task-{number}",
        "CreatedAt": f"2026-11-23T18:38:{at:02d}.413267109Z",
        "Spec": {"ContainerSpec": {"Image": "nginx:latest@sha256:6bc4"}},
        "ServiceID": f"id-{service}",
        "Status": {
            "Timestamp": f"2026-11-23T18:38:{at:02d}.587808223Z",
            "State": state,
            "Message": "started",
            "PortStatus": {},
        },
        "DesiredState": desired,
    }
    if slot:
        raw["Slot"] = slot
    if node:
        raw["NodeID"] = f"id-{node}"
    if error:
        raw["Status"]["Err"] = error
    return raw


INFO: Json = {
    "Name": "node1",
    "ServerVersion": "28.5.2",
    "OperatingSystem": "Debian GNU/Linux",
    "NCPU": 2,
    "MemTotal": 25_276_502_016,
    "Labels": [],
    "Swarm": {
        "NodeID": "id-node1",
        "NodeAddr": "10.77.0.11",
        "LocalNodeState": "active",
        "ControlAvailable": True,
        "Error": "",
    },
}
VERSION: Json = {"Version": "28.5.2", "ApiVersion": "1.51"}
