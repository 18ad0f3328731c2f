"""The constraint enforcer: rejects running tasks whose node no longer meets the constraints."""

from __future__ import annotations

from collections.abc import Iterator

from essaim_practice.store.objects import Node, Service, State, Task
from essaim_practice.store.store import Change, Store
from essaim_practice.swarm import specs
from essaim_practice.swarm.batches import BATCH, in_batches
from essaim_practice.swarm.records import observe


class ConstraintEnforcer:
    """Watches nodes; ends tasks that would not be placed there again."""

    def __init__(self, store: Store) -> None:
        self._store = store
        store.watch(self._on_node, Node)

    def _on_node(self, change: Change) -> None:
        old, new = change.old, change.new
        if not isinstance(old, Node) or not isinstance(new, Node):
            return
        if (old.role, old.labels) == (new.role, new.labels) or new.availability != "active":
            return
        in_batches(self._store.clock, self._enforcing(new))

    def _enforcing(self, node: Node) -> Iterator[None]:
        for number, known in enumerate(self._store.where(Task, "node", node.id), 1):
            if (task := self._store.get(Task, known.id)) is not None:
                self._enforce(task, node)
            if number % BATCH == 0:
                yield

    def _enforce(self, task: Task, node: Node) -> None:
        service = self._store.get(Service, task.service_id)
        template = service.spec["TaskTemplate"] if service else task.spec
        if (
            State.ASSIGNED <= task.state <= State.RUNNING
            and task.desired <= State.COMPLETE
            and not specs.matches(template, node)
        ):
            message = "task rejected by constraint enforcer"
            error = "assigned node no longer meets constraints"
            observe(self._store, task, State.REJECTED, message, error=error)
