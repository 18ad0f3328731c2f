"""What is typed at vi's last row: searches, and commands after a colon."""

from __future__ import annotations

import re
from collections.abc import Generator

from essaim_practice.programs import keys
from essaim_practice.programs.steps import Step, Work
from essaim_practice.shell.simple_utilities import Complaint
from essaim_practice.text.encoding import decoded, encoded
from essaim_practice.utilities.editing import substitution
from essaim_practice.utilities.full_screen import Doing, Refused
from essaim_practice.utilities.regex import Pattern
from essaim_practice.utilities.text_buffer import Place
from essaim_practice.utilities.vi_state import ViState

_LONGEST = 1024  # characters of such a line
_LINE = Work(20)  # what it costs to look at a line
_COMMAND = re.compile(r"(%|[0-9.$]+(?:,[0-9.$]+)?)?\s*([a-zA-Z]*)(!?)\s*(.*)")


class Lines:
    """The line at the bottom of a vi, and the last search."""

    def __init__(self, vi: ViState) -> None:
        self._vi = vi
        self._pattern: Pattern | None = None
        self._backwards = False
        self._typed: list[str] = []  # lines typed before

    def key(self, key: str) -> Doing:
        vi = self._vi
        if key in ("\r", "\n"):
            vi.mode, line = "normal", vi.line
            if line[0] == ":":
                yield from self.command(line[1:].strip())
            else:
                yield from self._search(line[1:], line[0] == "?")
        elif key in (keys.ESCAPE, "\x03"):
            vi.mode = "normal"
        elif key in (keys.ERASE, "\x08"):
            vi.line = vi.line[:-1]
            vi.mode = "line" if vi.line else "normal"
        elif key == "\x15":
            vi.line = vi.line[:1]
        elif key[0] >= " " and len(vi.line) < _LONGEST:
            vi.line += key

    # Searches

    def _search(self, text: str, backwards: bool) -> Doing:
        if text:
            self._pattern = Pattern(text)
        self._backwards = backwards
        place = yield from self.found(False)
        if place is not None:
            buffer = self._vi.file.buffer
            buffer.row, buffer.column = place
            buffer.keep_inside(past_end=False)

    def found(self, other_way: bool) -> Generator[Step, bytes | None, Place | None]:
        """Where the pattern is next; None, and said so, where it is not in the text."""
        vi, buffer, pattern = self._vi, self._vi.file.buffer, self._pattern
        if pattern is None:
            vi.say("No previous regular expression", bad=True)
            return None
        forward, count = self._backwards == other_way, len(buffer.lines)
        order = range(count + 1) if forward else range(0, -count - 1, -1)
        for step in order:
            yield _LINE
            row = (buffer.row + step) % count
            columns = _columns(pattern, buffer.lines[row])
            if step == 0:
                here = buffer.column
                columns = [c for c in columns if (c > here if forward else c < here)]
            if columns:
                around = row < buffer.row if forward else row > buffer.row
                if around or (step and row == buffer.row):
                    vi.say(
                        "search hit BOTTOM, continuing at TOP"
                        if forward
                        else "search hit TOP, continuing at BOTTOM"
                    )
                return row, columns[0 if forward else -1]
        vi.say("Pattern not found", bad=True)
        return None

    # Commands

    def command(self, text: str) -> Doing:
        vi, buffer = self._vi, self._vi.file.buffer
        match = _COMMAND.fullmatch(text)
        span, name, force, rest = match.groups() if match else ("", text, "", "")
        if not text:
            return
        try:
            if span and not name:
                buffer.row, buffer.column = self._rows(span)[1], 0
            elif name in ("w", "wq", "x", "write"):
                if name != "x" or buffer.changed:
                    said = vi.file.write(rest)
                    vi.say(f"'{rest or vi.file.name}' {said}")
                vi.code = 0 if name in ("wq", "x") else None
            elif name in ("q", "quit"):
                if buffer.changed and not force:
                    vi.say("No write since last change (:q! overrides)", bad=True)
                else:
                    vi.code = 0
            elif name[:1] == "s" and name != "set":
                yield from self._substitute(span or ".", name[1:] + force + rest)
            elif name == "d":
                first, last = self._rows(span or ".")
                vi.register, vi.linewise = "\n".join(buffer.lines[first : last + 1]), True
                buffer.begin()
                buffer.replace(first, last + 1, [])
                buffer.row = first
            elif name in ("e", "edit", "r") or (name not in ("set", "noh", "syntax")):
                vi.say(f":{text} is not implemented", bad=True)
        except Refused as refused:
            vi.say(str(refused), bad=True)
        buffer.keep_inside(past_end=False)

    def _rows(self, span: str) -> tuple[int, int]:
        last, here = len(self._vi.file.buffer.lines) - 1, self._vi.file.buffer.row
        if span == "%":
            return 0, last
        ends = []
        for word in span.split(","):
            row = (
                last
                if word == "$"
                else here
                if word == "."
                else int(word[:7] or "1") - 1
                if word.isdecimal()
                else here
            )
            ends.append(min(max(0, row), last))
        return min(ends), max(ends)

    def _substitute(self, span: str, rest: str) -> Doing:
        vi, buffer = self._vi, self._vi.file.buffer
        mark = rest[:1]
        if not mark or mark.isalnum():
            raise Complaint("bad substitute", 1)
        if len(re.findall(r"(?<!\\)" + re.escape(mark), rest)) < 3:
            rest += mark
        change, changed = substitution(f"s{rest}"), 0
        first, last = self._rows(span)
        buffer.begin()
        for row in range(first, last + 1):
            yield _LINE
            line, done = yield from change(encoded(buffer.lines[row]))
            if done:
                changed += 1
                buffer.replace(row, row + 1, decoded(line).split("\n"))
                buffer.row = row
        buffer.begin()
        vi.say(
            f"{changed} line{'s' * (changed != 1)} changed" if changed else "No match", not changed
        )


def _columns(pattern: Pattern, line: str) -> list[int]:
    """Where a pattern lies in a line, by characters."""
    data, at, found = encoded(line), 0, list[int]()
    while (match := pattern.search(data, at)) is not None and len(found) < 1000:
        found.append(len(decoded(data[: match.start])))
        at = max(match.end, match.start + 1)
        if at > len(data):
            break
    return found
