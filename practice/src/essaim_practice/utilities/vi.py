"""vi: an editor with modes, as far as one knows it by heart."""

from __future__ import annotations

import re

from essaim_practice.programs import keys
from essaim_practice.programs.base import UNIX, Context, Program, executable
from essaim_practice.programs.signals import WINCH
from essaim_practice.shell.simple_utilities import Complaint
from essaim_practice.utilities.full_screen import Doing, TextFile, edited
from essaim_practice.utilities.text_buffer import Place, TooLong
from essaim_practice.utilities.text_screen import Row, TextScreen, columns_to, fitted
from essaim_practice.utilities.vi_changes import CHANGES
from essaim_practice.utilities.vi_lines import Lines
from essaim_practice.utilities.vi_motions import MOTIONS, Target, found, indent
from essaim_practice.utilities.vi_state import ViState

_WAITING = frozenset(("g", "Z", "r", "f", "F", "t", "T", "m", "'", '"'))  # one more key follows
_MOST_COUNT = 9999
_LONGEST_REPEAT = 4096  # keys of a change that ``.`` does again


@executable(UNIX, "vi", "vim")
def vi(argv: list[str], context: Context) -> Program:
    words = [word for word in argv[1:] if not word.startswith(("-", "+"))]
    line = next((word[1:] for word in argv[1:] if re.fullmatch(r"\+[0-9]{1,7}", word)), "1")
    steps = edited("vi", context, Vi, words[0] if words else "", int(line), alt=False)
    return Program(steps, hears=frozenset({WINCH}), processes=(" ".join(argv),))


class Vi(ViState):
    """A text that vi edits."""

    def __init__(self, file: TextFile) -> None:
        super().__init__(file)
        self._lines = Lines(self)
        self._operator = ""
        self._operator_count = ""
        self._waits = ""  # the key that waits for one more
        self._keys: list[str] = []  # of the command that goes on
        self._again: list[str] = []  # of the last change
        self._repeating = False
        self._wanted: int | None = None  # the column that j and k go back to

    # What is shown

    def rows(self, screen: TextScreen) -> tuple[list[Row], tuple[int, int]]:
        buffer, self.page = self.file.buffer, screen.rows - 1
        cursor = screen.follow(buffer, self.page)
        shown = screen.text_rows(buffer, self.page, "~")
        if self.mode == "line":
            place = (
                screen.rows - 1,
                min(columns_to(self.line, len(self.line)), screen.columns - 1),
            )
            return [*shown, Row(fitted(self.line, screen.columns).rstrip())], place
        return [*shown, self._status(screen.columns)], cursor

    def _status(self, columns: int) -> Row:
        if self.said:
            return Row(fitted(self.said, columns).rstrip(), self.bad)
        buffer = self.file.buffer
        mark = {"insert": "I", "replace": "R"}.get(self.mode, "-")
        percent = 100 * (buffer.row + 1) // len(buffer.lines)
        changed = " [Modified]" if buffer.changed else ""
        text = f"{mark} {self.file.name or 'No file'}{changed} {buffer.row + 1}/{len(buffer.lines)}"
        return Row(fitted(f"{text} {percent}%", columns).rstrip())

    # Keys

    def key(self, key: str) -> Doing:
        self.said = ""
        single = [key] if key[0] == "\0" or self.mode == "insert" else list(key)
        for one in single:
            if self.code is None:
                try:
                    yield from self._one(one)
                except TooLong:
                    self.say("The text is too large for the practice engine's editor", bad=True)
                except Complaint as complaint:
                    self.say(str(complaint), bad=True)

    def _one(self, key: str) -> Doing:
        if key in (keys.PASTE, keys.PASTED):
            return
        if self.mode == "line":
            yield from self._lines.key(key)
            return
        self._keys.append(key)
        if self.mode == "normal":
            yield from self._normal(key)
        else:
            self._typed(key)

    def _typed(self, key: str) -> None:
        """A key while text is typed."""
        buffer = self.file.buffer
        if key == keys.ESCAPE or key == "\x03":
            buffer.column -= 1
            self._end_change()
        elif key in ("\r", "\n"):
            buffer.insert("\n")
        elif key in (keys.ERASE, "\x08"):
            buffer.erase()
        elif key == keys.DELETE:
            buffer.delete()
        elif key == "\x17":
            kept = buffer.line[: buffer.column].rstrip()
            start = len(kept) - len(re.split(r"\s", kept)[-1])
            buffer.cut((buffer.row, start), (buffer.row, buffer.column))
        elif key[0] == "\0" and key in MOTIONS:
            self._go(MOTIONS[key](buffer, None, self.page), insert=True)
            buffer.begin()
        elif key[0] >= " " or key == "\t":
            if self.mode == "replace":
                place = (buffer.row, buffer.column)
                buffer.cut(place, (buffer.row, min(buffer.column + len(key), len(buffer.line))))
            buffer.insert(key)

    def _end_change(self) -> None:
        """The command that goes on is done; a change can be done again."""
        self.mode = "normal"
        if not self._repeating and len(self._keys) <= _LONGEST_REPEAT:
            self._again = self._keys
        self._forget()
        self.file.buffer.keep_inside(past_end=False)

    def _forget(self) -> None:
        self.count = self._operator = self._operator_count = self._waits = ""
        self._keys = []
        self.file.buffer.begin()

    def _normal(self, key: str) -> Doing:
        if key == keys.ESCAPE:
            self._forget()
        elif self._waits:
            key, self._waits = self._waits + key, ""
            yield from self._command(key)
        elif key in _WAITING:
            self._waits = key
        elif key.isdecimal() and key.isascii() and (key != "0" or self.count):
            self.count += key
        elif key in ("d", "c", "y", "<", ">") and not self._operator:
            self._operator, self._operator_count, self.count = key, self.count, ""
        else:
            yield from self._command(key)

    def _number(self) -> int | None:
        both = [int(count[:4]) for count in (self._operator_count, self.count) if count]
        return min(both[0] * (both[1] if len(both) > 1 else 1), _MOST_COUNT) if both else None

    def _command(self, key: str) -> Doing:
        buffer, count = self.file.buffer, self._number()
        self._wanted = self._wanted if key in _UP_DOWN else None
        if key == "." and not self._operator:
            yield from self._repeat()
        elif key in ("n", "N"):
            place = yield from self._lines.found(key == "N")
            if place is not None and self._operator:
                self._operate(Target(place))
            elif place is not None:
                self._go(Target(place))
            self._forget()
        elif (target := self._target(key, count)) is not None:
            if self._operator:
                self._operate(target)
            else:
                self._go(target)
                self._forget()
        elif self._operator:
            self._forget()
        elif key in (":", "/", "?"):
            self._forget()
            self.mode, self.line = "line", key
        elif key == "u":
            self.say("" if buffer.undo() else "Nothing to undo")
            self._forget()
            buffer.keep_inside(past_end=False)
        elif key in ("ZZ", "ZQ"):
            self._forget()
            yield from self._lines.command("x" if key == "ZZ" else "q!")
        elif action := CHANGES.get(key):
            action(self, count or 1)
            if self.mode == "normal":
                self._end_change()
        elif key[0] == "r" and len(key) > 1:
            self._put_over(key[1:], count or 1)
        else:
            self._forget()

    def _repeat(self) -> Doing:
        again = list(self._again)
        self._forget()
        self._repeating = True
        try:
            for key in again:
                yield from self._one(key)
        finally:
            self._repeating = False

    def _target(self, key: str, count: int | None) -> Target | None:
        buffer = self.file.buffer
        if self._operator and key == self._operator:  # dd, yy, cc
            last = min(buffer.row + (count or 1), len(buffer.lines)) - 1
            return Target((last, buffer.column), linewise=True)
        if key[0] in "fFtT" and len(key) > 1:
            return found(buffer, key[0], key[1:], count or 1)
        if self._operator == "c" and key in ("w", "W"):  # as far as the word goes
            key = "e" if key == "w" else "E"
        motion = MOTIONS.get(key)
        return motion(buffer, count, self.page) if motion is not None else None

    def _go(self, target: Target, insert: bool = False) -> None:
        buffer = self.file.buffer
        if target.linewise and target.place[1] == buffer.column:
            self._wanted = buffer.column if self._wanted is None else self._wanted
            buffer.row, buffer.column = target.place[0], self._wanted
        else:
            buffer.row, buffer.column = target.place
        buffer.keep_inside(past_end=insert)

    # Changes

    def _operate(self, target: Target) -> None:
        operator, buffer = self._operator, self.file.buffer
        here = (buffer.row, buffer.column)
        start, end = min(here, target.place), max(here, target.place)
        if target.linewise or operator in "<>":
            self._lines_from(start[0], end[0], operator, here)
            return
        if target.inclusive:
            end = (end[0], min(end[1] + 1, len(buffer.lines[end[0]])))
        elif end[1] == 0 and end[0] > start[0]:  # a word's motion stops at the end of its line
            end = (end[0] - 1, len(buffer.lines[end[0] - 1]))
        self.register, self.linewise = buffer.between(start, end), False
        if operator == "y":
            buffer.row, buffer.column = start
            self._forget()
            return
        buffer.cut(start, end)
        self._after(operator)

    def _lines_from(self, first: int, last: int, operator: str, here: Place) -> None:
        buffer = self.file.buffer
        lines = buffer.lines[first : last + 1]
        if operator in "<>":
            moved = [f"\t{line}" if line else line for line in lines]
            if operator == "<":
                moved = [re.sub(r"^(\t| {1,8})", "", line) for line in lines]
            buffer.replace(first, last + 1, moved)
            buffer.row, buffer.column = first, indent(buffer.lines[first])
            self._end_change()
            return
        self.register, self.linewise = "\n".join(lines), True
        if operator == "y":
            buffer.row = min(first, here[0])
            self._forget()
            return
        buffer.replace(first, last + 1, [""] if operator == "c" else [])
        buffer.row = min(first, len(buffer.lines) - 1)
        buffer.column = 0 if operator == "c" else indent(buffer.line)
        self._after(operator)

    def _after(self, operator: str) -> None:
        if operator == "c":
            self.mode, self._operator, self.count = "insert", "", ""
        else:
            self._end_change()

    def _put_over(self, sign: str, count: int) -> None:
        buffer = self.file.buffer
        if buffer.column + count <= len(buffer.line) and sign not in (keys.ESCAPE, "\0"):
            buffer.cut((buffer.row, buffer.column), (buffer.row, buffer.column + count))
            buffer.insert("\n" if sign == "\r" else sign * count)
            buffer.column -= sign != "\r"
        self._end_change()


_UP_DOWN = frozenset(
    ("j", "k", keys.UP, keys.DOWN, "\x0e", "\x10", "\n", "\x04", "\x15", "\x06", "\x02")
) | {keys.PAGE_DOWN, keys.PAGE_UP}
