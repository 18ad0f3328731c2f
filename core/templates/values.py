"""Values as Go prints, compares and weighs them.

JSON's values stand for Go's: a dict for a map or a struct, a list for a slice.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

NO_VALUE = "<no value>"


class Number:
    """A number of JSON that no struct has a type for: to Go it is a text (json.Number)."""

    __slots__ = ("value",)

    def __init__(self, value: float) -> None:
        self.value = value

    def as_json(self) -> float:
        return self.value

    def __len__(self) -> int:
        return len(str(self))

    def __str__(self) -> str:
        return json.dumps(self.value)


def untyped(value: Any) -> Any:
    """JSON as Go holds it where it has no struct for it."""
    if isinstance(value, dict):
        return {key: untyped(held) for key, held in value.items()}
    if isinstance(value, list):
        return [untyped(each) for each in value]
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return Number(value) if is_number else value


def truth(value: Any) -> bool:
    """Whether ``if`` takes it: all but false, 0, nil and what is empty."""
    return bool(value)


def printed(value: Any) -> str:
    """As ``{{.}}`` and ``%v`` show it."""
    if value is None:
        return "<nil>"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return _float(value)
    if isinstance(value, Mapping):
        if getattr(value, "is_struct", False):
            return "{}"
        return f"map[{' '.join(f'{key}:{printed(value[key])}' for key in sorted(value))}]"
    if isinstance(value, list | tuple):
        return f"[{' '.join(map(printed, value))}]"
    return str(value)


def _float(value: float) -> str:
    """Go's %v of a float: the shortest digits, in scientific form from 1e21 on."""
    if value == int(value) and abs(value) < 1e21:
        return str(int(value))
    text = repr(value)
    return re.sub(r"e([+-])([0-9])$", r"e\g<1>0\2", text)


def weight(value: Any) -> int:
    """The characters and parts of a value that a template can make, about."""
    if isinstance(value, list | tuple):
        return len(value) + sum(len(each) for each in value if isinstance(each, str))
    return len(value) if isinstance(value, str) else 1


def as_json(value: Any) -> str:
    """As the docker command's ``json`` writes it."""
    whole = value.as_json() if callable(getattr(value, "as_json", None)) else value
    text = json.dumps(whole, ensure_ascii=False, separators=(",", ":"), default=_in_json)
    if getattr(value, "for_web", False):  # as docker writes the rows of its lists
        for sign in "<>&":
            text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def _in_json(value: Any) -> Any:
    """What a struct, or a row of a list, is in JSON."""
    return value.as_json() if callable(getattr(value, "as_json", None)) else value.json


_VERB = re.compile(r"%([-+# 0]*)([0-9]+|\*)?(?:\.([0-9]+))?([a-zA-Z%])")
_WIDEST = 1_000_000  # characters that one verb is filled up to, as in Go (fmt/print.go, tooLarge)
_KINDS = {bool: "bool", int: "int", float: "float64", str: "string", Number: "json.Number"}


def formatted(form: str, values: tuple[Any, ...]) -> str:
    """Go's fmt.Sprintf. Raises OverflowError where all verbs together are filled up too far."""
    left = list(values)
    room = _WIDEST

    def verb(match: re.Match[str]) -> str:
        nonlocal room
        flags, width, precision, letter = match.groups()
        if letter == "%":
            return "%"
        wide, bad = 0, ""
        if width == "*":
            wide = left.pop(0) if left else 0
            if not isinstance(wide, int) or wide > _WIDEST:
                wide, bad = 0, "%!(BADWIDTH)"
        elif any(
            len(number or "") > 7 or int(number or 0) > _WIDEST for number in (width, precision)
        ):
            return "%!(NOVERB)"
        else:
            wide = int(width or 0)
        if not left:
            return f"%!{letter}(MISSING)"
        text = bad + _verb(letter, left.pop(0), flags, precision)
        room -= max(0, wide - len(text)) + int(precision or 0)
        if room < 0:
            raise OverflowError
        pad = "0" if "0" in flags and "-" not in flags and letter in "dxXf" else " "
        return text.ljust(wide) if "-" in flags else text.rjust(wide, pad)

    text = _VERB.sub(verb, form)
    if left:
        extra = ", ".join(f"{_kind(value)}={printed(value)}" for value in left)
        text += f"%!(EXTRA {extra})"
    return text


def _verb(letter: str, value: Any, flags: str, precision: str | None) -> str:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    match letter:
        case "v":
            return printed(value)
        case "s" if isinstance(value, str | list | tuple):
            decoded = getattr(value, "decoded", None)  # of bytes
            text = decoded() if decoded else printed(value)
            return text[: int(precision)] if precision else text
        case "q" if isinstance(value, str):
            return json.dumps(value, ensure_ascii=False)
        case "q" if isinstance(value, list | tuple):
            return f"[{' '.join(json.dumps(str(each), ensure_ascii=False) for each in value)}]"
        case "d" if is_number and isinstance(value, int):
            return f"{value:+d}" if "+" in flags else str(value)
        case "x" | "X" if is_number and isinstance(value, int):
            return format(value, letter)
        case "x" | "X" if isinstance(value, str):
            digits = value.encode().hex()
            return digits.upper() if letter == "X" else digits
        case "t" if isinstance(value, bool):
            return str(value).lower()
        case "f" | "e" | "g" if isinstance(value, float):
            return format(value, f".{precision or 6}{letter}")
        case "T":
            return _kind(value)
        case "c" if is_number:
            return chr(int(value)) if 0 <= value < 0x110000 else "\ufffd"
    return f"%!{letter}({_kind(value)}={printed(value)})"


def _kind(value: Any) -> str:
    if isinstance(value, Mapping):
        return "map[string]interface {}"
    if isinstance(value, list | tuple):
        return "[]interface {}"
    return _KINDS.get(type(value), "<nil>" if value is None else type(value).__name__)


def comparison(sign: str) -> Callable[[Any, Any], bool]:
    """lt, le, gt or ge."""
    return {
        "lt": lambda a, b: bool(a < b),
        "le": lambda a, b: bool(a <= b),
        "gt": lambda a, b: bool(a > b),
        "ge": lambda a, b: bool(a >= b),
    }[sign]
