"""Answers of the engine as Go's structs: every field has a value, and a type that refusals name.

A kind is ``string``, ``int``, ``float``, ``bool``, ``time``, ``duration`` or ``any``, ``[]kind``,
``map kind``, ``*kind``, or the name of a struct.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from core.templates.functions import Refused

Types = Mapping[str, Mapping[str, str]]  # of each struct its fields, each with its kind
_ZEROS: dict[str, Any] = {"string": "", "int": 0, "float": 0, "bool": False, "any": None}


class Struct:
    """A struct, which a template looks into."""

    __slots__ = ("_kind", "_raw", "_types")

    def __init__(self, raw: Mapping[str, Any], kind: str, types: Types) -> None:
        self._raw, self._kind, self._types = raw, kind, types

    def field(self, name: str, *arguments: Any) -> Any:
        """Raises KeyError with Go's name of the type for a field that it does not have."""
        fields = self._types[self._kind]
        if name not in fields:
            raise KeyError(self._kind)
        return typed(self._raw.get(name), fields[name], self._types)

    def as_json(self) -> Any:
        return ordered(self._raw, self._kind, self._types)

    def __str__(self) -> str:
        fields = self._types[self._kind]
        return f"{{{' '.join(_shown(self.field(name)) for name in fields)}}}"


class Nil:
    """A pointer to no struct."""

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


class Moment:
    """A time: JSON has it as RFC 3339, and Go prints it in another way."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def as_json(self) -> str:
        return self._text

    def __str__(self) -> str:
        return moment(self._text)


class Span(int):
    """A duration in nanoseconds, which Go prints as ``1m30s``."""

    __slots__ = ()

    def __str__(self) -> str:
        return spelled(self)


def typed(value: Any, kind: str, types: Types) -> Any:
    """A value of JSON as one of this kind."""
    if kind.startswith("*"):
        inner = kind[1:]
        if value is None:
            return Nil(kind) if inner in types else None
        return typed(value, inner, types)
    if kind.startswith("[]"):
        return [typed(each, kind[2:], types) for each in value or ()]
    if kind.startswith("map "):
        return {key: typed(each, kind[4:], types) for key, each in (value or {}).items()}
    if kind in types:
        return Struct(value or {}, kind, types)
    if kind == "time":
        return Moment(value or "0001-01-01T00:00:00Z")
    if kind == "duration":
        return Span(value or 0)
    return _ZEROS[kind] if value is None else value


def ordered(value: Any, kind: str, types: Types) -> Any:
    """A value of JSON with its keys in the order of Go's fields; others come last."""
    kind = kind.lstrip("*")
    if kind.startswith("[]") and isinstance(value, list):
        return [ordered(each, kind[2:], types) for each in value]
    if kind not in types or not isinstance(value, dict):
        return value
    fields = types[kind]
    names = [*(name for name in fields if name in value), *(n for n in value if n not in fields)]
    return {name: ordered(value[name], fields.get(name, "any"), types) for name in names}


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{' '.join(map(_shown, value))}]"
    if isinstance(value, dict):
        return f"map[{' '.join(f'{key}:{_shown(value[key])}' for key in sorted(value))}]"
    return "<nil>" if value is None else str(value)


def moment(text: str) -> str:
    """An RFC 3339 time as Go prints it: ``2026-11-30 12:53:07.1 +0000 UTC``."""
    try:
        whole = datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return "0001-01-01 00:00:00 +0000 UTC"
    fraction = text.partition(".")[2].rstrip("Z").partition("+")[0].rstrip("0")
    return f"{whole:%Y-%m-%d %H:%M:%S}{f'.{fraction}' if fraction else ''} +0000 UTC"


_UNITS = {"ns": 1, "µs": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}


def spelled(length: int) -> str:
    """A time in nanoseconds as Go prints it: ``1m30s``, ``1.5s``, ``0s``."""
    length = int(length)
    if not length:
        return "0s"
    sign, left = ("-", -length) if length < 0 else ("", length)
    if left < 10**9:
        unit = next(unit for unit in ("ms", "µs", "ns") if left >= _UNITS[unit])
        return f"{sign}{_decimal(left, _UNITS[unit])}{unit}"
    hours, left = divmod(left, _UNITS["h"])
    minutes, left = divmod(left, _UNITS["m"])
    seconds = f"{_decimal(left, 10**9)}s"
    if hours:
        return f"{sign}{hours}h{minutes}m{seconds}"
    return f"{sign}{minutes}m{seconds}" if minutes else f"{sign}{seconds}"


def _decimal(count: int, unit: int) -> str:
    whole, rest = divmod(count, unit)
    digits = str(rest).rjust(len(str(unit)) - 1, "0").rstrip("0")
    return f"{whole}.{digits}" if digits else str(whole)
