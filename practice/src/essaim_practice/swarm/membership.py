"""Membership of the Swarm: init, join, leave, and removal of nodes."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Network
from random import Random
from typing import Any

from essaim_practice.store.objects import (
    Config,
    Engine,
    Json,
    Network,
    Node,
    Secret,
    Service,
    State,
    Swarm,
    Task,
    changed,
)
from essaim_practice.store.store import Store
from essaim_practice.swarm import address_pools
from essaim_practice.swarm.quorum import let_lead, managers
from essaim_practice.swarm.records import new_id, observe, revise

DEFAULT_SPEC: Json = {
    "Name": "default",
    "Labels": {},
    "Orchestration": {"TaskHistoryRetentionLimit": 5},
    "Raft": {
        "SnapshotInterval": 10000,
        "KeepOldSnapshots": 0,
        "LogEntriesForSlowFollowers": 500,
        "ElectionTick": 10,
        "HeartbeatTick": 1,
    },
    "Dispatcher": {"HeartbeatPeriod": 5_000_000_000},
    "CAConfig": {"NodeCertExpiry": 7_776_000_000_000_000},
    "TaskDefaults": {},
    "EncryptionConfig": {"AutoLockManagers": False},
}


# What an absent section of a Swarm's spec reads as.
_ZEROS: Json = {
    "Orchestration": {"TaskHistoryRetentionLimit": 0},
    "Raft": {"KeepOldSnapshots": 0, "ElectionTick": 0, "HeartbeatTick": 0},
    "EncryptionConfig": {"AutoLockManagers": False},
}


def the_swarm(store: Store) -> Swarm | None:
    return next(store.all(Swarm), None)


def member(store: Store, engine: str) -> Node | None:
    """The node of an engine; None if the managers know none."""
    found = store.get(Engine, engine)
    return store.get(Node, found.node_id) if found is not None and found.node_id else None


def spec_of(posted: Json) -> dict[str, Any]:
    """The spec of a new Swarm: as posted, with the defaults inserted."""
    spec = {}
    for name, default in DEFAULT_SPEC.items():
        value = posted.get(name)
        if isinstance(default, dict) and isinstance(value, dict):
            spec[name] = default | {k: v for k, v in value.items() if v is not None}
        else:
            spec[name] = value or default
    return spec


def updated_spec(posted: Json) -> dict[str, Any]:
    """The spec after an update: an omitted field becomes zero, it does not keep its value."""
    spec: dict[str, Any] = {}
    for name, default in DEFAULT_SPEC.items():
        value = posted.get(name)
        if isinstance(default, dict):
            zeros = _ZEROS.get(name, {})
            given = {k: v for k, v in (value or {}).items() if v or (k in zeros and v is not None)}
            spec[name] = zeros | given
        else:
            spec[name] = value or default
    return spec


def free_subnet(store: Store) -> str:
    """The subnet of a new overlay network from the Swarm's pools; "" if none is left."""
    swarm = the_swarm(store)
    assert swarm is not None
    return address_pools.free_subnet(store, swarm.pools, swarm.subnet_size)


def new_token(random: Random, ca_digest: str) -> str:
    return f"SWMTKN-1-{ca_digest}-{new_id(random)}"


def found_swarm(
    store: Store,
    random: Random,
    engine: str,
    address: str = "",
    spec: Json | None = None,
    availability: str = "active",
    pools: Sequence[str] = (),
    subnet_size: int = address_pools.DEFAULT_SIZE,
    data_path_port: int = 4789,
) -> Node:
    """Make a new Swarm with one engine as its manager."""
    now = store.clock.now()
    ingress = IPv4Network(address_pools.free_subnet(store, pools, subnet_size))
    ca_digest = new_id(random, 50)
    with store.batch():
        store.put(
            Swarm(
                id=new_id(random),
                created=now,
                updated=now,
                version=store.next_version(),
                spec=spec_of(spec or {}),
                worker_token=new_token(random, ca_digest),
                manager_token=new_token(random, ca_digest),
                ca_digest=ca_digest,
                pools=tuple(pools),
                subnet_size=subnet_size,
                data_path_port=data_path_port,
            )
        )
        store.put(
            Network(
                id=new_id(random),
                name="ingress",
                driver="overlay",
                scope="swarm",
                engine="",
                created=now,
                labels={},
                subnet=str(ingress),
                gateway=str(ingress[1]),
                ingress=True,
                options={"com.docker.network.driver.overlay.vxlanid_list": "4096"},
            )
        )
        # A node that founds a Swarm is ready at once; those that join are heard of a little later.
        return add_node(
            store, random, engine, "manager", address, availability, state="ready", leader=True
        )


def add_node(
    store: Store,
    random: Random,
    engine: str,
    role: str,
    address: str = "",
    availability: str = "active",
    state: str = "unknown",
    leader: bool = False,
) -> Node:
    """Let an engine become a node of the Swarm."""
    machine = store.get(Engine, engine)
    assert machine is not None
    now = store.clock.now()
    node = Node(
        id=new_id(random),
        version=store.next_version(),
        created=now,
        updated=now,
        engine=engine,
        address=address or machine.address,
        role=role,
        spec={"Labels": {}, "Role": role, "Availability": availability},
        state=state,
        leader=leader,
        last_heartbeat=now,
    )
    with store.batch():
        store.put(node)
        store.put(changed(machine, node_id=node.id, role=role, joining=""))
    return node


def leave(store: Store, engine: str) -> None:
    """Let an engine leave. Its node stays listed; with the last manager the Swarm is lost."""
    node, machine = member(store, engine), store.get(Engine, engine)
    with store.batch():
        if machine is not None:
            out = changed(machine, node_id="", role="", joining="", locked=False, patience=0.0)
            store.put(out)
        if node is not None and not any(_takes_part(store, other) for other in managers(store)):
            _erase(store)


def force_new_cluster(store: Store, node: Node) -> None:
    """Make a manager the only one, and so the leader: the way out when most managers are lost.

    The others are managers no more until they return; their specs still make them such.
    """
    with store.batch():
        for other in managers(store):
            if other.id != node.id:
                revise(store, other, role="worker", leader=False)
        let_lead(store, node)


def remove_node(store: Store, node: Node) -> None:
    """Delete a node and orphan its tasks. Its engine is not told."""
    with store.batch():
        for task in store.where(Task, "node", node.id):
            if task.state < State.COMPLETE:
                message = "Task belonged to a node that has been deleted"
                observe(store, task, State.ORPHANED, message)
        store.delete(Node, node.id)


def form_swarm(store: Store, random: Random, engine_names: Sequence[str]) -> None:
    """Form a Swarm at the start: the first engine is its manager, the others are workers."""
    with store.batch():
        found_swarm(store, random, engine_names[0])
        for name in engine_names[1:]:
            add_node(store, random, name, "worker", state="ready")


def _takes_part(store: Store, node: Node) -> bool:
    """Whether the node's engine has not left since, up or down."""
    engine = store.get(Engine, node.engine)
    return engine is not None and engine.node_id == node.id


def _erase(store: Store) -> None:
    """Delete all records of the Swarm. Workers keep running their containers until they leave."""
    for kind in (Service, Task, Secret, Config, Node, Swarm):
        for stored in store.all(kind):
            store.delete(kind, stored.id)
    for network in store.all(Network):
        if network.scope == "swarm":
            store.delete(Network, network.id)
