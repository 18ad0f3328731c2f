"""The restart supervisor: replaces a task that ended or lost its node."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from essaim_practice.store.objects import Node, Service, State, Task
from essaim_practice.store.store import Change, Store
from essaim_practice.swarm import specs
from essaim_practice.swarm.batches import BATCH, in_batches
from essaim_practice.swarm.records import new_task, revise

_REMEMBERED = 1000  # restarts of a slot: a service that crashes for days must not grow for days
_GOALS = (State.RUNNING, State.COMPLETE)  # of a task that is to do its work


class RestartSupervisor:
    """Watches tasks and nodes; writes successors that wait for their delay (see starter.py).

    A task that fails before its start was due is replaced only when it is due: a bad image is tried
    once per delay, not in a tight loop.
    """

    def __init__(self, store: Store, random: Random) -> None:
        self._store, self._random = store, random
        store.watch(self._on_task, Task)
        store.watch(self._on_node, Node)
        for task in store.all(Task):
            self._consider(task.id)

    def _on_task(self, change: Change) -> None:
        if isinstance(change.new, Task) and change.new.desired in _GOALS:
            self._consider(change.new.id)

    def _on_node(self, change: Change) -> None:
        if _lost(change.new):
            in_batches(self._store.clock, self._consider_all(change.subject.id))

    def _consider_all(self, node_id: str) -> Iterator[None]:
        for number, task in enumerate(self._store.where(Task, "node", node_id), 1):
            self._consider(task.id)
            if number % BATCH == 0:
                yield

    def _consider(self, task_id: str) -> None:
        task = self._store.get(Task, task_id)
        if task is None or task.desired not in _GOALS:
            return
        node = self._store.get(Node, task.node_id) if task.node_id else None
        lost = bool(task.node_id) and _lost(node)
        if task.state <= State.RUNNING and not lost:
            return
        service = self._store.get(Service, task.service_id)
        if service is None or task.job not in (None, service.iteration):
            return
        ended = task.state > (State.RUNNING if task.job is None else State.COMPLETE)
        if not ended and not (lost and task.state <= State.RUNNING):
            return
        if specs.is_global(service.spec):
            if not lost:  # otherwise the global orchestrator ends it
                paused = node is not None and node.availability == "pause"
                self._restart(task, service, node, replace=not paused)
        else:
            self._restart(task, service, node)

    def _restart(
        self, task: Task, service: Service, node: Node | None, replace: bool = True
    ) -> None:
        now = self._store.clock.now()
        with self._store.batch():
            revise(self._store, task, desired=State.SHUTDOWN)
            if not (replace and specs.should_restart(task)):
                return
            drained = node is not None and node.availability == "drain"
            down = node is not None and node.state == "down"
            same_spec = task.spec_version == service.spec_version
            new_task(
                self._store,
                self._random,
                service,
                slot=task.slot,
                node_id=task.node_id if specs.is_global(service.spec) else "",
                desired=State.READY,
                starts_at=now + (0.0 if drained else specs.restart_policy(task.spec).delay),
                follows="" if down or task.state > State.RUNNING else task.id,
                restarts=(*(task.restarts[-_REMEMBERED:] if same_spec else ()), now),
                job=task.job,
            )


def _lost(node: object) -> bool:
    """Whether tasks cannot stay on a node: it is gone, down or drained."""
    return not isinstance(node, Node) or node.state == "down" or node.availability == "drain"
