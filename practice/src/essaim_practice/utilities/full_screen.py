"""What vi and nano have in common: a file, and a terminal that they have to themselves."""

from __future__ import annotations

from collections.abc import Callable, Generator
from posixpath import join
from typing import Protocol

from essaim_practice.programs import signals
from essaim_practice.programs.base import Context
from essaim_practice.programs.keys import Keys
from essaim_practice.programs.steps import COOKED, Interrupted, Read, Step, Steps, Work, Write, line
from essaim_practice.store.memory import NoMemory
from essaim_practice.text.encoding import decoded, encoded
from essaim_practice.utilities.text_buffer import MOST, TextBuffer, TooLong
from essaim_practice.utilities.text_screen import ENTER, LEAVE, Row, TextScreen

_KEYS = Read(raw=True)
_LEAVE = Write(LEAVE.encode())
_KEY = 200  # microseconds that a key costs, with what is drawn for it

Doing = Generator[Step, bytes | None, None]


class Refused(Exception):
    """A file that cannot be read or written; the text says why."""


class TextFile:
    """A file that is edited."""

    def __init__(self, context: Context, name: str) -> None:
        self.name = name
        self.new = True  # there is no such file yet
        self.buffer = TextBuffer()
        self._context = context
        if name:
            self.buffer = self._read(name)

    def _read(self, name: str) -> TextBuffer:
        try:
            data = self._context.fs.read(join(self._context.cwd, name))
        except FileNotFoundError:
            return TextBuffer()
        except OSError as error:
            raise Refused(f"{name}: {error.strerror}") from None
        self.new = False
        try:
            if len(data) > MOST:
                raise TooLong
            return TextBuffer(decoded(data))
        except TooLong:
            raise Refused(f"{name}: too large for the practice engine's editor") from None

    def write(self, name: str = "") -> str:
        """Write the text; returns what a line says of it. Raises Refused."""
        name = name or self.name
        if not name:
            raise Refused("No current filename")
        text = self.buffer.text
        try:
            self._context.fs.write(join(self._context.cwd, name), encoded(text))
        except OSError as error:
            raise Refused(f"{name}: {error.strerror}") from None
        self.new, self.name = False, self.name or name
        if name == self.name:
            self.buffer.changed = False
        lines = text.count("\n") + (text[-1:] not in ("", "\n"))
        return f"{lines}L, {len(text)}C"


class Editor(Protocol):
    """What a key does, and what is shown."""

    code: int | None  # once it has ended

    def key(self, key: str) -> Doing: ...

    def rows(self, screen: TextScreen) -> tuple[list[Row], tuple[int, int]]:
        """All rows of the screen, and where the cursor is."""
        ...


def edited(
    name: str, context: Context, make: Callable[[TextFile], Editor], path: str, at: int, alt: bool
) -> Steps:
    """Let an editor have the terminal until it ends. alt: whether Alt makes keys other ones."""
    if not (context.tty and context.keyboard):
        yield line(f"{name}: standard input is not a terminal", 2)
        return 1
    try:
        file = TextFile(context, path)
    except Refused as refused:
        yield line(f"{name}: {refused}", 2)
        return 1
    except NoMemory:
        yield line(f"{name}: out of memory", 2)
        return 1
    file.buffer.row = max(0, at - 1)
    file.buffer.keep_inside(past_end=False)
    editor = make(file)
    yield Write(ENTER.encode())
    try:
        yield from _played(editor, context, alt)
    except Interrupted:
        yield _LEAVE
        yield COOKED
        raise
    yield _LEAVE
    yield COOKED
    return editor.code or 0


def _played(editor: Editor, context: Context, alt: bool) -> Doing:
    screen, keys = TextScreen(context.size), Keys(alt)
    while editor.code is None:
        yield Write(encoded(screen.draw(*editor.rows(screen))))
        try:
            data = yield _KEYS
        except Interrupted as signal:
            if signal.signal not in (signals.WINCH, signals.INT):
                raise
            screen.resize(context.size)
            continue
        if not data:
            return
        for key in keys.read(data):
            yield Work(_KEY)
            if editor.code is None:
                yield from editor.key(key)
