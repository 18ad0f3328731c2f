"""Edits one line at a prompt, key by key: what ash and bash do while somebody types."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from enum import Enum, auto

from essaim_practice.programs import keys
from essaim_practice.programs.keys import Keys
from essaim_practice.shell.history import History
from essaim_practice.shell.line import Line
from essaim_practice.shell.line_screen import LineScreen
from essaim_practice.text import widths

_MOST_SHOWN = 500  # words that Tab lists


class Outcome(Enum):
    """What a key asks of the shell."""

    LINE = auto()  # run the line
    INTERRUPT = auto()  # forget it
    END = auto()  # the end of the input
    COMPLETE = auto()  # say what the word at the cursor can become


class LineEditor(Line):
    """The line that is typed, its cursor, and the way back in the history.

    ``show`` is what is to be written to the terminal since it was asked last.
    """

    def __init__(self, history: History) -> None:
        super().__init__()
        self._history = history
        self._screen = LineScreen()
        self._keys = Keys(alt=True)
        self._waiting: deque[str] = deque()  # keys that came with others and are not done yet
        self._prompt = ""
        self._shown = ""
        self._back = 0  # how far up in the history
        self._draft = ""  # what was typed before going there
        self._tabbed = False  # the last key was Tab, and there was more than one word
        self._pasting = self._literal = False  # a Tab is no key, but text
        self._search: _Search | None = None

    def begin(self, prompt: str, column: int, columns: int) -> None:
        """Ask for a line; what was typed ahead is still to be done."""
        self.text, self.at, self._back, self._draft = "", 0, 0, ""
        self._prompt, self._tabbed, self._search = prompt, False, None
        self._shown += self._screen.begin(prompt, column, columns)

    def show(self) -> str:
        shown, self._shown = self._shown, ""
        return shown

    def resized(self, columns: int) -> None:
        self._shown += self._screen.resized(columns)

    def type(self, data: bytes) -> Outcome | None:
        """Take these bytes; returns at the first key that is for the shell to answer."""
        self._waiting += self._keys.read(data)
        if data:  # nobody types a Tab and Enter at once
            self._literal = b"\t" in data and (b"\r" in data or b"\n" in data)
        while self._waiting:
            key = self._waiting.popleft()
            if outcome := self._key(key):
                return outcome
        self._draw()
        return None

    def _key(self, key: str) -> Outcome | None:
        if key in (keys.PASTE, keys.PASTED):
            self._pasting = key == keys.PASTE
            return None
        if self._search is not None:
            return self._searched(key)
        tabbed, self._tabbed = self._tabbed, False
        if key == "\x04" and not self.text:
            self._draw()
            return Outcome.END
        if key == "\t" and not (self._pasting or self._literal):
            self._draw()
            self._tabbed = tabbed
            return Outcome.COMPLETE
        if (key[0] >= " " and key != keys.ERASE) or key == "\t":
            self.insert(key)
        elif self.key(key):
            pass
        elif action := _ACTIONS.get(key):
            action(self)
        elif key in ("\r", "\n"):
            self._draw()
            self._shown += self._screen.below()
            return Outcome.LINE
        elif key == "\x03":
            self.at = len(self.text)
            self._draw()
            self._shown += "^C"
            self._shown += self._screen.below() or "\n"
            return Outcome.INTERRUPT
        return None

    def _draw(self) -> None:
        """Show the line, or the search, as it is now."""
        prompt, text, at = self._last_prompt, self.text, self.at
        if (search := self._search) is not None:
            prompt = f"({'failed ' if search.failed else ''}reverse-i-search)`{search.wanted}': "
            text, at = search.found, search.at
        if prompt == self._screen.prompt:
            self._shown += self._screen.show(text, at)
        else:
            self._shown += self._screen.again(prompt, text, at)

    def clear(self) -> None:
        self._draw()
        self._shown += self._screen.cleared(self._prompt)

    # The history

    def older(self) -> None:
        self._go_back(1)

    def newer(self) -> None:
        self._go_back(-1)

    def _go_back(self, step: int) -> None:
        lines = self._history.lines
        if not 0 <= self._back + step <= len(lines):
            return
        if not self._back:
            self._draft = self.text
        self._back += step
        self.text = lines[-self._back] if self._back else self._draft
        self.at = len(self.text)

    def search(self) -> None:
        self._search = _Search(self.text, self.at, len(self._history.lines))

    def _searched(self, key: str) -> Outcome | None:
        search = self._search
        assert search is not None
        if key[0] >= " " and key != keys.ERASE:
            search.wanted += key
            search.look(self._history.lines, search.line)
        elif key in ("\x7f", "\x08"):
            search.wanted = search.wanted[:-1]
            search.look(self._history.lines, len(self._history.lines) - 1)
        elif key == "\x12":
            search.look(self._history.lines, search.line - 1)
        else:
            self._search = None
            if key in ("\x07", "\x1b\x07"):
                search.found, search.at = search.text, search.begun
            self.text, self.at = search.found, search.at
            return None if key in ("\x07", keys.ESCAPE) else self._key(key)
        return None

    @property
    def _last_prompt(self) -> str:
        return self._prompt.rpartition("\n")[2]

    # Words that can stand at the cursor

    def complete(
        self,
        start: int,
        prefix: str,
        words: list[str],
        quote: Callable[[str], str],
        closing: str = "",
    ) -> None:
        """Put in what all these words have in common; a second Tab lists them.

        start: where the word at the cursor begins. prefix: what is typed of it, as it is meant.
        quote: a word as the shell reads it. closing: what ends one that is whole.
        """
        common = _common(words)
        if len(words) == 1:
            self._put(start, quote(common) + ("" if common.endswith(("/", "=")) else closing + " "))
        elif len(common) > len(prefix) and common.startswith(prefix):
            self._put(start, quote(common))
            self._tabbed = True
        elif words and self._tabbed:
            self._shown += self._screen.below() + self._listed(words)
            self._shown += self._screen.begin(self._last_prompt, 0, self._screen.columns)
            self._draw()
        else:
            self._tabbed = bool(words)
            self._shown += "\a"

    def _put(self, start: int, text: str) -> None:
        self.text = self.text[:start] + text + self.text[self.at :]
        self.at = start + len(text)
        self._draw()

    def _listed(self, words: list[str]) -> str:
        """Words in columns, down before across."""
        more, names = len(words) - _MOST_SHOWN, words[:_MOST_SHOWN]
        wide = max(map(widths.columns, names)) + 2
        across = max(1, self._screen.columns // wide)
        rows = -(-len(names) // across)
        lines = []
        for row in range(rows):
            cells = [widths.drawn(name) for name in names[row::rows]]
            padded = [cell + " " * (wide - widths.columns(cell)) for cell in cells[:-1]]
            lines.append("".join(padded) + cells[-1] + "\n")
        return "".join(lines) + (f"… {more} more\n" if more > 0 else "")


def _common(words: list[str]) -> str:
    """What all the words begin with."""
    first, last = min(words, default=""), max(words, default="")
    same = next((at for at, sign in enumerate(first) if sign != last[at]), len(first))
    return first[:same]


class _Search:
    """A search backwards in the history."""

    def __init__(self, text: str, at: int, line: int) -> None:
        self.text, self.begun = text, at  # what is there again when it is given up
        self.found, self.at = text, at
        self.line = line  # of the history, where it stands
        self.wanted = ""
        self.failed = False

    def look(self, lines: list[str], start: int) -> None:
        if not self.wanted:
            self.failed = False
            return
        for number in range(min(start, len(lines) - 1), -1, -1):
            at = lines[number].rfind(self.wanted)
            if at >= 0:
                self.found, self.at, self.line, self.failed = lines[number], at, number, False
                return
        self.failed = True


_ACTIONS: dict[str, Callable[[LineEditor], None]] = {
    "\x0c": LineEditor.clear,
    "\x0e": LineEditor.newer,
    "\x10": LineEditor.older,
    "\x12": LineEditor.search,
    keys.UP: LineEditor.older,
    keys.DOWN: LineEditor.newer,
}
