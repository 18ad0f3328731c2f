"""Reading the engine's JSON: a value that is null or left out, as Go does it, means empty."""

from __future__ import annotations

from typing import Any

#: Specs and objects as the API gives them; they never leave this package.
Json = dict[str, Any]


def part(raw: Json, *keys: str) -> Json:
    """The object at the end of these keys; empty where there is none on the way."""
    for key in keys:
        raw = raw.get(key) or {}
    return raw


def items(raw: Json, *keys: str) -> list[Any]:
    """The list at the end of these keys; empty where there is none."""
    *way, last = keys
    return part(raw, *way).get(last) or []


def text(raw: Json, *keys: str) -> str:
    """The words at the end of these keys; '' where there are none."""
    *way, last = keys
    return str(part(raw, *way).get(last) or "")


def count(raw: Json, *keys: str) -> int:
    """The number at the end of these keys; 0 where there is none."""
    *way, last = keys
    return int(part(raw, *way).get(last) or 0)
