"""Numbers, sizes and times in a docker line, as Go and the docker command read them."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction

from core.commands.values import Value
from core.errors import InvalidValue
from core.i18n import later as _

#: Go's time.ParseDuration; units in nanoseconds.
_SPAN = re.compile(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)")
_SPANS = re.compile(rf"(?:{_SPAN.pattern})+")
_LONGEST = 1000  # characters of a number: a longer one takes its time, and means nothing
_FAR = re.compile(r"[eE][+-]?[0-9_]{4,}")  # an exponent: Go, too, takes none of a million
_UNITS = {"ns": 1, "us": 10**3, "µs": 10**3, "μs": 10**3, "ms": 10**6}
_UNITS |= {"s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}
_INT = re.compile(r"[+-]?(?:0[xX][0-9a-fA-F]+|0[oO]?[0-7]*|0[bB][01]+|[1-9][0-9]*)")
_FLOAT = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")


def go_integer(word: str) -> int:
    """Go's ParseInt with base 0: ``12``, ``0x1f``, ``0440``. Raises ValueError."""
    if len(word) > _LONGEST or not _INT.fullmatch(word):
        raise ValueError(word)
    digits = word.lstrip("+-").lower()
    base = {"0x": 16, "0o": 8, "0b": 2}.get(digits[:2], 8 if digits[:1] == "0" else 10)
    number = int(digits[2:] if digits[1:2].isalpha() else digits, base)
    return -number if word.startswith("-") else number


def _unsigned(word: str) -> int:
    why = "invalid syntax"
    try:
        if word[:1] not in ("+", "-"):
            number = go_integer(word)
            if number < 2**64:
                return number
            why = "value out of range"
    except ValueError:
        pass
    sentence = _("{word!r} is not a whole number, 0 or more")
    raise InvalidValue(sentence, f'strconv.ParseUint: parsing "{word}": {why}', word=word)


def _float(word: str) -> float:
    if not _FLOAT.fullmatch(word):
        why = f'strconv.ParseFloat: parsing "{word}": invalid syntax'
        raise InvalidValue(_("{word!r} is no number: write 0.5 or 2"), why, word=word)
    return float(word)


def cpus(word: str) -> int:
    """A number of processors, ``0.5``, in billionths of one. Raises InvalidValue."""
    try:
        if len(word) > _LONGEST or _FAR.search(word):
            raise ValueError(word)
        count = Fraction(word) * 10**9
    except (ValueError, ZeroDivisionError):
        sentence = _("{word!r} is no number: write 0.5 or 2")
        raise InvalidValue(
            sentence, f"failed to parse {word} as a rational number", word=word
        ) from None
    if count.denominator != 1:
        sentence = _("{word!r} is too precise: nine digits at most")
        raise InvalidValue(sentence, "value is too precise", word=word)
    return int(count)


def duration(word: str) -> int:
    """A time such as ``1m30s``, in nanoseconds; it may be negative. Raises InvalidValue."""
    text = word[1:] if word[:1] in ("+", "-") else word
    spans = _SPAN.findall(text) if len(text) <= _LONGEST and _SPANS.fullmatch(text) else []
    length = int(sum(Fraction(f"0{count}".rstrip(".")) * _UNITS[unit] for count, unit in spans))
    if text != "0" and (not spans or length >= 2**63):
        why = f'time: invalid duration "{word}"'
        if re.fullmatch(r"[0-9.]+", text):
            why = f'time: missing unit in duration "{word}"'
        elif found := re.fullmatch(r"[0-9.]+([^0-9.]+)", text):
            why = f'time: unknown unit "{found[1]}" in duration "{word}"'
        sentence = _("{word!r} is no duration: write 10s, 1m30s or 500ms")
        raise InvalidValue(sentence, why, word=word)
    return -length if word.startswith("-") else length


def positive(word: str) -> int:
    """A time that is not negative, in nanoseconds. Raises InvalidValue."""
    length = duration(word)
    if length < 0:
        raise InvalidValue(_("a duration cannot be negative"), "duration cannot be negative")
    return length


def checked(name: str, read: object, private: Callable[[str], str] | None = None) -> Value:
    """A kind of value that is kept as the word it is, if ``read`` takes it. private: see Value."""

    def same(word: str) -> str:
        read(word)  # type: ignore[operator]
        return word

    return Value(name, read=same, private=private)


UINT = Value("uint", read=_unsigned)
FLOAT = Value("float", read=_float, write=lambda number: f"{number:g}")
CPUS = checked("decimal", cpus)
SPAN = checked("duration", duration)
POSITIVE = checked("duration", positive)
