"""Answers of the engine as Go's structs: every field has a value, and a type that refusals name.

A kind is ``string``, ``int``, ``float``, ``bool``, ``time``, ``duration``, ``bytes``, ``any`` or
``exists`` (Go's empty struct), ``[]kind``, ``map kind``, ``*kind``, or the name of a struct. After
it may stand ``=Key``, its name in JSON, and ``?``: JSON leaves it out where it is empty. A field
of the kind ``embedded struct`` lends its own fields to the struct that it stands in.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from typing import Any

from core.templates.functions import Refused
from core.templates.moments import Moment, Span
from core.templates.values import printed

Types = Mapping[str, Mapping[str, str]]  # of each struct its fields, each with its kind
_ZEROS: dict[str, Any] = {
    "string": "", "int": 0, "float": 0, "bool": False, "any": None,
}  # fmt: skip


def declared(text: str) -> dict[str, dict[str, str]]:
    """``Name: Field kind, Field kind`` a line; an indented one goes on."""
    found: dict[str, dict[str, str]] = {}
    for line in text.strip().replace("\n    ", " ").splitlines():
        name, _, fields = line.partition(":")
        pairs = (field.strip().partition(" ")[::2] for field in fields.split(",") if field.strip())
        found[name] = dict(pairs)
    return found


class Struct:
    """A struct, which a template looks into."""

    __slots__ = ("_kind", "_raw", "_types")

    def __init__(self, raw: Mapping[str, Any], kind: str, types: Types) -> None:
        self._raw, self._kind, self._types = raw, kind, types

    def field(self, name: str, *arguments: Any) -> Any:
        """Raises KeyError with Go's name of the type for a field that it does not have."""
        for known, kind, key in _fields(self._kind, self._types):
            if known == name and not arguments:
                return typed(self._raw.get(key), kind, self._types)
        if name in self._types[self._kind] and not arguments:  # an embedded struct by its name
            kind = self._types[self._kind][name].removeprefix("embedded ")
            return Struct(self._raw, kind, self._types)
        raise KeyError(self._kind)

    def as_json(self) -> Any:
        return ordered(self._raw, self._kind, self._types)

    def __str__(self) -> str:
        shown = []
        for name, declared_kind in self._types[self._kind].items():
            kind, _, _ = _declaration(name, declared_kind)
            value = self.field(name)
            pointer = kind.startswith("*") and value is not None and not isinstance(value, Nil)
            shown.append(f"0xc{id(value) & 0xFFFFFFFF0:09x}" if pointer else printed(value))
        return f"{{{' '.join(shown)}}}"


def _declaration(name: str, text: str) -> tuple[str, str, bool]:
    """The kind of a field, its name in JSON, and whether that leaves it out where it is empty."""
    kind, _, key = text.removesuffix("?").partition("=")
    return kind, key or name, text.endswith("?")


def _fields(struct: str, types: Types) -> Iterator[tuple[str, str, str]]:
    """The fields of a struct with those that embedded ones lend it: name, kind, name in JSON."""
    for name, text in types[struct].items():
        if text.startswith("embedded "):
            yield from _fields(text.removeprefix("embedded "), types)
        else:
            kind, key, _ = _declaration(name, text)
            yield name, kind, key


class NoList(list[Any]):
    """A nil slice: it has nothing in it, and JSON has ``null`` for it."""

    def as_json(self) -> None:
        return None


class Empty(dict[str, Any]):
    """Go's empty struct, the value of a set's members."""

    is_struct = True


class Bytes(list[int]):
    """A slice of bytes: templates print its numbers, JSON has it in base64.

    raw: as JSON has it.
    """

    def __init__(self, held: bytes, raw: str | None) -> None:
        super().__init__(held)
        self._raw = raw

    def as_json(self) -> str | None:
        return self._raw

    def decoded(self) -> str:
        return bytes(self).decode(errors="replace")


class Keys(dict[str, Any]):
    """A map whose missing keys have a zero value, which ``index`` finds.

    raw: as JSON has it; None stands for a nil map.
    """

    def __init__(self, given: Mapping[str, Any], zero: Any, raw: Any) -> None:
        super().__init__(given)
        self.zero, self._raw = zero, raw

    def as_json(self) -> Any:
        return self._raw and {key: self._raw[key] for key in sorted(self._raw)}


class Nil:
    """A pointer to nothing."""

    __slots__ = ("_kind",)

    def __init__(self, kind: str) -> None:
        self._kind = kind

    def field(self, name: str, *arguments: Any) -> Any:
        raise Refused(f"nil pointer evaluating {self._kind}.{name}")

    def as_json(self) -> None:
        return None

    def __bool__(self) -> bool:
        return False

    def __str__(self) -> str:
        return "<nil>"


def typed(value: Any, kind: str, types: Types) -> Any:
    """A value of JSON as one of this kind."""
    if kind.startswith("*"):
        inner = kind[1:]
        if value is None:
            return Nil(kind)
        return typed(value, inner, types)
    if kind.startswith("[]"):
        return NoList() if value is None else [typed(each, kind[2:], types) for each in value]
    if kind.startswith("map "):
        held = {key: typed(each, kind[4:], types) for key, each in (value or {}).items()}
        return Keys(held, typed(None, kind[4:], types), value)
    if kind in types:
        return Struct(value or {}, kind, types)
    if kind == "exists":
        return Empty()
    if kind == "time":
        return Moment(value or "0001-01-01T00:00:00Z")
    if kind == "bytes":
        return Bytes(base64.b64decode(value or ""), value)
    if kind == "duration":
        return Span(value or 0)
    return _ZEROS[kind] if value is None else value


def ordered(value: Any, kind: str, types: Types) -> Any:
    """A value of JSON with its keys in the order of Go's fields; others come last."""
    kind = kind.lstrip("*")
    if kind.startswith("[]") and isinstance(value, list):
        return [ordered(each, kind[2:], types) for each in value]
    if kind.startswith("map ") and isinstance(value, dict):
        return {key: ordered(value[key], kind[4:], types) for key in sorted(value)}
    if kind not in types or not isinstance(value, dict):
        return value
    found = dict(_in_order(value, kind, types))
    declared_keys = {key for _, _, key in _fields(kind, types)}
    return found | {key: value[key] for key in value if key not in declared_keys}


def _in_order(value: Mapping[str, Any], struct: str, types: Types) -> Iterator[tuple[str, Any]]:
    for name, text in types[struct].items():
        if text.startswith("embedded "):
            yield from _in_order(value, text.removeprefix("embedded "), types)
            continue
        kind, key, optional = _declaration(name, text)
        if key not in value:
            continue
        is_empty = value[key] is None if kind[0] == "*" or kind in types else not value[key]
        if not (optional and is_empty):
            yield key, ordered(value[key], kind, types)
