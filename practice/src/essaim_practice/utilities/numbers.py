"""seq, expr, checksums, base64 and nproc."""

from __future__ import annotations

import base64 as codes
import binascii
import hashlib
import re
from math import isfinite
from posixpath import basename

from essaim_practice.programs.base import Context
from essaim_practice.programs.steps import Steps, Wait, Work, Write, line
from essaim_practice.shell.simple_utilities import Complaint
from essaim_practice.store import kernel
from essaim_practice.text.encoding import decoded, encoded
from essaim_practice.utilities.base import (
    ENTRY,
    Doing,
    Lines,
    Misuse,
    gnu,
    opened,
    options,
    out,
    reason,
    tool,
)
from essaim_practice.utilities.regex import COMPILED, Pattern

_AT_ONCE = 500  # numbers in one step


@tool("seq", usage="[-w] [-s SEP] [FIRST [INC]] LAST")
def seq(argv: list[str], context: Context) -> Steps:
    words = argv[1:]
    separator, wide = "\n", False
    while words and re.match(r"-[a-z]", words[0]):
        word = words.pop(0)
        if word.startswith("-s"):
            separator = word[2:] or (words.pop(0) if words else "")
        elif word == "-w":
            wide = True
        else:
            raise Misuse(f"invalid option -- '{word[1]}'")
    if not 1 <= len(words) <= 3:
        raise Misuse("missing operand" if gnu(context) and not words else "")
    try:
        numbers = [float(word) for word in words]
    except ValueError:
        raise Misuse(
            "" if not gnu(context) else f"invalid floating point argument: '{words[0]}'"
        ) from None
    if not all(map(isfinite, numbers)):
        raise Misuse("")
    first, step, last = (1.0, 1.0, numbers[0])
    if len(numbers) > 1:
        first, step, last = numbers[0], (numbers[1] if len(numbers) == 3 else 1.0), numbers[-1]
    if step == 0:
        step = 1.0 if first <= last else -1.0
    digits = max(len(word.partition(".")[2]) for word in words)
    pad = max(len(word.partition(".")[0]) for word in (words[0], words[-1])) if wide else 0
    pad += digits + 1 if wide and digits else 0
    if len(words) == 1 and wide:
        pad = len(words[0])
    count = int((last - first) / step + 1e-9) + 1
    made: list[str] = []
    for number in range(max(0, count)):
        made.append(
            f"{first + number * step:0{pad}.{digits}f}"
            if pad
            else f"{first + number * step:.{digits}f}"
        )
        if len(made) == _AT_ONCE:
            yield out(separator.join(made) + (separator if number + 1 < count else ""))
            made = []
            yield Work(_AT_ONCE)
            yield Wait(0.001)
    if count > 0:
        yield out(separator.join(made) + "\n")
    return 0


@tool("expr", usage="EXPRESSION", code=2)
def expr(argv: list[str], context: Context) -> Steps:
    words = argv[1:]
    if not words:
        raise Complaint("missing operand" if gnu(context) else "too few arguments", 2)
    yield Work(COMPILED + sum(map(len, words)) // 20)
    value = _Expression(words).value()
    yield line(value)
    return int(value in ("", "0"))


class _Expression:
    _LEVELS = (
        ("|",),
        ("&",),
        ("=", "==", "!=", "<", "<=", ">", ">="),
        ("+", "-"),
        ("*", "/", "%"),
        (":",),
    )

    def __init__(self, words: list[str]) -> None:
        self._words = words[:200]
        self._at = 0
        self._depth = 0

    def value(self) -> str:
        value = self._binary(0)
        if self._at < len(self._words):
            raise Complaint("syntax error", 2)
        return value

    def _peek(self) -> str | None:
        return self._words[self._at] if self._at < len(self._words) else None

    def _take(self) -> str:
        word = self._peek()
        if word is None:
            raise Complaint("syntax error", 2)
        self._at += 1
        return word

    def _binary(self, level: int) -> str:
        if level == len(self._LEVELS):
            return self._primary()
        left = self._binary(level + 1)
        while (sign := self._peek()) is not None and sign in self._LEVELS[level]:
            self._at += 1
            left = self._combined(left, sign, self._binary(level + 1))
        return left

    def _combined(self, left: str, sign: str, right: str) -> str:
        if sign == "|":
            return left if left not in ("", "0") else right
        if sign == "&":
            return left if left not in ("", "0") and right not in ("", "0") else "0"
        if sign == ":":
            return _matched(left, right)
        number = r"-?[0-9]{1,18}"
        numeric = re.fullmatch(number, left) and re.fullmatch(number, right)
        if sign not in "+-*/%":
            order: tuple[object, object] = (int(left), int(right)) if numeric else (left, right)
            a, b = order
            outcomes = {"=": a == b, "==": a == b, "!=": a != b}
            if sign in outcomes:
                return str(int(outcomes[sign]))
            less = int(left) < int(right) if numeric else left < right
            return str(
                int(
                    {"<": less, "<=": less or a == b, ">": not less and a != b, ">=": not less}[
                        sign
                    ]
                )
            )
        if not numeric:
            raise Complaint("non-integer argument", 2)
        x, y = int(left), int(right)
        if sign in "/%":
            if y == 0:
                raise Complaint("division by zero", 2)
            quotient = abs(x) // abs(y) * (1 if (x < 0) == (y < 0) else -1)
            return str(quotient if sign == "/" else x - quotient * y)
        value = {"+": x + y, "-": x - y, "*": x * y}[sign]
        return str((value + 2**63) % 2**64 - 2**63)

    def _primary(self) -> str:
        self._depth += 1
        if self._depth > 40:
            raise Complaint("syntax error", 2)
        word = self._take()
        if word == "(":
            value = self._binary(0)
            if self._take() != ")":
                raise Complaint("syntax error", 2)
        elif word == "length" and self._peek() is not None:
            value = str(len(self._take()))
        elif word == "match" and len(self._words) - self._at >= 2:
            text, pattern = self._take(), self._take()
            value = _matched(text, pattern)
        elif word == "substr" and len(self._words) - self._at >= 3:
            text, start, count = self._take(), self._take(), self._take()
            begin = int(start) if start.isdecimal() else 0
            value = text[begin - 1 : begin - 1 + int(count)] if begin and count.isdecimal() else ""
        else:
            value = word
        self._depth -= 1
        return value


def _matched(text: str, source: str) -> str:
    """What a pattern's group matches at a text's beginning; without one, how many characters."""
    pattern = Pattern(source)
    match = pattern.beginning(encoded(text))
    if pattern.groups:
        return decoded(match.group(1)) if match else ""
    return str(len(decoded(match.group()))) if match else "0"


_SUMS = ("md5sum", "sha1sum", "sha256sum", "sha512sum")


@tool(*_SUMS, usage="[-c[sw]] [FILE]...")
def checksum(argv: list[str], context: Context) -> Steps:
    name = basename(argv[0])
    asked, code = options(argv, "cswbt"), 0
    for word in asked.words or ["-"]:
        yield ENTRY
        try:
            lines = opened(context, word)
        except OSError as error:
            said = word if gnu(context) else f"can't open '{word}'"
            yield line(f"{name}: {said}: {reason(error)}", 2)
            code = 1
            continue
        if "c" not in asked:
            yield line(f"{(yield from _sum(name, lines))}  {word}")
            continue
        for row in (yield from lines.whole()):
            code |= yield from _checked(name, decoded(row).rstrip("\n"), context)
    return code


def _sum(name: str, lines: Lines) -> Doing[str]:
    digest = hashlib.new(name.removesuffix("sum"), usedforsecurity=False)
    while (data := (yield from lines.chunk())) is not None:
        digest.update(data)
        yield Work(len(data) // 500)
    return digest.hexdigest()


def _checked(name: str, row: str, context: Context) -> Doing[int]:
    wanted, _, word = row.partition("  ")
    try:
        made = yield from _sum(name, opened(context, word))
    except OSError as error:
        yield line(f"{name}: can't open '{word}': {reason(error)}", 2)
        return 1
    right = made == wanted
    yield line(f"{word}: {'OK' if right else 'FAILED'}")
    return int(not right)


@tool("base64", usage="[-d] [-w COL] [FILE]")
def base64(argv: list[str], context: Context) -> Steps:
    asked = options(argv, "di", "w", {"decode": "d", "wrap": "w"})
    source = opened(context, (asked.words or ["-"])[0])
    bad = Complaint("invalid input" if gnu(context) else "truncated input", 1)
    wide, unit, left = asked.number("w", 76), 4 if "d" in asked else 3, b""
    column = 0
    while (some := (yield from source.chunk())) is not None:
        data = left + (some.translate(None, b" \t\n\r\v\f") if unit == 4 else some)
        whole = len(data) - len(data) % unit
        data, left = data[:whole], data[whole:]
        yield Work(len(data) // 100)
        if unit == 4:
            yield Write(_decoded(data, bad))
        else:
            text, column = _wrapped(codes.b64encode(data), wide, column)
            yield Write(text)
    if unit == 4:
        yield Write(_decoded(left, bad))
        return 0
    text, column = _wrapped(codes.b64encode(left), wide, column)
    yield Write(text + (b"\n" if wide > 0 and column else b""))
    return 0


def _decoded(data: bytes, bad: Complaint) -> bytes:
    try:
        return codes.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        raise bad from None


def _wrapped(text: bytes, wide: int, column: int) -> tuple[bytes, int]:
    """A text in lines, the first of which goes on from a column, and the column that it ends in."""
    if wide <= 0 or not text:
        return text, column
    first = text[: wide - column]
    rows = [text[at : at + wide] for at in range(len(first), len(text), wide)]
    ended = column + len(first) if not rows else len(rows[-1])
    made = b"\n".join([first, *rows])
    return (made + b"\n", 0) if ended == wide else (made, ended)


@tool("nproc", usage="")
def nproc(argv: list[str], context: Context) -> Steps:
    yield line(str(context.bounds.cpus or kernel.CPUS))
    return 0
