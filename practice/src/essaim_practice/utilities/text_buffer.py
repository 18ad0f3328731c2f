"""The text that a full-screen editor changes: lines, the cursor, and the way back."""

from __future__ import annotations

from dataclasses import dataclass

from essaim_practice.store.memory import allocated
from essaim_practice.text import widths

MOST = 256 * 1024  # characters of a text
_MOST_LINES = 10_000
_LONGEST = 32 * 1024  # characters of a line, where each takes one column
_LONGEST_OTHER = 2048  # of another, whose columns have to be counted
_MOST_UNDONE = 64 * 1024  # characters of what can be brought back
_TWICE = 3  # times the text that an editor takes

Place = tuple[int, int]  # row and column, from 0


class TooLong(Exception):
    """The editor holds no longer text."""


@dataclass(frozen=True, slots=True)
class _Change:
    """Lines that were replaced: from a row on, what stood there, and how many stand there now."""

    row: int
    before: tuple[str, ...]
    now: int

    @property
    def size(self) -> int:
        return sum(map(len, self.before)) + len(self.before) + 8


def _check(lines: list[str]) -> None:
    for line in lines:
        if len(line) > (_LONGEST if widths.plain(line) else _LONGEST_OTHER):
            raise TooLong


class TextBuffer:
    """Lines, of which there is always one. ``row`` and ``column`` are the cursor's.

    Raises TooLong, and NoMemory where its cluster has no room for the text.
    """

    def __init__(self, text: str = "") -> None:
        if len(text) > MOST or text.count("\n") > _MOST_LINES:
            raise TooLong
        _check(text.split("\n"))
        self._room = allocated(_TWICE * len(text) + 64 * 1024)
        self.ends = text.endswith("\n") or not text  # with the end of a line
        self.lines = text.removesuffix("\n").split("\n")
        self.row = self.column = 0
        self.changed = False  # since it was written
        self._size = len(text)
        self._undo: list[tuple[Place, list[_Change]]] = []
        self._undone = 0  # characters of all that
        self._open: list[_Change] | None = None  # what the command that goes on has changed

    @property
    def text(self) -> str:
        if self.lines == [""]:
            return ""
        return "\n".join(self.lines) + "\n" * self.ends

    @property
    def line(self) -> str:
        return self.lines[self.row]

    def keep_inside(self, past_end: bool) -> None:
        """Put the cursor where there is text; past_end: after a line's last character, too."""
        self.row = min(max(0, self.row), len(self.lines) - 1)
        last = len(self.line) - (0 if past_end else 1)
        self.column = min(max(0, self.column), max(0, last))

    # Changing

    def begin(self) -> None:
        """What is changed from now on is undone together."""
        self._open = None

    def replace(self, row: int, end: int, lines: list[str]) -> None:
        """Put these lines in the place of those from ``row`` to before ``end``."""
        before = self.lines[row:end]
        grown = sum(map(len, lines)) + len(lines) - sum(map(len, before)) - len(before)
        if self._size + grown > MOST or len(self.lines) + len(lines) > _MOST_LINES:
            raise TooLong
        _check(lines)
        self._size += grown
        self.lines[row:end] = lines
        if not self.lines:
            self.lines = [""]
        self.changed = True
        if self._open is None:
            self._open = []
            self._undo.append(((self.row, self.column), self._open))
        last = self._open[-1] if self._open else None
        same = last is not None and last.row == row and last.now == 1 == len(lines) == end - row
        if not same:  # a line that is typed into is remembered as it was before
            change = _Change(row, tuple(before), len(lines))
            self._open.append(change)
            self._undone += change.size
            while len(self._undo) > 1 and self._undone > _MOST_UNDONE:
                _, changes = self._undo.pop(0)
                self._undone -= sum(change.size for change in changes)

    def undo(self) -> bool:
        """Bring back what stood there before the last command; False where there was none."""
        if not self._undo:
            return False
        (self.row, self.column), changes = self._undo.pop()
        self._undone -= sum(change.size for change in changes)
        self._open = None
        for change in reversed(changes):
            self.lines[change.row : change.row + change.now] = change.before
        self.lines = self.lines or [""]
        self._size = sum(map(len, self.lines)) + len(self.lines)
        self.changed = True
        self.keep_inside(past_end=True)
        return True

    def insert(self, text: str) -> None:
        """Put a text in at the cursor, which stands after it then."""
        if len(text) > MOST:
            raise TooLong
        line, column = self.line, self.column
        parts = text.split("\n")
        parts[0] = line[:column] + parts[0]
        self.column = len(parts[-1])
        parts[-1] += line[column:]
        try:
            self.replace(self.row, self.row + 1, parts)
        except TooLong:
            self.column = column
            raise
        self.row += len(parts) - 1

    def between(self, start: Place, end: Place) -> str:
        """The text from a place to before another."""
        if start[0] == end[0]:
            return self.lines[start[0]][start[1] : end[1]]
        middle = self.lines[start[0] + 1 : end[0]]
        return "\n".join([self.lines[start[0]][start[1] :], *middle, self.lines[end[0]][: end[1]]])

    def cut(self, start: Place, end: Place) -> str:
        """Take out the text from a place to before another; the cursor goes there."""
        removed = self.between(start, end)
        joined = self.lines[start[0]][: start[1]] + self.lines[end[0]][end[1] :]
        self.replace(start[0], end[0] + 1, [joined])
        self.row, self.column = start
        return removed

    def erase(self) -> None:
        """Take out the character before the cursor, or the end of the line above."""
        if self.column:
            self.cut((self.row, self.column - 1), (self.row, self.column))
        elif self.row:
            self.cut((self.row - 1, len(self.lines[self.row - 1])), (self.row, 0))

    def delete(self) -> None:
        """Take out the character at the cursor, or the end of its line."""
        if self.column < len(self.line):
            self.cut((self.row, self.column), (self.row, self.column + 1))
        elif self.row + 1 < len(self.lines):
            self.cut((self.row, self.column), (self.row + 1, 0))
