"""The values of the small Python, and the operations on them, each within its limits."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Any

from essaim_practice.programs.steps import Step

#: What one value may have: characters of a text, entries of a list, bits of a number.
LONGEST, MOST_ENTRIES, MOST_BITS = 20_000, 5000, 4096
_WEIGHT = 60 * MOST_ENTRIES  # bytes of a value that is looked at as a whole
_SPEC = re.compile(r"[^{}]?[<>=^]?[-+ ]?#?0?([0-9]{0,3}),?(?:\.[0-9]{1,2})?[bcdeEfFgGnosxX%]?")

Evaluation = Generator[Step, Any, Any]


class Unplayed(Exception):
    """The script asks for what the practice engine does not play."""

    def __init__(self, line: int = 0) -> None:
        super().__init__()
        self.line = line


@dataclass(frozen=True, slots=True)
class Kind:
    """A class of exceptions."""

    name: str
    above: tuple[str, ...] = ("Exception",)


class Raised(Exception):
    """An exception of the script."""

    def __init__(self, kind: Kind, text: str = "") -> None:
        super().__init__(text)
        self.kind = kind
        self.text = text
        self.line = 0


class Left(Exception):
    """``sys.exit``."""

    def __init__(self, code: int) -> None:
        super().__init__()
        self.code = code


@dataclass(slots=True)
class Thing:
    """A module or an object: what it has by name; a callable takes words and named words."""

    name: str
    has: dict[str, Any] = field(default_factory=dict)
    calling: Callable[..., Any] | None = None


@dataclass(slots=True)
class Function:
    """A function of the script."""

    node: ast.FunctionDef | ast.Lambda
    defaults: list[Any]


KINDS = {
    kind.__name__: Kind(kind.__name__, tuple(c.__name__ for c in kind.__mro__[1:-1]))
    for kind in (
        Exception, ValueError, TypeError, KeyError, IndexError, ZeroDivisionError, NameError,
        AttributeError, RuntimeError, OSError, ConnectionError, FileNotFoundError, MemoryError,
        OverflowError, ImportError, ModuleNotFoundError, KeyboardInterrupt, TimeoutError,
    )
}  # fmt: skip


def error(name: str, text: str = "") -> Raised:
    return Raised(KINDS[name], text)


class Tally:
    """How many values were looked at since the interpreter last asked: that takes time, too."""

    looks = 0


def checked(value: Any) -> Any:
    """The value, if it is not too large. Raises Raised."""
    most = LONGEST if isinstance(value, (str, bytes)) else MOST_ENTRIES
    large = isinstance(value, (str, bytes, list, tuple, dict, set)) and len(value) > most
    if large or (isinstance(value, int) and value.bit_length() > MOST_BITS):
        raise error("MemoryError")
    return value


def short(value: Any) -> Any:
    """What a loop goes through, if a list of it is not too large. Raises Raised."""
    found = entries(value)
    if native(lambda: len(found)) > (LONGEST if isinstance(value, (str, bytes)) else MOST_ENTRIES):
        raise error("MemoryError")
    return found


def entries(value: Any) -> Any:
    """What a loop goes through. Raises Raised."""
    if isinstance(value, (dict, list, set)):
        return list(value)
    if not isinstance(value, (str, bytes, tuple, range)):
        raise error("TypeError", f"'{type(value).__name__}' object is not iterable")
    return value


def hashed(key: Any) -> Any:
    """A value that may become a key. Raises Raised."""
    if isinstance(key, tuple):
        weighed(key)
    return key


def weighed(*values: Any, most: int = _WEIGHT) -> int:
    """About the bytes that values take, each time that one is in another. Raises Raised above most.

    So nothing that looks at all of a value, as ``repr`` does, takes long.
    """
    total, left = 0, list(values)
    while left:
        value = left.pop()
        total += 50
        Tally.looks += 1
        if isinstance(value, (str, bytes)):
            total += len(value)
        elif isinstance(value, int):
            total += value.bit_length() // 3
        elif isinstance(value, dict):
            left += [*value, *value.values()]
        elif isinstance(value, (list, tuple, set)):
            left += value
        elif isinstance(value, Thing):
            left += value.has.values()
        if total > most:
            raise error("MemoryError")
    return total


_OPERATIONS: dict[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod, ast.Pow: operator.pow,
    ast.BitAnd: operator.and_, ast.BitOr: operator.or_, ast.BitXor: operator.xor,
    ast.LShift: operator.lshift, ast.RShift: operator.rshift,
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le,
    ast.Gt: operator.gt, ast.GtE: operator.ge, ast.Is: operator.is_, ast.IsNot: operator.is_not,
    ast.In: lambda a, b: operator.contains(b, a), ast.NotIn: lambda a, b: a not in b,
}  # fmt: skip


def combined(kind: type[ast.AST], left: Any, right: Any) -> Any:
    """``left + right`` and the like. Raises Raised, Unplayed."""
    if kind not in _OPERATIONS:
        raise Unplayed
    for one in (left, right):
        if isinstance(one, (Thing, Function)) and kind not in (
            ast.Is,
            ast.IsNot,
            ast.Eq,
            ast.NotEq,
        ):
            raise Unplayed
    if isinstance(left, (list, tuple, dict, set)) or isinstance(right, (list, tuple, dict, set)):
        weighed(left, right)
    if kind in (ast.In, ast.NotIn) and isinstance(right, range) and not isinstance(left, int):
        raise Unplayed  # it would try every number
    if kind is ast.Mult:
        for one, other in ((left, right), (right, left)):
            sized = isinstance(one, (str, bytes, list, tuple)) and isinstance(other, int)
            most = LONGEST if isinstance(one, (str, bytes)) else MOST_ENTRIES
            if sized and len(one) * other > most:
                raise error("MemoryError")
    if kind in (ast.Pow, ast.LShift) and isinstance(left, int) and isinstance(right, int):
        bits = right if kind is ast.LShift else left.bit_length() * right
        if bits > MOST_BITS:
            raise error("MemoryError")
    if kind is ast.Mod and isinstance(left, (str, bytes)):
        text = left if isinstance(left, str) else "%?"  # of bytes: not played
        if not re.fullmatch(r"(?:[^%]|%%|%i|%0?[0-9]{0,2}(?:\.[0-9])?[sdfx])*", text):
            raise Unplayed
    return checked(native(lambda: _OPERATIONS[kind](left, right)))


_NATIVE = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, MemoryError)


def native(do: Callable[[], Any]) -> Any:
    """What Python itself answers; its exceptions become the script's."""
    try:
        return do()
    except RecursionError:
        raise error("MemoryError") from None
    except _NATIVE as fault:
        name = type(fault).__name__
        known = KINDS.get(name) or KINDS["ValueError"]
        raise Raised(known, repr(fault.args[0]) if name == "KeyError" else str(fault)) from None


def formatted(value: Any, spec: str) -> str:
    """``f"{value:spec}"``. Raises Raised, Unplayed."""
    if not spec:
        return shown(value)
    found = _SPEC.fullmatch(spec)
    if found is None or int(found[1] or 0) > 200 or isinstance(value, (Thing, Function)):
        raise Unplayed
    return str(native(lambda: format(value, spec)))


def shown(value: Any, quoted: bool = False) -> str:
    """``str(value)``, or ``repr(value)``. Raises Raised, Unplayed."""
    if isinstance(value, Raised):
        return f"{value.kind.name}({value.text!r})" if quoted else value.text
    if isinstance(value, Function):
        raise Unplayed
    if isinstance(value, Thing):
        if "__str__" in value.has:
            return str(value.has["__str__"])
        raise Unplayed
    if isinstance(value, Kind):
        return f"<class '{value.name}'>"
    weighed(value)
    return str(checked(native(lambda: repr(value) if quoted else str(value))))


#: The methods of strings, lists and the rest that are played.
METHODS: dict[type, frozenset[str]] = {
    str: frozenset((
        "capitalize", "count", "encode", "endswith", "find", "index", "isalpha", "isdigit",
        "isnumeric", "islower", "isupper", "join", "lower", "lstrip", "removeprefix",
        "removesuffix", "replace", "rfind", "rsplit", "rstrip", "split", "splitlines",
        "startswith", "strip", "swapcase", "title", "upper",
    )),
    bytes: frozenset(("decode", "hex", "split", "strip", "startswith")),
    list: frozenset((
        "append", "clear", "copy", "count", "extend", "index", "insert", "pop", "remove",
        "reverse", "sort",
    )),
    tuple: frozenset(("count", "index")),
    dict: frozenset((
        "clear", "copy", "get", "items", "keys", "pop", "setdefault", "update", "values",
    )),
    set: frozenset((
        "add", "clear", "copy", "difference", "discard", "intersection", "remove", "union",
    )),
    int: frozenset(("bit_length",)),
    float: frozenset(("is_integer",)),
}  # fmt: skip


def method(value: Any, name: str) -> Callable[..., Any]:
    """A bound method of a value. Raises Raised, Unplayed."""
    if name == "format" and isinstance(value, str):
        return lambda *words, **named: _filled(value, words, named)
    known = METHODS.get(type(value))
    if known is None or name.startswith("_"):
        raise Unplayed
    if name not in known:
        if hasattr(value, name):
            raise Unplayed
        text = f"'{type(value).__name__}' object has no attribute '{name}'"
        raise error("AttributeError", text)

    def bound(*words: Any, **named: Any) -> Any:
        weighed(value, *words)
        for word in words:
            if isinstance(word, range):
                short(word)
        if name == "replace" and len(words) > 1 and len(value) * len(words[1]) > 10 * LONGEST:
            raise error("MemoryError")
        if name == "join" and words and sum(len(str(w)) + len(value) for w in words[0]) > LONGEST:
            raise error("MemoryError")
        if name in ("extend", "update", "union") and words and words[0] is value:
            raise error("MemoryError")
        if name == "sort" and named:
            raise Unplayed
        answer = native(lambda: getattr(value, name)(*words, **named))
        checked(value)
        return checked(list(answer) if name in ("items", "keys", "values") else answer)

    return bound


_FIELD = re.compile(r"\{\{|\}\}|\{([A-Za-z_0-9]*)(?::([^{}]*))?\}")


def _filled(text: str, words: tuple[Any, ...], named: dict[str, Any]) -> str:
    """``text.format(…)``, with plain names and numbers only."""
    if re.search(r"[{}]", _FIELD.sub("", text)):
        raise Unplayed
    left = iter(words)

    def fill(found: re.Match[str]) -> str:
        if found[1] is None:
            return found[0][0]
        if found[1] == "":
            value = native(lambda: next(left, None))
        elif found[1].isdigit():
            value = native(lambda: words[int(found[1])])
        else:
            value = native(lambda: named[found[1]])
        return formatted(value, found[2] or "")

    return str(checked(_FIELD.sub(fill, text)))
