"""The container of a task."""

from __future__ import annotations

from random import Random
from typing import Any

from essaim_practice.store.formats import hex_id
from essaim_practice.store.memory import weigh
from essaim_practice.store.mount import Mount
from essaim_practice.store.objects import Container, Json, Network, Node, Port, Service, Task
from essaim_practice.store.store import Store
from essaim_practice.swarm import expansion, specs
from essaim_practice.swarm.templates import TemplateError

_LOG_CONFIG: Json = {"Type": "json-file", "Config": {}}  # shared by the containers of all tasks
_NO_RESTART: Json = {"Name": "no", "MaximumRetryCount": 0}
GOSSIP_DELAY = 2.0  # seconds between leaving the mesh and the stop signal


def task_name(service: Service, task: Task) -> str:
    """``web.1.<id>``, or ``web.<node>.<id>`` for a global service."""
    return f"{service.name}.{task.slot or task.node_id}.{task.id}"


def container_of(
    store: Store, random: Random, service: Service, task: Task, node: Node
) -> Container:
    """The container that the agent of the node creates for the task."""
    spec = specs.section(task.spec, "ContainerSpec")
    name = task_name(service, task)
    given = [(store.get(Network, id), address) for id, address in task.addresses]
    places = {net.name: address.partition("/")[0] for net, address in given if net is not None}
    attached = tuple(places)
    values = expansion.context(
        (service.id, service.name, service.spec.get("Labels") or {}),
        (node.id, node.engine),
        (task.id, name, str(task.slot or node.id)),
    )
    try:
        expanded = expansion.expanded(spec, values)
        files = tuple(expansion.payload_mounts(store, expanded, values))
    except TemplateError as error:  # one that could be carried out when it was tried
        expanded, files = dict(spec), (Mount("file", "", problem=str(error)),)
    if not store.memory.take(weigh(expanded) + sum(len(file.data) for file in files)):
        text = "fork/exec /usr/bin/containerd-shim-runc-v2: cannot allocate memory"
        expanded, files = {"Image": spec["Image"]}, (Mount("file", "", problem=text),)
    return Container(
        id=hex_id(random),
        engine=node.engine,
        name=name,
        image=str(spec["Image"]),
        image_id="",
        config=_config(expanded, _labels(service, task, node, name)),
        host_config=_host_config(task, expanded),
        networks=attached or ("bridge",),
        created=store.clock.now(),
        pull=True,
        address=places[attached[0]] if attached else "",
        further={name: places[name] for name in attached[1:]},
        stop_delay=GOSSIP_DELAY if task.addresses else 0.0,
        stop_grace=float(spec.get("StopGracePeriod", 10 * specs.SECOND)) / specs.SECOND,
        task_id=task.id,
        mounts=files,
    )


def host_ports(task: Task) -> tuple[Port, ...]:
    return tuple(p for p in specs.ports({"EndpointSpec": task.endpoint}) if p.mode == "host")


def _labels(service: Service, task: Task, node: Node, name: str) -> dict[str, str]:
    spec = specs.section(task.spec, "ContainerSpec")
    return {
        **(spec.get("Labels") or {}),
        "com.docker.swarm.node.id": node.id,
        "com.docker.swarm.service.id": service.id,
        "com.docker.swarm.service.name": service.name,
        "com.docker.swarm.task": "",
        "com.docker.swarm.task.id": task.id,
        "com.docker.swarm.task.name": name,
    }


def _config(spec: Json, labels: Json) -> dict[str, Any]:
    config: dict[str, Any] = {
        "Image": spec["Image"],
        "Labels": labels,
        "Hostname": str(spec.get("Hostname") or ""),
        "Env": list(spec.get("Env") or ()) or None,
        "Entrypoint": spec.get("Command"),
        "Cmd": spec.get("Args"),
        "User": spec.get("User") or "",
        "WorkingDir": spec.get("Dir") or "",
        "Tty": bool(spec.get("TTY")),
        "OpenStdin": bool(spec.get("OpenStdin")),
    }
    for name in ("Healthcheck", "StopSignal"):
        if name in spec:
            config[name] = spec[name]
    return config


def _host_config(task: Task, spec: Json) -> dict[str, Any]:
    limits = specs.section(task.spec, "Resources", "Limits")
    bindings: dict[str, list[dict[str, str]]] = {}
    for port in host_ports(task):
        wanted = {"HostIp": "", "HostPort": str(port.published or "")}
        bindings.setdefault(f"{port.target}/{port.protocol}", []).append(wanted)
    return {
        "NetworkMode": "bridge",
        "LogConfig": _LOG_CONFIG,
        "RestartPolicy": _NO_RESTART,
        "PortBindings": bindings,
        "AutoRemove": False,
        "NanoCpus": int(limits.get("NanoCPUs") or 0),
        "Memory": int(limits.get("MemoryBytes") or 0),
        "Mounts": list(spec.get("Mounts") or ()),
    }
