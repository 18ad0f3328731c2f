"""nano: an editor whose keys are written at the bottom of its screen."""

from __future__ import annotations

import re
from collections.abc import Callable

from essaim_practice.programs import keys
from essaim_practice.programs.base import UNIX, Context, Program, executable
from essaim_practice.programs.signals import WINCH
from essaim_practice.shell.simple_utilities import Complaint
from essaim_practice.text import widths
from essaim_practice.utilities.full_screen import Doing, Refused, TextFile, edited
from essaim_practice.utilities.text_buffer import TooLong
from essaim_practice.utilities.text_screen import Row, TextScreen, columns_to, fitted

_VERSION = "GNU nano 8.4"
_HELP = (
    "^G Help      ^O Write Out ^W Where Is  ^K Cut       ^C Location  M-U Undo",
    "^X Exit      ^\\ Replace   M-W Next      ^U Paste     ^_ Line      M-\\ First",
)
_ASKING = ("^C Cancel", "")
_SAVING = (" Y Yes", " N No           ^C Cancel")
_LONGEST = 1024  # characters of an answer


@executable(UNIX, "nano")
def nano(argv: list[str], context: Context) -> Program:
    words = [word for word in argv[1:] if not word.startswith(("-", "+"))]
    line = next((m[1] for word in argv[1:] if (m := re.match(r"\+([0-9]{1,7})", word))), "1")
    steps = edited("nano", context, Nano, words[0] if words else "", int(line), alt=True)
    return Program(steps, hears=frozenset({WINCH}), processes=(" ".join(argv),))


class Nano:
    """A text that nano edits."""

    def __init__(self, file: TextFile) -> None:
        self.code: int | None = None
        self.file = file
        lines = len(file.buffer.lines) if file.buffer.text else 0
        if lines and file.buffer.ends:  # one can go to the line after the last
            file.buffer.lines.append("")
        file.buffer.ends = False
        self._said = f"Read {lines} line{'s' * (lines != 1)}"
        if file.new:
            self._said = "New File" if file.name else ""
        self._question = ""  # what the row above the help asks
        self._answer = ""
        self._asked: Callable[[str], None] = lambda answer: None
        self._yes_or_no = False
        self._cut = ""
        self._cutting = False  # the last key cut a line: the next one adds to it
        self._wanted: int | None = None  # the column that up and down go back to
        self._sought = ""
        self._page = 20
        self._typing = False  # the last key typed text, which is undone together

    # What is shown

    def rows(self, screen: TextScreen) -> tuple[list[Row], tuple[int, int]]:
        self._page = max(1, screen.rows - 4)
        row, column = screen.follow(self.file.buffer, self._page)
        changed = "Modified" if self.file.buffer.changed else ""
        name = self.file.name or "New Buffer"
        left, wide = f"  {_VERSION}", screen.columns
        middle = max(1, (wide - len(left) - widths.columns(name)) // 2 - 4)
        title = f"{left}{' ' * middle}{name}"
        space = max(1, wide - widths.columns(title) - len(changed) - 1)
        shown = [Row(fitted(f"{title}{' ' * space}{changed}", wide), True)]
        shown += screen.text_rows(self.file.buffer, self._page, "")
        help_ = _SAVING if self._yes_or_no else _ASKING if self._question else _HELP
        if self._question:
            asked = f"{self._question} {self._answer}"
            shown.append(Row(fitted(asked, wide), True))
            row = screen.rows - 4
            column = min(columns_to(asked, len(asked)), wide - 1)
        else:
            said = f"[ {self._said} ]" if self._said else ""
            shown.append(Row(f"{' ' * max(0, (wide - len(said)) // 2)}{said}"[:wide]))
        shown += [Row(text[:wide]) for text in help_]
        return shown, (row + 1, column)

    # Keys

    def key(self, key: str) -> Doing:
        if key in (keys.PASTE, keys.PASTED):
            return
        if self._question:
            for one in [key] if key[0] < " " else key:
                if self._question:
                    self._answered(one)
            return
        self._said = ""
        cutting, self._cutting = self._cutting, False
        buffer = self.file.buffer
        try:
            if (key[0] >= " " and key != keys.ERASE) or key in ("\t", "\r", "\n"):
                if not self._typing or key == "\r":
                    buffer.begin()
                buffer.insert("\n" if key == "\r" else key)
                self._typing, self._wanted = True, None
            elif action := _ACTIONS.get(key):
                self._typing = self._typing and key == keys.ERASE
                if not self._typing:
                    buffer.begin()
                self._cutting = cutting
                action(self)
                self._cutting = key == "\x0b"
                if key not in _UP_DOWN:
                    self._wanted = None
        except TooLong:
            self._said = "The text is too large for the practice engine's editor"
        except Complaint as complaint:
            self._said = str(complaint)
        return
        yield

    def _ask(self, question: str, then: Callable[[str], None], answer: str = "") -> None:
        self._question, self._answer, self._asked = question, answer, then

    def _answered(self, key: str) -> None:
        if key == "\x03":
            self._end_question("Cancelled")
        elif self._yes_or_no:
            if key in "yYnN":
                self._end_question("")
                self._asked(key.lower())
        elif key in ("\r", "\n"):
            answer, then = self._answer, self._asked
            self._end_question("")
            then(answer)
        elif key in (keys.ERASE, "\x08"):
            self._answer = self._answer[:-1]
        elif key in ("\x15", "\x0b"):
            self._answer = ""
        elif key[0] >= " ":
            self._answer = (self._answer + key)[:_LONGEST]

    def _end_question(self, said: str) -> None:
        self._question, self._said, self._yes_or_no = "", said, False

    # Going about

    def move(self, rows: int) -> None:
        buffer = self.file.buffer
        self._wanted = buffer.column if self._wanted is None else self._wanted
        buffer.row, buffer.column = buffer.row + rows, self._wanted
        buffer.keep_inside(past_end=True)

    def page(self, way: int) -> None:
        self.move(way * max(1, self._page - 2))

    def step(self, way: int) -> None:
        buffer = self.file.buffer
        column = buffer.column + way
        if 0 <= column <= len(buffer.line):
            buffer.column = column
        elif 0 <= buffer.row + way < len(buffer.lines):
            buffer.row += way
            buffer.column = 0 if way > 0 else len(buffer.line)

    def to_column(self, end: bool) -> None:
        self.file.buffer.column = len(self.file.buffer.line) if end else 0

    def word(self, way: int) -> None:
        """To the beginning of the next word, or of the one before."""
        buffer = self.file.buffer
        starts = [match.start() for match in re.finditer(r"\w+", buffer.line)]
        if way > 0:
            found = next((at for at in starts if at > buffer.column), None)
        else:
            found = next((at for at in reversed(starts) if at < buffer.column), None)
        if found is not None:
            buffer.column = found
        elif 0 <= buffer.row + way < len(buffer.lines):
            buffer.row += way
            buffer.column = 0 if way > 0 else len(buffer.line)

    def go_to_line(self) -> None:
        def go(answer: str) -> None:
            if match := re.match(r"\s*(\d{1,7})", answer):
                self.file.buffer.row, self.file.buffer.column = int(match[1]) - 1, 0
                self.file.buffer.keep_inside(past_end=True)
            elif answer:
                self._said = "Invalid line or column number"

        self._ask("Enter line number, column number:", go)

    def first(self) -> None:
        self.file.buffer.row = self.file.buffer.column = 0

    def last(self) -> None:
        self.file.buffer.row = len(self.file.buffer.lines) - 1
        self.to_column(end=True)

    def location(self) -> None:
        buffer = self.file.buffer
        self._said = (
            f"line {buffer.row + 1}/{len(buffer.lines)} "
            f"({100 * (buffer.row + 1) // len(buffer.lines)}%), col {buffer.column + 1}"
        )

    # Changing

    def cut(self) -> None:
        """Take out the line; those that are cut one after the other are one text."""
        buffer = self.file.buffer
        last = buffer.row + 1 == len(buffer.lines)
        if last and not buffer.line:
            return
        self._cut = (self._cut if self._cutting else "") + buffer.line + "\n"
        buffer.replace(buffer.row, buffer.row + 1, [""] if last else [])
        buffer.column = 0

    def paste(self) -> None:
        self.file.buffer.insert(self._cut)

    def undo(self) -> None:
        self._said = "Undid last change" if self.file.buffer.undo() else "Nothing to undo"

    def erase(self) -> None:
        self.file.buffer.erase()

    def delete(self) -> None:
        self.file.buffer.delete()

    def search(self) -> None:
        known = f" [{self._sought}]" if self._sought else ""
        self._ask(f"Search{known}:", self._look)

    def again(self) -> None:
        self._look("")

    def _look(self, text: str) -> None:
        self._sought = text or self._sought
        if not self._sought:
            self._said = "No current search pattern"
            return
        wanted, buffer = self._sought.lower(), self.file.buffer
        count = len(buffer.lines)
        for step in range(count + 1):
            row = (buffer.row + step) % count
            at = buffer.lines[row].lower().find(wanted, 0 if step else buffer.column + 1)
            if at >= 0 and (step < count or at <= buffer.column):
                if row < buffer.row or step == count:
                    self._said = "Search Wrapped"
                if (row, at) == (buffer.row, buffer.column):
                    self._said = "This is the only occurrence"
                buffer.row, buffer.column = row, at
                return
        self._said = f'"{self._sought}" not found'

    def replace(self) -> None:
        """Replace a text everywhere from the cursor on."""

        def what(old: str) -> None:
            if old:
                self._ask("Replace with:", lambda new: self._replace_all(old, new))

        self._ask("Search (to replace):", what)

    def _replace_all(self, old: str, new: str) -> None:
        buffer, count = self.file.buffer, 0
        for row in range(buffer.row, len(buffer.lines)):
            if found := buffer.lines[row].count(old):
                count += found
                buffer.replace(row, row + 1, [buffer.lines[row].replace(old, new)])
        self._said = f"Replaced {count} occurrence{'s' * (count != 1)}"

    # The file

    def write(self) -> None:
        self._ask("File Name to Write:", self._written, self.file.name)

    def _written(self, name: str) -> None:
        if not name:
            self._said = "Cancelled"
            return
        if (buffer := self.file.buffer).lines[-1]:
            buffer.lines.append("")
        try:
            lines = self.file.write(name).partition("L")[0]
        except Refused as refused:
            self._said = f"Error writing {refused}"
            return
        self._said = f"Wrote {lines} line{'s' * (lines != '1')}"

    def exit(self) -> None:
        if not self.file.buffer.changed:
            self.code = 0
            return
        self._ask("Save modified buffer?", self._saved)
        self._yes_or_no = True

    def _saved(self, answer: str) -> None:
        if answer == "n":
            self.code = 0
            return
        self._ask("File Name to Write:", self._written_last, self.file.name)

    def _written_last(self, name: str) -> None:
        self._written(name)
        if name and not self.file.buffer.changed:
            self.code = 0

    def help(self) -> None:
        self._said = "The keys are below: ^ is Ctrl, M- is Alt (or Esc)"


_UP_DOWN = (keys.UP, keys.DOWN, "\x10", "\x0e", keys.PAGE_UP, keys.PAGE_DOWN, "\x19", "\x16")
_ACTIONS: dict[str, Callable[[Nano], None]] = {
    keys.UP: lambda nano: nano.move(-1),
    keys.DOWN: lambda nano: nano.move(1),
    keys.LEFT: lambda nano: nano.step(-1),
    keys.RIGHT: lambda nano: nano.step(1),
    keys.HOME: lambda nano: nano.to_column(end=False),
    keys.END: lambda nano: nano.to_column(end=True),
    keys.PAGE_UP: lambda nano: nano.page(-1),
    keys.PAGE_DOWN: lambda nano: nano.page(1),
    keys.WORD_LEFT: lambda nano: nano.word(-1),
    keys.WORD_RIGHT: lambda nano: nano.word(1),
    keys.DELETE: Nano.delete,
    keys.ERASE: Nano.erase,
    "\x0b": Nano.cut,
    "\x15": Nano.paste,
    "\x1bu": Nano.undo,
    "\x17": Nano.search,
    "\x1bw": Nano.again,
    "\x1c": Nano.replace,
    "\x0f": Nano.write,
    "\x13": lambda nano: nano._written(nano.file.name),
    "\x18": Nano.exit,
    "\x07": Nano.help,
    "\x03": Nano.location,
    "\x1f": Nano.go_to_line,
    "\x1bg": Nano.go_to_line,
    "\x1b\\": Nano.first,
    "\x1b/": Nano.last,
}
_ACTIONS |= {other: _ACTIONS[key] for other, key in {
    "\x10": keys.UP, "\x0e": keys.DOWN, "\x02": keys.LEFT, "\x06": keys.RIGHT, "\x01": keys.HOME,
    "\x05": keys.END, "\x19": keys.PAGE_UP, "\x16": keys.PAGE_DOWN, "\x04": keys.DELETE,
    "\x08": keys.ERASE,
}.items()}  # fmt: skip
