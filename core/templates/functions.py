"""The functions of the docker command's templates (docker/cli, templates.go), and Go's own."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus

from core.templates.values import Number, as_json, comparison, formatted, printed, truth


class Refused(Exception):
    """A function refuses its arguments; in Go's words."""


def _index(value: Any, *keys: Any) -> Any:
    for key in keys:
        if isinstance(value, Mapping):
            value = value.get(key, getattr(value, "zero", None))
        elif isinstance(value, list | tuple | str) and isinstance(key, int):
            if not 0 <= key < len(value):
                raise Refused(f"index out of range: {key}")
            value = ord(value[key]) if isinstance(value, str) else value[key]
        elif value is None:
            raise Refused("index of untyped nil")
        elif isinstance(value, list | tuple):
            raise Refused(f"cannot index slice/array with type {kind_of(key)}")
        else:
            raise Refused(f"can't index item of type {kind_of(value)}")
    return value


def kind_of(value: Any) -> str:
    """Go's name of a value's type."""
    return {str: "string", int: "int", bool: "bool", float: "float64"}.get(
        type(value), "interface {}"
    )


def _slice(value: Any, first: int = 0, last: int | None = None) -> Any:
    last = len(value) if last is None else last
    if not 0 <= first <= last <= len(value):
        raise Refused(f"index out of range: {last}")
    return value[first:last]


def _length(value: Any) -> int:
    if value is None:
        raise Refused("reflect: call of reflect.Value.Type on zero Value")
    if not isinstance(value, str | list | tuple | Mapping | Number):
        raise Refused(f"len of type {kind_of(value)}")
    return len(value)


def _equal(first: Any, *others: Any) -> bool:
    if not others:
        raise Refused("missing argument for comparison")
    if any(type(first) is not type(each) for each in others if None not in (first, each)):
        raise Refused("incompatible types for comparison")
    return any(first == each for each in others)


def _compare(sign: str) -> Callable[[Any, Any], bool]:
    compare = comparison(sign)

    def compared(first: Any, second: Any) -> bool:
        if isinstance(first, str) is not isinstance(second, str) or first is None:
            raise Refused("incompatible types for comparison")
        return compare(first, second)

    return compared


def _print(*values: Any) -> str:
    """Go's Sprint: a space between two that are no strings."""
    text = ""
    for number, value in enumerate(values):
        if number and not isinstance(value, str) and not isinstance(values[number - 1], str):
            text += " "
        text += printed(value)
    return text


#: Characters that a function may make of less.
_MOST = 1_000_000


def _pad(value: str, before: int, after: int) -> str:
    if max(0, before) + max(0, after) > _MOST:
        raise Refused("it makes a text too long")
    return " " * before + value + " " * after if value else value


def _join(parts: Any, sign: str) -> str:
    if len(parts) * len(sign) > 4 * _MOST:
        raise Refused("it makes a text too long")
    return sign.join(map(printed, parts))


def _printf(form: str, *values: Any) -> str:
    try:
        return formatted(form, values)
    except OverflowError:
        raise Refused("it makes a text too long") from None


def _title(value: str) -> str:
    """strings.Title: the first letter of each word, the others as they are."""
    return "".join(
        char.upper() if not at or not (value[at - 1].isalnum() or value[at - 1] in "_'") else char
        for at, char in enumerate(value)
    )


@dataclass(frozen=True, slots=True)
class Function:
    """What a function does, and the kinds of its arguments: string, int, []string or any.

    least: how many it wants; with many it takes any number more, of the last kind.
    """

    do: Callable[..., Any]
    kinds: tuple[str, ...] = ("any",)
    least: int | None = None  # None stands for one of each kind
    many: bool = False

    def wrong(self, name: str, count: int) -> str:
        """The refusal of so many arguments, or ''."""
        least = len(self.kinds) if self.least is None else self.least
        if count < least or (count > len(self.kinds) and not self.many):
            wanted = f"at least {least}" if self.many else str(least)
            return f"wrong number of args for {name}: want {wanted} got {count}"
        return ""

    def kind(self, number: int) -> str:
        """That of an argument."""
        return self.kinds[min(number, len(self.kinds) - 1)]


def fits(value: Any, kind: str) -> bool:
    """Whether a value is of a kind."""
    match kind:
        case "string":
            return isinstance(value, str)
        case "int":
            return isinstance(value, int) and not isinstance(value, bool)
        case "[]string":
            return isinstance(value, list | tuple)
    return True


def _any(do: Callable[..., Any], least: int = 0) -> Function:
    return Function(do, ("any",), least, many=True)


_TEXT = ("string",)
_html = {"&quot;": "&#34;", "&#x27;": "&#39;"}


def _escaped(*values: Any) -> str:
    text = html.escape(_print(*values))
    for ours, go in _html.items():
        text = text.replace(ours, go)
    return text


def _js(*values: Any) -> str:
    text = _print(*values).replace("\\", "\\\\")
    return text.replace("'", "\\'").replace('"', '\\"')


FUNCTIONS: Mapping[str, Function] = {
    "json": Function(as_json),
    "split": Function(lambda text, sign: text.split(sign) if sign else [*text], _TEXT * 2),
    "join": Function(_join, ("[]string", "string")),
    "title": Function(_title, _TEXT),
    "lower": Function(str.lower, _TEXT),
    "upper": Function(str.upper, _TEXT),
    "pad": Function(_pad, ("string", "int", "int")),
    "truncate": Function(lambda text, length: text[:length], ("string", "int")),
    "len": Function(_length),
    "index": _any(_index, 1),
    "slice": _any(_slice, 1),
    "not": Function(lambda value: not truth(value)),
    "eq": _any(_equal, 1),
    "ne": Function(lambda first, second: not _equal(first, second), ("any", "any")),
    **{sign: Function(_compare(sign), ("any", "any")) for sign in ("lt", "le", "gt", "ge")},
    "print": _any(_print),
    "println": _any(lambda *values: " ".join(map(printed, values)) + "\n"),
    "printf": Function(_printf, ("string", "any"), 1, True),
    "html": _any(_escaped),
    "js": _any(_js),
    "urlquery": _any(lambda *values: quote_plus(_print(*values))),
}


def _same(value: Any, *rest: Any) -> Any:
    return value


#: In the heads of docker's tables most functions leave a head as it is (docker/cli, templates.go).
HEADS: Mapping[str, Function] = {
    name: Function(_same, ("any",), many=True)
    for name in ("json", "split", "join", "title", "lower", "upper", "truncate")
}
