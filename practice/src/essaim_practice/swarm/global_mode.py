"""The global orchestrator: one task on every node that is active and meets the constraints."""

from __future__ import annotations

from random import Random

from essaim_practice.store.objects import Node, Service, State, Task
from essaim_practice.store.store import Change, Store
from essaim_practice.swarm import specs
from essaim_practice.swarm.records import new_task, revise
from essaim_practice.swarm.replicated import occupying


class GlobalOrchestrator:
    """Watches services and nodes; gives each global service its task on each node that suits it."""

    def __init__(self, store: Store, random: Random) -> None:
        self._store, self._random = store, random
        store.watch(self._on_service, Service)
        store.watch(self._on_node, Node)
        store.watch(self._on_task, Task)
        for service in store.all(Service):
            self._reconcile(service)

    def _on_service(self, change: Change) -> None:
        old, new = change.old, change.new
        if not isinstance(new, Service) or not _is_ours(new):
            return
        if not isinstance(old, Service) or old.spec_version != new.spec_version:
            self._reconcile(self._store.get(Service, new.id) or new)

    def _on_node(self, change: Change) -> None:
        old, new = change.old, change.new
        if isinstance(old, Node) and isinstance(new, Node) and _sight(old) == _sight(new):
            return
        for service in self._store.all(Service):
            if not _is_ours(service):
                continue
            if isinstance(new, Node):
                self._reconcile_on(service, self._store.get(Node, new.id) or new)
            else:
                for task in self._on(service, change.subject.id):
                    revise(self._store, task, desired=State.REMOVE)

    def _on_task(self, change: Change) -> None:
        lost = change.old
        if change.new is None and isinstance(lost, Task) and lost.desired <= State.RUNNING:
            service = self._store.get(Service, lost.service_id)
            node = self._store.get(Node, lost.node_id)
            if service is not None and node is not None:
                self._reconcile_on(service, node)

    def _reconcile(self, service: Service) -> None:
        if _is_ours(service):
            for node in self._store.all(Node):
                self._reconcile_on(service, node)

    def _reconcile_on(self, service: Service, node: Node) -> None:
        if not _is_ours(service):
            return
        tasks = self._on(service, node.id)
        occupants = occupying(service, tasks) if tasks else []
        if node.state == "down" or node.availability == "drain":
            self._stop(occupants, State.SHUTDOWN)
        elif not specs.matches(service.spec["TaskTemplate"], node):
            self._stop(occupants, State.REMOVE)
        elif not occupants and node.state == "ready" and node.availability == "active":
            new_task(self._store, self._random, service, node_id=node.id)

    def _stop(self, tasks: list[Task], desired: State) -> None:
        for task in tasks:
            if task.desired < desired:
                revise(self._store, task, desired=desired)

    def _on(self, service: Service, node_id: str) -> list[Task]:
        return self._store.where(Task, "place", f"{service.id}/{node_id}")


def _is_ours(service: Service) -> bool:
    return specs.is_global(service.spec) and not specs.is_job(service.spec)


def _sight(node: Node) -> tuple[object, ...]:
    """What of a node decides whether global tasks belong on it."""
    return node.state, node.availability, node.role, node.labels
