"""The state of an engine in the Swarm, for GET /info and /_ping."""

from __future__ import annotations

from typing import Any

from essaim_practice.api.managers import LOCKED, managing, until_led
from essaim_practice.api.routing import Request
from essaim_practice.store.errors import ApiError, Hold
from essaim_practice.store.objects import Engine, Node, Swarm
from essaim_practice.store.store import Store
from essaim_practice.swarm.quorum import managers
from essaim_practice.swarm.render import swarm_json

_TWO_MANAGERS = (
    "WARNING: Running Swarm in a two-manager configuration. This configuration provides\n"
    "         no fault tolerance, and poses a high risk to lose control over the cluster.\n"
    "         Refer to https://docs.docker.com/engine/swarm/admin_guide/ to configure the\n"
    "         Swarm for fault-tolerance."
)


def local_state(engine: Engine) -> str:
    """LocalNodeState: inactive, pending, active or locked."""
    if engine.joining:
        return "pending"
    if not engine.node_id:
        return "inactive"
    return "locked" if engine.locked else "active"


async def swarm_info(request: Request) -> dict[str, Any]:
    """The field ``Swarm`` of GET /info. A manager without a leader reports it after its wait."""
    store = request.cluster.store
    engine = store.get(Engine, request.engine)
    assert engine is not None
    node, state = store.get(Node, engine.node_id), local_state(engine)
    shown: dict[str, Any] = {
        "NodeID": "" if engine.locked else engine.node_id,
        "NodeAddr": "",
        "LocalNodeState": state,
        "ControlAvailable": False,
        "Error": LOCKED if engine.locked else "",
        "RemoteManagers": None,
    }
    if state == "inactive":
        return shown
    shown["NodeAddr"] = node.address if node else engine.address
    if state == "pending":
        shown["RemoteManagers"] = [{"NodeID": "", "Addr": engine.joining}]
    if state != "active":
        return shown
    known = managers(store)
    shown["RemoteManagers"] = [{"NodeID": m.id, "Addr": f"{m.address}:2377"} for m in known] or None
    if engine.role == "manager":
        shown["ControlAvailable"] = True
        if error := await _manager_error(request):
            return {**shown, "Error": error}
        shown |= _as_managers_say(store)
    return shown


async def _manager_error(request: Request) -> str:
    """The error that the called manager gets from the others; '' without one."""
    try:
        try:
            managing(request)
        except Hold as hold:
            await until_led(request, hold)
    except ApiError as error:
        return error.message
    return ""


def _as_managers_say(store: Store) -> dict[str, Any]:
    swarm, count = next(store.all(Swarm), None), len(managers(store))
    return {
        "Nodes": store.count(Node),
        "Managers": count,
        "Cluster": swarm_json(swarm) if swarm else None,
        **({"Warnings": [_TWO_MANAGERS]} if count == 2 else {}),
    }
