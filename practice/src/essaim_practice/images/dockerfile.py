"""Reading a Dockerfile: text to instructions, with the classic builder's errors."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from essaim_practice.images import healthcheck
from essaim_practice.images.dockerfile_words import split
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
_FLAGS = {  # those with a value; "?" ends one that may do without
    "ADD": ("checksum", "chmod", "chown", "exclude", "keep-git-dir?", "link?"),
    "COPY": ("chmod", "chown", "exclude", "from", "link?", "parents?"),
    "FROM": ("platform",),
    "HEALTHCHECK": healthcheck.FLAGS,
    "RUN": ("mount", "network", "security"),
}
_LONGEST_NAME = 30  # characters of what may be a known name, misspelled
_NO_TRIGGERS = ("FROM", "MAINTAINER")
#: The mark of a document that follows its line.
HEREDOC = re.compile(r"[0-9]*<<(-?)(['\"]?)(\w+)\2")
_DIRECTIVE = re.compile(r"#\s*(\w+)\s*=\s*(.+?)\s*")


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
    gap: bool = False  # it is continued over an empty line


def parse(source: str) -> list[Instruction]:
    """All instructions in order. Raises ApiError 400 in the daemon's words."""
    return finished(parsing(source))


def parsing(source: str, name: str = "Dockerfile") -> Sliced[list[Instruction]]:
    """As ``parse``, line by line. name: of the file."""
    if len(source) > _LONGEST:
        text = f"the practice engine takes at most {_LONGEST} characters of a Dockerfile"
        raise ApiError(400, f"failed to parse Dockerfile: {text}")
    if not source.strip():
        raise ApiError(400, f"the Dockerfile ({name}) cannot be empty")
    instructions = []
    for line in _lines(source):
        read = instruction(line.number, line.text)
        instructions.append(replace(read, gap=line.gap))
        yield
    if not instructions:
        raise ApiError(400, "failed to parse Dockerfile: file with no instructions")
    first = next((i for i in instructions if i.name != "ARG"), None)
    if first is None or first.name != "FROM":
        raise ApiError(400, "no build stage in current context")
    return instructions


def pairs(instruction: Instruction) -> list[tuple[str, str]]:
    """The names and values of ENV and LABEL, old form and new, as they are written."""
    words = instruction.words
    if "=" not in words[0]:
        return [(words[0], instruction.rest.split(None, 1)[1])]
    return [(name, value) for name, _, value in (word.partition("=") for word in words)]


@dataclass(frozen=True, slots=True)
class _Line:
    """A logical line of a Dockerfile: its continuations are joined."""

    number: int
    text: str
    gap: bool  # an empty line stands within it


def _lines(source: str) -> Iterator[_Line]:
    """Logical lines, without comments, empty lines and what is between ``<<EOF`` and ``EOF``."""
    gathered, start, gap = "", 0, False
    rows = source.splitlines()
    escape, number = _escape(rows), 0
    while number < len(rows):
        line = rows[number]
        number += 1
        if len(line) > _LONGEST_LINE:
            raise ApiError(400, f"failed to parse Dockerfile: {_too_long(_LONGEST_LINE)}")
        if line.lstrip().startswith("#"):
            continue
        if gathered and not line.strip():
            gap = True
            continue
        start = start if gathered else number
        if line.rstrip().endswith(escape):
            gathered += line.rstrip()[:-1]
            gathered = gathered or " "
            if len(gathered) > LONGEST_STRING:
                raise ApiError(400, f"failed to parse Dockerfile: {_too_long(LONGEST_STRING)}")
            continue
        gathered += line
        if text := gathered.strip():
            yield _Line(start, text, gap)
            number = _after_documents(text, rows, number)
        gathered, gap = "", False
    if gathered.strip():
        yield _Line(start, gathered.strip(), gap)


def _escape(rows: list[str]) -> str:
    """What continues a line: a backslash, or what a directive at the beginning says."""
    for row in rows:
        directive = _DIRECTIVE.fullmatch(row.strip())
        if directive is None:
            break
        if directive[1].lower() == "escape" and directive[2] in ("`", "\\"):
            return directive[2]
    return "\\"


def _after_documents(text: str, rows: list[str], number: int) -> int:
    """The row after the documents that a line begins; the classic builder has no use for them."""
    if text.split(None, 1)[0].upper() not in ("ADD", "COPY", "RUN"):
        return number
    for word in text.split():
        if (found := HEREDOC.fullmatch(word)) is None:
            continue
        while number < len(rows):
            row = rows[number].lstrip("\t") if found[1] else rows[number]
            number += 1
            if row == found[3]:
                break
        else:
            raise ApiError(400, "failed to parse Dockerfile: unterminated heredoc")
    return number


def _too_long(most: int) -> str:
    return f"dockerfile line greater than maximum allowed size of {most}"


def instruction(line: int, text: str) -> Instruction:
    keyword, _, rest = text.partition(" ") if " " in text else text.partition("\t")
    name = keyword.upper()
    if name not in _KNOWN:
        raise _error(line, f"unknown instruction: {keyword}{_suggestion(name)}")
    flags, rest = _flags(line, name, rest.strip())
    words, json_form = _words(name, rest)
    _check(line, name, words, rest, json_form)
    if name == "HEALTHCHECK":
        try:
            healthcheck.times(flags)
        except ApiError as error:
            raise _error(line, error.message) from None
    return Instruction(name, text, rest, words, flags, json_form, line)


def _flags(line: int, name: str, rest: str) -> tuple[dict[str, str], str]:
    """The options before the words, and the words."""
    flags: dict[str, str] = {}
    known = {flag.rstrip("?"): flag.endswith("?") for flag in _FLAGS.get(name, ())}
    while rest.startswith("--"):
        flag, _, rest = rest.partition(" ")
        rest = rest.strip()
        if flag == "--":
            break
        option, equals, value = flag[2:].partition("=")
        if option not in known:
            raise _error(line, f"unknown flag: --{option}{_suggestion(option, known)}")
        if option in flags and option not in ("exclude", "mount"):
            raise _error(line, f"duplicate flag specified: --{option}")
        if not equals and not known[option]:
            raise _error(line, f"missing a value on flag: --{option}")
        flags[option] = value
    return flags, rest


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
    if name in ("ARG", "ENV", "LABEL"):
        return tuple(split(rest)), False
    if name in ("MAINTAINER", "STOPSIGNAL", "USER", "WORKDIR"):
        return ((rest,) if rest else ()), False
    return tuple(rest.split()), False


def _check(line: int, name: str, words: tuple[str, ...], rest: str, json_form: bool) -> None:
    count = len(words)
    if name in ("ENV", "LABEL"):
        _check_pairs(line, name, words)
    elif name in ("HEALTHCHECK", "ONBUILD", "SHELL") and not words:
        raise _error(line, f"{name} requires at least one argument")
    elif name == "HEALTHCHECK":
        kind = words[0].upper()
        if kind not in ("NONE", "CMD"):
            raise _error(line, f'Unknown type "{kind}" in HEALTHCHECK (try CMD)')
        if kind == "NONE" and count > 1:
            raise _error(line, "HEALTHCHECK NONE takes no arguments")
        if kind == "CMD" and count == 1:
            raise _error(line, "Missing command after HEALTHCHECK CMD")
    elif name == "ONBUILD":
        trigger = words[0].upper()
        if trigger == "ONBUILD":
            raise _error(line, "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed")
        if trigger in _NO_TRIGGERS:
            raise _error(line, f"{trigger} isn't allowed as an ONBUILD trigger")
    elif name == "SHELL" and not json_form:
        raise _error(line, "SHELL requires the arguments to be in JSON form")
    elif name == "FROM":
        if count not in (1, 3) or (count == 3 and words[1].upper() != "AS"):
            raise _error(line, f"FROM requires {_NEEDS[name]}")
    elif name in ("COPY", "ADD") and count < 2:
        raise _error(
            line,
            f"{name} requires at least two arguments, but only one was provided. "
            "Destination could not be determined",
        )
    elif name in _NEEDS and count == 0:
        raise _error(line, f"{name} requires {_NEEDS[name]}")


def _check_pairs(line: int, name: str, words: tuple[str, ...]) -> None:
    if not words:
        raise _error(line, f"{name} requires at least one argument")
    said = "failed to parse Dockerfile:"
    if "=" not in words[0] and len(words) < 2:
        raise ApiError(400, f"{said} {name} must have two arguments")
    if "=" in words[0]:
        for word in words:
            if "=" not in word:
                text = f'Syntax error - can\'t find = in "{word}". Must be of the form: name=value'
                raise ApiError(400, f"{said} {text}")


def _error(line: int, problem: str) -> ApiError:
    return ApiError(400, f"dockerfile parse error on line {line}: {problem}")


def _suggestion(name: str, known: Iterable[str] = _KNOWN) -> str:
    if len(name) > _LONGEST_NAME:
        return ""
    nearest = min(known, key=lambda each: _distance(name, each), default="")
    return f" (did you mean {nearest}?)" if nearest and _distance(name, nearest) < 3 else ""


def _distance(one: str, other: str) -> int:
    """The Levenshtein distance of two words."""
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        diagonal, row[0] = row[0], i
        for j, wanted in enumerate(other, 1):
            keep = diagonal + (letter != wanted)
            diagonal, row[j] = row[j], min(keep, row[j] + 1, row[j - 1] + 1)
    return row[-1]
