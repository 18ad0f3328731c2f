"""Reading a Dockerfile: text to instructions, with the classic builder's errors."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from essaim_practice.programs.base import LONGEST_STRING
from essaim_practice.store.errors import ApiError
from essaim_practice.store.time_slices import Sliced, finished

_ANY = "at least one argument"
_ONE = "exactly one argument"
_NEEDS = {  # how many words an instruction takes, where the builder insists
    "ARG": _ANY,
    "COPY": "at least two arguments",
    "ADD": "at least two arguments",
    "EXPOSE": _ANY,
    "FROM": "either one or three arguments",
    "MAINTAINER": _ONE,
    "STOPSIGNAL": _ONE,
    "USER": _ONE,
    "VOLUME": _ANY,
    "WORKDIR": _ONE,
}
_KNOWN = (*_NEEDS, "CMD", "ENTRYPOINT", "ENV", "HEALTHCHECK", "LABEL", "ONBUILD", "RUN", "SHELL")
_JSON_FORM = ("ADD", "CMD", "COPY", "ENTRYPOINT", "HEALTHCHECK", "RUN", "SHELL", "VOLUME")
_LONGEST_LINE = 65_535  # bytes, as the daemon's own
_LONGEST = 512 * 1024  # characters of a Dockerfile
_SHOWN = 80  # characters of a word that an error repeats
_PARTS = r"""'[^']*'|"[^"\\]*(?:\\.[^"\\]*)*"|(?:\\.)+"""
_PART = re.compile(_PARTS, re.DOTALL)
_WORD = re.compile(rf"(?:[^\s'\"\\]+|{_PARTS})+", re.DOTALL)
_WORDS = re.compile(rf"(?:\s+|[^\s'\"\\]+|{_PARTS})*+", re.DOTALL)
_QUOTED = re.compile(r"\\([\\\"])|([^\\]+|\\)")
_VARIABLE = re.compile(r"\\\$|\$(?:\{(\w+)(?::([-+])([^}]*))?\}|(\w+))")


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction of a Dockerfile."""

    name: str  # in capitals: COPY
    text: str  # the whole line as written, continuations joined
    rest: str  # what follows the name and the flags
    words: tuple[str, ...]
    flags: Mapping[str, str]  # --from=base: {"from": "base"}
    json_form: bool  # RUN ["a", "b"]
    line: int


def parse(source: str) -> list[Instruction]:
    """All instructions in order. Raises ApiError 400 in the daemon's words."""
    return finished(parsing(source))


def parsing(source: str) -> Sliced[list[Instruction]]:
    """As ``parse``, line by line."""
    if len(source) > _LONGEST:
        text = f"the practice engine takes at most {_LONGEST} characters of a Dockerfile"
        raise ApiError(400, f"failed to parse Dockerfile: {text}")
    if not source.strip():
        raise ApiError(400, "the Dockerfile (Dockerfile) cannot be empty")
    instructions = []
    for number, text in _lines(source):
        instructions.append(instruction(number, text))
        yield
    if not instructions:
        raise ApiError(400, "failed to parse Dockerfile: file with no instructions")
    first = next((i for i in instructions if i.name != "ARG"), None)
    if first is None or first.name != "FROM":
        raise ApiError(400, "no build stage in current context")
    return instructions


def expand(text: str, values: Mapping[str, str]) -> str:
    """Put the values of ``$NAME``, ``${NAME}``, ``${NAME:-else}`` and ``${NAME:+then}`` in.

    Raises ApiError 400 for a result longer than Linux allows for one argument.
    """
    size = len(text)

    def value(match: re.Match[str]) -> str:
        nonlocal size
        found = meant(match)
        size += len(found)
        if size > LONGEST_STRING:
            raise ApiError(400, f"argument list too long: {text[:_SHOWN]}")
        return found

    def meant(match: re.Match[str]) -> str:
        if match[0] == r"\$":
            return "$"
        found = values.get(match[1] or match[4], "")
        if match[2] == "-":
            return found or match[3]
        if match[2] == "+":
            return match[3] if found else ""
        return found

    return _VARIABLE.sub(value, text)


def pairs(instruction: Instruction) -> list[tuple[str, str]]:
    """The names and values of ENV and LABEL, old form and new."""
    words = instruction.words
    if "=" not in words[0]:
        return [(words[0], " ".join(words[1:]))]
    return [(name, value) for name, _, value in (word.partition("=") for word in words)]


def _lines(source: str) -> Iterator[tuple[int, str]]:
    """Logical lines: comments and empty lines dropped, continuations joined."""
    gathered, start = "", 0
    for number, line in enumerate(source.splitlines(), 1):
        if len(line) > _LONGEST_LINE:
            raise ApiError(400, f"failed to parse Dockerfile: {_too_long(_LONGEST_LINE)}")
        if line.lstrip().startswith("#") or (gathered and not line.strip()):
            continue
        start = start if gathered else number
        if line.rstrip().endswith("\\"):
            gathered += line.rstrip()[:-1]
            gathered = gathered or " "
            if len(gathered) > LONGEST_STRING:
                raise ApiError(400, f"failed to parse Dockerfile: {_too_long(LONGEST_STRING)}")
            continue
        gathered += line
        if gathered.strip():
            yield start, gathered.strip()
        gathered = ""
    if gathered.strip():
        yield start, gathered.strip()


def _too_long(most: int) -> str:
    return f"dockerfile line greater than maximum allowed size of {most}"


def instruction(line: int, text: str) -> Instruction:
    keyword, _, rest = text.partition(" ") if " " in text else text.partition("\t")
    name = keyword.upper()
    if name not in _KNOWN:
        raise _error(line, f"unknown instruction: {keyword}{_suggestion(name)}")
    flags: dict[str, str] = {}
    rest = rest.strip()
    while name in ("ADD", "COPY", "FROM", "HEALTHCHECK", "RUN") and rest.startswith("--"):
        flag, _, rest = rest.partition(" ")
        option, _, value = flag[2:].partition("=")
        flags[option] = value
        rest = rest.strip()
    words, json_form = _words(name, rest)
    _check(line, name, words, rest)
    return Instruction(name, text, rest, words, flags, json_form, line)


def json_words(text: str) -> tuple[str, ...] | None:
    """The words of a JSON list; None for anything else: that is a shell's line."""
    try:
        listed = json.loads(text) if text.startswith("[") else None
    except (ValueError, RecursionError):
        return None
    if isinstance(listed, list) and all(isinstance(word, str) for word in listed):
        return tuple(listed)
    return None


def _words(name: str, rest: str) -> tuple[tuple[str, ...], bool]:
    if name in _JSON_FORM and (listed := json_words(rest)) is not None:
        return listed, True
    if name in ("ENV", "LABEL"):
        return tuple(_split(rest)), False
    return tuple(rest.split()), False


def _check(line: int, name: str, words: tuple[str, ...], rest: str) -> None:
    count = len(words)
    if name in ("ENV", "LABEL"):
        if not words:
            raise _error(line, f"{name} requires at least one argument")
        if "=" not in words[0] and count < 2:
            raise ApiError(400, f"failed to parse Dockerfile: {name} must have two arguments")
    elif name == "HEALTHCHECK":
        kind = words[0].upper() if words else ""
        if kind not in ("NONE", "CMD"):
            raise _error(line, f'Unknown type "{kind}" in HEALTHCHECK (try CMD)')
    elif name == "FROM":
        if count not in (1, 3) or (count == 3 and words[1].upper() != "AS"):
            raise _error(line, f"FROM requires {_NEEDS[name]}")
    elif name in ("COPY", "ADD") and count == 1:
        raise _error(
            line,
            f"{name} requires at least two arguments, but only one was provided. "
            "Destination could not be determined",
        )
    elif name in _NEEDS:
        few = count == 0 or (name in ("COPY", "ADD") and count < 2)
        if few or (_NEEDS[name] == _ONE and count != 1 and name not in ("MAINTAINER", "WORKDIR")):
            raise _error(line, f"{name} requires {_NEEDS[name]}")


def _split(text: str) -> list[str]:
    """As shlex.split, many times as fast; split at spaces where a quote has no end."""
    if _WORDS.fullmatch(text) is None:
        return text.split()
    return [_PART.sub(_bare, word) for word in _WORD.findall(text)]


def _bare(part: re.Match[str]) -> str:
    """A part of a word without its quotes and backslashes."""
    text = part[0]
    if text.startswith("'"):
        return text[1:-1]
    if text.startswith('"'):
        return "".join(sign or plain for sign, plain in _QUOTED.findall(text[1:-1]))
    return text[1::2]


def _error(line: int, problem: str) -> ApiError:
    return ApiError(400, f"dockerfile parse error on line {line}: {problem}")


def _suggestion(name: str) -> str:
    nearest = min(_KNOWN, key=lambda known: _distance(name, known))
    return f" (did you mean {nearest}?)" if _distance(name, nearest) < 3 else ""


def _distance(one: str, other: str) -> int:
    """The Levenshtein distance of two words."""
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        diagonal, row[0] = row[0], i
        for j, wanted in enumerate(other, 1):
            keep = diagonal + (letter != wanted)
            diagonal, row[j] = row[j], min(keep, row[j] + 1, row[j - 1] + 1)
    return row[-1]
