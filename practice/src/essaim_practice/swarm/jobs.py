"""The job orchestrators: tasks that are to end well once, and are then left alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from random import Random

from essaim_practice.store.objects import Node, Service, State, Task
from essaim_practice.store.store import Change, Store
from essaim_practice.swarm import specs
from essaim_practice.swarm.batches import BATCH, in_batches
from essaim_practice.swarm.records import new_task, revise


class JobOrchestrator:
    """Watches services, tasks and nodes; creates the tasks that a job's present iteration lacks.

    Every update of a job begins a new iteration, which runs all its tasks again. The slots of a
    replicated job count from 0. The restart supervisor replaces failed tasks.
    """

    def __init__(self, store: Store, random: Random) -> None:
        self._store, self._random = store, random
        self._under_way: dict[str, object] = {}  # by service: what only its latest work holds
        store.watch(self._on_service, Service)
        store.watch(self._on_task, Task)
        store.watch(self._on_node, Node)
        for service in store.all(Service):
            self._reconcile(service.id)

    def _on_service(self, change: Change) -> None:
        old, new = change.old, change.new
        if not isinstance(new, Service) or not specs.is_job(new.spec):
            return
        if not isinstance(old, Service) or old.spec_version != new.spec_version:
            in_batches(self._store.clock, self._renewing(new.id))

    def _renewing(self, service_id: str) -> Iterator[None]:
        """End the iterations before the present one, and begin it."""
        for number, known in enumerate(self._store.where(Task, "service", service_id), 1):
            service, task = self._store.get(Service, service_id), self._store.get(Task, known.id)
            if service is None:
                return
            if task is not None and task.job != service.iteration and task.state <= State.RUNNING:
                revise(self._store, task, desired=State.REMOVE)
            if number % BATCH == 0:
                yield
        self._reconcile(service_id)

    def _on_task(self, change: Change) -> None:
        old, new = change.old, change.new
        if isinstance(new, Task) and new.job is not None and isinstance(old, Task):
            if new.state == State.COMPLETE != old.state:
                self._reconcile(new.service_id)
        elif new is None and isinstance(old, Task) and old.job is not None:
            self._reconcile(old.service_id)

    def _on_node(self, change: Change) -> None:
        node = self._store.get(Node, change.subject.id)
        for service in self._store.all(Service):
            if not specs.is_job(service.spec):
                continue
            if node is not None and specs.is_global(service.spec):
                self._reconcile_on(service, node, self._tasks(service))
            elif specs.is_global(service.spec):
                for task in self._tasks(service):
                    if task.node_id == change.subject.id:
                        revise(self._store, task, desired=State.REMOVE)

    def _reconcile(self, service_id: str) -> None:
        self._under_way.pop(service_id, None)
        service = self._store.get(Service, service_id)
        if service is None or not specs.is_job(service.spec):
            return
        tasks = self._tasks(service)
        if specs.is_global(service.spec):
            for node in self._store.all(Node):
                self._reconcile_on(service, node, tasks)
            return
        concurrent, total = specs.job_sizes(service.spec)
        taken = {task.slot for task in tasks}
        under_way = sum(1 for task in _latest(tasks) if task.state != State.COMPLETE)
        free = (slot for slot in range(total) if slot not in taken)
        slots = list(islice(free, max(0, concurrent - under_way)))
        latest = self._under_way[service_id] = object()
        in_batches(self._store.clock, self._filling(service, slots, latest))

    def _filling(self, service: Service, slots: list[int], latest: object) -> Iterator[None]:
        for first in range(0, len(slots), BATCH):
            if first:
                yield
            if self._under_way.get(service.id) is not latest:
                return
            with self._store.batch():
                for slot in slots[first : first + BATCH]:
                    self._create(service, slot=slot)
        self._under_way.pop(service.id, None)

    def _reconcile_on(self, service: Service, node: Node, tasks: Iterable[Task]) -> None:
        here = [task for task in tasks if task.node_id == node.id]
        usable = node.state != "down" and node.availability != "drain"
        if not usable or not specs.matches(service.spec["TaskTemplate"], node):
            for task in here:
                if task.desired == State.COMPLETE and task.state <= State.RUNNING:
                    revise(self._store, task, desired=State.SHUTDOWN)
        elif (node.state, node.availability) == ("ready", "active") and not any(map(_stands, here)):
            self._create(service, node_id=node.id)

    def _create(self, service: Service, slot: int = 0, node_id: str = "") -> None:
        new_task(
            self._store, self._random, service, slot, node_id, State.COMPLETE, job=service.iteration
        )

    def _tasks(self, service: Service) -> list[Task]:
        """The tasks of the present iteration."""
        tasks = self._store.where(Task, "service", service.id)
        return [task for task in tasks if task.job == service.iteration]


def _latest(tasks: Iterable[Task]) -> Iterable[Task]:
    """The newest task of each slot."""
    return {task.slot: task for task in tasks}.values()


def _stands(task: Task) -> bool:
    """Whether the task of a global job runs, is complete, or failed for good."""
    return task.desired <= State.COMPLETE or task.state in (State.FAILED, State.REJECTED)
