"""The quorum: which managers hear each other, whether they are a majority, and who leads.

elections.py decides when the leader changes.
"""

from __future__ import annotations

from essaim_practice.store.objects import Engine, Node, Swarm, changed
from essaim_practice.store.store import Store
from essaim_practice.swarm import address_pools
from essaim_practice.swarm.records import revise

NEW_LEADER = 'Node moved to "unknown" state due to leadership change in cluster'


def managers(store: Store) -> list[Node]:
    return store.where(Node, "role", "manager")


def running(store: Store, node: Node | None) -> Engine | None:
    """The node's engine, if it is up, unlocked and still a member under this node id."""
    engine = store.get(Engine, node.engine) if node else None
    if node is None or engine is None or engine.node_id != node.id:
        return None
    return engine if engine.up and not engine.locked else None


def peers(store: Store, engine: Engine) -> list[Node]:
    """The managers that the manager on this engine hears, itself included."""
    heard = []
    for node in managers(store):
        other = running(store, node)
        if other is not None and _hear_each_other(engine, other):
            heard.append(node)
    return heard


def has_majority(store: Store, engine: Engine) -> bool:
    """Whether the manager on this engine hears more than half of all managers."""
    return len(peers(store, engine)) > len(managers(store)) // 2


def leader(store: Store) -> Node | None:
    """The elected leader, whether or not other managers hear it now."""
    return next(iter(store.where(Node, "leader", "yes")), None)


def is_led(store: Store) -> bool:
    """Whether the leader hears a majority; without that the managers decide nothing."""
    engine = running(store, leader(store))
    return engine is not None and has_majority(store, engine)


def hears_leader(store: Store, engine: Engine) -> bool:
    """Whether the manager on this engine hears a leader that has a majority."""
    leading = running(store, leader(store))
    return leading is not None and _hear_each_other(engine, leading) and is_led(store)


def is_reached(store: Store, node: Node) -> bool:
    """Whether the leader (the last one, if none leads) reaches the node's engine."""
    engine, chosen = running(store, node), leader(store)
    if engine is None:
        return False
    leading = store.get(Engine, chosen.engine) if chosen else None
    return leading is None or _hear_each_other(leading, engine)


def let_lead(store: Store, chosen: Node) -> None:
    """Make a manager the leader. Every node is unknown to it until the node reports."""
    with store.batch():
        for swarm in store.all(Swarm):  # a new leader writes down the pools that init left unsaid
            if not swarm.pools:
                store.put(changed(swarm, pools=address_pools.DEFAULT))
        for node in store.all(Node):
            if node.id == chosen.id or node.leader:
                node = revise(store, node, leader=node.id == chosen.id)
            if node.state != "down" and not node.is_new:
                revise(store, node, state="unknown", message=NEW_LEADER)


def _hear_each_other(one: Engine, other: Engine) -> bool:
    return one.id == other.id or not (one.cut or other.cut)
