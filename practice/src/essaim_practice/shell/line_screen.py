"""The line that is edited, on a terminal's screen: draws what has changed, and no more."""

from __future__ import annotations

import re

from essaim_practice.text import widths

_STYLE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07]*\x07")  # they take no columns
_MOVES = re.compile(r"\x1b\[(?:[0-9;]*[A-HJSTdf]|\?1049[hl])|\r")  # after them it is no matter
_NEAR = 4  # columns that are gone back one by one


class LineScreen:
    """A prompt and a text after it, over as many rows as they need.

    columns: of the screen. Every method returns what to write to the terminal.
    """

    def __init__(self) -> None:
        self.columns = 80
        self.prompt = ""  # its last line
        self._column = 0  # where the prompt's last line begins
        self._ahead = 0  # rows between there and the text's first character
        self._origin = 0  # the column of that
        self._text = ""
        self._at = 0

    def begin(self, prompt: str, column: int, columns: int) -> str:
        """Show a prompt at this column, with no text yet."""
        self.columns = max(2, columns)
        return self._prompted(prompt, column)

    def _prompted(self, prompt: str, column: int) -> str:
        first, newline, last = prompt.rpartition("\n")
        self.prompt, self._column = last, 0 if newline else column
        ahead, self._origin = divmod(self._column + self._taken(), self.columns)
        self._ahead, self._text, self._at = ahead, "", 0
        return first + newline + last + ("\n" if ahead and not self._origin else "")

    def _taken(self) -> int:
        return widths.columns(_STYLE.sub("", self.prompt))

    def show(self, text: str, at: int) -> str:
        """Show this text, with the cursor before its character ``at``."""
        if text == self._text:
            return self._moved(at)
        longer = text.startswith(self._text)
        same = len(self._text) if longer else _common(text, self._text)
        start, end = self._place(text, same), self._place(text, len(text))
        written = _way(self._place(self._text, self._at), start) + widths.drawn(text[same:])
        if end > start and end[1] == 0:
            written += "\n"  # the terminal would stay at the end of its row
        if not longer:
            written += "\x1b[J"
        self._text, self._at = text, at
        return written + _way(end, self._place(text, at))

    def _moved(self, at: int) -> str:
        way = _way(self._place(self._text, self._at), self._place(self._text, at))
        self._at = at
        return way

    def again(self, prompt: str, text: str, at: int) -> str:
        """Show another prompt and text in the place of these."""
        row = self._ahead + self._place(self._text, self._at)[0]
        up = f"\x1b[{row}A" if row else ""
        across = f"\x1b[{self._column}C" if self._column else ""
        return f"{up}\r{across}\x1b[J" + self._prompted(prompt, self._column) + self.show(text, at)

    def resized(self, columns: int) -> str:
        """Show the line on a screen of another width, which the terminal has broken anew."""
        self.columns = max(2, columns)
        self._column = min(self._column, self.columns - 1)
        self._ahead, self._origin = divmod(self._column + self._taken(), self.columns)
        return self.again(self.prompt, self._text, self._at)

    def cleared(self, prompt: str) -> str:
        """Show the line at the top of an empty screen."""
        text, at = self._text, self._at
        return "\x1b[H\x1b[J" + self._prompted(prompt, 0) + self.show(text, at)

    def below(self) -> str:
        """Go to the beginning of the row below the text."""
        end = self._place(self._text, len(self._text))
        fresh = end[1] == 0 and end[0] > 0 and bool(self._text)
        return self._moved(len(self._text)) + ("" if fresh else "\n")

    def _place(self, text: str, at: int) -> tuple[int, int]:
        """Row and column of a character, from the row of the text's first one."""
        if widths.plain(text):
            return divmod(self._origin + at, self.columns)
        row, column = 0, self._origin
        for sign in widths.drawn(text[:at]):
            wide = widths.width(sign)
            if column + wide > self.columns:
                row, column = row + 1, 0
            column += wide
            if column == self.columns:
                row, column = row + 1, 0
        return row, column


def column_after(row: str, columns: int) -> int:
    """The column of the cursor after this was written from the beginning of a row."""
    begun = max((match.end() for match in _MOVES.finditer(row)), default=0)
    return widths.columns(_STYLE.sub("", row[begun:])) % max(2, columns)


def _common(one: str, other: str) -> int:
    """Characters at the beginning that both have, but none before one that is put over it."""
    same = widths.same_start(one, other)
    while same and any(same < len(t) and widths.width(t[same]) == 0 for t in (one, other)):
        same -= 1
    return same


def _way(start: tuple[int, int], end: tuple[int, int]) -> str:
    """From one place to another, both drawn already."""
    rows, columns = end[0] - start[0], end[1] - start[1]
    if rows:
        across = f"\x1b[{end[1]}C" if end[1] else ""
        return f"\x1b[{abs(rows)}{'B' if rows > 0 else 'A'}\r{across}"
    if -_NEAR <= columns < 0:
        return "\b" * -columns
    return f"\x1b[{abs(columns)}{'C' if columns > 0 else 'D'}" if columns else ""
