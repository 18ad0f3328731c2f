"""The task reaper: deletes tasks marked for removal, and history beyond the limit."""

from __future__ import annotations

from collections.abc import Iterator

from essaim_practice.store.clock import Clock, Timer
from essaim_practice.store.objects import Service, State, Swarm, Task
from essaim_practice.store.store import Change, Store
from essaim_practice.swarm import specs
from essaim_practice.swarm.batches import BATCH, in_batches
from essaim_practice.swarm.records import place_of, revise

INTERVAL = 0.25  # seconds, in which work gathers
DEFAULT_LIMIT = 5  # tasks that a place may have, the live one among them


class Reaper:
    """Watches services and tasks; deletes tasks."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._removed: dict[str, None] = {}  # ids of tasks
        self._places: dict[str, None] = {}
        self._timer: Timer | None = None
        store.watch(self._on_service, Service)
        store.watch(self._on_task, Task)
        for task in store.all(Task):
            self._on_task(Change(None, task))

    def _on_service(self, change: Change) -> None:
        if change.new is None:
            in_batches(self._clock, self._remove_all(change.subject.id))

    def _remove_all(self, service_id: str) -> Iterator[None]:
        tasks = self._store.where(Task, "service", service_id)
        for first in range(0, len(tasks), BATCH):
            if first:
                yield
            with self._store.batch():
                for known in tasks[first : first + BATCH]:
                    task = self._store.get(Task, known.id)
                    if task is not None:
                        revise(self._store, task, desired=State.REMOVE)

    def _on_task(self, change: Change) -> None:
        old, new = change.old, change.new
        if not isinstance(new, Task):
            return
        if new.desired == State.REMOVE:
            if _is_over(new):
                self._removed[new.id] = None
                self._soon()
        elif old is None or (new.state > State.RUNNING >= _state(old)):
            self._places[place_of(new)] = None
            self._soon()

    def _soon(self) -> None:
        if self._timer is None:
            self._timer = self._clock.call_later(
                INTERVAL, lambda: in_batches(self._clock, self._reap())
            )

    def _reap(self) -> Iterator[None]:
        self._timer = None
        removed, self._removed = self._removed, {}
        places, self._places = self._places, {}
        for number, id in enumerate(removed, 1):
            self._store.delete(Task, id)
            if number % BATCH == 0:
                yield
        for number, place in enumerate(places, 1):
            self._shorten(self._store.where(Task, "place", place))
            if number % BATCH == 0:
                yield

    def _shorten(self, tasks: list[Task]) -> None:
        """Delete the oldest ended tasks of a slot or node beyond its limit."""
        if not tasks:
            return
        limit, most = self._limit(tasks[-1]), self._store.limits.history
        if limit < 0 or limit > most:
            limit = most
        surplus = len(tasks) - limit
        for task in tasks:  # oldest first
            if surplus <= 0:
                return
            if task.state > State.RUNNING and task.desired > State.RUNNING:
                self._store.delete(Task, task.id)
                surplus -= 1

    def _limit(self, task: Task) -> int:
        attempts = specs.restart_policy(task.spec).max_attempts
        if attempts:
            return attempts + 1
        swarm = next(self._store.all(Swarm), None)
        found = specs.section(swarm.spec if swarm else {}, "Orchestration")
        return int(found.get("TaskHistoryRetentionLimit", DEFAULT_LIMIT))


def _is_over(task: Task) -> bool:
    return task.state < State.ASSIGNED or task.state >= State.COMPLETE


def _state(task: object) -> State:
    return task.state if isinstance(task, Task) else State.NEW
