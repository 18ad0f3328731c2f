"""A whole screen of a terminal: draws what has changed of it."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from essaim_practice.text import widths
from essaim_practice.utilities.text_buffer import TextBuffer

ENTER, LEAVE = "\x1b[?1049h\x1b[H\x1b[J", "\x1b[?1049l"
_USUAL = (24, 80)  # rows and columns of a terminal that does not say
_LARGEST = (200, 500)
_TAB = 8


class Row(NamedTuple):
    """One row of the screen."""

    text: str
    reverse: bool = False


class TextScreen:
    """The rows that are shown. size: rows and columns, 0 where it is not known."""

    def __init__(self, size: tuple[int, int]) -> None:
        self._shown: list[Row] = []
        self.top = self.left = 0  # the row and the column of the text at the screen's corner
        self.resize(size)

    def resize(self, size: tuple[int, int]) -> None:
        """All is drawn anew on a screen of another size."""
        self.rows = min(max(3, size[0] or _USUAL[0]), _LARGEST[0])
        self.columns = min(max(10, size[1] or _USUAL[1]), _LARGEST[1])
        self._shown = [Row("\0")] * self.rows

    def follow(self, buffer: TextBuffer, rows: int) -> tuple[int, int]:
        """Let the cursor be among so many rows of text; returns where it is then."""
        if buffer.row < self.top or buffer.row >= self.top + rows:
            near = -rows <= buffer.row - self.top <= 2 * rows
            above = rows - 1 if buffer.row >= self.top else 0
            top = buffer.row - (above if near else rows // 2)
            self.top = max(0, min(top, len(buffer.lines) - rows))
        column = columns_to(buffer.line, buffer.column)
        if not self.left <= column < self.left + self.columns:
            self.left = max(0, column - self.columns // 2)
        return buffer.row - self.top, column - self.left

    def text_rows(self, buffer: TextBuffer, rows: int, beyond: str) -> list[Row]:
        """Rows of the text; beyond: what stands where there is none."""
        lines = buffer.lines[self.top : self.top + rows]
        shown = [Row(part(line, self.left, self.columns)) for line in lines]
        return shown + [Row(beyond)] * (rows - len(shown))

    def draw(self, rows: list[Row], cursor: tuple[int, int]) -> str:
        """What to write so that these rows are shown."""
        written = ""
        for at, row in enumerate(rows[: self.rows]):
            old = self._shown[at]
            if row == old:
                continue
            same = 0
            if row.reverse == old.reverse is False and widths.plain(row.text + old.text):
                same = widths.same_start(row.text, old.text)
            written += f"\x1b[{at + 1};{same + 1}H"
            if old.text == "\0" or widths.columns(old.text) > widths.columns(row.text):
                written += "\x1b[K"
            text = row.text[same:]
            written += f"\x1b[7m{text}\x1b[0m" if row.reverse else text
            self._shown[at] = row
        return f"{written}\x1b[{cursor[0] + 1};{cursor[1] + 1}H"


def fitted(text: str, columns: int) -> str:
    """A text that fills a row."""
    shown = part(text, 0, columns)
    return shown + " " * (columns - widths.columns(shown))


def columns_to(line: str, at: int) -> int:
    """The column at which a character of a line stands."""
    if widths.plain(line[:at]):
        return min(at, len(line))
    column = 0
    for sign in line[:at]:
        column += _TAB - column % _TAB if sign == "\t" else widths.width(sign)
    return column


@lru_cache(maxsize=512)
def part(line: str, left: int, columns: int) -> str:
    """What of a line stands in these columns."""
    if widths.plain(line[: left + columns]):
        return line[left : left + columns]
    made, column = [], 0
    for sign in line:
        wide = _TAB - column % _TAB if sign == "\t" else widths.width(sign)
        if column + wide > left + columns:
            break
        if column >= left:
            made.append(" " * wide if sign == "\t" else widths.shown(sign))
        elif column + wide > left:
            made.append(" " * (column + wide - left))
        column += wide
    return "".join(made)
