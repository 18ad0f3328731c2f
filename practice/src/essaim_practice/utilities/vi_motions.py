"""How the cursor moves in vi, and what an operator such as ``d`` takes with a motion."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from essaim_practice.programs import keys
from essaim_practice.utilities.text_buffer import Place, TextBuffer


class Target(NamedTuple):
    """Where a motion leads. linewise: whole lines; inclusive: the last character, too."""

    place: Place
    linewise: bool = False
    inclusive: bool = False


def _kind(sign: str, blanks: bool) -> int:
    """Blank, letters, other signs; blanks: words are what stands between blanks."""
    if sign.isspace():
        return 0
    return 1 if blanks or sign.isalnum() or sign == "_" else 2


def _at(buffer: TextBuffer, place: Place) -> str:
    """The character of a place; a newline at the end of a line."""
    row, column = place
    line = buffer.lines[row]
    return line[column] if column < len(line) else "\n"


def _next(buffer: TextBuffer, place: Place) -> Place | None:
    row, column = place
    if column < len(buffer.lines[row]) - 1:
        return row, column + 1
    return (row + 1, 0) if row + 1 < len(buffer.lines) else None


def _before(buffer: TextBuffer, place: Place) -> Place | None:
    row, column = place
    if column:
        return row, column - 1
    return (row - 1, max(0, len(buffer.lines[row - 1]) - 1)) if row else None


def _word(buffer: TextBuffer, place: Place, blanks: bool) -> Place:
    """The beginning of the next word; an empty line is one."""
    kind = _kind(_at(buffer, place), blanks)
    while (following := _next(buffer, place)) is not None:
        if following[0] != place[0]:
            kind = 0
            if not buffer.lines[following[0]]:
                return following
        place = following
        if (now := _kind(_at(buffer, place), blanks)) and now != kind:
            return place
        kind = now
    last = len(buffer.lines) - 1
    return (last, len(buffer.lines[last]))


def _word_end(buffer: TextBuffer, place: Place, blanks: bool) -> Place:
    following = _next(buffer, place)
    while following is not None and not _kind(_at(buffer, following), blanks):
        place, following = following, _next(buffer, following)
    while following is not None and following[0] == (place := following)[0]:
        following = _next(buffer, place)
        if following is None or following[0] != place[0]:
            break
        if _kind(_at(buffer, following), blanks) != _kind(_at(buffer, place), blanks):
            break
    return place


def _word_back(buffer: TextBuffer, place: Place, blanks: bool) -> Place:
    before = _before(buffer, place)
    while before is not None and not _kind(_at(buffer, before), blanks):
        place, before = before, _before(buffer, before)
    if before is None:
        return 0, 0
    place = before
    while (before := _before(buffer, place)) is not None and before[0] == place[0]:
        if _kind(_at(buffer, before), blanks) != _kind(_at(buffer, place), blanks):
            break
        place = before
    return place


def indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _repeated(
    step: Callable[[TextBuffer, Place, bool], Place], blanks: bool, inclusive: bool = False
) -> Callable[[TextBuffer, int | None, int], Target]:
    def motion(buffer: TextBuffer, count: int | None, page: int) -> Target:
        place = buffer.row, buffer.column
        for _ in range(min(count or 1, 1000)):
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
    for _ in range(min(count, 1000)):
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
