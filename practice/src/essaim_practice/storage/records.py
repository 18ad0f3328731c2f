"""The store's records as text: JSON of their fields by name, so that a later version reads them.

A field that was added since takes its default, one that is no more is passed over. An image that
was kept without its base gets it. Whatever else changes in a record needs a migration (see
database.py).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import msgspec

from essaim_practice.files import known_trees
from essaim_practice.store.file_tree import Tree
from essaim_practice.store.mount import Mount
from essaim_practice.store.objects import (
    Config,
    Container,
    Engine,
    Image,
    Network,
    Node,
    Registry,
    Secret,
    Service,
    Swarm,
    Task,
    Volume,
)
from essaim_practice.store.store import Stored

#: Every kind of record that a store holds, by the name that files know it by.
KINDS: dict[str, type[Stored]] = {
    kind.__name__: kind
    for kind in (
        *(Config, Container, Engine, Image, Network, Node, Registry, Secret, Service, Swarm, Task),
        Volume,
    )
}


def encode(record: Stored, tree_id: Callable[[Tree], int]) -> bytes:
    """The record as JSON; ``tree_id`` gives the number that stands for an image's files.

    The standard library writes the text: what clients posted may hold numbers and characters that
    msgspec refuses. Raises ValueError and RecursionError for what cannot be written at all.
    """

    def number(value: Any) -> int:
        if isinstance(value, Tree):
            return tree_id(value)
        raise ValueError(f"a record holds a {type(value).__name__}")

    plain = msgspec.to_builtins(record, enc_hook=number)
    return json.dumps(plain, separators=(",", ":")).encode()


def decode(kind: str, text: bytes, tree: Callable[[int], Tree]) -> Stored:
    """The record again; ``tree`` finds an image's files.

    Raises ValueError (msgspec.ValidationError is one), LookupError for an unknown kind or tree.
    """

    def found(_: type, value: Any) -> Tree:
        return tree(value)

    kept = json.loads(text)
    if kind == "Image" and "base" not in kept:
        kept["base"] = known_trees.BASES.get(kept["behaviour"], "")
    record: Stored = msgspec.convert(kept, KINDS[kind], dec_hook=found)
    return record


class Sharing:
    """Lets records that hold equal settings hold the same ones, as they did before.

    All tasks of a service have its template, all containers of its tasks have its secrets, and
    images have the history of those below them.
    """

    def __init__(self) -> None:
        self._held: dict[str | bytes, Any] = {}

    def share(self, record: Stored) -> Stored:
        """The record itself, with settings that another one has already."""
        for each in fields(record):  # type: ignore[arg-type]
            value = getattr(record, each.name)
            if isinstance(value, dict | tuple) and value:
                object.__setattr__(record, each.name, self._shared(value))
        return record

    def _shared(self, value: Any) -> Any:
        match value:
            case dict():
                return self._held.setdefault(json.dumps(value), value)
            case tuple():
                return tuple(map(self._shared, value)) if type(value) is tuple else value
            case Mount():
                return replace(value, data=self._held.setdefault(value.data, value.data))
        return value
