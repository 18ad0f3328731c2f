"""How the cursor moves in vi, and what an operator such as ``d`` takes with a motion."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from essaim_practice.programs import keys
from essaim_practice.utilities.text_buffer import Place, TextBuffer

_MOST_WORDS = 100  # that one motion goes over


class Target(NamedTuple):
    """Where a motion leads. linewise: whole lines; inclusive: the last character, too."""

    place: Place
    linewise: bool = False
    inclusive: bool = False


#: What a word is; True: what stands between blanks.
_WORDS = {False: re.compile(r"\w+|[^\w\s]+"), True: re.compile(r"\S+")}


def _word(buffer: TextBuffer, place: Place, blanks: bool) -> Place:
    """The beginning of the next word; an empty line is one."""
    (row, column), lines, words = place, buffer.lines, _WORDS[blanks]
    here = words.match(lines[row], column)
    found = words.search(lines[row], here.end() if here else column)
    while found is None:
        row += 1
        if row == len(lines):
            return row - 1, len(lines[-1])
        if not lines[row]:
            return row, 0
        found = words.search(lines[row])
    return row, found.start()


def _word_end(buffer: TextBuffer, place: Place, blanks: bool) -> Place:
    (row, column), lines, words = place, buffer.lines, _WORDS[blanks]
    found = words.search(lines[row], column + 1)
    while found is None:
        row += 1
        if row == len(lines):
            return row - 1, max(0, len(lines[-1]) - 1)
        found = words.search(lines[row])
    return row, found.end() - 1


def _word_back(buffer: TextBuffer, place: Place, blanks: bool) -> Place:
    (row, column), lines, words = place, buffer.lines, _WORDS[blanks]
    found = words.search(lines[row][:column][::-1])
    while found is None:
        row -= 1
        if row < 0:
            return 0, 0
        if not lines[row]:
            return row, 0
        column = len(lines[row])
        found = words.search(lines[row][::-1])
    return row, column - found.end()


def indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _repeated(
    step: Callable[[TextBuffer, Place, bool], Place], blanks: bool, inclusive: bool = False
) -> Callable[[TextBuffer, int | None, int], Target]:
    def motion(buffer: TextBuffer, count: int | None, page: int) -> Target:
        place = buffer.row, buffer.column
        for _ in range(min(count or 1, _MOST_WORDS)):
            place = step(buffer, place, blanks)
        return Target(place, inclusive=inclusive)

    return motion


def _rows(by: Callable[[int, int], int]) -> Callable[[TextBuffer, int | None, int], Target]:
    def motion(buffer: TextBuffer, count: int | None, page: int) -> Target:
        row = min(max(0, buffer.row + by(count or 1, page)), len(buffer.lines) - 1)
        return Target((row, buffer.column), linewise=True)

    return motion


def _columns(by: int) -> Callable[[TextBuffer, int | None, int], Target]:
    def motion(buffer: TextBuffer, count: int | None, page: int) -> Target:
        column = buffer.column + by * (count or 1)
        return Target((buffer.row, min(max(0, column), len(buffer.line))))

    return motion


def _line_end(buffer: TextBuffer, count: int | None, page: int) -> Target:
    row = min(buffer.row + (count or 1) - 1, len(buffer.lines) - 1)
    return Target((row, len(buffer.lines[row])))


def _go(first: bool) -> Callable[[TextBuffer, int | None, int], Target]:
    def motion(buffer: TextBuffer, count: int | None, page: int) -> Target:
        last = len(buffer.lines) - 1
        row = (0 if first else last) if count is None else min(count - 1, last)
        return Target((row, indent(buffer.lines[row])), linewise=True)

    return motion


def _first_sign(by: int) -> Callable[[TextBuffer, int | None, int], Target]:
    def motion(buffer: TextBuffer, count: int | None, page: int) -> Target:
        row = min(max(0, buffer.row + by * (count or 1)), len(buffer.lines) - 1)
        return Target((row, indent(buffer.lines[row])), linewise=bool(by))

    return motion


def found(buffer: TextBuffer, kind: str, sign: str, count: int) -> Target | None:
    """``f``, ``F``, ``t`` and ``T``: a character of this line; None where it is not there."""
    line, column = buffer.line, buffer.column
    for _ in range(min(count, _MOST_WORDS)):
        forward = kind in "ft"
        column = line.find(sign, column + 1) if forward else line.rfind(sign, 0, column)
        if column < 0:
            return None
    column += {"t": -1, "T": 1}.get(kind, 0)
    return Target((buffer.row, column), inclusive=kind in "ft")


Motion = Callable[[TextBuffer, int | None, int], Target]

#: By key; each takes the text, the count (None: not given) and the rows of a page.
MOTIONS: dict[str, Motion] = {
    "h": _columns(-1),
    "l": _columns(1),
    " ": _columns(1),
    "j": _rows(lambda count, page: count),
    "k": _rows(lambda count, page: -count),
    "w": _repeated(_word, False),
    "W": _repeated(_word, True),
    "e": _repeated(_word_end, False, inclusive=True),
    "E": _repeated(_word_end, True, inclusive=True),
    "b": _repeated(_word_back, False),
    "B": _repeated(_word_back, True),
    "0": lambda buffer, count, page: Target((buffer.row, 0)),
    "^": lambda buffer, count, page: Target((buffer.row, indent(buffer.line))),
    "$": _line_end,
    "G": _go(first=False),
    "gg": _go(first=True),
    "+": _first_sign(1),
    "-": _first_sign(-1),
    "\x04": _rows(lambda count, page: page // 2),
    "\x15": _rows(lambda count, page: -(page // 2)),
    "\x06": _rows(lambda count, page: count * page),
    "\x02": _rows(lambda count, page: -count * page),
}
for _other, _key in {
    keys.LEFT: "h", "\x08": "h", keys.ERASE: "h", keys.RIGHT: "l", keys.DOWN: "j", "\n": "j",
    "\x0e": "j", keys.UP: "k", "\x10": "k", "\r": "+", keys.HOME: "0", keys.END: "$",
    keys.PAGE_DOWN: "\x06", keys.PAGE_UP: "\x02",
}.items():  # fmt: skip
    MOTIONS[_other] = MOTIONS[_key]
