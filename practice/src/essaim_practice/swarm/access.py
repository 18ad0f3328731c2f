"""Who may ask the Swarm what, and finding what a request names: the daemon's rules and words."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

from essaim_practice.api.routing import Request
from essaim_practice.store.errors import ApiError, Hold
from essaim_practice.store.objects import Engine, Json, Node, Payload, Service, Task
from essaim_practice.store.store import Store
from essaim_practice.swarm.membership import member
from essaim_practice.swarm.quorum import hears_leader
from essaim_practice.swarm.task_container import task_name

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

N = TypeVar("N", Node, Service, Task, Payload)


def refuse(status: int, code: str, message: str) -> ApiError:
    """An error of the managers, as it comes through gRPC."""
    return ApiError(status, f"rpc error: code = {code} desc = {message}")


def invalid(message: str) -> ApiError:
    return refuse(400, "InvalidArgument", message)


def managing(request: Request) -> Store:
    """The store, if the engine that was called is a manager and can decide; 503 or 500 if not.

    Raises Hold while its managers are without a leader, and may have one again.
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
    """Wait until the managers of the called engine have a leader. Raises the hold's refusal."""
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
    """The ``version`` of an update's query; 400 when there is none."""
    text = request.query.get("version", "")
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        reason = f'strconv.ParseUint: parsing "{text}": invalid syntax'
        raise ApiError(400, f"invalid {kind} version '{text}': {reason}")
    return int(text)


def in_sequence(current: int, asked: int) -> None:
    """Refuse an update that was made without knowing the last one."""
    if current != asked:
        raise refuse(500, "Unknown", "update out of sequence")


def find(store: Store, kind: type[N], text: str) -> N:
    """The object that a full id, an exact name or the beginning of an id means; 404 if none."""
    word = kind.__name__.lower()
    if exact := store.get(kind, text):
        return exact
    everyone = list(store.all(kind))
    named = [stored for stored in everyone if name_of(store, stored) == text]
    matches = named or [stored for stored in everyone if text and stored.id.startswith(text)]
    if not matches:
        raise ApiError(404, f"{word} {text} not found")
    if len(matches) > 1:
        raise ApiError(400, f"{word} {text} is ambiguous ({len(matches)} matches found)")
    return matches[0]


def name_of(store: Store, stored: Node | Service | Task | Payload) -> str:
    if isinstance(stored, Node):
        return stored.engine
    if isinstance(stored, Service | Payload):
        return stored.name
    service = store.get(Service, stored.service_id)
    return task_name(service, stored) if service else ""


def filters_of(request: Request, known: Iterable[str]) -> dict[str, list[str]]:
    """The request's filters; 400 for one that is not known."""
    return request.filters(tuple(known))


def passes(
    filters: Mapping[str, Sequence[str]], checks: Mapping[str, Callable[[str], bool]]
) -> bool:
    """Whether an object meets every filter: labels all their values, others one of them."""
    for name, values in filters.items():
        every = all if name in ("label", "node.label") else any
        if name in checks and not every(checks[name](value) for value in values):
            return False
    return True


def labelled(labels: Json, wanted: str) -> bool:
    """Whether labels have ``key`` or ``key=value``."""
    key, equals, value = wanted.partition("=")
    return key in labels and (not equals or labels[key] == value)
