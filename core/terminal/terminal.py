"""One open terminal: its stream, its screen, and the browsers that show it."""

from __future__ import annotations

import asyncio
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from core.cluster.failures import unforeseen
from core.terminal.stream import Stream
from core.threads.supervised import SupervisedThread

#: Bytes of the screen that are kept for a browser that comes back, and that one may lag behind.
SCROLLBACK = 100_000
#: Seconds until a terminal is closed, where its maker says no others: without a view; without
#: input and output.
UNWATCHED = 600.0
IDLE = 3600.0
#: Clears a screen and resets its modes.
RESET = b"\x1bc"


@dataclass(frozen=True, slots=True)
class End:
    """The end of a terminal."""

    code: int | None = None  # of the program; None where it is unknown
    idle: bool = False  # it was closed because nobody used it


class View:
    """One browser's side of a terminal; lives on that browser's event loop.

    past: how many bytes of what it begins with the terminal has shown before.
    """

    def __init__(self, past: int = 0) -> None:
        self.past = past
        self._loop = asyncio.get_running_loop()
        self._news = asyncio.Event()
        self._waiting = bytearray()
        self._end: End | None = None

    def offer(self, data: bytes, end: End | None = None) -> None:
        """Pass on more output, or the end; on any thread."""
        with suppress(RuntimeError):  # its loop has closed: the browser is gone
            self._loop.call_soon_threadsafe(self._put, data, end)

    def _put(self, data: bytes, end: End | None) -> None:
        self._waiting += data
        if len(self._waiting) > 2 * SCROLLBACK:  # too slow for what comes: it gets the latest
            self._waiting[:] = RESET + _tail(self._waiting)
        self._end = end or self._end
        self._news.set()

    async def next(self) -> bytes | End:
        """The output since the last call; after it the end, once."""
        while not self._waiting and self._end is None:
            self._news.clear()
            await self._news.wait()
        if self._waiting:
            data = bytes(self._waiting)
            self._waiting.clear()
            return data
        assert self._end is not None
        end, self._end = self._end, None
        return end


class Terminal:
    """A stream that is pumped by a thread of its own until it ends or is closed.

    unwatched, idle: seconds until it is closed, without a view and without input and output.
    """

    def __init__(
        self,
        stream: Stream,
        clock: Callable[[], float] = time.monotonic,
        unwatched: float = UNWATCHED,
        idle: float = IDLE,
    ) -> None:
        self.key = secrets.token_urlsafe(12)
        self.title = stream.title
        self.end: End | None = None
        self._stream = stream
        self._clock = clock
        self._lock = threading.Lock()
        self._screen = bytearray()
        self._views: set[View] = set()
        self._used = self._watched = clock()
        self._closing = False
        self._ending = End()  # how it is to end
        self._unwatched, self._idle = unwatched, idle
        SupervisedThread("terminal", self._pump, self._ended).start()

    def renew(self, stream: Stream, told: bytes = b"") -> bool:
        """Go on with another stream where the last one has ended; told: shown before it.

        False, and the stream is closed, where there is nothing to renew.
        """
        with self._lock:
            done = self.end is not None and not self._closing
            if done:
                self._stream, self.end, self._ending = stream, None, End()
                self._used = self._watched = self._clock()
        if not done:
            stream.close()
            return False
        self._show(told)
        SupervisedThread("terminal", self._pump, self._ended).start()
        return True

    def type(self, data: bytes) -> None:
        """Type or paste this; blocks for some seconds if the program does not read."""
        if self.end is None:
            self._used = self._clock()
            self._stream.write(data, self._show)

    def resize(self, columns: int, rows: int) -> None:
        if self.end is None:
            self._stream.resize(min(max(columns, 2), 500), min(max(rows, 2), 300))

    def close(self) -> None:
        """Hang up; its container goes on."""
        self._closing = True
        self._stream.close()

    @contextmanager
    def view(self) -> Iterator[View]:
        """A view that starts with the present screen. Call on the browser's event loop."""
        with self._lock:
            view = View(len(self._screen))
            view.offer(bytes(self._screen), self.end)
            self._views.add(view)
        try:
            yield view
        finally:
            with self._lock:
                self._views.discard(view)
                self._watched = self._clock()

    def _pump(self) -> None:
        while not self._closing:
            try:
                data = self._stream.read()
            except TimeoutError:
                if self._forgotten():
                    self._ending = End(idle=True)
                    return
                continue
            if not data:
                if not self._closing:  # asked before hanging up, which closes the client too
                    self._ending = End(self._stream.code())
                return
            self._used = self._clock()
            self._show(data)

    def _ended(self, error: BaseException | None) -> None:
        if error:
            unforeseen(error)
        self._stream.close()
        with self._lock:
            self.end = self._ending
            for view in self._views:
                view.offer(b"", self.end)

    def _forgotten(self) -> bool:
        now = self._clock()
        with self._lock:
            if self._views:
                self._watched = now
        return now - self._watched > self._unwatched or now - self._used > self._idle

    def _show(self, data: bytes) -> None:
        if not data:
            return
        with self._lock:
            self._screen += data
            if len(self._screen) > 2 * SCROLLBACK:
                self._screen[:] = _tail(self._screen)
            for view in self._views:
                view.offer(data)


def _tail(screen: bytearray) -> bytes:
    """The last SCROLLBACK bytes, from the start of a line: no escape sequence is cut."""
    kept = bytes(screen[-SCROLLBACK:])
    _cut, newline, rest = kept.partition(b"\n")
    return rest if newline else kept
