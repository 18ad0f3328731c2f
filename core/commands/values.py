"""The kinds of values in a docker line: how a word becomes a value, and a value a word again."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from core.errors import InvalidValue
from core.i18n import later as _


@dataclass(frozen=True, slots=True)
class Value:
    """A kind of value.

    read: raises InvalidValue with a sentence for the learner. secret: gives the end of a word that
    must not be written down. private: gives the end that everybody must not read.
    """

    name: str  # as in the usage: string, number
    read: Callable[[str], Any] = str
    write: Callable[[Any], str] = str
    secret: Callable[[str], str] | None = None
    private: Callable[[str], str] | None = None

    def hidden(self, private: bool) -> Callable[[str], str] | None:
        """The function that gives the end of a word to mask, if one is to be masked."""
        return self.secret or (self.private if private else None)


def _number(word: str) -> int:
    if not word.isascii() or not word.isdigit():
        sentence = _("{word!r} is not a whole number, 0 or more")
        why = f'strconv.ParseUint: parsing "{word}": invalid syntax'
        raise InvalidValue(sentence, why, word=word)
    return int(word)


def _assignment(word: str) -> str:
    key, equals, _value = word.partition("=")
    if not key or not equals:
        raise InvalidValue(_("{word!r} should read KEY=VALUE"), word=word)
    return word


def _replicas(word: str) -> tuple[str, int]:
    service, equals, count = word.partition("=")
    if not service or not equals:
        raise InvalidValue(_("{word!r} should read SERVICE=REPLICAS, as in web=15"), word=word)
    return service, _number(count)


def _tail(word: str) -> str:
    return word if word == "all" else str(_number(word))


_SPAN = re.compile(r"([0-9]+(?:\.[0-9]+)?)(h|ms|m|s)")
_NANOSECONDS = {"h": 3600 * 10**9, "m": 60 * 10**9, "s": 10**9, "ms": 10**6}


def nanoseconds(word: str) -> int:
    """A duration as Docker writes it, ``1m30s``, in nanoseconds. Raises InvalidValue."""
    spans = _SPAN.findall(word)
    if not spans or "".join(count + unit for count, unit in spans) != word:
        raise InvalidValue(_("{word!r} is no duration: write 10s, 1m30s or 500ms"), word=word)
    return sum(int(float(count) * _NANOSECONDS[unit]) for count, unit in spans)


def _duration(word: str) -> str:
    nanoseconds(word)
    return word


def _assigned(word: str) -> str:
    return word.partition("=")[2]


TEXT = Value("string")
NUMBER = Value("number", read=_number)
SECRET = Value("string", secret=str)
LABEL = Value("key=value", read=_assignment, private=_assigned)
ENV = Value("KEY=VALUE", read=_assignment, secret=_assigned)
DURATION = Value("duration", read=_duration)
TAIL = Value("number|all", read=_tail)
REPLICAS = Value("SERVICE=REPLICAS", read=_replicas, write=lambda pair: f"{pair[0]}={pair[1]}")


def one_of(*choices: str) -> Value:
    """One of these words."""

    def read(word: str) -> str:
        if word not in choices:
            sentence = _("{word!r} is none of {choices}")
            raise InvalidValue(sentence, late=True, word=word, choices=", ".join(choices))
        return word

    return Value("|".join(choices), read=read)


def pairs(texts: Iterable[str]) -> dict[str, str]:
    """``("a=b", "c=d")`` as ``{"a": "b", "c": "d"}``."""
    return dict(text.split("=", 1) for text in texts)


def filters(texts: Iterable[str]) -> dict[str, list[str]]:
    """``("name=web", "name=db")`` as ``{"name": ["web", "db"]}``, docker-py's form."""
    found: dict[str, list[str]] = {}
    for text in texts:
        key, _, value = text.partition("=")
        found.setdefault(key, []).append(value)
    return found
