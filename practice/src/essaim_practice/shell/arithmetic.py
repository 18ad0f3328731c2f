"""``$((…))``: whole numbers of 64 bits, with C's operators."""

from __future__ import annotations

import re
from collections.abc import Callable, MutableMapping

_TOKEN = re.compile(
    r"\s*(?:(0[xX][0-9a-fA-F]+|[0-9]+)|([A-Za-z_][A-Za-z0-9_]*)"
    r"|(<<=|>>=|\*\*|<<|>>|<=|>=|==|!=|&&|\|\||\+\+|--|[-+*/%&|^]=|[-+*/%<>=!~&|^?:(),]))"
)
_LEVELS = (
    ("||",),
    ("&&",),
    ("|",),
    ("^",),
    ("&",),
    ("==", "!="),
    ("<", "<=", ">", ">="),
    ("<<", ">>"),
    ("+", "-"),
    ("*", "/", "%"),
)
_ASSIGNING = ("=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>=")
_DEEPEST = 40
_MOST_TOKENS = 1000


class BadArithmetic(Exception):
    """In ash's words: arithmetic syntax error, divide by zero."""


def _wrapped(number: int) -> int:
    return (number + 2**63) % 2**64 - 2**63


def _divided(left: int, right: int) -> int:
    if right == 0:
        raise BadArithmetic("divide by zero")
    quotient = abs(left) // abs(right)
    return quotient if (left < 0) == (right < 0) else -quotient


_OPERATIONS: dict[str, Callable[[int, int], int]] = {
    "||": lambda a, b: int(bool(a or b)),
    "&&": lambda a, b: int(bool(a and b)),
    "|": lambda a, b: a | b,
    "^": lambda a, b: a ^ b,
    "&": lambda a, b: a & b,
    "==": lambda a, b: int(a == b),
    "!=": lambda a, b: int(a != b),
    "<": lambda a, b: int(a < b),
    "<=": lambda a, b: int(a <= b),
    ">": lambda a, b: int(a > b),
    ">=": lambda a, b: int(a >= b),
    "<<": lambda a, b: a << (b & 63),
    ">>": lambda a, b: a >> (b & 63),
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": _divided,
    "%": lambda a, b: a - b * _divided(a, b),
}


def number_of(text: str) -> int:
    """A variable's value: decimal, 0x… or 0… . Raises BadArithmetic."""
    text = text.strip() or "0"
    match = re.fullmatch(r"([-+]?)(0[xX][0-9a-fA-F]+|[0-9]{1,30})", text)
    if match is None:
        raise BadArithmetic("arithmetic syntax error")
    digits = match[2]
    base = 16 if digits[:2] in ("0x", "0X") else 8 if digits[0] == "0" and len(digits) > 1 else 10
    try:
        number = int(digits, base)
    except ValueError:
        raise BadArithmetic("arithmetic syntax error") from None
    return _wrapped(-number if match[1] == "-" else number)


class _Expression:
    """Evaluates while it reads; ``idle`` where the value is not wanted (``0 && x=1``)."""

    def __init__(self, text: str, variables: MutableMapping[str, str]) -> None:
        self._tokens: list[str] = []
        at = 0
        text = text.rstrip()
        while at < len(text):
            match = _TOKEN.match(text, at)
            if match is None:
                raise BadArithmetic("arithmetic syntax error")
            self._tokens.append(match[1] or match[2] or match[3])
            if len(self._tokens) > _MOST_TOKENS:
                raise BadArithmetic("out of memory")
            at = match.end()
        self._at = 0
        self._depth = 0
        self._variables = variables

    def value(self) -> int:
        if not self._tokens:
            return 0
        value = self._comma(False)
        if self._at < len(self._tokens):
            raise BadArithmetic("arithmetic syntax error")
        return value

    def _peek(self, ahead: int = 0) -> str:
        place = self._at + ahead
        return self._tokens[place] if place < len(self._tokens) else ""

    def _comma(self, idle: bool) -> int:
        value = self._assignment(idle)
        while self._peek() == ",":
            self._at += 1
            value = self._assignment(idle)
        return value

    def _assignment(self, idle: bool) -> int:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise BadArithmetic("expression recursion loop detected")
        name, operator = self._peek(), self._peek(1)
        if _is_name(name) and operator in _ASSIGNING:
            self._at += 2
            value = self._assignment(idle)
            if operator != "=":
                value = _OPERATIONS[operator[:-1]](self._read(name), value)
            value = self._write(name, value, idle)
        else:
            value = self._choice(idle)
        self._depth -= 1
        return value

    def _choice(self, idle: bool) -> int:
        condition = self._binary(0, idle)
        if self._peek() != "?":
            return condition
        self._at += 1
        first = self._assignment(idle or not condition)
        if self._peek() != ":":
            raise BadArithmetic("malformed ?: operator")
        self._at += 1
        second = self._assignment(idle or bool(condition))
        return first if condition else second

    def _binary(self, level: int, idle: bool) -> int:
        if level == len(_LEVELS):
            return self._power(idle)
        left = self._binary(level + 1, idle)
        while (operator := self._peek()) in _LEVELS[level]:
            self._at += 1
            skip = (operator == "&&" and not left) or (operator == "||" and bool(left))
            right = self._binary(level + 1, idle or skip)
            left = left if idle else _wrapped(_OPERATIONS[operator](left, right))
        return left

    def _power(self, idle: bool) -> int:
        base = self._unary(idle)
        if self._peek() != "**":
            return base
        self._at += 1
        exponent = self._power(idle)
        if exponent < 0:
            raise BadArithmetic("exponent less than 0")
        return _wrapped(pow(base, exponent, 2**64))

    def _unary(self, idle: bool) -> int:
        sign = self._peek()
        self._at += 1
        self._depth += 1
        if self._depth > _DEEPEST:
            raise BadArithmetic("expression recursion loop detected")
        value = self._signed(sign, idle)
        self._depth -= 1
        return value

    def _signed(self, sign: str, idle: bool) -> int:
        if sign in ("++", "--") and _is_name(self._peek()):
            name = self._peek()
            self._at += 1
            return self._write(name, self._read(name) + (1 if sign == "++" else -1), idle)
        if sign in ("-", "+", "!", "~"):
            value = self._unary(idle)
            return {"-": _wrapped(-value), "+": value, "!": int(not value), "~": ~value}[sign]
        if sign == "(":
            value = self._comma(idle)
            if self._peek() != ")":
                raise BadArithmetic("arithmetic syntax error")
            self._at += 1
            return value
        if _is_name(sign):
            value = self._read(sign)
            if self._peek() in ("++", "--"):
                self._write(sign, value + (1 if self._peek() == "++" else -1), idle)
                self._at += 1
            return value
        if not sign[:1].isdigit():
            raise BadArithmetic("arithmetic syntax error")
        return number_of(sign)

    def _read(self, name: str) -> int:
        return number_of(self._variables.get(name, ""))

    def _write(self, name: str, value: int, idle: bool) -> int:
        value = _wrapped(value)
        if not idle:
            self._variables[name] = str(value)
        return value


def _is_name(token: str) -> bool:
    return token[:1].isalpha() or token[:1] == "_"


def evaluated(text: str, variables: MutableMapping[str, str]) -> int:
    """The value of an expression; assignments change the variables. Raises BadArithmetic."""
    return _Expression(text, variables).value()
