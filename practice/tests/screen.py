"""A terminal's screen, as far as programs of the practice engine write to it."""

from __future__ import annotations

import re
from codecs import getincrementaldecoder

from essaim_practice.text.widths import width

_SEQUENCE = re.compile(r"\x1b\[\??([0-9;]*)([A-Za-z])")


class Screen:
    """Rows of characters, and the cursor; a character at the end of a row wraps only the next."""

    def __init__(self, rows: int = 24, columns: int = 80) -> None:
        self.rows, self.columns = rows, columns
        self.cells = [[" "] * columns for _ in range(rows)]
        self.row = self.column = 0
        self.styles: list[str] = []
        self.bells = 0
        self._decoder = getincrementaldecoder("utf-8")()
        self._other: tuple[list[list[str]], int, int] | None = None  # while a program has it all

    @property
    def lines(self) -> list[str]:
        """The rows to the last that is not empty, each without blanks at its end."""
        lines = ["".join(row).rstrip() for row in self.cells]
        while lines and not lines[-1]:
            lines.pop()
        return lines

    @property
    def cursor(self) -> tuple[int, int]:
        return self.row, self.column

    def write(self, data: bytes) -> None:
        text, at = self._decoder.decode(data), 0
        while at < len(text):
            if match := _SEQUENCE.match(text, at):
                self._do(match[0], match[1], match[2])
                at = match.end()
                continue
            sign = text[at]
            assert sign != "\x1b", text[at : at + 12]
            at += 1
            if sign == "\r":
                self.column = 0
            elif sign == "\n":
                self._down()
            elif sign == "\b":
                self.column = max(0, min(self.column, self.columns - 1) - 1)
            elif sign == "\t":
                self.column = min(self.columns - 1, self.column // 8 * 8 + 8)
            elif sign == "\a":
                self.bells += 1
            else:
                assert sign >= " ", repr(sign)
                self._put(sign)

    def _put(self, sign: str) -> None:
        wide = width(sign)
        if wide == 0:
            self.cells[self.row][max(0, self.column - 1)] += sign
            return
        if self.column + wide > self.columns:
            self.column = 0
            self._down()
        self.cells[self.row][self.column] = sign
        if wide == 2:
            self.cells[self.row][self.column + 1] = ""
        self.column += wide

    def _down(self) -> None:
        if self.row < self.rows - 1:
            self.row += 1
        else:
            self.cells = [*self.cells[1:], [" "] * self.columns]

    def _do(self, sequence: str, given: str, letter: str) -> None:
        if sequence in ("\x1b[?1049h", "\x1b[?1049l"):
            if letter == "h":
                self._other = self.cells, self.row, self.column
                self.cells = [[" "] * self.columns for _ in range(self.rows)]
            else:
                assert self._other is not None
                self.cells, self.row, self.column = self._other
                self._other = None
            return
        if letter in "hl":
            return
        numbers = [int(word) for word in given.split(";") if word]
        number = numbers[0] if numbers else 1
        if letter == "m":
            self.styles.append(given)
        elif letter == "A":
            self.row = max(0, self.row - number)
        elif letter == "B":
            self.row = min(self.rows - 1, self.row + number)
        elif letter == "C":
            self.column = min(self.columns - 1, self.column + number)
        elif letter == "D":
            self.column = max(0, self.column - number)
        elif letter == "H":
            row, column = numbers if len(numbers) == 2 else (1, 1)
            self.row, self.column = min(row, self.rows) - 1, min(column, self.columns) - 1
        elif letter in "JK":
            column = min(self.column, self.columns - 1)
            self.cells[self.row][column:] = [" "] * (self.columns - column)
            if letter == "J":
                for below in self.cells[self.row + 1 :]:
                    below[:] = [" "] * self.columns
        else:
            raise AssertionError(sequence)
