"""The agents: turn the tasks of each node into containers, and their states into task states."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from essaim_practice.store.clock import Clock
from essaim_practice.store.objects import Container, Engine, Node, Service, State, Task, changed
from essaim_practice.store.store import Change, Store
from essaim_practice.swarm.batches import in_batches
from essaim_practice.swarm.quorum import is_reached, leader
from essaim_practice.swarm.records import observe
from essaim_practice.swarm.task_container import container_of, host_ports

GATHER = 0.1  # seconds, in which a node's assignments and reports gather
AT_ONCE = 10  # tasks, which may each make a container
KILLED = 137


class Agents:
    """Watches tasks, their containers, nodes and engines; works each task to its desired state.

    While managers and a node do not hear each other, nothing passes between them and its containers
    stay as they are. When the node reports again, its agent continues from the managers' present
    state.
    """

    def __init__(self, store: Store, random: Random, clock: Clock) -> None:
        self._store, self._random, self._clock = store, random, clock
        self._due: dict[str, dict[str, None]] = {}  # by node: ids of tasks to look at
        self._unhealthy: set[str] = set()  # ids of tasks whose containers stop because of it
        store.watch(self._on_task, Task)
        store.watch(self._on_container, Container)
        store.watch(self._on_node, Node)
        store.watch(self._on_engine, Engine)
        for node in store.all(Node):
            self._take_up(node)

    # What happens

    def _on_task(self, change: Change) -> None:
        task = change.new
        if isinstance(task, Task):
            if task.node_id and task.state >= State.ASSIGNED:
                self._look_at(task)
            return
        self._unhealthy.discard(change.subject.id)
        for container in self._store.where(Container, "task", change.subject.id):
            if self._in_session(self._node_of(container)):
                self._ask(container, "removed")

    def _on_container(self, change: Change) -> None:
        container = change.subject
        if isinstance(container, Container) and container.task_id:
            task = self._store.get(Task, container.task_id)
            if task is not None:
                self._look_at(task)

    def _on_node(self, change: Change) -> None:
        old, new = change.old, change.new
        before = old.state if isinstance(old, Node) else ""
        if isinstance(new, Node) and new.state == "ready" != before:
            self._take_up(new)

    def _on_engine(self, change: Change) -> None:
        old, new = change.old, change.new
        if not isinstance(old, Engine) or not isinstance(new, Engine):
            return
        if (
            old.node_id and old.node_id != new.node_id
        ):  # who leaves takes its tasks' containers along
            for container in self._store.where(Container, "engine", new.id):
                if container.task_id:
                    self._ask(container, "removed")
        if (old.up, old.cut, old.locked) != (new.up, new.cut, new.locked):
            chosen = leader(self._store)
            leads = chosen is not None and chosen.engine == new.id
            for node in self._store.all(Node):
                if leads or node.id == new.node_id:
                    self._take_up(node)

    def _take_up(self, node: Node) -> None:
        """The node reports: it gets all its tasks, and containers of other tasks are removed."""
        if not self._in_session(node):
            return
        for container in self._store.where(Container, "engine", node.engine):
            task = self._store.get(Task, container.task_id) if container.task_id else None
            if container.task_id and (task is None or task.node_id != node.id):
                self._ask(container, "removed")
        for task in self._store.where(Task, "node", node.id):
            self._look_at(task)

    def _node_of(self, container: Container) -> Node | None:
        engine = self._store.get(Engine, container.engine)
        return self._store.get(Node, engine.node_id) if engine else None

    def _in_session(self, node: Node | None) -> bool:
        """Whether a node's agent and the managers hear each other."""
        return node is not None and node.state == "ready" and is_reached(self._store, node)

    def _look_at(self, task: Task) -> None:
        if task.node_id not in self._due:
            self._due[task.node_id] = {}
            self._clock.call_later(
                GATHER, lambda: in_batches(self._clock, self._work(task.node_id))
            )
        self._due[task.node_id][task.id] = None

    def _work(self, node_id: str) -> Iterator[None]:
        for number, task_id in enumerate(self._due.pop(node_id)):
            if number and number % AT_ONCE == 0:
                yield
            node = self._store.get(Node, node_id)
            if node is None or not self._in_session(node):
                return
            task = self._store.get(Task, task_id)
            if task is None:
                continue
            container = next(iter(self._store.where(Container, "task", task_id)), None)
            if task.state > State.RUNNING:
                if task.state in (State.REJECTED, State.ORPHANED) and container is not None:
                    self._ask(container, "removed")
            elif task.desired > State.COMPLETE:
                self._stop(task, container)
            else:
                self._advance(task, node, container)

    # Towards running

    def _advance(self, task: Task, node: Node, container: Container | None) -> None:
        if task.state < State.PREPARING:
            service = self._store.get(Service, task.service_id)
            if service is not None:
                self._store.put(container_of(self._store, self._random, service, task, node))
                observe(self._store, task, State.PREPARING, "preparing")
        elif container is None:
            self._fail(task, f"task: non-zero exit ({KILLED})", KILLED)
        elif task.state == State.PREPARING:
            self._prepare(task, container)
        elif task.state == State.READY:
            if task.desired != State.READY:
                self._start(task, container)
        else:
            self._observe_started(task, container)

    def _prepare(self, task: Task, container: Container) -> None:
        if container.state == "dead":
            observe(
                self._store, task, State.REJECTED, task.message, error=container.error, exit_code=0
            )
            self._ask(container, "removed")
        elif container.state == "created":
            if task.desired != State.READY:
                self._start(task, container)
            else:
                observe(self._store, task, State.READY, "prepared")

    def _start(self, task: Task, container: Container) -> None:
        self._ask(container, "running")
        observe(
            self._store,
            task,
            State.STARTING,
            "starting",
            container_id=container.id,
            exit_code=0,
        )

    def _observe_started(self, task: Task, container: Container) -> None:
        if container.state == "exited":
            code = container.exit_code
            if task.id in self._unhealthy:
                self._unhealthy.discard(task.id)
                why = f"task: non-zero exit ({code}): dockerexec: unhealthy container"
                self._fail(task, why, code)
            elif code:
                self._fail(task, f"task: non-zero exit ({code})", code)
            else:
                observe(self._store, task, State.COMPLETE, "finished", exit_code=0, pid=0)
        elif container.error and container.desired == "stopped":
            error = f"starting container failed: {container.error}"
            self._fail(task, error, container.exit_code)
        elif container.health == "unhealthy":
            self._unhealthy.add(task.id)
            self._ask(container, "stopped")
        elif (
            task.state == State.STARTING
            and container.state == "running"
            and container.health in ("", "healthy")
        ):
            ports = container.ports if host_ports(task) else ()
            pid = container.pid
            observe(self._store, task, State.RUNNING, "started", pid=pid, ports=ports)

    def _fail(self, task: Task, error: str, code: int) -> None:
        observe(self._store, task, State.FAILED, task.message, error=error, exit_code=code, pid=0)

    # Towards the end

    def _stop(self, task: Task, container: Container | None) -> None:
        if container is not None and container.state == "running":
            self._ask(container, "stopped")
            return
        code = container.exit_code if container is not None else 0
        if container is not None and container.state in ("new", "dead"):
            self._ask(container, "removed")
        elif container is not None:
            self._ask(container, "stopped")
        observe(self._store, task, State.SHUTDOWN, "shutdown", exit_code=code, pid=0)

    def _ask(self, container: Container, desired: str) -> None:
        container = self._store.get(Container, container.id) or container
        if container.desired != desired and container.desired != "removed":
            self._store.put(changed(container, desired=desired))
