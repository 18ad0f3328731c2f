"""The streams of a docker line typed on a practice machine: its frames, read by a thread."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from queue import SimpleQueue
from typing import Any

from core.commands import frames
from core.commands.frames import Connection
from core.commands.streams import Folder, Interrupt, Streams
from core.threads.supervised import SupervisedThread

#: The exit code of a line that Ctrl-C ends, and of one whose terminal is gone.
INTERRUPTED, HUNG_UP = 130, 129
_CTRL_C, _CTRL_D, _KILL, _ERASE = b"\x03", b"\x04", b"\x15", (b"\x7f", b"\x08")
_FORCED = 3  # presses of Ctrl-C, after which docker ends whatever it does


class _CtrlC(Interrupt):
    """Ctrl-C ends a command that does not hear of it; the third one ends any.

    calls: does what is put into it, in another thread: a command asks its engine when it hears.
    """

    def __init__(self, connection: Connection, calls: SimpleQueue[Callable[[], object]]) -> None:
        super().__init__()
        self._connection, self._calls = connection, calls
        self._heard = 0

    def press(self, times: int = 1) -> None:
        self._heard += times
        if not self.heard:
            leave(self._connection, INTERRUPTED)
        if self._heard >= _FORCED:
            text = b"\ngot 3 SIGTERM/SIGINTs, forcefully exiting\n"
            with suppress(OSError):
                self._connection.send(frames.ERROR, text)
            leave(self._connection, 1)
        press = super().press
        self._calls.put(lambda: press(times))


def leave(connection: Connection, code: int) -> None:
    """End this process, whatever its threads do."""
    with suppress(OSError):
        connection.send_json(frames.EXIT, {"code": code})
    os._exit(code)


class Line(Streams):
    """Its streams. asked: of the frame that began it; see ``server``.

    ``start`` lets threads read the frames; the process ends with the connection.
    """

    def __init__(self, connection: Connection, asked: Mapping[str, Any], folder: Folder) -> None:
        terminal = asked.get("tty", {})
        self.in_is_terminal = bool(terminal.get("in"))
        self.out_is_terminal = bool(terminal.get("out"))
        self.environment = {**asked["env"], "PWD": asked.get("cwd", "/")}
        self._calls: SimpleQueue[Callable[[], object]] = SimpleQueue()
        self.interrupt = _CtrlC(connection, self._calls)
        self.folder = folder
        self.opened: SimpleQueue[bytes] = SimpleQueue()  # what is said of each socket that comes
        self._connection = connection
        self._size = tuple(asked.get("size", (0, 0)))
        self._resized: Callable[[int, int], object] = lambda rows, columns: None
        self._news = threading.Condition()
        self._typed = bytearray()
        self._wanted = self._raw = self._at_end = self._stopped = False

    # What comes

    def start(self) -> None:
        for run in (self._listen, self._call):
            SupervisedThread(run.__name__.strip("_"), run).start()

    def _call(self) -> None:
        while True:
            with suppress(Exception):  # the program may have ended
                self._calls.get()()

    def _listen(self) -> None:
        """Take frames until the connection ends, and this process with it."""
        for kind, payload in self._connection.frames():
            if kind == frames.INPUT:
                self._take(payload)
            elif kind == frames.RESIZE:
                self._resize(*json.loads(payload))
            elif kind == frames.INTERRUPT:
                self.interrupt.press()
            elif kind == frames.OPENED:
                self.opened.put(payload)
        os._exit(HUNG_UP)

    def _take(self, data: bytes) -> None:
        with self._news:
            self._wanted = False
            self._typed += data
            # Ctrl-D ends the input of a command, though not the terminal.
            self._at_end = self._at_end or not data
            self._news.notify_all()

    def _resize(self, rows: int, columns: int) -> None:
        with self._news:
            self._size = (rows, columns)
            heard = self._resized
        self._calls.put(lambda: heard(rows, columns))

    # Streams

    def write(self, data: bytes) -> None:
        if data:
            self._connection.send(frames.OUTPUT, data)

    def write_error(self, data: bytes) -> None:
        if data:
            self._connection.send(frames.ERROR, data)

    def read(self, most: int = -1) -> bytes:
        with self._news:
            while not self._at_end and not self._stopped and (most < 0 or not self._typed):
                self._want()
            self._stopped = False
            return self._given(len(self._typed) if most < 0 else most)

    def line(self) -> str:
        with self._news:
            while b"\n" not in self._typed and not self._at_end:
                self._want()
            end = self._typed.find(b"\n")
            found = self._given(end + 1 if end >= 0 else len(self._typed))
        return found.removesuffix(b"\n").decode(errors="replace")

    def hidden_line(self, prompt: bytes) -> str:
        if not self.in_is_terminal:
            return super().hidden_line(prompt)
        typed = bytearray()
        with self.raw():
            with self._news:
                self._ask()  # first: who types at once is not shown either
            self.write(prompt)
            while (key := self.read(1)) not in (b"", b"\r", b"\n", _CTRL_D):
                if key == _CTRL_C:
                    leave(self._connection, INTERRUPTED)
                elif key in _ERASE:
                    del typed[-1:]
                elif key == _KILL:
                    typed.clear()
                else:
                    typed += key
        return typed.decode(errors="replace")

    def _want(self) -> None:
        """Ask for input, and wait for news."""
        self._ask()
        self._news.wait()

    def _ask(self) -> None:
        if not self._wanted:
            self._wanted = True
            self._connection.send(frames.WANT, b"raw" if self._raw else b"line")

    def _given(self, count: int) -> bytes:
        data = bytes(self._typed[:count])
        del self._typed[:count]
        return data

    def stop_reading(self) -> None:
        with self._news:
            self._stopped = True
            if self._wanted:
                self._wanted = False
                with suppress(OSError):
                    self._connection.send(frames.WANT)
            self._news.notify_all()

    @property
    def size(self) -> tuple[int, int]:
        rows, columns = self._size
        return rows or 24, columns or 80

    def on_resize(self, hear: Callable[[int, int], object]) -> None:
        with self._news:
            self._resized = hear
        hear(*self.size)

    @contextmanager
    def raw(self) -> Iterator[None]:
        self._raw = True
        try:
            yield
        finally:
            self._raw = False
