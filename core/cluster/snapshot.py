"""The state of a cluster at one instant, as frozen records.

States and availabilities are Docker's own words, in lower case, as its API spells them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from core.errors import EssaimError

#: Observed task states in the order in which a task may pass them (SwarmKit api/types.proto).
TASK_STATES = (
    *("new", "pending", "assigned", "accepted", "preparing", "ready", "starting", "running"),
    *("complete", "shutdown", "failed", "rejected", "remove", "orphaned"),
)
#: The states in which a task has ended.
TERMINAL_STATES = frozenset(TASK_STATES[8:])


#: The label by which stack.yml marks the dashboard's own service.
DASHBOARD = ("essaim.dashboard", "true")


@dataclass(frozen=True, slots=True)
class Engine:
    """The engine that answers."""

    name: str  # hostname
    version: str
    api_version: str
    practice: bool  # not a real engine
    swarm_state: str  # inactive, pending, active, error, locked
    manager: bool  # answers cluster calls
    node_id: str
    node_address: str
    swarm_error: str
    cpus: int
    memory: int  # bytes

    @property
    def in_swarm(self) -> bool:
        return self.swarm_state not in ("", "inactive")


@dataclass(frozen=True, slots=True)
class Port:
    """A port of a service, and where it is published."""

    published: int  # 0 when nothing is published
    target: int
    protocol: str  # tcp, udp, sctp
    mode: str  # ingress, host


@dataclass(frozen=True, slots=True)
class Node:
    """A node, as the managers list it."""

    id: str
    hostname: str
    role: str  # manager, worker
    availability: str  # active, pause, drain
    state: str  # ready, down, unknown, disconnected
    message: str
    address: str
    leader: bool
    reachability: str  # reachable, unreachable, unknown; "" for a worker
    labels: tuple[tuple[str, str], ...]
    engine_version: str
    cpus: float
    memory: int  # bytes
    version: int  # of the object in the store; an update must name it
    id_prefix: str = ""  # where another node has the same hostname

    @property
    def name(self) -> str:
        """Its hostname, with the start of its id if another node has the same.

        An engine that left the Swarm and joined again is two nodes, one of them down.
        """
        return f"{self.hostname} ({self.id_prefix})" if self.id_prefix else self.hostname

    @property
    def reference(self) -> str:
        """Its name for docker: its hostname, or its id where the hostname is ambiguous."""
        return self.id if self.id_prefix else self.hostname

    @property
    def takes_tasks(self) -> bool:
        return self.state == "ready" and self.availability == "active"


@dataclass(frozen=True, slots=True)
class UpdateStatus:
    """How far the last update of a service, or its rollback, has come."""

    state: str
    message: str
    started: float | None  # seconds since the epoch
    completed: float | None


@dataclass(frozen=True, slots=True)
class Service:
    """A service: its spec in short, and how many of its tasks run."""

    id: str
    name: str
    image: str  # with its tag, without the pinned digest
    digest: str  # sha256:… or ""
    mode: str  # replicated, global, replicated-job, global-job
    replicas: int | None  # wanted; completions of a job; None for a global service or job
    running: int  # tasks observed running
    desired: int  # tasks that should run
    ports: tuple[Port, ...]
    env: tuple[tuple[str, str], ...]
    args: tuple[str, ...]
    constraints: tuple[str, ...]
    labels: tuple[tuple[str, str], ...]
    forced: int  # forced updates so far
    update: UpdateStatus | None
    created: float
    version: int
    secrets: tuple[tuple[str, str], ...] = ()  # ids and names
    volumes: tuple[str, ...] = ()  # names of those that its tasks mount
    # Of jobs alone:
    completed: int = 0  # tasks of the present iteration that ended well
    concurrent: int = 0  # tasks of a replicated job that may run at a time
    iteration: int = 0  # each update begins a new one

    @property
    def job(self) -> bool:
        return self.mode.endswith("-job")

    @property
    def tally(self) -> str:
        """Running of wanted, as docker service ls prints it: ``2/3``, ``0/2 (3/3 completed)``."""
        counts = f"{self.running}/{self.desired}"
        if not self.job:
            return counts
        total = self.desired + self.completed if self.replicas is None else self.replicas
        return f"{counts} ({self.completed}/{total} completed)"

    @property
    def dashboard(self) -> bool:
        """True for Essaim itself, as stack.yml deploys it."""
        return DASHBOARD in self.labels


@dataclass(frozen=True, slots=True)
class Task:
    """A task, as the managers list it."""

    id: str
    service_id: str
    slot: int  # 0 for a task of a global service
    node_id: str  # "" while not scheduled
    image: str
    desired_state: str
    state: str  # observed
    message: str
    error: str
    since: float  # when it entered its state, seconds since the epoch
    created: float
    container_id: str
    ports: tuple[Port, ...] = ()  # in mode host
    iteration: int = 0  # of its job

    @property
    def live(self) -> bool:
        """True while it is a running replica, or may become one."""
        desired = ("running", "ready", "complete")  # complete: the task of a job
        return self.state not in TERMINAL_STATES and self.desired_state in desired

    @property
    def serving(self) -> bool:
        """True while it runs and should."""
        return self.state == "running" and self.desired_state == "running"

    @property
    def settled(self) -> bool:
        """True once no change of its state is due."""
        return self.serving or self.state in TERMINAL_STATES


@dataclass(frozen=True, slots=True)
class Container:
    """A container of the engine that answers."""

    id: str
    name: str
    image: str
    command: str
    created: float
    state: str  # created, running, paused, restarting, exited, dead
    status: str = field(compare=False)  # the engine's sentence, with an age: Up 3 seconds
    ports: tuple[Port, ...]
    service: str  # name of its task's service, or ""
    engine_socket: bool = False  # it can reach an engine's socket, and so control its machine
    volumes: tuple[str, ...] = ()  # names of those that it mounts


@dataclass(frozen=True, slots=True)
class Image:
    """An image of the engine that answers."""

    id: str  # sha256:…
    tags: tuple[str, ...]  # repository:tag
    repositories: tuple[str, ...]  # from which it was pulled by digest alone
    created: float
    size: int  # bytes


@dataclass(frozen=True, slots=True)
class Outage:
    """The engine does not answer, or not in a way that can be read."""

    why: EssaimError
    since: float

    @property
    def message(self) -> str:
        """In English."""
        return str(self.why)


@dataclass(frozen=True, slots=True)
class ClusterSnapshot:
    """A cluster at one instant. It is replaced, never edited.

    While the engine cannot be reached, the last good snapshot stays, with the reason in ``outage``,
    so that no page shows an empty cluster.
    """

    time: float  # of the engine's last answer, seconds since the epoch
    revision: int  # grows with each change of content
    engine: Engine | None  # None until the engine answered for the first time
    nodes: tuple[Node, ...] = ()  # by hostname
    services: tuple[Service, ...] = ()  # by name
    tasks: tuple[Task, ...] = ()  # by service, slot, newest first
    containers: tuple[Container, ...] = ()  # of this engine alone, newest first
    images: tuple[Image, ...] = ()  # of this engine alone, newest first
    outage: Outage | None = None

    @property
    def workloads(self) -> tuple[Service, ...]:
        """The services without Essaim itself."""
        return tuple(service for service in self.services if not service.dashboard)

    @property
    def down_nodes(self) -> frozenset[str]:
        """The ids of the nodes that are down."""
        return frozenset(node.id for node in self.nodes if node.state == "down")

    def node(self, id: str) -> Node | None:
        return next((n for n in self.nodes if n.id == id), None)

    def service(self, reference: str) -> Service | None:
        """By id or name."""
        return next((s for s in self.services if reference in (s.id, s.name)), None)

    def tasks_of(self, service: Service) -> tuple[Task, ...]:
        return tuple(t for t in self.tasks if t.service_id == service.id)

    def find_node(self, reference: str) -> Node | None:
        """By id, name or hostname; of several with one hostname, one that is ready."""
        if node := self.node(reference):
            return node
        found = [n for n in self.nodes if reference in (n.name, n.hostname)]
        return min(found, key=lambda n: (n.name != reference, n.state != "ready"), default=None)

    def hostname(self, node_id: str) -> str:
        """The name of the node with this id."""
        node = self.node(node_id)
        return node.name if node else node_id[:12]

    def replica(self, task: Task) -> str:
        """The task's name as Docker prints it: web.3, or web.<node id> for a global service."""
        service = self.service(task.service_id)
        name = service.name if service else task.service_id[:12]
        return f"{name}.{task.slot or task.node_id}"
