"""A line that is edited: its text, the cursor, and what each key does to them."""

from __future__ import annotations

import re
from collections.abc import Callable

from essaim_practice.programs import keys
from essaim_practice.text import widths

_LONGEST = 4096  # characters of a line
_WORD = re.compile(r"\w+")


class Line:
    """The text, the cursor before its character ``at``, and what was cut out last."""

    def __init__(self) -> None:
        self.text = ""
        self.at = 0
        self._cut = ""
        self._cutting = False  # the last key cut something: the next one adds to it

    def key(self, key: str) -> bool:
        """Do what a key does; returns whether it is a key of the line at all."""
        action = _ACTIONS.get(key)
        cuts = action in _CUTTING
        self._cutting = self._cutting and cuts
        if action is not None:
            action(self)
            self._cutting = cuts
        return action is not None

    def insert(self, text: str) -> None:
        text = text[: max(0, _LONGEST - len(self.text))]
        self.text = self.text[: self.at] + text + self.text[self.at :]
        self.at += len(text)
        self._cutting = False

    def _remove(self, start: int, end: int) -> str:
        removed = self.text[start:end]
        self.text, self.at = self.text[:start] + self.text[end:], start
        return removed

    def _cut_out(self, start: int, end: int) -> None:
        backwards = end == self.at
        removed = self._remove(start, end)
        if not removed:
            return
        if not self._cutting:
            self._cut = removed
        else:
            self._cut = removed + self._cut if backwards else self._cut + removed

    def _left_of(self, at: int) -> int:
        """Where the character before this one begins, with all that is put over it."""
        at -= 1
        while at > 0 and widths.width(self.text[at]) == 0:
            at -= 1
        return max(at, 0)

    def _right_of(self, at: int) -> int:
        at += 1
        while at < len(self.text) and widths.width(self.text[at]) == 0:
            at += 1
        return min(at, len(self.text))

    def _word_start(self) -> int:
        at = self.at
        while at and not _WORD.match(self.text[at - 1]):
            at -= 1
        while at and _WORD.match(self.text[at - 1]):
            at -= 1
        return at

    def _word_end(self) -> int:
        match = _WORD.search(self.text, self.at)
        return match.end() if match else len(self.text)

    def home(self) -> None:
        self.at = 0

    def end(self) -> None:
        self.at = len(self.text)

    def left(self) -> None:
        self.at = self._left_of(self.at)

    def right(self) -> None:
        self.at = self._right_of(self.at)

    def word_left(self) -> None:
        self.at = self._word_start()

    def word_right(self) -> None:
        self.at = self._word_end()

    def erase(self) -> None:
        self._remove(self._left_of(self.at), self.at)

    def delete(self) -> None:
        self._remove(self.at, self._right_of(self.at))

    def cut_to_end(self) -> None:
        self._cut_out(self.at, len(self.text))

    def cut_to_start(self) -> None:
        self._cut_out(0, self.at)

    def cut_blank_word(self) -> None:
        kept = self.text[: self.at].rstrip()
        self._cut_out(len(kept) - len(kept.split(" ")[-1]), self.at)

    def cut_word_left(self) -> None:
        self._cut_out(self._word_start(), self.at)

    def cut_word_right(self) -> None:
        self._cut_out(self.at, self._word_end())

    def paste(self) -> None:
        self.insert(self._cut)

    def swap(self) -> None:
        """The character before the cursor and the one at it change places."""
        at = self.at - (self.at == len(self.text))
        if at > 0:
            first, second = self.text[at - 1], self.text[at]
            self.text = self.text[: at - 1] + second + first + self.text[at + 1 :]
            self.at = at + 1


_Action = Callable[[Line], None]
_CUTTING: tuple[_Action, ...] = (
    Line.cut_to_end,
    Line.cut_to_start,
    Line.cut_blank_word,
    Line.cut_word_left,
    Line.cut_word_right,
)
_ACTIONS: dict[str, _Action] = {
    "\x01": Line.home,
    "\x02": Line.left,
    "\x04": Line.delete,
    "\x05": Line.end,
    "\x06": Line.right,
    "\x08": Line.erase,
    "\x0b": Line.cut_to_end,
    "\x14": Line.swap,
    "\x15": Line.cut_to_start,
    "\x17": Line.cut_blank_word,
    "\x19": Line.paste,
    "\x7f": Line.erase,
    "\x1bb": Line.word_left,
    "\x1bf": Line.word_right,
    "\x1bd": Line.cut_word_right,
    "\x1b\x7f": Line.cut_word_left,
    "\x1b\x08": Line.cut_word_left,
    keys.LEFT: Line.left,
    keys.RIGHT: Line.right,
    keys.HOME: Line.home,
    keys.END: Line.end,
    keys.DELETE: Line.delete,
    keys.WORD_LEFT: Line.word_left,
    keys.WORD_RIGHT: Line.word_right,
}
