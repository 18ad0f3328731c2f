"""The kinds of values in a docker line: how a word becomes a value, and a value a word again."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from core.errors import InvalidValue
from core.i18n import later as _

#: Go's strconv.ParseBool.
TRUE = frozenset(("1", "t", "T", "TRUE", "true", "True"))
FALSE = frozenset(("0", "f", "F", "FALSE", "false", "False"))


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


def _label(word: str) -> str:
    key = word.partition("=")[0].lstrip()
    if not key:
        raise InvalidValue(
            _("{word!r} should read KEY=VALUE"), f"invalid label '{word}': empty name", word=word
        )
    if any(sign.isspace() for sign in key):
        why = f"label '{key}' contains whitespaces"
        raise InvalidValue(_("{word!r} should read KEY=VALUE"), why, word=word)
    return word


def _filter(word: str) -> str:
    if word and "=" not in word:
        why = "bad format of filter (expected name=value)"
        raise InvalidValue(_("{word!r} should read KEY=VALUE"), why, word=word)
    return word


def _integer(word: str) -> int:
    try:
        return int(word) if word.isascii() and "_" not in word and word == word.strip() else int("")
    except ValueError:
        why = f'strconv.ParseInt: parsing "{word}": invalid syntax'
        raise InvalidValue(_("{word!r} is no whole number"), why, word=word) from None


def _variable(word: str) -> str:
    if not word or word.startswith("="):
        why = f"invalid environment variable: {word}"
        raise InvalidValue(_("{word!r} should read KEY=VALUE"), why, word=word)
    return word


def size(word: str) -> int:
    """A number of bytes as Docker writes it, ``512m``. Raises InvalidValue.

    The rules are those of docker/go-units, RAMInBytes.
    """
    sentence = _("{word!r} is no size: write 512m or 2g")
    number = word.rstrip("".join({*word} - {*"0123456789. "}))
    suffix = word[len(number) :].lower()
    digits = number.removesuffix(" ")
    if not number or re.fullmatch(r"-[0-9.]+", digits):
        raise InvalidValue(sentence, f"invalid size: '{word}'", word=word)
    if not re.fullmatch(r"\+?([0-9]{1,20}(\.[0-9]{0,20})?|\.[0-9]{1,20})", digits):
        why = f'strconv.ParseFloat: parsing "{digits}": invalid syntax'
        raise InvalidValue(sentence, why, word=word)
    if not re.fullmatch(r"([kmgtp](i?b)?|b)?", suffix):
        raise InvalidValue(sentence, f"invalid suffix: '{suffix}'", word=word)
    return int(float(digits) * 1024 ** "bkmgtp".index(suffix[:1] or "b"))


def _size(word: str) -> str:
    size(word)
    return word


def _swap(word: str) -> str:
    return word if word == "-1" else _size(word)


def _replicas(word: str) -> tuple[str, int]:
    service, equals, count = word.partition("=")
    if not service or not equals:
        raise InvalidValue(
            _("{word!r} should read SERVICE=REPLICAS, as in web=15"), _SCALE.format(word), word=word
        )
    try:
        return service, _number(count)
    except InvalidValue as error:
        error.spoken = f"{service}: invalid replicas value {count}: {error.spoken}"
        raise


_SCALE = """\
invalid scale specifier '{}'.
See 'docker service scale --help'.

Usage:  docker service scale SERVICE=REPLICAS [SERVICE=REPLICAS...]

Scale one or multiple replicated services"""


def _tail(word: str) -> str:
    return word if word == "all" else str(_number(word))


_SPAN = re.compile(r"([0-9]+(?:\.[0-9]+)?)(h|ms|m|s)")
_SPANS = re.compile(rf"(?:{_SPAN.pattern})+")  # first: to find spans in any text takes long
_NANOSECONDS = {"h": 3600 * 10**9, "m": 60 * 10**9, "s": 10**9, "ms": 10**6}


def nanoseconds(word: str) -> int:
    """A duration as Docker writes it, ``1m30s``, in nanoseconds. Raises InvalidValue."""
    spans = _SPAN.findall(word) if _SPANS.fullmatch(word) else []
    lengths = [float(count) * _NANOSECONDS[unit] for count, unit in spans]
    if not spans or sum(lengths) >= 2**63:
        raise InvalidValue(_("{word!r} is no duration: write 10s, 1m30s or 500ms"), word=word)
    return sum(map(int, lengths))


def _duration(word: str) -> str:
    nanoseconds(word)
    return word


def refused(why: str) -> InvalidValue:
    """docker's own words, which are English in every language."""
    return InvalidValue("{why}", why, why=why)


def fields(word: str) -> list[str]:
    """The fields of the first record of CSV: quotes keep a comma.

    Raises InvalidValue. The rules and the words are those of Go's encoding/csv.
    """
    text = word.replace("\r\n", "\n").removesuffix("\r")
    at = len(text) - len(text.lstrip("\n"))  # empty lines are no records
    if at == len(text):
        raise refused("EOF")
    found = []
    while True:
        quoted = text.startswith('"', at)
        field = (_QUOTED if quoted else _BARE).match(text, at)
        if field is None:
            raise _misquoted(text, len(text), 'extraneous or missing " in quoted-field')
        at = field.end()
        found.append(field[1].replace('""', '"') if quoted else field[0])
        sign = text[at : at + 1]
        if sign == '"':
            raise _misquoted(text, at, 'bare " in non-quoted-field')
        if sign not in ("", ",", "\n"):
            raise _misquoted(text, at - 1, 'extraneous or missing " in quoted-field')
        if sign != ",":
            return found
        at += 1


_QUOTED = re.compile(r'"((?:[^"]|"")*)"(?!")')
_BARE = re.compile(r'[^",\n]*')


def _misquoted(text: str, at: int, why: str) -> InvalidValue:
    line = text.count("\n", 0, at) + 1
    column = len(text[text.rfind("\n", 0, at) + 1 : at].encode()) + 1
    return refused(f"parse error on line {line}, column {column}: {why}")


def _strings(word: str) -> str:
    listed([word])
    return word


def _assigned(word: str) -> str:
    return word.partition("=")[2]


TEXT = Value("string")
NUMBER = Value("number", read=_number)
SECRET = Value("string", secret=str)
LABEL = Value("key=value", read=_assignment, private=_assigned)
MARK = Value("list", read=_label, private=_assigned)  # a label of an object to be made
FILTER = Value("filter", read=_filter, private=_assigned)
SETTING = Value("list", private=_assigned)  # key=value, which may hold a password
PROGRAM = Value("string", private=str)  # what a program is started with
CHANGE = Value("list", private=str)  # a line of a Dockerfile
MAP = Value("map", private=_assigned)  # key=value, of a driver
VARIABLE = Value("list", read=_variable, secret=_assigned)  # its value perhaps of the environment
STRINGS = Value("strings", read=_strings)  # many in one word, with commas between them
INTEGER = Value("int", read=_integer)
BYTES = Value("bytes", read=_size)
SWAP = Value("bytes|-1", read=_swap)
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
    """``("a=b", "c")`` as ``{"a": "b", "c": ""}``."""
    return {key: value for key, _, value in (text.partition("=") for text in texts)}


def listed(texts: Iterable[str]) -> list[str]:
    """``("a,b", "c")`` as ``["a", "b", "c"]``: a flag's values, many in one word.

    Raises InvalidValue.
    """
    return [field for text in texts if text for field in fields(text)]


def filters(texts: Iterable[str]) -> dict[str, list[str]]:
    """``("name=web", "name=db")`` as ``{"name": ["web", "db"]}``, docker-py's form."""
    found: dict[str, list[str]] = {}
    for text in filter(None, texts):
        key, _, value = text.partition("=")
        found.setdefault(key.strip().lower(), []).append(value.strip())
    return found
