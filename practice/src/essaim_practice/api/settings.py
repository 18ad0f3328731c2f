"""What the practice engine's own routes share: reading a setting, with a person's words back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from essaim_practice.api.routing import Request
from essaim_practice.store.errors import ApiError


def settings(request: Request, *known: str) -> Mapping[str, Any]:
    """The body's settings; 400 for one that is not known."""
    body = request.json()
    for name in body:
        if name not in known:
            raise ApiError(400, f'there is no setting "{name}" here, only {words(known)}')
    return body


def number(body: Mapping[str, Any], name: str, least: float, most: float) -> float | None:
    """A number of the body, None where it is absent; 400 where it is none, or out of range."""
    value = body.get(name)
    if value is None:
        return None
    fits = isinstance(value, int | float) and not isinstance(value, bool)
    if not fits or not least <= value <= most:
        raise ApiError(400, f"{name} is {_shown(value)}: write a number from {least:g} to {most:g}")
    return float(value)


def switch(body: Mapping[str, Any], name: str) -> bool | None:
    """A true or false of the body, None where it is absent; 400 where it is neither."""
    value = body.get(name)
    if value is not None and not isinstance(value, bool):
        raise ApiError(400, f"{name} is {_shown(value)}: write true or false")
    return value


def words(names: Sequence[str]) -> str:
    """``a, b and c``; ``none`` where there is nothing."""
    *first, last = names or ("none",)
    return f"{', '.join(first)} and {last}" if first else last


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:59]}…"
