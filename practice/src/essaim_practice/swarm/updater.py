"""The updater: rolls out a changed service slot by slot, and monitors the result."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from random import Random

from essaim_practice.store.clock import Clock
from essaim_practice.store.objects import Service, Task, UpdateStatus
from essaim_practice.store.store import Change, Store
from essaim_practice.swarm import specs
from essaim_practice.swarm.batches import in_batches
from essaim_practice.swarm.records import respec, revise
from essaim_practice.swarm.rollout import Rollout

_HALTED = ("paused", "rollback_paused")


class Updater:
    """Watches services; keeps one rollout per service that has tasks of another template."""

    def __init__(self, store: Store, random: Random, clock: Clock) -> None:
        self._store, self._random, self._clock = store, random, clock
        self._rollouts: dict[str, Rollout] = {}
        store.watch(self._on_service, Service)
        store.watch(self._on_task, Task)
        for service in store.all(Service):  # of an earlier store: a leader goes on with them
            clock.call_later(0.0, partial(self._go_on, service.id))

    def _on_service(self, change: Change) -> None:
        old = change.old
        service = self._store.get(Service, change.subject.id)
        if service is None:
            if rollout := self._rollouts.pop(change.subject.id, None):
                rollout.cancel()
        elif isinstance(old, Service) and old.spec_version != service.spec_version:
            self._begin(service)

    def _on_task(self, change: Change) -> None:
        task = change.new
        if isinstance(task, Task) and (rollout := self._rollouts.get(task.service_id)):
            rollout.on_task(task)

    def _go_on(self, service_id: str) -> None:
        service = self._store.get(Service, service_id)
        if service is not None:
            self._begin(service)

    def _begin(self, service: Service) -> None:
        if specs.is_job(service.spec):
            return
        running = self._rollouts.get(service.id)
        if running is not None:
            if running.spec_version == service.spec_version:
                return
            running.cancel()
            del self._rollouts[service.id]
        status = service.update_status
        if status is not None and status.state in _HALTED:
            return
        rollout = Rollout(self._store, self._random, self._clock, service, self._end)
        self._rollouts[service.id] = rollout
        in_batches(self._clock, self._rolling(rollout, service))

    def _rolling(self, rollout: Rollout, service: Service) -> Iterator[None]:
        yield from rollout.looked(service)
        current = self._store.get(Service, service.id)
        if rollout.over or current is None:
            return
        status = current.update_status
        if not rollout.dirty:
            del self._rollouts[service.id]
            if status is not None and status.state in ("updating", "rollback_started"):
                self._complete(current)
            return
        if status is None:
            now = self._store.clock.now()
            started = UpdateStatus("updating", "update in progress", now)
            revise(self._store, current, update_status=started)
        yield from rollout.started()

    def _end(self, rollout: Rollout, failed: Task | None) -> None:
        """Handle the end of a rollout: success, or too many failed tasks."""
        self._rollouts.pop(rollout.service_id, None)
        service = self._store.get(Service, rollout.service_id)
        if service is None or service.update_status is None:
            return
        if failed is None:
            self._complete(service)
        elif rollout.config.failure_action == "rollback" and not rollout.rolling_back:
            self._roll_back(service, failed)
        else:
            self._pause(service, failed)

    def _complete(self, service: Service) -> None:
        status = service.update_status
        assert status is not None
        rolled_back = status.state == "rollback_started"
        completed = UpdateStatus(
            "rollback_completed" if rolled_back else "completed",
            "rollback completed" if rolled_back else "update completed",
            status.started,
            self._store.clock.now(),
        )
        revise(self._store, service, update_status=completed)

    def _pause(self, service: Service, failed: Task) -> None:
        status = service.update_status
        assert status is not None
        rolling_back = status.state == "rollback_started"
        what = "rollback" if rolling_back else "update"
        paused = UpdateStatus(
            "rollback_paused" if rolling_back else "paused",
            f"{what} paused due to failure or early termination of task {failed.id}",
            status.started,
        )
        revise(self._store, service, update_status=paused)

    def _roll_back(self, service: Service, failed: Task) -> None:
        if service.previous_spec is None:
            self._pause(service, failed)
            return
        reason = f"update rolled back due to failure or early termination of task {failed.id}"
        started = UpdateStatus("rollback_started", reason, self._store.clock.now())
        previous = service.previous_spec
        respec(self._store, service, previous, previous_spec=None, update_status=started)
