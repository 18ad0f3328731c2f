"""The load of each node: counts and reservations, updated by every change."""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass, field

from essaim_practice.store.objects import Engine, Node, State, Task
from essaim_practice.store.store import Store
from essaim_practice.swarm import specs

FAILURE_WINDOW = 300.0  # seconds
TOO_MANY_FAILURES = 5  # in that window put a node behind the others


@dataclass(slots=True)
class Load:
    """One node as the scheduler sees it."""

    node: Node
    cpus: int  # nanoCPUs of its engine
    memory: int  # bytes of its engine
    active: int = 0  # tasks that are not told to stop
    by_service: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    reserved_cpus: int = 0
    reserved_memory: int = 0
    host_ports: dict[tuple[str, int], int] = field(default_factory=lambda: defaultdict(int))
    failures: dict[tuple[str, int], deque[float]] = field(default_factory=dict)

    def add(self, task: Task, sign: int = 1) -> None:
        """Add a task to the load; remove it with ``sign`` -1."""
        if task.desired <= State.COMPLETE:
            self.active += sign
            self.by_service[task.service_id] += sign
        reserved = specs.section(task.spec, "Resources", "Reservations")
        self.reserved_cpus += sign * int(reserved.get("NanoCPUs") or 0)
        self.reserved_memory += sign * int(reserved.get("MemoryBytes") or 0)
        for port in fixed_host_ports(task):
            self.host_ports[port] += sign

    def fail(self, task: Task, now: float) -> None:
        self.failures.setdefault((task.service_id, task.spec_version), deque()).append(now)

    def recent_failures(self, task: Task, now: float) -> int:
        times = self.failures.get((task.service_id, task.spec_version))
        if not times:
            return 0
        while times and times[0] < now - FAILURE_WINDOW:
            times.popleft()
        return len(times)


class Loads:
    """The load of every node."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.tasks = 0  # that count on some node
        self.by_node: dict[str, Load] = {}
        for node in store.all(Node):
            self.on_node(node)
        for task in store.all(Task):
            self.on_task(None, task)

    def on_node(self, node: Node) -> None:
        load = self.by_node.get(node.id)
        if load is None:
            engine = self._store.get(Engine, node.engine)
            cpus = engine.cpus * 10**9 if engine else 0
            memory = engine.memory if engine else 0
            self.by_node[node.id] = Load(node, cpus, memory)
        else:
            load.node = node

    def off_node(self, node: Node) -> None:
        self.by_node.pop(node.id, None)

    def on_task(self, old: Task | None, new: Task | None) -> bool:
        """Apply a change of a task; returns whether it freed resources of a node."""
        before = old if old is not None and _counts(old) else None
        after = new if new is not None and _counts(new) else None
        if before is not None and after is not None and _weight(before) == _weight(after):
            return False
        self.tasks += (after is not None) - (before is not None)
        if before is not None and (load := self.by_node.get(before.node_id)):
            load.add(before, -1)
        if after is not None and (load := self.by_node.get(after.node_id)):
            load.add(after)
        if before is not None and new is not None and new.slot and _failed(new):
            self._blame(new)
        return before is not None

    def _blame(self, task: Task) -> None:
        load = self.by_node.get(task.node_id)
        if load is not None:
            load.fail(task, self._store.clock.now())


def fixed_host_ports(task: Task) -> list[tuple[str, int]]:
    """The (protocol, port) pairs that the task takes on its node."""
    ports = (task.endpoint or {}).get("Ports") or ()
    return [
        (str(port.get("Protocol") or "tcp"), int(port["PublishedPort"]))
        for port in ports
        if port.get("PublishMode") == "host" and port.get("PublishedPort")
    ]


def _counts(task: Task) -> bool:
    return bool(task.node_id) and State.ASSIGNED <= task.state <= State.RUNNING


def _weight(task: Task) -> tuple[str, bool]:
    """The fields of a task that decide where and how it counts."""
    return task.node_id, task.desired <= State.COMPLETE


def _failed(task: Task) -> bool:
    return task.state in (State.FAILED, State.REJECTED)
