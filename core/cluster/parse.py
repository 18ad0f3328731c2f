"""The Docker Engine API's JSON made into records of the snapshot: pure functions, one per kind.

They read API 1.41 to 1.56. An absent field has Go's zero value; so has null, which Go writes for a
list or a map that was never filled.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from core.cluster import references
from core.cluster.engine_json import Json, count, items, natural, part, text
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

#: How a practice engine says in /info that it is one (see docs/decisions).
PRACTICE_LABEL = "essaim.engine=practice"

#: Letters of an id that tell nodes of one hostname apart; more where these are the same.
MIN_PREFIX = 5

_TIMESTAMP = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)")


def timestamp(moment: str | None) -> float:
    """RFC 3339 with up to nanoseconds, to seconds since the epoch; 0.0 for Go's zero time."""
    match = _TIMESTAMP.fullmatch(moment or "")
    if not match or match[1].startswith("0001"):
        return 0.0
    offset = "+00:00" if match[3] == "Z" else match[3]
    return datetime.fromisoformat(match[1] + offset).timestamp() + float(match[2] or 0)


def engine(info: Json, version: Json) -> Engine:
    """From GET /info and GET /version."""
    return Engine(
        name=text(info, "Name"),
        version=text(info, "ServerVersion") or text(version, "Version"),
        api_version=text(version, "ApiVersion"),
        practice=PRACTICE_LABEL in items(info, "Labels"),
        swarm_state=text(info, "Swarm", "LocalNodeState") or "inactive",
        manager=bool(part(info, "Swarm").get("ControlAvailable")),
        node_id=text(info, "Swarm", "NodeID"),
        node_address=text(info, "Swarm", "NodeAddr"),
        swarm_error=text(info, "Swarm", "Error"),
        cpus=count(info, "NCPU"),
        memory=count(info, "MemTotal"),
    )


def nodes(raw: Iterable[Json] | None) -> tuple[Node, ...]:
    """From GET /nodes, ordered by hostname."""
    found = sorted(map(_node, raw or ()), key=lambda node: (natural(node.hostname), node.id))
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
    found = sorted(map(_service, raw or ()), key=lambda service: natural(service.name))
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
    called = references.names(items(raw, "RepoTags"), items(raw, "RepoDigests"))
    return Image(
        id=raw["Id"],
        tags=tuple(f"{repository}:{tag}" for repository, tag in called if tag),
        repositories=tuple(repository for repository, tag in called if not tag),
        created=float(raw.get("Created") or 0),
        size=count(raw, "Size"),
    )


def _node(raw: Json) -> Node:
    return Node(
        id=raw["ID"],
        hostname=text(raw, "Description", "Hostname") or raw["ID"][:12],
        role=text(raw, "Spec", "Role") or "worker",
        availability=text(raw, "Spec", "Availability") or "active",
        state=text(raw, "Status", "State") or "unknown",
        message=text(raw, "Status", "Message"),
        address=text(raw, "Status", "Addr"),
        leader=bool(part(raw, "ManagerStatus").get("Leader")),
        reachability=text(raw, "ManagerStatus", "Reachability"),
        labels=_pairs(raw, "Spec", "Labels"),
        engine_version=text(raw, "Description", "Engine", "EngineVersion"),
        cpus=count(raw, "Description", "Resources", "NanoCPUs") / 1e9,
        memory=count(raw, "Description", "Resources", "MemoryBytes"),
        version=count(raw, "Version", "Index"),
    )


def _task(raw: Json) -> Task:
    status = part(raw, "Status")
    return Task(
        id=raw["ID"],
        service_id=text(raw, "ServiceID"),
        slot=count(raw, "Slot"),
        node_id=text(raw, "NodeID"),
        image=references.without_digest(text(raw, "Spec", "ContainerSpec", "Image")),
        desired_state=text(raw, "DesiredState"),
        state=text(status, "State") or "new",
        message=text(status, "Message"),
        error=text(status, "Err"),
        since=timestamp(status.get("Timestamp")),
        created=timestamp(raw.get("CreatedAt")),
        container_id=text(status, "ContainerStatus", "ContainerID"),
        iteration=count(raw, "JobIteration", "Index"),
        # The engine lists each twice, for IPv4 and for IPv6.
        ports=tuple(dict.fromkeys(map(_port, items(status, "PortStatus", "Ports")))),
    )


def _service(raw: Json) -> Service:
    template = part(raw, "Spec", "TaskTemplate")
    container = part(template, "ContainerSpec")
    mode, replicas = _mode(part(raw, "Spec", "Mode"))
    pairs = (pair.partition("=") for pair in items(container, "Env"))
    image, _, digest = text(container, "Image").partition("@")
    return Service(
        id=raw["ID"],
        name=text(raw, "Spec", "Name") or raw["ID"][:12],
        image=image,
        digest=digest,
        mode=mode,
        replicas=replicas,
        running=0,
        desired=0,
        concurrent=_size(raw["Spec"]["Mode"], "MaxConcurrent") if mode == "replicated-job" else 0,
        iteration=count(raw, "JobStatus", "JobIteration", "Index"),
        ports=tuple(map(_port, items(raw, "Endpoint", "Ports"))),
        env=tuple((key, value) for key, _, value in pairs),
        args=(*items(container, "Command"), *items(container, "Args")),
        constraints=tuple(items(template, "Placement", "Constraints")),
        labels=_pairs(raw, "Spec", "Labels"),
        forced=count(template, "ForceUpdate"),
        update=_update(part(raw, "UpdateStatus")),
        created=timestamp(raw.get("CreatedAt")),
        version=count(raw, "Version", "Index"),
        secrets=tuple(
            (text(each, "SecretID"), text(each, "SecretName"))
            for each in items(container, "Secrets")
        ),
        volumes=_volumes(items(container, "Mounts"), "Source"),
    )


def _size(mode: Json, key: str) -> int:
    """One of the two numbers of a replicated job; 1 if absent."""
    size = part(mode, "ReplicatedJob").get(key)
    return 1 if size is None else int(size)


def _mode(raw: Json) -> tuple[str, int | None]:
    if "Global" in raw:
        return "global", None
    if "ReplicatedJob" in raw:
        return "replicated-job", _size(raw, "TotalCompletions")
    if "GlobalJob" in raw:
        return "global-job", None
    return "replicated", count(raw, "Replicated", "Replicas")


def _update(raw: Json) -> UpdateStatus | None:
    if not raw.get("State"):
        return None
    return UpdateStatus(
        state=raw["State"],
        message=text(raw, "Message"),
        started=timestamp(raw.get("StartedAt")) or None,
        completed=timestamp(raw.get("CompletedAt")) or None,
    )


def _container(raw: Json) -> Container:
    return Container(
        id=raw["Id"],
        name=(items(raw, "Names") or [""])[0].lstrip("/"),
        image=references.of_container(text(raw, "Image")),
        command=text(raw, "Command"),
        created=float(raw.get("Created") or 0),
        state=text(raw, "State"),
        status=text(raw, "Status"),
        ports=_container_ports(items(raw, "Ports")),
        service=text(raw, "Labels", "com.docker.swarm.service.name"),
        engine_socket=any(map(opens_engine, items(raw, "Mounts"))),
        volumes=_volumes(items(raw, "Mounts"), "Name"),
    )


def _volumes(mounts: Iterable[Json], key: str) -> tuple[str, ...]:
    """key: which has a mount's name."""
    named = (text(each, key) for each in mounts if each.get("Type") == "volume")
    return tuple(sorted(filter(None, named)))


def _container_ports(raw: Iterable[Json]) -> tuple[Port, ...]:
    """The engine lists each port twice, for IPv4 and for IPv6."""
    ports = {
        Port(
            published=count(each, "PublicPort"),
            target=count(each, "PrivatePort"),
            protocol=text(each, "Type") or "tcp",
            mode="host",
        )
        for each in raw
    }
    return tuple(sorted(ports, key=lambda port: (port.published, port.target)))


def _port(raw: Json) -> Port:
    return Port(
        published=count(raw, "PublishedPort"),
        target=count(raw, "TargetPort"),
        protocol=text(raw, "Protocol") or "tcp",
        mode=text(raw, "PublishMode") or "ingress",
    )


def _pairs(raw: Json, *keys: str) -> tuple[tuple[str, str], ...]:
    """The labels at the end of these keys."""
    return tuple(sorted((str(key), str(value)) for key, value in part(raw, *keys).items()))
