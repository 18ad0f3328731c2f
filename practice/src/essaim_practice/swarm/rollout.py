"""One rollout of a service: updates its dirty slots a few at a time, and counts failures."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from random import Random

from essaim_practice.store.clock import Clock, Timer
from essaim_practice.store.objects import Node, Service, State, Task
from essaim_practice.store.store import Store
from essaim_practice.swarm import specs
from essaim_practice.swarm.batches import GLANCE
from essaim_practice.swarm.records import new_task, revise
from essaim_practice.swarm.replicated import occupying

Place = str | int  # a slot's number, or a node's id
_AT_ONCE = 10  # places that get a new task at once
_COMPARED = GLANCE // 4  # tasks whose specs are compared at once


class Rollout:
    """Replaces the tasks of each dirty place and calls ``ended`` once, when it is over.

    ``looked`` finds the dirty places, then ``started`` begins with them, both in batches.

    ``ended`` is given the task whose failure was one too many, or None when all went well and
    stayed well for the monitoring period.
    """

    def __init__(
        self,
        store: Store,
        random: Random,
        clock: Clock,
        service: Service,
        ended: Callable[[Rollout, Task | None], None],
    ) -> None:
        self._store, self._random, self._clock, self._ended = store, random, clock, ended
        self.service_id, self.spec_version = service.id, service.spec_version
        status = service.update_status
        self.rolling_back = status is not None and status.state == "rollback_started"
        self.config = specs.update_config(service.spec, self.rolling_back)
        self._queue = deque[Place]()
        self.dirty = 0
        self._awaited: dict[str, list[Task]] = {}  # by new task: the tasks it replaces
        self._resting = 0  # workers that wait out the delay
        self._running_since: dict[str, float | None] = {}  # by new task
        self._failures: set[str] = set()
        self._timers: list[Timer] = []
        self.over = False

    def looked(self, service: Service) -> Iterator[None]:
        places = self._tasks_by_place(service)
        for number, (place, tasks) in enumerate(places.items(), 1):
            occupants = occupying(service, tasks)
            if len(occupants) > 1 or any(self._is_dirty(service, task) for task in occupants):
                self._queue.append(place)
            if number % _COMPARED == 0:
                yield
        self.dirty = len(self._queue)

    def started(self) -> Iterator[None]:
        for number in range(self.config.parallelism or self.dirty):
            if number and number % _AT_ONCE == 0:
                yield
            if self.over:
                return
            self._next()

    def cancel(self) -> None:
        self.over = True
        for timer in self._timers:
            timer.cancel()

    def on_task(self, task: Task) -> None:
        """Handle a change of one of the service's tasks."""
        if self.over or task.id not in self._running_since:
            return
        if task.state > State.RUNNING and self._is_one_too_many(task):
            self._finish(task)
            return
        if task.id in self._awaited and task.state >= State.RUNNING:
            old = self._awaited.pop(task.id)
            self._running_since[task.id] = self._store.clock.now()
            if self.config.order == "start-first" and task.state == State.RUNNING:
                self._shut_down(old)
            self._rest()

    # The slots

    def _tasks_by_place(self, service: Service) -> dict[Place, list[Task]]:
        by_place: dict[Place, list[Task]] = defaultdict(list)
        for task in self._store.where(Task, "service", service.id):
            by_place[task.slot or task.node_id].append(task)
        return by_place

    def _is_dirty(self, service: Service, task: Task) -> bool:
        node = self._store.get(Node, task.node_id) if task.node_id else None
        return specs.is_dirty(service, task, node)

    def _next(self) -> None:
        """Let one worker take the next slot; the last worker without one starts the monitoring."""
        while self._queue and not self.over:
            if self._replace(self._queue.popleft()):
                return
        if not self.over and not self._awaited and not self._resting:
            self._in(self.config.monitor, lambda: self._finish(None))

    def _replace(self, place: Place) -> bool:
        """Give a place a task of the present template; False if there is nothing to wait for."""
        service = self._store.get(Service, self.service_id)
        if service is None:
            return False
        tasks = self._store.where(Task, "place", f"{service.id}/{place}")
        occupants = occupying(service, tasks) if tasks else []
        if not occupants:
            return False
        clean = [task for task in occupants if not self._is_dirty(service, task)]
        clean.sort(key=lambda task: task.desired != State.RUNNING)
        if clean and clean[0].desired <= State.RUNNING:
            # It has one already; those beside it are surplus.
            self._shut_down([task for task in occupants if task is not clean[0]])
            return False
        if isinstance(place, str):
            node = self._store.get(Node, place)
            if node is None or node.availability != "active":
                return False
        with self._store.batch():
            stop_first = self.config.order != "start-first"
            if stop_first:
                self._shut_down(occupants)
            old = occupants[0]
            task = new_task(
                self._store,
                self._random,
                service,
                slot=old.slot,
                node_id="" if old.slot else old.node_id,
                desired=State.READY,
                follows=old.id if stop_first and old.state <= State.RUNNING else "",
            )
            self._awaited[task.id] = occupants
            self._running_since[task.id] = None
        return True

    def _shut_down(self, tasks: list[Task]) -> None:
        for known in tasks:
            task = self._store.get(Task, known.id)
            if task is not None and task.desired <= State.RUNNING:
                revise(self._store, task, desired=State.SHUTDOWN)

    def _rest(self) -> None:
        if not self.config.delay:
            self._next()
            return
        self._resting += 1
        self._in(self.config.delay, self._rested)

    def _rested(self) -> None:
        self._resting -= 1
        self._next()

    # How it goes

    def _is_one_too_many(self, task: Task) -> bool:
        since = self._running_since[task.id]
        late = since is not None and self._store.clock.now() - since > self.config.monitor
        if late or task.id in self._failures or self.config.failure_action == "continue":
            return False
        self._failures.add(task.id)
        return len(self._failures) / self.dirty > self.config.max_failure_ratio

    def _finish(self, failed: Task | None) -> None:
        self.cancel()
        self._ended(self, failed)

    def _in(self, seconds: float, then: Callable[[], None]) -> None:
        def due() -> None:
            if not self.over:
                then()

        self._timers.append(self._clock.call_later(seconds, due))
