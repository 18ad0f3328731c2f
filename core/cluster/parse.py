"""The Docker Engine API's JSON made into records of the snapshot: pure functions, one per kind.

They read API 1.41 to 1.51. An absent field has Go's zero value; so has null, which Go writes for a
list or a map that was never filled.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from core.cluster import references
from core.cluster.mounts import opens_engine
from core.cluster.snapshot import (
    TERMINAL_STATES,
    Container,
    Engine,
    Image,
    Node,
    Port,
    Service,
    Task,
    UpdateStatus,
)

Json = Mapping[str, Any]

#: How a practice engine says in /info that it is one (see docs/decisions).
PRACTICE_LABEL = "essaim.engine=practice"

#: Letters of an id that tell nodes of one hostname apart; more where these are the same.
MIN_PREFIX = 5

_TIMESTAMP = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)")


def timestamp(text: str | None) -> float:
    """RFC 3339 with up to nanoseconds, to seconds since the epoch; 0.0 for Go's zero time."""
    match = _TIMESTAMP.fullmatch(text or "")
    if not match or match[1].startswith("0001"):
        return 0.0
    offset = "+00:00" if match[3] == "Z" else match[3]
    return datetime.fromisoformat(match[1] + offset).timestamp() + float(match[2] or 0)


def engine(info: Json, version: Json) -> Engine:
    """From GET /info and GET /version."""
    swarm = info.get("Swarm") or {}
    return Engine(
        name=info.get("Name") or "",
        version=info.get("ServerVersion") or version.get("Version") or "",
        api_version=version.get("ApiVersion") or "",
        operating_system=info.get("OperatingSystem") or "",
        practice=PRACTICE_LABEL in (info.get("Labels") or ()),
        swarm_state=swarm.get("LocalNodeState") or "inactive",
        manager=bool(swarm.get("ControlAvailable")),
        node_id=swarm.get("NodeID") or "",
        node_address=swarm.get("NodeAddr") or "",
        swarm_error=swarm.get("Error") or "",
        cpus=int(info.get("NCPU") or 0),
        memory=int(info.get("MemTotal") or 0),
    )


def nodes(raw: Iterable[Json] | None) -> tuple[Node, ...]:
    """From GET /nodes, ordered by hostname."""
    found = sorted(map(_node, raw or ()), key=lambda node: (_natural(node.hostname), node.id))
    return tuple(_marked(node, found) for node in found)


def _marked(node: Node, nodes: Sequence[Node]) -> Node:
    """The node, with the start of its id if others have its hostname."""
    others = [n.id for n in nodes if n.hostname == node.hostname and n.id != node.id]
    if not others:
        return node
    length = MIN_PREFIX
    while any(id.startswith(node.id[:length]) for id in others) and length < len(node.id):
        length += 1
    return replace(node, id_prefix=node.id[:length])


def tasks(raw: Iterable[Json] | None) -> tuple[Task, ...]:
    """From GET /tasks, ordered by service, slot, and newest first."""
    found = map(_task, raw or ())
    return tuple(sorted(found, key=lambda t: (t.service_id, t.slot, -t.created, t.id)))


def services(raw: Iterable[Json] | None, of_cluster: tuple[Task, ...]) -> tuple[Service, ...]:
    """From GET /services, ordered by name. of_cluster: the tasks of the same moment, to count."""
    found = sorted(map(_service, raw or ()), key=lambda service: _natural(service.name))
    return recount(tuple(found), of_cluster)


def recount(known: tuple[Service, ...], of_cluster: tuple[Task, ...]) -> tuple[Service, ...]:
    """The same services, with ``running`` and ``desired`` counted from these tasks.

    They count as `docker service ls` does (SwarmKit controlapi/service.go): each task observed
    running, even if it shall shut down; the desired number of a global service is that of its
    tasks; of a job only the tasks of its present iteration.
    """
    tasks: dict[str, list[Task]] = {}
    for task in of_cluster:
        tasks.setdefault(task.service_id, []).append(task)
    return tuple(_counted(service, tasks.get(service.id, ())) for service in known)


def _counted(service: Service, tasks: Sequence[Task]) -> Service:
    running = completed = wanted = 0
    for task in tasks:
        if service.job and task.iteration != service.iteration:
            continue
        running += task.state == "running"
        if service.job:
            completed += task.state == "complete"
            wanted += task.desired_state == "complete" and task.state not in TERMINAL_STATES
        else:
            wanted += task.desired_state == "running"
    if service.replicas is not None:
        wanted = service.concurrent if service.job else service.replicas
    return replace(service, running=running, desired=wanted, completed=completed)


def containers(raw: Iterable[Json] | None) -> tuple[Container, ...]:
    """From GET /containers/json?all=1, newest first."""
    return tuple(sorted(map(_container, raw or ()), key=lambda c: (-c.created, c.name)))


def images(raw: Iterable[Json] | None) -> tuple[Image, ...]:
    """From GET /images/json, newest first."""
    found = map(_image, raw or ())
    return tuple(sorted(found, key=lambda image: (-image.created, image.tags, image.id)))


def _image(raw: Json) -> Image:
    called = references.names(raw.get("RepoTags") or (), raw.get("RepoDigests") or ())
    return Image(
        id=raw["Id"],
        tags=tuple(f"{repository}:{tag}" for repository, tag in called if tag),
        repositories=tuple(repository for repository, tag in called if not tag),
        created=float(raw.get("Created") or 0),
        size=int(raw.get("Size") or 0),
    )


def _node(raw: Json) -> Node:
    spec = raw.get("Spec") or {}
    description = raw.get("Description") or {}
    resources = description.get("Resources") or {}
    status = raw.get("Status") or {}
    manager = raw.get("ManagerStatus") or {}
    return Node(
        id=raw["ID"],
        hostname=description.get("Hostname") or raw["ID"][:12],
        role=spec.get("Role") or "worker",
        availability=spec.get("Availability") or "active",
        state=status.get("State") or "unknown",
        message=status.get("Message") or "",
        address=status.get("Addr") or "",
        leader=bool(manager.get("Leader")),
        reachability=manager.get("Reachability") or "",
        labels=_pairs(spec.get("Labels")),
        engine_version=(description.get("Engine") or {}).get("EngineVersion") or "",
        cpus=(resources.get("NanoCPUs") or 0) / 1e9,
        memory=int(resources.get("MemoryBytes") or 0),
        version=_index(raw),
    )


def _task(raw: Json) -> Task:
    status = raw.get("Status") or {}
    container = status.get("ContainerStatus") or {}
    spec = (raw.get("Spec") or {}).get("ContainerSpec") or {}
    return Task(
        id=raw["ID"],
        service_id=raw.get("ServiceID") or "",
        slot=int(raw.get("Slot") or 0),
        node_id=raw.get("NodeID") or "",
        image=_without_digest(spec.get("Image")),
        desired_state=raw.get("DesiredState") or "",
        state=status.get("State") or "new",
        message=status.get("Message") or "",
        error=status.get("Err") or "",
        since=timestamp(status.get("Timestamp")),
        created=timestamp(raw.get("CreatedAt")),
        container_id=container.get("ContainerID") or "",
        exit_code=container.get("ExitCode") if container else None,
        iteration=_iteration(raw),
        # The daemon lists each twice, for IPv4 and for IPv6.
        ports=tuple(dict.fromkeys(map(_port, (status.get("PortStatus") or {}).get("Ports") or ()))),
    )


def _service(raw: Json) -> Service:
    spec = raw.get("Spec") or {}
    template = spec.get("TaskTemplate") or {}
    container = template.get("ContainerSpec") or {}
    raw_mode = spec.get("Mode") or {}
    mode, replicas = _mode(raw_mode)
    pairs = (pair.partition("=") for pair in container.get("Env") or ())
    image, _, digest = (container.get("Image") or "").partition("@")
    return Service(
        id=raw["ID"],
        name=spec.get("Name") or raw["ID"][:12],
        image=image,
        digest=digest,
        mode=mode,
        replicas=replicas,
        running=0,
        desired=0,
        concurrent=_size(raw_mode, "MaxConcurrent") if mode == "replicated-job" else 0,
        iteration=_iteration(raw.get("JobStatus")),
        ports=tuple(map(_port, (raw.get("Endpoint") or {}).get("Ports") or ())),
        env=tuple((key, value) for key, _, value in pairs),
        args=(*(container.get("Command") or ()), *(container.get("Args") or ())),
        constraints=tuple((template.get("Placement") or {}).get("Constraints") or ()),
        labels=_pairs(spec.get("Labels")),
        forced=int(template.get("ForceUpdate") or 0),
        update=_update(raw.get("UpdateStatus")),
        created=timestamp(raw.get("CreatedAt")),
        updated=timestamp(raw.get("UpdatedAt")),
        version=_index(raw),
        secrets=tuple(
            (each.get("SecretID") or "", each.get("SecretName") or "")
            for each in container.get("Secrets") or ()
        ),
    )


def _size(mode: Json, key: str) -> int:
    """One of the two numbers of a replicated job; 1 if absent."""
    size = (mode["ReplicatedJob"] or {}).get(key)
    return 1 if size is None else int(size)


def _mode(raw: Json) -> tuple[str, int | None]:
    if "Global" in raw:
        return "global", None
    if "ReplicatedJob" in raw:
        return "replicated-job", _size(raw, "TotalCompletions")
    if "GlobalJob" in raw:
        return "global-job", None
    return "replicated", int((raw.get("Replicated") or {}).get("Replicas") or 0)


def _update(raw: Json | None) -> UpdateStatus | None:
    if not raw or not raw.get("State"):
        return None
    return UpdateStatus(
        state=raw["State"],
        message=raw.get("Message") or "",
        started=timestamp(raw.get("StartedAt")) or None,
        completed=timestamp(raw.get("CompletedAt")) or None,
    )


def _container(raw: Json) -> Container:
    labels = raw.get("Labels") or {}
    return Container(
        id=raw["Id"],
        name=((raw.get("Names") or [""])[0]).lstrip("/"),
        image=_image_of(raw.get("Image") or ""),
        command=raw.get("Command") or "",
        created=float(raw.get("Created") or 0),
        state=raw.get("State") or "",
        status=raw.get("Status") or "",
        ports=_container_ports(raw.get("Ports") or ()),
        service=labels.get("com.docker.swarm.service.name", ""),
        task_id=labels.get("com.docker.swarm.task.id", ""),
        engine_socket=any(map(opens_engine, raw.get("Mounts") or ())),
    )


def _container_ports(raw: Iterable[Json]) -> tuple[Port, ...]:
    """The daemon lists each port twice, for IPv4 and for IPv6."""
    ports = {
        Port(
            published=int(each.get("PublicPort") or 0),
            target=int(each.get("PrivatePort") or 0),
            protocol=each.get("Type") or "tcp",
            mode="host",
        )
        for each in raw
    }
    return tuple(sorted(ports, key=lambda port: (port.published, port.target)))


def _port(raw: Json) -> Port:
    return Port(
        published=int(raw.get("PublishedPort") or 0),
        target=int(raw.get("TargetPort") or 0),
        protocol=raw.get("Protocol") or "tcp",
        mode=raw.get("PublishMode") or "ingress",
    )


def _without_digest(image: str | None) -> str:
    return (image or "").partition("@")[0]


def _image_of(container: str) -> str:
    """The image of a container: its name, or its short id if another image has that name now."""
    id = container.removeprefix("sha256:")
    return _without_digest(container) if id == container else id[:12]


def _iteration(raw: Json | None) -> int:
    """The iteration of a job, from its JobStatus or a task of it."""
    return int(((raw or {}).get("JobIteration") or {}).get("Index") or 0)


def _index(raw: Json) -> int:
    return int((raw.get("Version") or {}).get("Index") or 0)


def _pairs(raw: Json | None) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((str(key), str(value)) for key, value in (raw or {}).items()))


def _natural(name: str) -> list[tuple[int, int | str]]:
    """A sort key that puts node2 before node10."""
    return [(0, int(p)) if p.isdigit() else (1, p) for p in re.split(r"(\d+)", name) if p]
