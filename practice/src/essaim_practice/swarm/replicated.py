"""The replicated orchestrator: keeps as many slots with a live task as the service asks for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Generator, Iterator
from functools import partial
from random import Random

from essaim_practice.store.objects import Service, State, Task
from essaim_practice.store.store import Change, Store
from essaim_practice.swarm import specs
from essaim_practice.swarm.batches import BATCH, GLANCE, in_batches
from essaim_practice.swarm.records import new_task, revise

Slots = dict[int, list[Task]]


class ReplicatedOrchestrator:
    """Watches services and lost tasks; creates tasks for missing slots, removes surplus ones."""

    def __init__(self, store: Store, random: Random) -> None:
        self._store, self._random = store, random
        self._under_way: dict[str, object] = {}  # by service: what only its latest work holds
        store.watch(self._on_service, Service)
        store.watch(self._on_task, Task)
        for service in store.all(Service):
            self._reconcile(service.id)

    def _on_service(self, change: Change) -> None:
        old, new = change.old, change.new
        if not isinstance(new, Service):
            self._under_way.pop(change.subject.id, None)
            return  # the reaper takes its tasks
        if not isinstance(old, Service) or old.spec_version != new.spec_version:
            self._reconcile(new.id)

    def _on_task(self, change: Change) -> None:
        lost = change.old
        if change.new is None and isinstance(lost, Task) and lost.desired <= State.RUNNING:
            self._reconcile(lost.service_id)

    def _reconcile(self, service_id: str) -> None:
        """Begin to; work that is still under way ends."""
        self._under_way.pop(service_id, None)
        service = self._store.get(Service, service_id)
        if service is None or not specs.is_replicated(service.spec):
            return
        latest = self._under_way[service_id] = object()
        in_batches(self._store.clock, self._batches(service, latest))

    def _batches(self, service: Service, latest: object) -> Iterator[None]:
        wanted = specs.replicas(service.spec)
        live, dead = yield from self._slots(service)
        changes: list[Callable[[], object]] = [*self._fill(service, live, dead, wanted - len(live))]
        leaving = [*(live[slot] for slot in _surplus(live, wanted)), *dead.values()]
        changes += [partial(self._remove, task) for tasks in leaving for task in tasks]
        for first in range(0, len(changes), BATCH):
            if first:
                yield
            if self._under_way.get(service.id) is not latest:
                return
            with self._store.batch():
                for change in changes[first : first + BATCH]:
                    change()
        if self._under_way.get(service.id) is latest:
            del self._under_way[service.id]

    def _slots(self, service: Service) -> Generator[None, None, tuple[Slots, Slots]]:
        """Occupied slots with their tasks, and all other slots with their history."""
        slots: Slots = defaultdict(list)
        for task in self._store.where(Task, "service", service.id):
            slots[task.slot].append(task)
        live, dead = {}, {}
        for number, (slot, tasks) in enumerate(slots.items(), 1):
            if occupants := occupying(service, tasks):
                live[slot] = occupants
            else:
                dead[slot] = tasks
            if number % GLANCE == 0:
                yield
        return live, dead

    def _fill(
        self, service: Service, live: Slots, dead: Slots, missing: int
    ) -> Iterator[Callable[[], object]]:
        slot = 0
        while missing > 0:
            slot += 1
            if slot not in live:
                dead.pop(slot, None)  # its history goes on
                yield partial(new_task, self._store, self._random, service, slot=slot)
                missing -= 1

    def _remove(self, task: Task) -> None:
        task = self._store.get(Task, task.id) or task
        if task.desired != State.REMOVE:
            revise(self._store, task, desired=State.REMOVE)


def occupying(service: Service, tasks: list[Task]) -> list[Task]:
    """The tasks that fill a slot, or a global service's node.

    These are live tasks, or one that must not be restarted. During a rollback the latter does not
    count, so that the slot gets a new task.
    """
    live = [task for task in tasks if task.desired <= State.RUNNING]
    if live:
        return live
    if service.update_status is not None and service.update_status.state == "rollback_started":
        return []
    newest = max(tasks, key=lambda task: (task.created, task.version))
    if newest.desired == State.REMOVE or specs.should_restart(newest):
        return []
    return [newest]


def _surplus(live: Slots, wanted: int) -> list[int]:
    """The slots to remove: those without a node first, then from the fullest nodes."""
    if len(live) <= wanted:
        return []

    def idle(slot: int) -> bool:
        return not any(task.state == State.RUNNING for task in live[slot])

    copies: dict[str, int] = defaultdict(int)
    order: dict[int, float] = {}
    for slot in sorted(live, key=lambda slot: (idle(slot), slot)):
        tasks = live[slot]
        node_id = tasks[0].node_id
        if len(tasks) != 1 or not node_id:
            order[slot] = float("inf")
        else:
            order[slot] = copies[node_id]
            copies[node_id] += 1
    return sorted(order, key=lambda slot: order[slot])[wanted:]
