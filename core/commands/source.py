"""Python text: calls and values written as a person would, for the commands' docker-py face."""

from __future__ import annotations

import json
from collections.abc import Iterable

_WIDTH = 88


class Code(str):
    """Text that stands for itself where a value is written: a name, or another call."""

    __slots__ = ()


def call(function: str, *values: object, **named: object) -> str:
    """``function(values, named=...)``, on one line where it fits."""
    given = [literal(value) for value in values]
    return _enclosed(f"{function}(", given + [f"{k}={literal(v)}" for k, v in named.items()], ")")


def literal(value: object) -> str:
    """A value as Python reads it, with double quotes."""
    if isinstance(value, Code):
        return str(value)
    if isinstance(value, str):
        # JSON's escapes are Python's as well.
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list):
        return _enclosed("[", map(literal, value), "]")
    if isinstance(value, tuple):
        return f"({', '.join(map(literal, value))})"
    if isinstance(value, dict):
        return _enclosed("{", (f"{literal(k)}: {literal(v)}" for k, v in value.items()), "}")
    return repr(value)


def _enclosed(before: str, items: Iterable[str], after: str) -> str:
    """The items between brackets: on one line, or each on its own."""
    texts = list(items)
    line = f"{before}{', '.join(texts)}{after}"
    if len(line) <= _WIDTH and "\n" not in line:
        return line
    indented = "".join("    " + text.replace("\n", "\n    ") + ",\n" for text in texts)
    return f"{before}\n{indented}{after}"


def given(**named: object) -> dict[str, object]:
    """Only what was given: nothing that is empty or None."""
    return {name: value for name, value in named.items() if value not in (None, "", (), [], {})}
