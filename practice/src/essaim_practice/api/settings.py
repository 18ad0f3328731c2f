"""Parses settings of ``/_practice`` routes; its errors are sentences for a person."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from essaim_practice.api.routing import Request
from essaim_practice.store.errors import ApiError


def settings(request: Request, *known: str) -> Mapping[str, Any]:
    """The settings of the body. Raises ApiError 400 for an unknown one."""
    body = request.json()
    for name in body:
        if name not in known:
            raise ApiError(400, f'there is no setting "{name}" here, only {words(known)}')
    return body


def number(body: Mapping[str, Any], name: str, least: float, most: float) -> float | None:
    """A number of the body; None if absent. Raises ApiError 400 if invalid or out of range."""
    value = body.get(name)
    if value is None:
        return None
    fits = isinstance(value, int | float) and not isinstance(value, bool)
    if not fits or not least <= value <= most:
        raise ApiError(400, f"{name} is {_shown(value)}: write a number from {least:g} to {most:g}")
    return float(value)


def switch(body: Mapping[str, Any], name: str) -> bool | None:
    """A boolean of the body; None if absent. Raises ApiError 400 if invalid."""
    value = body.get(name)
    if value is not None and not isinstance(value, bool):
        raise ApiError(400, f"{name} is {_shown(value)}: write true or false")
    return value


def words(names: Sequence[str]) -> str:
    """``a, b and c``; ``none`` for no names."""
    *first, last = names or ("none",)
    return f"{', '.join(first)} and {last}" if first else last


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:59]}…"
