"""Editing frozen records, which everything in a practice cluster's store is."""

from __future__ import annotations

from dataclasses import fields
from functools import cache
from typing import Any, TypeVar

R = TypeVar("R")

_new, _set = object.__new__, object.__setattr__


def changed(record: R, **changes: Any) -> R:
    """A record with some fields changed: what dataclasses.replace does, in half the time.

    The records of the store check nothing when they are made, so that nothing is skipped by it.
    """
    kind = type(record)
    copy = _new(kind)
    for name in _names(kind):  # type: ignore[arg-type]
        _set(copy, name, changes[name] if name in changes else getattr(record, name))
    return copy


@cache
def _names(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))
