"""The frozen records of the store: they are replaced, never edited.

Swarm objects (Swarm, Node, Service, Task, Secret, Config) belong to the managers and exist once in
the cluster. Engine objects (Engine, Container, Image) belong to one engine each, with or without a
Swarm. The agent of a node connects the two: it turns a Task into a Container of its engine, and
the state of the container into that of the task.

``spec`` fields hold the JSON that the client posted, as the real engine stores it (absent is not
the same as an explicit default), and are never edited in place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, NamedTuple

from essaim_practice.store.copies import changed as changed
from essaim_practice.store.file_tree import Tree
from essaim_practice.store.mount import Mount

Json = Mapping[str, Any]


# Engine objects


@dataclass(frozen=True, slots=True)
class Engine:
    """One simulated Docker daemon on a machine of its own."""

    id: str  # its hostname: node1
    address: str  # its IP address inside the simulated network
    up: bool = True
    cut: bool = False  # off the network: it runs on, and reaches no other machine
    full: bool = False  # there is no space left on its disk
    gone: bool = False  # taken away for good: all that is left is what the Swarm knows of it
    node_id: str = ""  # what its certificate says it is, whether or not the managers know it still
    role: str = ""  # and as what: worker, manager
    joining: str = ""  # the address that it goes on trying to join
    locked: bool = False  # its manager waits for the unlock key
    patience: float = 0.0  # when its manager gives up waiting for a leader; 0: it hears one
    cpus: int = 2
    memory: int = 4 * 2**30  # bytes


@dataclass(frozen=True, slots=True)
class Registry:
    """The state of the registry that every engine pulls from; without a record it works."""

    id: str = ""  # there is one
    up: bool = True
    rate: float = 16_000_000.0  # bytes per second, for each pull
    images: tuple[Json, ...] = ()  # those that a user has declared: recipes, with their name


@dataclass(frozen=True, slots=True)
class Image:
    """One image on one engine."""

    id: str  # "<engine>/<sha256:…>"
    engine: str
    image_id: str  # sha256:…
    tags: tuple[str, ...]  # fully spelled: nginx:latest
    digests: tuple[str, ...]  # nginx@sha256:…
    size: int  # bytes
    created: float
    layers: tuple[str, ...]
    history: tuple[Json, ...]  # as GET /images/{name}/history answers
    config: Json  # the image's Config: Cmd, Entrypoint, Env, ExposedPorts, WorkingDir, Labels
    behaviour: str  # whose main programs its containers have: redis, nginx
    files: Tree
    parent: str = ""  # the image of the build step before
    step: str = ""  # what the build step did to it: how the build cache finds it again
    author: str = ""
    comment: str = ""
    content: int = 0  # bytes of its compressed layers, where they were pulled; 0: see contents.py
    made_from: Json | None = None  # Container and ContainerConfig, of the one it was committed from
    platform: str = ""  # linux/arm64; "" for the engines' own
    base: str = ""  # whose shell and small programs: alpine, busybox, debian, ubuntu; "" for none


@dataclass(frozen=True, slots=True)
class Volume:
    """One named volume of one engine."""

    id: str  # "<engine>/<name>"
    engine: str
    name: str
    driver: str
    labels: Json | None
    options: Json | None
    created: float


@dataclass(frozen=True, slots=True)
class Container:
    """One container on one engine.

    ``desired`` is the state asked for, ``state`` the present one; the runtime works from the latter
    to the former. desired: created, running, stopped, removed. state: new (only asked for; its
    image may still be on its way), created, running, exited, dead (could not be created: ``error``
    says why).

    A start that fails leaves ``state`` as it was, with ``error`` and ``exit_code`` (127), and sets
    ``desired`` back to stopped, or on to removed (``--rm``). ``error`` is empty again once a start
    succeeds.
    """

    id: str  # 64 hex digits
    engine: str
    name: str
    image: str  # as asked for
    image_id: str  # "" while state is new
    config: Json  # as POST /containers/create sent it
    host_config: Json
    networks: tuple[str, ...]  # names
    created: float
    desired: str = "created"
    state: str = "new"
    pull: bool = False  # fetch the image when it is missing (tasks do, `docker create` does not)
    started: float = 0.0
    finished: float = 0.0
    exit_code: int = 0
    error: str = ""
    health: str = ""  # "", starting, healthy, unhealthy
    pid: int = 0
    address: str = ""  # on the first network; chosen at the start unless a task brings its own
    further: Mapping[str, str] | None = None  # its addresses on further networks, by their names
    paused: bool = False
    restarting: bool = False  # its program ended, and its restart policy will start it again
    stop_delay: float = 0.0  # seconds before the stop signal: tasks on an overlay wait for gossip
    stop_grace: float = 10.0  # seconds from the stop signal to SIGKILL
    kill_signal: str = ""  # set with desired=stopped by `kill`: no delay, no grace
    restarts: int = 0
    ports: tuple[Port, ...] = ()  # published on the engine itself (docker run -p, mode=host)
    task_id: str = ""  # the Task it runs for, if any
    mounts: tuple[Mount, ...] = ()  # once it is created
    endpoints: Json | None = None  # what was asked of its networks, by name: Aliases, IPAMConfig
    oom_killed: bool = False  # a program in it was killed for the memory that it asked for


@dataclass(frozen=True, slots=True)
class Port:
    """A port that answers at an engine's address."""

    target: int
    published: int
    protocol: str = "tcp"
    mode: str = "ingress"  # ingress (the mesh, on every node) or host
    address: str = ""  # of the machine, where it answers; "" for all of them


# Swarm objects


@dataclass(frozen=True, slots=True)
class Swarm:
    """The cluster itself; absent before `swarm init`."""

    id: str
    created: float
    updated: float
    version: int
    spec: Json
    worker_token: str
    manager_token: str
    ca_digest: str
    unlock_key: str = ""  # set while managers are locked automatically
    authority: str = ""  # which certificate authority it is, since the first one was rotated
    pools: tuple[str, ...] = ()  # what overlay networks are cut from, where asked for
    subnet_size: int = 24  # bits of the prefix of each
    data_path_port: int = 4789


@dataclass(frozen=True, slots=True)
class Node:
    """A node of the Swarm, as its managers know it."""

    id: str
    version: int
    created: float
    updated: float
    engine: str  # hostname
    address: str
    role: str  # effective: worker, manager
    spec: Json  # Name?, Labels, Role, Availability
    state: str  # ready, down, unknown, disconnected
    message: str = ""
    leader: bool = False
    last_heartbeat: float = 0.0
    ingress_address: str = ""  # from where the mesh of this node calls the tasks: 10.0.0.2

    @property
    def is_new(self) -> bool:
        """Whether its agent has never reported: nobody knows its hostname yet."""
        return self.state == "unknown" and not self.message

    @property
    def availability(self) -> str:
        return str(self.spec.get("Availability") or "active")

    @property
    def labels(self) -> Json:
        return self.spec.get("Labels") or {}


@dataclass(frozen=True, slots=True)
class Service:
    """A service, as its managers know it."""

    id: str
    version: int
    created: float
    updated: float
    spec: Json
    spec_version: int  # version of the last write that changed the spec
    previous_spec: Json | None = None
    ports: tuple[Port, ...] = ()  # with the allocated published numbers
    virtual_ips: tuple[tuple[str, str], ...] = ()  # (network id, address/prefix)
    update_status: UpdateStatus | None = None
    iteration: int = 0  # of a job: how often it was updated
    executed: float = 0.0  # when a job's present iteration began

    @property
    def name(self) -> str:
        return str(self.spec["Name"])


@dataclass(frozen=True, slots=True)
class UpdateStatus:
    """How far the last update of a service, or its rollback, has come."""

    state: str  # updating, paused, completed, rollback_started, rollback_paused, rollback_completed
    message: str
    started: float
    completed: float | None = None


class State(IntEnum):
    """A task's observed states, in the order in which it may pass them; SwarmKit's numbers."""

    NEW = 0
    PENDING = 64
    ASSIGNED = 192
    ACCEPTED = 256
    PREPARING = 320
    READY = 384
    STARTING = 448
    RUNNING = 512
    COMPLETE = 576
    SHUTDOWN = 640
    FAILED = 704
    REJECTED = 768
    REMOVE = 800
    ORPHANED = 832


@dataclass(frozen=True, slots=True)
class Task:
    """A task, as its managers know it."""

    id: str
    version: int
    created: float
    updated: float
    service_id: str
    slot: int  # 0 for a global service's task; a job's slots count from 0
    node_id: str  # "" until scheduled
    spec: Json  # the service's TaskTemplate when the task was made
    spec_version: int
    desired: State
    state: State
    timestamp: float  # of the state
    message: str = ""
    error: str = ""
    container_id: str = ""
    exit_code: int | None = None
    ports: tuple[Port, ...] = ()  # host-mode ports in use
    endpoint: Json | None = None  # the service's EndpointSpec when the task was made
    addresses: tuple[tuple[str, str], ...] = ()  # (network id, address/prefix)
    pid: int = 0
    starts_at: float = 0.0  # while desired is READY: not to be started before this time
    follows: str = ""  # while desired is READY: not to be started before this task has stopped
    job: int | None = None  # the iteration of the job that it is part of
    restarts: tuple[float, ...] = ()  # when its slot was restarted under this spec version


@dataclass(frozen=True, slots=True)
class Network:
    """A network of the cluster (scope swarm) or of one engine (scope local)."""

    id: str
    name: str
    driver: str
    scope: str
    engine: str  # "" for scope swarm
    created: float
    labels: Json
    subnet: str
    gateway: str
    ingress: bool = False
    attachable: bool = False
    internal: bool = False
    options: Json | None = None
    pool: Json | None = None  # Subnet, Gateway, IPRange, AuxiliaryAddresses: as asked for
    pools6: tuple[Json, ...] = ()  # the same of IPv6
    ipv6: bool = False
    ipv4: bool = True  # else its IPv4 subnet only numbers its containers, and nobody sees it
    subnet6: str = ""  # of IPv6, where it has one
    gateway6: str = ""
    ipam_options: Json | None = None


@dataclass(frozen=True, slots=True)
class Payload:
    """The fields of Secret and Config: named bytes that the managers keep for services."""

    id: str
    version: int
    created: float
    updated: float
    spec: Json  # Name, Labels, Data (base64), Templating?

    @property
    def name(self) -> str:
        return str(self.spec["Name"])


@dataclass(frozen=True, slots=True)
class Secret(Payload):
    """A payload whose data no answer shows."""


@dataclass(frozen=True, slots=True)
class Config(Payload):
    """A payload whose data every manager shows."""


class LogLine(NamedTuple):
    """One line that a container wrote."""

    time: float
    stream: int  # 1 stdout, 2 stderr
    text: bytes  # with its newline
