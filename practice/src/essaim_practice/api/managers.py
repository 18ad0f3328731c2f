"""Requests that only a manager of the Swarm answers: the check, and the wait for a leader."""

from __future__ import annotations

import asyncio

from essaim_practice.api.routing import Request
from essaim_practice.store.errors import ApiError, Hold
from essaim_practice.store.objects import Engine, Node
from essaim_practice.store.store import Store
from essaim_practice.swarm.membership import member
from essaim_practice.swarm.quorum import hears_leader

_OUTSIDE = (
    'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect '
    "this node to swarm and try again."
)
_WORKER = (
    "This node is not a swarm manager. Worker nodes can't be used to view or modify cluster state. "
    "Please run this command on a manager node or promote the current node to a manager."
)
LEADERLESS = (
    "rpc error: code = Unknown desc = The swarm does not have a leader. It's possible that too few "
    "managers are online. Make sure more than half of the managers are online."
)
_LOST = (
    "rpc error: code = Unknown desc = raft: failed to process the request: node lost leader status"
)
_LATE = "rpc error: code = DeadlineExceeded desc = context deadline exceeded"
LOCKED = (
    "Swarm is encrypted and needs to be unlocked before it can be used. Please use "
    '"docker swarm unlock" to unlock it.'
)
_NOTICED = 10.0  # seconds after which managers say that they have no leader, and wait for none
_DEADLINE = 20.0  # seconds that the daemon waits for the managers


def managing(request: Request) -> Store:
    """The store, if the called engine is a manager that has a leader.

    Raises ApiError 503 or 500; Hold while a leader may still be elected.
    """
    store = request.cluster.store
    engine, node = store.get(Engine, request.engine), member(store, request.engine)
    if engine is not None and engine.locked:
        raise ApiError(503, LOCKED)
    if engine is None or not engine.node_id:
        raise ApiError(503, _OUTSIDE)
    if engine.role != "manager":
        raise ApiError(503, _WORKER)
    if hears_leader(store, engine):
        return store
    if node is None:  # removed behind its back
        raise ApiError(500, LEADERLESS)
    now = store.clock.now()
    if node.leader and now < engine.patience:
        if request.method == "GET":
            return store  # it leads for as long as it does not know better
        raise Hold(engine.patience - now, ApiError(500, _LOST))
    if engine.patience and now >= engine.patience + _NOTICED:
        raise ApiError(500, LEADERLESS)
    raise Hold(_DEADLINE, ApiError(500, _LATE))


async def until_led(request: Request, hold: Hold) -> None:
    """Wait until the called engine hears a leader. Raises the refusal of the hold."""
    store, clock = request.cluster.store, request.cluster.clock

    def led() -> bool:
        engine = store.get(Engine, request.engine)
        return engine is None or not engine.node_id or hears_leader(store, engine)

    waiting = asyncio.ensure_future(store.until(led, Engine, Node))
    deadline = asyncio.ensure_future(clock.sleep(hold.seconds))
    try:
        await asyncio.wait((waiting, deadline), return_when=asyncio.FIRST_COMPLETED)
        if not led():
            raise hold.refusal
    finally:
        waiting.cancel()
        deadline.cancel()


def version_of(request: Request, kind: str) -> int:
    """The ``version`` of the query. Raises ApiError 400 without one."""
    text = request.query.get("version", "")
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        reason = f'strconv.ParseUint: parsing "{text}": invalid syntax'
        raise ApiError(400, f"invalid {kind} version '{text}': {reason}")
    return int(text)
