"""Python text: calls and values written as a person would, for the commands' docker-py face."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from operator import attrgetter
from typing import Any

import docker

_WIDTH = 88  # columns: the longest call or value on one line


class Code(str):
    """Text that stands for itself where a value is written: a name, or a call."""

    __slots__ = ()

    def value(self, names: Mapping[str, Any]) -> Any:
        """Its value, where the names have these."""
        return names[self]


class Call(Code):
    """One call with two faces: ``function(values, named=...)`` as text, and doing it.

    The text is on one line where it fits. function: a dotted name, such as ``client.api.tag``.
    """

    __slots__ = ("_function", "_named", "_values")
    _function: str
    _values: tuple[object, ...]
    _named: dict[str, object]

    def __new__(cls, function: str, *values: object, **named: object) -> Call:
        given = [*map(literal, values), *(f"{key}={literal(v)}" for key, v in named.items())]
        self = super().__new__(cls, _enclosed(f"{function}(", given, ")"))
        self._function, self._values, self._named = function, values, named
        return self

    def on(self, client: docker.DockerClient, **names: object) -> Any:
        """Do it with this client. names: the values of the names in it."""
        return self.value({"client": client, "docker": docker, **names})

    def value(self, names: Mapping[str, Any]) -> Any:
        def of(value: object) -> Any:
            return value.value(names) if isinstance(value, Code) else value

        first, _, path = self._function.partition(".")
        named = {key: of(value) for key, value in self._named.items()}
        return attrgetter(path)(names[first])(*map(of, self._values), **named)


def comment(text: str) -> str:
    """A line that says this in Python and in a shell, whatever it holds: it stays one comment."""
    return "# " + "".join(sign if sign.isprintable() else " " for sign in text)


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
    """The keywords without those that are empty or None."""
    return {name: value for name, value in named.items() if value not in (None, "", (), [], {})}
