r"""The output of programs as a terminal would leave it: the last overwrite wins, colours stay.

Only ``\n`` ends a line. A form feed, or a line separator of Unicode, is a letter like any.
"""

from __future__ import annotations

import re

#: Escape sequences (ECMA-48): from ``ESC [`` to a final letter; titles and links (``ESC ]``), which
#: end with a bell or ``ESC \\``; and the short ones.
_ESCAPE = re.compile(
    r"\x1b(?:\[(?P<given>[0-?]*)[ -/]*(?P<final>[@-~])"
    r"|\][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]+[0-~]|[0-Z\\^-~])"
)
#: Characters that no screen shows. A tab and a line's end are shown.
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
#: The longest line that is played on a screen, in characters; of a longer one, the end is.
_MOST_COLUMNS = 20_000
#: Sequences that one letter's colour is made of: its own, its ground's, bold and underlined.
_MOST_STYLES = 4


def lines(output: bytes) -> list[str]:
    """The lines of an output, each as a reader sees it in the end."""
    text = output.decode(errors="replace").removesuffix("\n")
    return [line(each) for each in text.split("\n")] if text else []


def line(text: str) -> str:
    """One line after all that was written over it; its colours stay in it, as they came."""
    text = text.rstrip("\r")  # of a terminal's line end: then nothing was written over it
    moves = "\r" in text or "\b" in text
    if not moves and ("\x1b" not in text or _coloured_only(text)):
        return text
    return _Row().play(text[-_MOST_COLUMNS:])


def plain(text: str) -> str:
    """A line without colours, and without characters that no screen shows."""
    return _UNSEEN.sub("", _ESCAPE.sub("", text))


def _coloured_only(text: str) -> bool:
    return all(found["final"] == "m" for found in _ESCAPE.finditer(text))


class _Row:
    """One line of a screen, and a cursor on it."""

    def __init__(self) -> None:
        self._cells: list[tuple[tuple[str, ...], str]] = []  # each with its colours
        self._at = 0
        self._style: tuple[str, ...] = ()  # the sequences that have led to the present colour

    def play(self, text: str) -> str:
        past = 0
        for found in _ESCAPE.finditer(text):
            self._write(text[past : found.start()])
            past = found.end()
            self._obey(found["final"] or "", found["given"] or "", found[0])
        self._write(text[past:])
        return self._read()

    def _write(self, text: str) -> None:
        for letter in text:
            if letter == "\r":
                self._at = 0
            elif letter == "\b":
                self._at = max(0, self._at - 1)
            else:
                self._reach(self._at + 1)
                self._cells[self._at] = (self._style, letter)
                self._at += 1

    def _obey(self, final: str, given: str, sequence: str) -> None:
        """Colour, erase or move along the line. Moves between lines are passed over."""
        count = min(int(given), _MOST_COLUMNS) if given.isdigit() else 0
        match final:
            case "m":
                before = () if given.startswith("0") or not given else self._style
                ended = given.strip("0") == ""
                self._style = () if ended else (*before, sequence)[-_MOST_STYLES:]
            case "K" if count == 2:
                self._cells.clear()
            case "K" if count == 1:
                self._reach(self._at)
                self._cells[: self._at] = [((), " ")] * self._at
            case "K":
                del self._cells[self._at :]
            case "C":
                self._at = min(self._at + max(count, 1), _MOST_COLUMNS)
            case "D":
                self._at = max(0, self._at - max(count, 1))
            case "G":
                self._at = max(count, 1) - 1

    def _reach(self, columns: int) -> None:
        self._cells += [((), " ")] * (columns - len(self._cells))

    def _read(self) -> str:
        parts, style = list[str](), tuple[str, ...]()
        for wanted, letter in [*self._cells, (self._style, "")]:
            if wanted != style:
                parts += ["\x1b[0m"] if style else []
                parts += wanted
                style = wanted
            parts.append(letter)
        return "".join(parts)
