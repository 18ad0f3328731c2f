"""Who among the managers hears whom, and whether they are enough to decide anything.

Questions to the store, and the one answer that they lead to: who leads. When it changes hands is
elections.py's to say.
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
    """The node's engine, if it runs, unlocked, and is still a member under this very node id."""
    engine = store.get(Engine, node.engine) if node else None
    if node is None or engine is None or engine.node_id != node.id:
        return None
    return engine if engine.up and not engine.locked else None


def peers(store: Store, engine: Engine) -> list[Node]:
    """The managers that one hears which runs on this engine, itself among them."""
    heard = []
    for node in managers(store):
        other = running(store, node)
        if other is not None and _hear_each_other(engine, other):
            heard.append(node)
    return heard


def has_majority(store: Store, engine: Engine) -> bool:
    """Whether a manager on this engine hears more than half of them, itself included."""
    return len(peers(store, engine)) > len(managers(store)) // 2


def leader(store: Store) -> Node | None:
    """Who was chosen to lead, whether or not anybody hears it now."""
    return next(iter(store.where(Node, "leader", "yes")), None)


def is_led(store: Store) -> bool:
    """Whether somebody leads whom most managers hear: only then is anything decided."""
    engine = running(store, leader(store))
    return engine is not None and has_majority(store, engine)


def hears_leader(store: Store, engine: Engine) -> bool:
    """Whether a manager on this engine hears one who leads with a majority behind it."""
    leading = running(store, leader(store))
    return leading is not None and _hear_each_other(engine, leading) and is_led(store)


def is_reached(store: Store, node: Node) -> bool:
    """Whether the node's engine is heard of where the Swarm is led (or was, when nobody leads)."""
    engine, chosen = running(store, node), leader(store)
    if engine is None:
        return False
    leading = store.get(Engine, chosen.engine) if chosen else None
    return leading is None or _hear_each_other(leading, engine)


def let_lead(store: Store, chosen: Node) -> None:
    """Let a manager lead from now on. It knows nothing of the nodes until each reports to it."""
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
