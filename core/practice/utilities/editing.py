"""sed and awk, as far as one line of each goes; what is left out says so. And vi, which is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from posixpath import basename

from core.practice.programs.base import World
from core.practice.programs.steps import Steps, line
from core.practice.utilities.base import (
    Doing,
    Lines,
    Misuse,
    inputs,
    options,
    out,
    place,
    text_of,
    tool,
)
from core.practice.utilities.regex import Pattern
from core.practice.utilities.words import Complaint

_UNSUPPORTED = "unsupported by the practice engine"
_LONGEST = 64 * 1024  # characters that one line may grow to


@dataclass(slots=True)
class _Command:
    """One sed command: where it applies, and what it does."""

    start: int | str | Pattern | None
    end: int | str | Pattern | None
    inverted: bool
    name: str
    pattern: Pattern | None = None
    text: str = ""  # of s: what replaces; of a, i, c: the line
    flags: str = ""
    inside: bool = False  # between its two addresses


@tool("sed", usage="[-i[SFX]] [-nrE] CMD [FILE]...")
def sed(argv: list[str], world: World) -> Steps:
    argv = [argv[0], *("-i" if re.match(r"-i.+|--in-place", w) else w for w in argv[1:])]
    asked = options(argv, "nriEsz", "ef", {"quiet": "n", "expression": "e", "regexp-extended": "E"})
    words = list(asked.words)
    scripts = list(asked.given.get("e", []))
    for name in asked.given.get("f", []):
        scripts += text_of(world.fs.read(place(world, name))).splitlines()
    if not scripts:
        if not words:
            raise Misuse("")
        scripts = [words.pop(0)]
    extended = bool({"r", "E"} & asked.given.keys())
    commands = list(_Script("\n".join(scripts), extended).commands())
    if "i" in asked:
        for name in words:
            edited: list[str] = []
            source = Lines(world.fs.read(place(world, name)))
            yield from _edited(source, commands, "n" in asked, edited)
            world.fs.write(place(world, name), "".join(edited).encode(errors="surrogateescape"))
        return 0
    found, code = yield from inputs("sed", world, words)
    for _, source in found:
        yield from _edited(source, commands, "n" in asked, None)
    return code


def _edited(
    source: Lines, commands: list[_Command], silent: bool, into: list[str] | None
) -> Doing[None]:
    """Edit lines one by one; write each, or collect it."""
    number = 0
    following = yield from source.next()
    while following is not None:
        number += 1
        one, following = following, (yield from source.next())
        newline = one.endswith(b"\n")
        text = text_of(one).rstrip("\n")
        made, quits = _line(text, number, following is None, commands, silent)
        for place_, row in enumerate(made):
            ends = "\n" if newline or place_ + 1 < len(made) else ""
            if into is None:
                yield out(row + ends)
            else:
                into.append(row + ends)
        if quits:
            return


def _line(
    text: str, number: int, last: bool, commands: list[_Command], silent: bool
) -> tuple[list[str], bool]:
    """The lines that one becomes, and whether sed ends with it."""
    made: list[str] = []
    after: list[str] = []
    for command in commands:
        if not _applies(command, text, number, last):
            continue
        match command.name:
            case "d":
                return [*made, *after], False
            case "p":
                made.append(text)
            case "q":
                return [*made, *([] if silent else [text]), *after], True
            case "=":
                made.append(str(number))
            case "a":
                after.append(command.text)
            case "i":
                made.append(command.text)
            case "c":
                return [*made, command.text, *after], False
            case "s":
                text, changed = _substituted(command, text)
                if changed and "p" in command.flags:
                    made.append(text)
            case "y":
                text = text.translate(str.maketrans(command.flags, command.text))
    return [*made, *([] if silent else [text]), *after], False


def _applies(command: _Command, text: str, number: int, last: bool) -> bool:
    def at(address: int | str | Pattern | None) -> bool:
        if isinstance(address, Pattern):
            return address.search(text) is not None
        return last if address == "$" else address == number

    if command.start is None:
        return not command.inverted
    if command.end is None:
        return at(command.start) != command.inverted
    if command.inside:
        found = True
        over = isinstance(command.end, int) and number >= command.end
        command.inside = not (over or (not isinstance(command.end, int) and at(command.end)))
    else:
        found = at(command.start)
        command.inside = found and not (isinstance(command.end, int) and command.end <= number)
    return found != command.inverted


def _substituted(command: _Command, text: str) -> tuple[str, bool]:
    assert command.pattern is not None
    digits = re.sub(r"[^0-9]", "", command.flags)[:5]
    first, everywhere = int(digits or 1), "g" in command.flags
    parts: list[str] = []
    at = count = 0
    size = len(text)
    while at <= len(text):
        match = command.pattern.search(text, at)
        if match is None:
            break
        count += 1
        parts.append(text[at : match.start()])
        chosen = count == first or (everywhere and count > first)
        replacement = _replacement(command.text, match) if chosen else match[0]
        parts.append(replacement)
        size += len(replacement)
        if size > _LONGEST:
            raise Complaint("out of memory", 1)
        at = match.end()
        if not match[0]:
            parts.append(text[at : at + 1])
            at += 1
        if chosen and not everywhere:
            break
    parts.append(text[at:])
    return "".join(parts), count >= first


def _replacement(text: str, match: re.Match[str]) -> str:
    def meant(escape: re.Match[str]) -> str:
        sign = escape[0]
        if sign == "&":
            return match[0]
        if sign[1].isdigit():
            return (match[int(sign[1])] or "") if int(sign[1]) <= (match.re.groups) else ""
        return {"n": "\n", "t": "\t"}.get(sign[1], sign[1])

    return re.sub(r"\\.|&", meant, text, flags=re.DOTALL)


class _Script:
    """Reads sed's commands."""

    def __init__(self, text: str, extended: bool) -> None:
        self._text = text
        self._at = 0
        self._extended = extended

    def commands(self) -> Iterator[_Command]:
        while True:
            self._skip(" \t\n;")
            if self._at >= len(self._text):
                return
            start = self._address()
            end = None
            if start is not None and self._peek() == ",":
                self._at += 1
                end = self._address()
                if end is None:
                    raise Complaint("unexpected ','", 1)
            self._skip(" \t")
            inverted = self._peek() == "!"
            self._at += inverted
            name = self._peek()
            self._at += 1
            command = _Command(start, end, inverted, name)
            if name == "s":
                separator = self._peek()
                self._at += 1
                source, command.text = self._to(separator), self._to(separator)
                match = re.compile(r"[0-9gpiI]*").match(self._text, self._at)
                command.flags = match[0] if match else ""
                self._at += len(command.flags)
                fold = "i" in command.flags.lower()
                command.pattern = Pattern(source, self._extended, fold)
            elif name == "y":
                separator = self._peek()
                self._at += 1
                command.flags, command.text = self._to(separator), self._to(separator)
                if len(command.flags) != len(command.text):
                    raise Complaint("y command strings have different lengths", 1)
            elif name in ("a", "i", "c") and name:
                text, _, _ = self._text[self._at :].partition("\n")
                self._at += len(text)
                command.text = re.sub(r"^\s*\\?\s*", "", text)
            elif name == "" or name not in "dpq=":
                known = name and name in "{}bDgGhHlnNPrtTwx:#"
                raise Complaint(f"{name}: {_UNSUPPORTED}" if known else self._bad(name), 1)
            self._skip(" \t")
            if self._peek() not in ("", ";", "\n", "}") and name not in "aic":
                raise Complaint(f"unsupported command {self._peek()}", 1)
            yield command

    def _bad(self, name: str) -> str:
        return f"unsupported command {name}" if name else "missing command"

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _skip(self, signs: str) -> None:
        while self._at < len(self._text) and self._text[self._at] in signs:
            self._at += 1

    def _address(self) -> int | str | Pattern | None:
        self._skip(" \t")
        match = re.compile(r"[0-9]{1,9}").match(self._text, self._at)
        if match:
            self._at = match.end()
            return int(match[0])
        if self._peek() == "$":
            self._at += 1
            return "$"
        if self._peek() == "/":
            self._at += 1
            return Pattern(self._to("/"), self._extended)
        return None

    def _to(self, separator: str) -> str:
        """The text up to a separator that no backslash protects."""
        start = self._at
        while self._at < len(self._text) and self._text[self._at] != separator:
            self._at += 2 if self._text[self._at] == "\\" else 1
        if not separator or self._at >= len(self._text):
            raise Complaint(f"unmatched '{separator or '/'}'", 1)
        found = self._text[start : self._at]
        self._at += 1
        return found if separator in "\\&" else found.replace("\\" + separator, separator)


@tool("vi", "vim", "nano", "ed", "watch")
def full_screen(argv: list[str], world: World) -> Steps:
    name = basename(argv[0])
    yield line(f"{name}: {_UNSUPPORTED}: it shows no full screens. Use echo, cat and sed.", 2)
    return 1
