"""Roles: makes promotions and demotions effective."""

from __future__ import annotations

from random import Random

from essaim_practice.store.clock import Clock
from essaim_practice.store.objects import Engine, Node, changed
from essaim_practice.store.store import Change, Store
from essaim_practice.swarm.quorum import is_reached, let_lead, managers
from essaim_practice.swarm.records import revise

SETTLING = (0.2, 0.6)  # seconds from a changed spec, or a node's return, to the changed role
RETRY = 5.0  # seconds, while a node that is to be promoted does not answer


class Roles:
    """Watches nodes; writes each node's effective role, and its engine's certificate for it.

    A promotion takes effect once the node can reach the managers; a demotion takes effect at once.
    A leader hands over the lead first.
    """

    def __init__(self, store: Store, random: Random, clock: Clock) -> None:
        self._store, self._random, self._clock = store, random, clock
        store.watch(self._on_node, Node)

    def _on_node(self, change: Change) -> None:
        node, old = change.new, change.old
        if not isinstance(node, Node):
            return
        if isinstance(old, Node) and (old.spec, old.state) == (node.spec, node.state):
            return
        if node.spec.get("Role") != node.role:
            self._clock.call_later(self._random.uniform(*SETTLING), lambda: self._settle(node.id))
        elif node.state == "ready":
            self._certify(node)

    def _settle(self, node_id: str) -> None:
        node = self._store.get(Node, node_id)
        if node is None or node.spec.get("Role") == node.role:
            return
        role = str(node.spec["Role"])
        if role == "manager" and node.state != "ready":
            return  # its turn comes when it reports again
        if role == "manager" and not is_reached(self._store, node):
            self._clock.call_later(RETRY, lambda: self._settle(node_id))
            return
        with self._store.batch():
            if node.leader:
                others = [other for other in managers(self._store) if other.id != node.id]
                able = [other for other in others if is_reached(self._store, other)]
                if not able:
                    return
                let_lead(self._store, self._random.choice(able))
            node = revise(self._store, self._store.get(Node, node_id) or node, role=role)
            if is_reached(self._store, node):
                self._certify(node)

    def _certify(self, node: Node) -> None:
        engine = self._store.get(Engine, node.engine)
        if engine is not None and engine.node_id == node.id and engine.role != node.role:
            self._store.put(changed(engine, role=node.role, patience=0.0))
