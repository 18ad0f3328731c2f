"""Validates posted JSON against the shape that Go's decoder would read it into.

As in Go, names match in any case, unknown names are dropped, null leaves a field as if it were
absent, and a value of the wrong type is refused in encoding/json's words.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from posixpath import commonprefix
from typing import Any

MAX_JSON = 2 * 2**20  # bytes; far more than any spec needs
MOST_VALUES = 10_000  # of one text: each costs far more than its bytes, in time and in memory
_INTEGERS = {
    "int": (-(2**63), 2**63),
    "int64": (-(2**63), 2**63),
    "uint64": (0, 2**64),
    "uint32": (0, 2**32),
    "uint16": (0, 2**16),
    "uint8": (0, 2**8),
}
_ZEROS = {"string": "", "bool": False, "float64": 0.0, **dict.fromkeys(_INTEGERS, 0)}
BYTES = "[]uint8"  # a shape: base64 with padding, or a list of numbers; fitted to base64


@dataclass(frozen=True, slots=True)
class Struct:
    """A JSON object with known fields; ``name`` is what Go calls its type."""

    name: str
    fields: Mapping[str, Shape]


@dataclass(frozen=True, slots=True)
class List:
    """A list of values of one shape."""

    items: Shape


@dataclass(frozen=True, slots=True)
class Words:
    """A list of words, or one word alone, as in ``Cmd``."""


@dataclass(frozen=True, slots=True)
class Map:
    """A JSON object whose names belong to the user. ``nullable``: null is a value of its own."""

    values: Shape
    nullable: bool = False


Shape = str | Struct | List | Words | Map  # a str is one of Go's basic types: string, bool, int …


TRAILING = "unexpected content after JSON"
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_WHERE = {  # what Python's decoder says, and what Go's does
    "Expecting property name": "looking for beginning of object key string",
    "Illegal trailing comma before end of object": "looking for beginning of object key string",
    "Expecting ':'": "after object key",
    "Expecting ','": "after {pair}",
    "Invalid control character": "in string literal",
    "Invalid \\": "in string escape code",
}


class Mismatch(ValueError):
    """The text is no JSON, or has another shape; in the decoder's words."""


def parse(text: str) -> Any:
    """Parse any JSON value. Raises Mismatch where Go's decoder would stop, and at 1000 levels."""
    values_in(text)

    def constant(name: str) -> None:
        raise Mismatch(f"invalid character '{name.lstrip('-')[0]}' looking for beginning of value")

    try:
        return json.loads(text, parse_constant=constant)
    except Mismatch:
        raise
    except json.JSONDecodeError as error:
        rest = text[error.pos :].lstrip()
        if not rest or error.msg.startswith("Unterminated"):
            raise Mismatch("unexpected EOF") from None
        if error.msg == "Extra data":
            raise Mismatch(TRAILING) from None
        raise Mismatch(_invalid(text, error, rest)) from None
    except RecursionError:
        raise Mismatch("exceeded max depth") from None
    except ValueError:
        raise Mismatch("a number has too many digits") from None


def _invalid(text: str, error: json.JSONDecodeError, rest: str) -> str:
    """What Go's decoder says of a character that cannot stand where it stands."""
    if literal := next((w for w in ("true", "false", "null") if w[0] == rest[0]), ""):
        right = commonprefix((literal, rest))
        if len(rest) == len(right):
            return "unexpected EOF"
        where = f"in literal {literal} (expecting {literal[len(right)]!r})"
        return f"invalid character {_quoted(rest[len(right)])} {where}"
    inside: list[str] = []
    for sign in re.findall(r"[\[\]{}]", _STRING.sub("", text[: error.pos])):
        if sign in "[{":
            inside.append(sign)
        else:
            inside.pop()
    pair = "object key:value pair" if inside[-1:] == ["{"] else "array element"
    where = next(
        (where for words, where in _WHERE.items() if error.msg.startswith(words)),
        "looking for beginning of value",
    ).format(pair=pair)
    return f"invalid character {_quoted(rest[0])} {where}"


def _quoted(sign: str) -> str:
    """A character as Go quotes one."""
    return {"'": "'\\''", '"': "'\"'"}.get(sign, repr(sign))


def values_in(text: str) -> int:
    """How many values a JSON text has, at most. Raises Mismatch beyond MOST_VALUES."""
    found = 1
    for sign in ",[{":
        found += text.count(sign)
        if found > MOST_VALUES:
            raise Mismatch(f"the practice engine reads at most {MOST_VALUES} values at once")
    return found


def fit(value: Any, shape: Struct) -> dict[str, Any]:
    """Fit a parsed body to its struct. Raises Mismatch."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Mismatch(
            f"json: cannot unmarshal {kind_of(value)} into Go value of type {shape.name}"
        )
    return _struct(value, shape, shape.name.rpartition(".")[2])


def any_object(value: Any) -> dict[str, Any]:
    """Check that a parsed body is an object. Raises Mismatch."""
    if not isinstance(value, dict):
        raise Mismatch(f"json: cannot unmarshal {kind_of(value)} into Go value of type object")
    return value


def clean(text: str) -> str:
    """Replace lone surrogates, as Go does, so that the text can be encoded."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _struct(value: dict[str, Any], shape: Struct, path: str) -> dict[str, Any]:
    names = {name.lower(): name for name in shape.fields}
    fitted = {}
    for posted, inner in value.items():
        name = names.get(posted.lower())
        if name is not None and inner is not None:
            fitted[name] = _fit(inner, shape.fields[name], f"{path}.{clean(posted)}")
    return fitted


def _fit(value: Any, shape: Shape, path: str) -> Any:
    match shape:
        case Struct() if isinstance(value, dict):
            return _struct(value, shape, path)
        case Map() if isinstance(value, dict):
            return {
                clean(name): _element(inner, shape.values, _below(path, name), shape.nullable)
                for name, inner in value.items()
            }
        case List() if isinstance(value, list):
            return [_element(v, shape.items, f"{path}.{n}") for n, v in enumerate(value)]
        case Words() if isinstance(value, str):
            return [clean(value)]
        case Words() if isinstance(value, list):
            return [_element(v, "string", f"{path}.{n}") for n, v in enumerate(value)]
        case "string" if isinstance(value, str):
            return clean(value)
        case "[]uint8" if isinstance(value, str):
            return _base64(value, path)
        case "[]uint8" if isinstance(value, list):
            numbers = [_element(v, "uint8", f"{path}.{n}") for n, v in enumerate(value)]
            return base64.b64encode(bytes(numbers)).decode()
        case "bool" if isinstance(value, bool):
            return value
        case "float64" if isinstance(value, int | float) and not isinstance(value, bool):
            if abs(value) <= 1e308 and math.isfinite(value):
                return value
        case str() if shape in _INTEGERS and type(value) is int:
            low, high = _INTEGERS[shape]
            if low <= value < high:
                return value
    kind = kind_of(value)
    if kind == "number" and shape in (*_INTEGERS, "float64"):
        kind = f"number {value}"
    what = "" if path.rpartition(".")[2].isdigit() else "Go struct field "
    raise Mismatch(f"json: cannot unmarshal {kind} into {what}{path} of type {_go(shape)}")


def _base64(text: str, path: str) -> str:
    """Base64 that may be broken into lines, in one line."""
    text = re.sub("[\r\n]", "", text)
    try:
        return base64.b64encode(base64.b64decode(text, validate=True)).decode()
    except (binascii.Error, ValueError):
        wrong = re.search("[^A-Za-z0-9+/]", text.rstrip("="))
        at = wrong.start() if wrong else len(text) // 4 * 4
        go = f"Go struct field {path} of type {BYTES}: illegal base64 data at input byte {at}"
        raise Mismatch(f"json: cannot unmarshal string into {go}") from None


def _below(path: str, name: str) -> str:
    """The path of a map's value; what separates names is escaped as in a JSON pointer."""
    return f"{path}.{clean(name).replace('~', '~0').replace('/', '~1')}"


def _element(value: Any, shape: Shape, path: str, nullable: bool = False) -> Any:
    """An element of a list or a map, where null is the type's zero value."""
    if value is not None:
        return _fit(value, shape, path)
    if nullable:
        return None
    if isinstance(shape, str):
        return _ZEROS[shape]
    return [] if isinstance(shape, List | Words) else {}


def kind_of(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int | float):
        return "number"
    names = {str: "string", list: "array", dict: "object", type(None): "null"}
    return names[type(value)]


def _go(shape: Shape) -> str:
    match shape:
        case Struct():
            return shape.name
        case List():
            return f"[]{_go(shape.items)}"
        case Map():
            return f"map[string]{_go(shape.values)}"
        case Words():
            return "[]string"
    return shape
