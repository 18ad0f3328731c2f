"""Editing frozen records, which everything in a practice cluster's store is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from functools import cache
from operator import attrgetter
from typing import Any, TypeVar

R = TypeVar("R")

_new, _set = object.__new__, object.__setattr__


def changed(record: R, **changes: Any) -> R:
    """A record with some fields changed: what dataclasses.replace does, in half the time.

    The records of the store check nothing when they are made, so that nothing is skipped by it.
    """
    kind = type(record)
    copy = _new(kind)
    names, values = _reading(kind)  # type: ignore[arg-type]
    for name, value in zip(names, values(record), strict=True):
        _set(copy, name, value)
    for name, value in changes.items():
        _set(copy, name, value)
    return copy


@cache
def _reading(kind: type[Any]) -> tuple[tuple[str, ...], Callable[[Any], tuple[Any, ...]]]:
    """The fields of a kind of record, and what reads all of them at once."""
    names = tuple(field.name for field in fields(kind))
    return names, attrgetter(*names)
