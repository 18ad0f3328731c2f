"""The API's JSON of the Swarm and its nodes, services, tasks, secrets and configs."""

from __future__ import annotations

import base64
import textwrap
from collections.abc import Mapping
from functools import lru_cache
from random import Random
from typing import Any

from essaim_practice.store.formats import rfc3339
from essaim_practice.store.objects import (
    Engine,
    Json,
    Network,
    Node,
    Payload,
    Port,
    Secret,
    Service,
    State,
    Swarm,
    Task,
    UpdateStatus,
)
from essaim_practice.store.store import Store
from essaim_practice.swarm import canonical, specs
from essaim_practice.swarm.constraints import ARCHITECTURE, OS
from essaim_practice.swarm.membership import the_swarm
from essaim_practice.swarm.quorum import is_reached

_PLUGINS = (
    ("Log", "awslogs fluentd gelf journald json-file local splunk syslog"),
    ("Network", "bridge host ipvlan macvlan null overlay"),
    ("Volume", "local"),
)
_SUBJECT = "MBMxETAPBgNVBAMTCHN3YXJtLWNh"  # CN=swarm-ca, in DER and base 64


def swarm_json(swarm: Swarm) -> dict[str, Any]:
    """GET /swarm, without the join tokens."""
    return {
        **_meta(swarm),
        "Spec": swarm.spec,
        "TLSInfo": tls_info(swarm.authority or swarm.ca_digest),
        "RootRotationInProgress": False,
        "DefaultAddrPool": list(swarm.pools) or None,
        "SubnetSize": swarm.subnet_size,
        "DataPathPort": swarm.data_path_port,
    }


@lru_cache(maxsize=64)
def tls_info(authority: str) -> Mapping[str, str]:
    """An invented certificate authority, always the same for one Swarm."""
    random = Random(authority)
    lines = textwrap.wrap(base64.b64encode(random.randbytes(362)).decode(), 64)
    pem = ["-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----", ""]
    return {
        "TrustRoot": "\n".join(pem),
        "CertIssuerSubject": _SUBJECT,
        "CertIssuerPublicKey": base64.b64encode(random.randbytes(91)).decode(),
    }


def node_json(store: Store, node: Node) -> dict[str, Any]:
    engine, swarm = store.get(Engine, node.engine), the_swarm(store)
    described = not node.is_new
    shown: dict[str, Any] = {
        **_meta(node),
        "Spec": node.spec,
        "Description": {
            "Hostname": node.engine if described else "",
            "Platform": {"Architecture": ARCHITECTURE, "OS": OS} if described else {},
            "Resources": {
                "NanoCPUs": engine.cpus * specs.SECOND if engine else 0,
                "MemoryBytes": engine.memory if engine else 0,
            },
            "Engine": {
                "EngineVersion": store.edition.version,
                "Plugins": [
                    {"Type": kind, "Name": name}
                    for kind, names in _PLUGINS
                    for name in names.split()
                ],
            },
            "TLSInfo": tls_info(swarm.authority or swarm.ca_digest) if swarm else {},
        },
        "Status": {
            "State": node.state,
            **({"Message": node.message} if node.message else {}),
            "Addr": node.address,
        },
    }
    if node.role == "manager":
        shown["ManagerStatus"] = {
            **({"Leader": True} if node.leader else {}),
            "Reachability": "reachable" if is_reached(store, node) else "unreachable",
            "Addr": f"{node.address}:2377",
        }
    return shown


def service_json(
    store: Store, service: Service, defaults: bool = False, status: bool = False
) -> dict[str, Any]:
    """A service. ``defaults`` inserts the defaults into its spec, ``status`` counts its tasks."""
    shown: dict[str, Any] = {
        **_meta(service),
        "Spec": canonical.with_defaults(service.spec) if defaults else service.spec,
    }
    if service.previous_spec is not None:
        previous = service.previous_spec
        shown["PreviousSpec"] = canonical.with_defaults(previous) if defaults else previous
    # A service that is given neither ports nor addresses has no endpoint, whatever its spec says.
    given = service.ports or service.virtual_ips
    endpoint: dict[str, Any] = {"Spec": (service.spec.get("EndpointSpec") or {}) if given else {}}
    if service.ports:
        endpoint["Ports"] = [_port(port) for port in service.ports]
    if service.virtual_ips:
        endpoint["VirtualIPs"] = [
            {"NetworkID": network, "Addr": address} for network, address in service.virtual_ips
        ]
    shown["Endpoint"] = endpoint
    if service.update_status is not None:
        shown["UpdateStatus"] = _update_status(service.update_status)
    if specs.is_job(service.spec):
        shown["JobStatus"] = {
            "JobIteration": _index(service.iteration),
            "LastExecution": rfc3339(service.executed),
        }
    if status:
        shown["ServiceStatus"] = _service_status(store, service)
    return shown


def task_json(store: Store, task: Task) -> dict[str, Any]:
    shown: dict[str, Any] = {
        **_meta(task),
        "Labels": {},
        "Spec": {name: value for name, value in task.spec.items() if name != "Runtime"},
        "ServiceID": task.service_id,
        **({"Slot": task.slot} if task.slot else {}),
        **({"NodeID": task.node_id} if task.node_id else {}),
        **({} if task.job is None else {"JobIteration": _index(task.job)}),
        "Status": _task_status(task),
        "DesiredState": task.desired.name.lower(),
    }
    attachments = [
        _attachment(network, address)
        for id, address in task.addresses
        if (network := store.get(Network, id)) is not None
    ]
    if attachments:
        shown["NetworksAttachments"] = attachments
    shown["Volumes"] = None
    return shown


def payload_json(payload: Payload) -> dict[str, Any]:
    """A secret without its data, or a config with it."""
    hidden = {"Data"} if isinstance(payload, Secret) else set()
    spec = {name: value for name, value in payload.spec.items() if name not in hidden}
    return {**_meta(payload), "Spec": spec}


def _meta(record: Swarm | Node | Service | Task | Payload) -> dict[str, Any]:
    return {
        "ID": record.id,
        "Version": {"Index": record.version},
        "CreatedAt": rfc3339(record.created),
        "UpdatedAt": rfc3339(record.updated),
    }


def _update_status(status: UpdateStatus) -> dict[str, Any]:
    shown = {"State": status.state, "StartedAt": rfc3339(status.started)}
    if status.completed is not None:
        shown["CompletedAt"] = rfc3339(status.completed)
    return {**shown, "Message": status.message}


def _service_status(store: Store, service: Service) -> dict[str, int]:
    tasks = store.where(Task, "service", service.id)
    completed = 0
    if specs.is_job(service.spec):
        tasks = [task for task in tasks if task.job == service.iteration]
        completed = sum(task.state == State.COMPLETE for task in tasks)
        desired = specs.job_sizes(service.spec)[0]
        if specs.is_global(service.spec):
            goals = [task.desired for task in tasks if task.state < State.COMPLETE]
            desired = goals.count(State.COMPLETE)
    elif specs.is_global(service.spec):
        desired = sum(task.desired == State.RUNNING for task in tasks)
    else:
        desired = specs.replicas(service.spec)
    running = sum(task.state == State.RUNNING for task in tasks)
    return {"RunningTasks": running, "DesiredTasks": desired, "CompletedTasks": completed}


def _index(version: int) -> dict[str, int]:
    return {"Index": version} if version else {}


def _task_status(task: Task) -> dict[str, Any]:
    status: dict[str, Any] = {
        "Timestamp": rfc3339(task.timestamp),
        "State": task.state.name.lower(),
        "Message": task.message,
    }
    if task.error:
        status["Err"] = task.error
    if task.exit_code is not None:
        status["ContainerStatus"] = {
            "ContainerID": task.container_id,
            "PID": task.pid,
            "ExitCode": task.exit_code,
        }
    # The real engine names a port once for IPv4 and once for IPv6, and so shows it twice.
    ports = [_port(port) for port in task.ports for _ in range(2)]
    status["PortStatus"] = {"Ports": ports} if ports else {}
    return status


def _port(port: Port) -> dict[str, Any]:
    return {
        "Protocol": port.protocol,
        "TargetPort": port.target,
        **({"PublishedPort": port.published} if port.published else {}),
        "PublishMode": port.mode,
    }


def _attachment(network: Network, address: str) -> dict[str, Any]:
    spec: Json = {
        "Name": network.name,
        "Labels": network.labels,
        "DriverConfiguration": {} if network.ingress else {"Name": network.driver},
        **({"Ingress": True} if network.ingress else {}),
        **({"Attachable": True} if network.attachable else {}),
        **({"Internal": True} if network.internal else {}),
        "IPAMOptions": {"Driver": {}},
        "Scope": network.scope,
    }
    return {
        "Network": {
            "ID": network.id,
            "Version": {"Index": 3},
            "CreatedAt": rfc3339(network.created),
            "UpdatedAt": rfc3339(network.created),
            "Spec": spec,
            "DriverState": {"Name": network.driver, "Options": network.options or {}},
            "IPAMOptions": {
                "Driver": {"Name": "default"},
                "Configs": [{"Subnet": network.subnet, "Gateway": network.gateway}],
            },
        },
        "Addresses": [address],
    }
