"""Reading the engine's JSON, where null or no value is Go's way to write an empty one."""

from __future__ import annotations

import re
from typing import Any

#: Objects as the API gives them; they stay in core.cluster and core.commands.
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


def natural(name: str) -> list[tuple[int, int, str]]:
    """The key that puts web.2 before web.10."""
    return [
        (0, int(run), "") if run.isdigit() else (1, 0, run)
        for run in re.findall(r"[0-9]+|[^0-9]+", name)
    ]
