"""The container of a task."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator
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
_NO_ULIMITS: list[Json] = []
#: HostConfig by the names of the container spec, where both have the same shape.
_SAME = {
    "Groups": "GroupAdd",
    "ReadOnly": "ReadonlyRootfs",
    "Sysctls": "Sysctls",
    "CapabilityAdd": "CapAdd",
    "CapabilityDrop": "CapDrop",
    "OomScoreAdj": "OomScoreAdj",
}
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
    own = _own_networks(store, task)  # after the Swarm's
    attached = (*places, *own)
    machine = node.engine if "host" in own else ""
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
        config=_config(task, expanded, _labels(service, task, node, name), machine),
        host_config=_host_config(task, expanded, own),
        networks=attached or ("bridge",),
        created=store.clock.now(),
        pull=True,
        address=places.get(attached[0], "") if attached else "",
        further={name: places.get(name, "") for name in attached[1:]},
        stop_delay=GOSSIP_DELAY if task.addresses else 0.0,
        stop_grace=float(spec.get("StopGracePeriod", 10 * specs.SECOND)) / specs.SECOND,
        task_id=task.id,
        mounts=files,
    )


def host_ports(task: Task) -> tuple[Port, ...]:
    return tuple(p for p in specs.ports({"EndpointSpec": task.endpoint}) if p.mode == "host")


def _own_networks(store: Store, task: Task) -> tuple[str, ...]:
    """The networks of each node itself, bridge and host, that the task is attached to."""
    ids = specs.networks({"TaskTemplate": task.spec}) if task.spec.get("Networks") else ()
    named = (store.get(Network, id) for id in ids)
    return tuple(net.name for net in named if net is not None and net.scope == "local")


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


def _config(task: Task, spec: Json, labels: Json, machine: str) -> dict[str, Any]:
    """machine: its name, where the container has the machine's network; '' elsewhere."""
    config: dict[str, Any] = {
        "Image": spec["Image"],
        "Labels": labels,
        "Hostname": str(spec.get("Hostname") or machine),
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
    if ports := host_ports(task):
        config["ExposedPorts"] = {f"{port.target}/{port.protocol}": {} for port in ports}
    return config


def _host_config(task: Task, spec: Json, networks: tuple[str, ...]) -> dict[str, Any]:
    """As the agent of moby 28 makes it (daemon/cluster/executor/container/container.go).

    It hands on no reservation: that is for the scheduler alone. The grace before SIGKILL is the
    agent's own, and no StopTimeout of the container.
    """
    bindings: dict[str, list[dict[str, str]]] = {}
    for port in host_ports(task):
        wanted = {"HostIp": "", "HostPort": str(port.published or "")}
        bindings.setdefault(f"{port.target}/{port.protocol}", []).append(wanted)
    host: dict[str, Any] = {
        "NetworkMode": "host" if "host" in networks else "bridge",
        "LogConfig": _log_config(task),
        "RestartPolicy": _NO_RESTART,
        "PortBindings": bindings,
        "AutoRemove": False,
        "Mounts": list(spec.get("Mounts") or ()),
        "Isolation": str(spec.get("Isolation") or "default"),
        "Init": bool(spec.get("Init")),
        "Ulimits": list(spec["Ulimits"]) if spec.get("Ulimits") else _NO_ULIMITS,
        **_limits(specs.section(task.spec, "Resources")),
    }
    host |= {theirs: spec[own] for own, theirs in _SAME.items() if spec.get(own)}
    names = specs.section(spec, "DNSConfig")
    for own, theirs in (("Nameservers", "Dns"), ("Search", "DnsSearch"), ("Options", "DnsOptions")):
        if names.get(own):
            host[theirs] = names[own]
    if hosts := [_extra_host(str(line)) for line in spec.get("Hosts") or ()]:
        host["ExtraHosts"] = [line for line in hosts if line]
    if options := list(_security(specs.section(spec, "Privileges"))):
        host["SecurityOpt"] = options
    return host


def _limits(resources: Json) -> dict[str, Any]:
    """The limits of a task; its memory and swap together are twice the memory unless set."""
    limits = specs.section(resources, "Limits")
    memory, swap = int(limits.get("MemoryBytes") or 0), resources.get("SwapBytes")
    found: dict[str, Any] = {"NanoCpus": int(limits.get("NanoCPUs") or 0), "Memory": memory}
    if memory:
        found["MemorySwap"] = 2 * memory if swap is None else -1 if swap < 0 else memory + swap
    if (pids := int(limits.get("Pids") or 0)) > 0:
        found["PidsLimit"] = pids
    if (swappiness := resources.get("MemorySwappiness")) is not None:
        found["MemorySwappiness"] = swappiness
    return found


def _log_config(task: Task) -> Json:
    driver = specs.section(task.spec, "LogDriver")
    if not driver.get("Name"):
        return _LOG_CONFIG
    return {"Type": driver["Name"], "Config": driver.get("Options") or {}}


def _extra_host(line: str) -> str:
    """``name:address`` of a line of /etc/hosts, ``address name``; '' for any other."""
    words = line.split()
    return f"{words[1]}:{words[0]}" if len(words) > 1 else ""


def _security(privileges: Json) -> Iterator[str]:
    """The options that stand for Privileges, in the agent's order."""
    context = specs.section(privileges, "SELinuxContext")
    if context.get("Disable"):
        yield "label=disable"
    for name in ("User", "Role", "Level", "Type"):
        if context.get(name):
            yield f"label={name.lower()}:{context[name]}"
    seccomp = specs.section(privileges, "Seccomp")
    if seccomp.get("Mode") == "unconfined":
        yield "seccomp=unconfined"
    elif seccomp.get("Mode") == "custom":
        profile = str(seccomp.get("Profile") or "")
        yield f"seccomp={b64decode(profile).decode(errors='replace')}"
    if specs.section(privileges, "AppArmor").get("Mode") == "disabled":
        yield "apparmor=unconfined"
    if privileges.get("NoNewPrivileges"):
        yield "no-new-privileges=true"
