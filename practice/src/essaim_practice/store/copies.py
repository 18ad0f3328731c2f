"""Copies of frozen records with some fields changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from functools import cache
from typing import Any, TypeVar

R = TypeVar("R")


def changed(record: R, **changes: Any) -> R:
    """As dataclasses.replace, in a quarter of the time.

    It skips ``__init__`` and ``__post_init__``, which check nothing in the store's records.
    """
    kind = type(record)
    copy: R = _copier(kind)(record, object.__new__(kind), changes)  # type: ignore[arg-type]
    return copy


@cache
def _copier(kind: type[Any]) -> Callable[[Any, Any, dict[str, Any]], Any]:
    """A function that copies a record of this kind field by field, then sets the changes.

    Its source is generated for each kind, as dataclasses generates ``__init__``: every write to the
    store makes such a copy, and a loop over some twenty names takes twice as long.
    """
    names = [field.name for field in fields(kind)]
    lines = [f"    set_{name}(copy, record.{name})" for name in names]
    text = "\n".join(
        [
            "def copier(record, copy, changes):",
            *lines,
            "    for name, value in changes.items():",
            "        set_any(copy, name, value)",
            "    return copy",
        ]
    )
    made: dict[str, Any] = {f"set_{name}": getattr(kind, name).__set__ for name in names}
    made["set_any"] = object.__setattr__
    exec(text, made)  # noqa: S102 (of our own fields' names)
    copier: Callable[[Any, Any, dict[str, Any]], Any] = made["copier"]
    return copier
