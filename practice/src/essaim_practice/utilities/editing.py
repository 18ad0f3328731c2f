"""sed, except for commands that it reports as unsupported."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from essaim_practice.programs.base import Context
from essaim_practice.programs.cpu_share import Tally
from essaim_practice.programs.steps import Steps, Write
from essaim_practice.shell.simple_utilities import Complaint
from essaim_practice.text.encoding import decoded, encoded
from essaim_practice.text.expressions import Match
from essaim_practice.utilities.base import Doing, Lines, Misuse, inputs, options, place, tool
from essaim_practice.utilities.regex import Pattern

_UNSUPPORTED = "unsupported by the practice engine"
_LONGEST = 8 * 2**20  # bytes that one line may grow to, and an edited file
_MOST_PATTERNS = 100  # in one script: each has memory of its own
_COMMAND, _MATCH = 2, 5  # microseconds that these cost


@dataclass(slots=True)
class _Command:
    """One sed command: where it applies, and what it does."""

    start: int | str | Pattern | None
    end: int | str | Pattern | None
    inverted: bool
    name: str
    pattern: Pattern | None = None
    text: bytes = b""  # of a, i, c: the line
    parts: tuple[bytes | int, ...] = ()  # of s: what replaces, where a number is a group
    table: Mapping[int, int] = field(default_factory=dict)  # of y
    flags: str = ""
    inside: bool = False  # between its two addresses


@tool("sed", usage="[-i[SFX]] [-nrE] CMD [FILE]...")
def sed(argv: list[str], context: Context) -> Steps:
    argv = [argv[0], *("-i" if re.match(r"-i.+|--in-place", w) else w for w in argv[1:])]
    asked = options(argv, "nriEsz", "ef", {"quiet": "n", "expression": "e", "regexp-extended": "E"})
    words = list(asked.words)
    scripts = list(asked.given.get("e", []))
    for name in asked.given.get("f", []):
        scripts += decoded(context.fs.read(place(context, name))).splitlines()
    if not scripts:
        if not words:
            raise Misuse("")
        scripts = [words.pop(0)]
    extended = bool({"r", "E"} & asked.given.keys())
    commands = list(_Script("\n".join(scripts), extended).commands())
    if "i" in asked:
        for name in words:
            edited = bytearray()
            source = Lines(context.fs.read(place(context, name)))
            yield from _edited(source, commands, "n" in asked, edited)
            context.fs.write(place(context, name), bytes(edited))
        return 0
    found, code = yield from inputs("sed", context, words)
    for _, source in found:
        yield from _edited(source, commands, "n" in asked, None)
    return code


def _edited(
    source: Lines, commands: list[_Command], silent: bool, into: bytearray | None
) -> Doing[None]:
    """Edit lines one by one; write each, or collect it."""
    number, tally = 0, Tally()
    following = yield from source.next()
    while following is not None:
        number += 1
        one, following = following, (yield from source.next())
        newline = one.endswith(b"\n")
        text = one.rstrip(b"\n")
        made, quits = yield from _line(text, number, following is None, commands, silent, tally)
        for place_, row in enumerate(made):
            ends = b"\n" if newline or place_ + 1 < len(made) else b""
            if into is None:
                yield Write(row + ends)
                continue
            into += row + ends
            if len(into) > _LONGEST:
                raise Complaint("out of memory", 1)
        if quits:
            return


def _line(
    text: bytes, number: int, last: bool, commands: list[_Command], silent: bool, tally: Tally
) -> Doing[tuple[list[bytes], bool]]:
    """The lines that one becomes, and whether sed ends with it."""
    made: list[bytes] = []
    after: list[bytes] = []
    for command in commands:
        if tally.add(_COMMAND):
            yield tally.told()
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
                made.append(b"%d" % number)
            case "a":
                after.append(command.text)
            case "i":
                made.append(command.text)
            case "c":
                return [*made, command.text, *after], False
            case "s":
                text, changed = yield from _substituted(command, text, tally)
                if changed and "p" in command.flags:
                    made.append(text)
            case "y":
                text = encoded(decoded(text).translate(command.table))
    return [*made, *([] if silent else [text]), *after], False


def _applies(command: _Command, text: bytes, number: int, last: bool) -> bool:
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


def _substituted(command: _Command, text: bytes, tally: Tally) -> Doing[tuple[bytes, bool]]:
    assert command.pattern is not None
    digits = re.sub(r"[^0-9]", "", command.flags)[:5]
    first, everywhere = int(digits or 1), "g" in command.flags
    made = bytearray()
    at = count = 0
    ended = -1  # where the last match did
    while at <= len(text):
        if tally.add(_MATCH + command.pattern.effort(len(text) - at)):
            yield tally.told()
        match = command.pattern.search(text, at)
        if match is None:
            break
        made += text[at : match.start]
        chosen = False
        if match.end > match.start or match.start != ended:  # nothing after a match is no match
            count += 1
            chosen = count == first or (everywhere and count > first)
            made += _replacement(command.parts, match) if chosen else match.group()
            if len(made) > _LONGEST:
                raise Complaint("out of memory", 1)
        at = ended = match.end
        if match.end == match.start:
            following = _following(text, at)
            made += text[at:following]
            at = following
        if chosen and not everywhere:
            break
    made += text[at:]
    return bytes(made), count >= first


def _following(text: bytes, at: int) -> int:
    """Where the next character begins, in UTF-8."""
    at += 1
    while at < len(text) and text[at] & 0xC0 == 0x80:
        at += 1
    return at


def _replacement(parts: tuple[bytes | int, ...], match: Match) -> bytes:
    return b"".join(match.group(part) if isinstance(part, int) else part for part in parts)


def _parts(text: str) -> tuple[bytes | int, ...]:
    """What a replacement is made of: bytes, and the numbers of groups (0: all that matched)."""
    parts: list[bytes | int] = []
    plain = ""
    at = 0
    while at < len(text):
        sign, following = text[at], text[at + 1 : at + 2]
        at += 2 if sign == "\\" else 1
        if sign == "&" or (sign == "\\" and following.isdecimal()):
            parts += [encoded(plain), int(following) if sign == "\\" else 0]
            plain = ""
        else:
            plain += {"n": "\n", "t": "\t"}.get(following, following) if sign == "\\" else sign
    return (*parts, encoded(plain))


class _Script:
    """Reads sed's commands."""

    def __init__(self, text: str, extended: bool) -> None:
        self._text = text
        self._at = 0
        self._extended = extended
        self._patterns = 0

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
                source, command.parts = self._to(separator), _parts(self._to(separator))
                match = re.compile(r"[0-9gpiI]*").match(self._text, self._at)
                command.flags = match[0] if match else ""
                self._at += len(command.flags)
                fold = "i" in command.flags.lower()
                command.pattern = self._pattern(source, fold)
            elif name == "y":
                separator = self._peek()
                self._at += 1
                old, new = self._to(separator), self._to(separator)
                if len(old) != len(new):
                    raise Complaint("y command strings have different lengths", 1)
                command.table = str.maketrans(old, new)
            elif name in ("a", "i", "c") and name:
                text, _, _ = self._text[self._at :].partition("\n")
                self._at += len(text)
                command.text = encoded(re.sub(r"^\s*\\?\s*", "", text))
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
            return self._pattern(self._to("/"))
        return None

    def _pattern(self, source: str, fold: bool = False) -> Pattern:
        self._patterns += 1
        if self._patterns > _MOST_PATTERNS:
            raise Complaint("out of memory", 1)
        return Pattern(source, extended=self._extended, ignore_case=fold)

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


def substitution(text: str) -> Callable[[bytes], Doing[tuple[bytes, bool]]]:
    """What ``s/old/new/flags`` makes of a line, and whether it does anything. Raises Complaint."""
    command, tally = next(iter(_Script(text, False).commands())), Tally()
    return lambda line: _substituted(command, line, tally)
