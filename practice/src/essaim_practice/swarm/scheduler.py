"""The scheduler: gives pending tasks a node, or explains why none fits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from random import Random

from essaim_practice.store.clock import Clock, Timer
from essaim_practice.store.objects import Node, State, Task
from essaim_practice.store.store import Change, Store
from essaim_practice.swarm.batches import BATCH, GLANCE, in_batches
from essaim_practice.swarm.filters import Pipeline
from essaim_practice.swarm.loads import Loads
from essaim_practice.swarm.placement import place
from essaim_practice.swarm.records import observe, revise

DEBOUNCE = 0.05  # seconds, in which changes gather


class Scheduler:
    """Watches tasks and nodes; writes the node of each pending task."""

    def __init__(self, store: Store, random: Random, clock: Clock) -> None:
        self._store, self._random, self._clock = store, random, clock
        self._loads = Loads(store)
        self._waiting: dict[str, None] = {}  # task ids, in order of arrival
        self._timer: Timer | None = None
        store.watch(self._on_node, Node)
        store.watch(self._on_task, Task)
        waiting = (task for task in store.all(Task) if task.state == State.PENDING)
        self._waiting |= {task.id: None for task in waiting}
        self._soon()

    def _on_node(self, change: Change) -> None:
        if isinstance(change.new, Node):
            self._loads.on_node(change.new)
            self._soon()
        elif isinstance(change.old, Node):
            self._loads.off_node(change.old)

    def _on_task(self, change: Change) -> None:
        old, new = change.old, change.new
        assert old is None or isinstance(old, Task)
        assert new is None or isinstance(new, Task)
        if self._loads.on_task(old, new):
            self._soon()
        if new is None:
            self._waiting.pop(change.subject.id, None)
        elif new.state == State.PENDING and (old is None or old.state != State.PENDING):
            self._waiting[new.id] = None
            self._soon()
        elif new.state == State.PENDING and new.desired > State.COMPLETE:
            # Told to stop before it had a node: nobody else will end it.
            task = self._store.get(Task, new.id)
            if task is not None and task.state == State.PENDING:
                self._waiting.pop(new.id, None)
                observe(self._store, task, State.SHUTDOWN, task.message, error="")

    def _soon(self) -> None:
        if self._waiting and self._timer is None:
            self._timer = self._clock.call_later(
                DEBOUNCE, lambda: in_batches(self._clock, self._schedule())
            )

    def _schedule(self) -> Iterator[None]:
        self._timer = None
        groups: dict[tuple[str, int], list[str]] = defaultdict(list)
        for number, id in enumerate(list(self._waiting), 1):
            task = self._pending(id)
            if task is None:
                self._waiting.pop(id, None)
            elif task.node_id:
                self._confirm(task)
            else:
                groups[task.service_id, task.spec_version].append(id)
            if number % (BATCH if task is not None and task.node_id else GLANCE) == 0:
                yield
        for group in groups.values():
            for first in range(0, len(group), BATCH):
                if first:
                    yield
                tasks = map(self._pending, group[first : first + BATCH])
                self._place([task for task in tasks if task is not None])

    def _pending(self, id: str) -> Task | None:
        task = self._store.get(Task, id)
        if task is None or task.state != State.PENDING or task.desired > State.COMPLETE:
            return None
        return task

    def _confirm(self, task: Task) -> None:
        """Check that the task of a global service, which has its node already, fits there."""
        load = self._loads.by_node.get(task.node_id)
        if load is None:
            return
        pipeline = Pipeline(task)
        if not self._room():
            self._explain(task, self._full())
        elif pipeline.passes(load):
            message = "scheduler confirmed task can run on preassigned node"
            self._assign(task, task.node_id, message)
        else:
            self._explain(task, pipeline.explain())

    def _place(self, group: list[Task]) -> None:
        loads = list(self._loads.by_node.values())
        room = self._room()
        placed = place(group[:room], loads, self._random, self._store.clock.now()) if room else []
        for task, load in placed:
            self._assign(task, load.node.id, "scheduler assigned task to node")
        for task in group[room:]:
            self._explain(task, self._full())
        group = group[:room]
        if len(placed) == len(group):
            return
        pipeline = Pipeline(group[0])
        for load in loads:
            pipeline.passes(load)
        reasons = pipeline.explain()
        error = f"no suitable node ({reasons})" if reasons else "no suitable node"
        for task in group[len(placed) :]:
            self._explain(task, error)

    def _room(self) -> int:
        """The number of further tasks that the cluster's limits allow."""
        return max(0, self._store.limits.tasks - self._loads.tasks)

    def _full(self) -> str:
        most = self._store.limits.tasks
        return f"no suitable node (this practice cluster runs at most {most} tasks)"

    def _assign(self, task: Task, node_id: str, message: str) -> None:
        self._waiting.pop(task.id, None)
        observe(self._store, task, State.ASSIGNED, message, node_id=node_id, error="")

    def _explain(self, task: Task, error: str) -> None:
        if task.error != error:
            revise(self._store, task, error=error, timestamp=self._store.clock.now())
