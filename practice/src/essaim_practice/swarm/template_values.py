"""Values of Go's templates: structs, functions, and their printed form."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Function = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Record:
    """A Go struct: the name of its type, and its fields in order."""

    kind: str
    fields: Mapping[str, Any]


def shown(value: Any) -> str:
    """A value as Go's fmt prints it."""
    match value:
        case bool():
            return "true" if value else "false"
        case None:
            return "<nil>"
        case Record():
            return "{" + " ".join(shown(field) for field in value.fields.values()) + "}"
        case Mapping():
            return "map[" + " ".join(f"{k}:{shown(value[k])}" for k in sorted(value)) + "]"
        case list() | tuple():
            return "[" + " ".join(shown(item) for item in value) + "]"
    return str(value)


def _index(value: Any, *keys: Any) -> Any:
    for key in keys:
        value = value.get(key, "") if isinstance(value, Mapping) else value[key]
    return value


def _printf(form: str, *values: Any) -> str:
    left = iter(values)

    def one(match: re.Match[str]) -> str:
        if match[0] == "%%":
            return "%"
        value = next(left, None)
        if match[2] == "q":
            return '"' + shown(value).replace("\\", "\\\\").replace('"', '\\"') + '"'
        return f"%{match[1]}s"[:12] % shown(value)

    return re.sub(r"%(?:%|(-?\d{0,3})([sdvq]))", one, form)


def _join(separator: str, *texts: str) -> str:
    return separator.join(texts)


FUNCTIONS: Mapping[str, Function] = {
    "and": lambda *values: next((v for v in values if not v), values[-1]),
    "eq": lambda first, *others: any(first == other for other in others),
    "index": _index,
    "join": _join,
    "len": len,
    "ne": lambda first, second: first != second,
    "not": lambda value: not value,
    "or": lambda *values: next((v for v in values if v), values[-1]),
    "print": lambda *values: "".join(shown(value) for value in values),
    "printf": _printf,
    "println": lambda *values: " ".join(shown(value) for value in values) + "\n",
}
