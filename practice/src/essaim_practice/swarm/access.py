"""Finds and filters the objects that a request names, and refuses in the managers' words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from essaim_practice.store.errors import ApiError
from essaim_practice.store.objects import Json, Node, Payload, Service, Task
from essaim_practice.store.store import Store
from essaim_practice.swarm.task_container import task_name

N = TypeVar("N", Node, Service, Task, Payload)


def refuse(status: int, code: str, message: str) -> ApiError:
    """An error of the managers, in the form that gRPC gives it."""
    return ApiError(status, f"rpc error: code = {code} desc = {message}")


def invalid(message: str) -> ApiError:
    return refuse(400, "InvalidArgument", message)


def in_sequence(current: int, asked: int) -> None:
    """Raises ApiError 500 for an update that is based on an older version."""
    if current != asked:
        raise refuse(500, "Unknown", "update out of sequence")


def find(store: Store, kind: type[N], text: str) -> N:
    """The object with this id, exact name or id prefix. Raises ApiError 404, 400 if ambiguous."""
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


def passes(
    filters: Mapping[str, Sequence[str]], checks: Mapping[str, Callable[[str], bool]]
) -> bool:
    """Whether an object passes every filter: all values of labels, one value of any other."""
    for name, values in filters.items():
        every = all if name in ("label", "node.label") else any
        if name in checks and not every(checks[name](value) for value in values):
            return False
    return True


def labelled(labels: Json, wanted: str) -> bool:
    """Whether labels have ``key`` or ``key=value``."""
    key, equals, value = wanted.partition("=")
    return key in labels and (not equals or labels[key] == value)
