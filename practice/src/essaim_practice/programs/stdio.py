"""The standard streams of a process: input, output, and attached clients."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from essaim_practice.programs.steps import Read
from essaim_practice.programs.terminal import Terminal
from essaim_practice.store.broadcast import Broadcast, Subscription
from essaim_practice.store.memory import UNBOUNDED, Budget

_ROOM = 256 * 1024  # bytes of input that wait for the program before the client has to
_LAG = 64  # chunks of output that may wait for a client before the program has to


@dataclass(frozen=True, slots=True)
class Chunk:
    """The bytes of one write."""

    stream: int  # 1 stdout, 2 stderr
    data: bytes


class Reader(Protocol):
    """The process whose streams they are."""

    def on_input(self) -> None: ...

    def signal(self, number: int) -> None: ...


def _no_log(data: bytes, stream: int) -> None:
    pass


class Streams:
    """Input and output of one process; there before it runs, since clients attach before that.

    is_open: whether it has an input at all. log: where the output is kept.
    memory: counts what waits for clients. endless: a terminal that nobody types to never ends.
    """

    def __init__(
        self,
        tty: bool,
        is_open: bool,
        log: Callable[[bytes, int], None] = _no_log,
        memory: Budget = UNBOUNDED,
        endless: bool = False,
    ) -> None:
        self.terminal: Terminal | None = None
        if tty:
            self.terminal = Terminal(self._put, self._interrupt, self._wake)
        self.process: Reader | None = None  # hears of input, and of its terminal's signals
        self._log = log
        self.memory = memory
        self._input = bytearray()
        self._at_end = not is_open
        self._endless = endless and not is_open
        self._feed: Broadcast[Chunk] | None = None  # once somebody follows
        self.telling = 0  # clients that what was written is being sent to
        self._blocked: tuple[asyncio.Future[None], ...] = ()
        self.over = False

    def log_to(self, log: Callable[[bytes, int], None]) -> None:
        """Write the output to this log from now on."""
        self._log = log

    # The process's side

    def take(self, read: Read) -> bytes | None:
        """The next input; b"" at its end, None if there is none yet."""
        found: bytes | None
        if self.terminal is not None:
            found = self.terminal.take(read.raw)
            if found is None and self._at_end and not self._endless:
                found = b""
        else:
            found = bytes(self._input) if self._input or self._at_end else None
            self._input.clear()
        self._unblock()
        return found

    def set_mode(self, raw: bool) -> None:
        """Let the terminal, if there is one, keep keys as they are, or make lines of them."""
        if self.terminal is not None:
            self.terminal.set_mode(raw)

    def write(self, data: bytes, stream: int = 1) -> None:
        if self.terminal is not None:
            self.terminal.write(data)
        elif data:
            self._put(data, stream)

    @property
    def behind(self) -> bool:
        """Whether a slow client has so much output to receive that the program should wait."""
        return self._feed is not None and self._feed.lag > _LAG

    def end(self) -> None:
        """End the streams with the process: followers end, and waiting writers are released."""
        self.over = True
        if self._feed is not None:
            self._feed.end()
        self._unblock()

    # The clients' side

    def follow(self) -> Subscription[Chunk]:
        """Everything written from this call on, until the process ends."""
        if self._feed is None:
            self._feed = Broadcast(self.memory)
        subscription = self._feed.subscribe()
        if self.over:
            subscription.end()
        return subscription

    async def type(self, data: bytes) -> None:
        """Send input; waits until the program has read the input before it."""
        if self.over or self._at_end:
            return
        if self.terminal is not None:
            self.terminal.type(data)
        else:
            self._input += data
            self._wake()
        while not self.over and self._pending > _ROOM:
            room: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._blocked = (*self._blocked, room)
            await room

    def hang_up(self) -> None:
        """End the input."""
        self._at_end = True
        self._wake()

    def resize(self, rows: int, columns: int) -> None:
        if self.terminal is not None:
            self.terminal.rows, self.terminal.columns = rows, columns

    @property
    def window(self) -> tuple[int, int]:
        """Rows and columns; 0 without a terminal, or if its size is unknown."""
        return (self.terminal.rows, self.terminal.columns) if self.terminal else (0, 0)

    @property
    def _pending(self) -> int:
        return self.terminal.pending if self.terminal is not None else len(self._input)

    def _unblock(self) -> None:
        for room in self._blocked:
            if not room.done():
                room.set_result(None)
        self._blocked = ()

    def _wake(self) -> None:
        if self.process is not None:
            self.process.on_input()

    def _interrupt(self, number: int) -> None:
        if self.process is not None:
            self.process.signal(number)

    def _put(self, data: bytes, stream: int = 1) -> None:
        self._log(data, stream)
        if self._feed:
            self._feed.publish(Chunk(stream, data), len(data))
