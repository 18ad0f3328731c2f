"""The logs of containers: a bounded list of lines each, to read and to follow."""

from __future__ import annotations

from collections import deque

from essaim_practice.store.broadcast import Broadcast, Subscription
from essaim_practice.store.clock import Clock
from essaim_practice.store.limits import STANDARD, Limits
from essaim_practice.store.memory import UNBOUNDED, Budget
from essaim_practice.store.objects import LogLine

LINE_COST = 100  # bytes that a line counts for besides its text: empty ones fill memory too
LONGEST = 16 * 1024  # bytes of a line that has no end yet; then it is broken, as Docker does


class LogBook:
    """Lines by container id, oldest first; beyond the limits the oldest are dropped.

    limits: bytes of one container's lines, and of all of them, which they then share evenly.
    memory: counts them.
    """

    def __init__(self, clock: Clock, limits: Limits = STANDARD, memory: Budget = UNBOUNDED) -> None:
        self._clock = clock
        self._limits = limits
        self._memory = memory
        self.weight = 0
        memory.join(self)
        # Lines as plain tuples, which the garbage collector passes over: there may be a million.
        self._pages: dict[str, deque[tuple[float, int, bytes]]] = {}
        self._sizes: dict[str, int] = {}
        self._feeds: dict[str, Broadcast[LogLine]] = {}
        self._unfinished: dict[tuple[str, int], bytes] = {}  # by container and stream

    def write(self, container_id: str, data: bytes, stream: int = 1) -> None:
        """Add output line by line. stream: 1 for stdout, 2 for stderr."""
        if self._unfinished:
            data = self._begun(container_id, stream) + data
        if data and data.find(b"\n") == len(data) - 1:  # one line, as it mostly is: no copy
            self._add(container_id, data, stream)
            return
        *lines, rest = data.split(b"\n")
        for text in lines:
            self._add(container_id, text + b"\n", stream)
        while len(rest) >= LONGEST:
            self._add(container_id, rest[:LONGEST], stream)
            rest = rest[LONGEST:]
        if rest:
            self._unfinished[container_id, stream] = rest
            self.weight += len(rest)

    def _begun(self, container_id: str, stream: int) -> bytes:
        """The line that has no end yet; it is no longer kept."""
        rest = self._unfinished.pop((container_id, stream), b"")
        self.weight -= len(rest)
        return rest

    def _add(self, container_id: str, text: bytes, stream: int) -> None:
        line = (self._clock.now(), stream, text)
        page = self._pages.get(container_id)
        if page is None:
            page = self._pages[container_id] = deque()
        page.append(line)
        before = self._sizes.get(container_id, 0)
        size = before + len(text) + LINE_COST
        most = min(self._limits.log_bytes, self._limits.all_log_bytes // len(self._pages))
        if not self._memory.take(len(text) + LINE_COST):
            most = before
        while size > most and len(page) > 1:
            size -= len(page.popleft()[2]) + LINE_COST
        self._sizes[container_id] = size
        self.weight += size - before
        if feed := self._feeds.get(container_id):
            feed.publish(LogLine(*line), len(text))

    def read(
        self,
        container_id: str,
        stdout: bool = True,
        stderr: bool = True,
        since: float = 0.0,
        until: float = 0.0,
        tail: int | None = None,
    ) -> list[LogLine]:
        """The lines of the chosen streams between two times (0: no limit), the last ``tail``."""
        lines = [
            line
            for line in map(LogLine._make, self._pages.get(container_id, ()))
            if (stdout if line.stream == 1 else stderr)
            and line.time >= since
            and (not until or line.time <= until)
        ]
        if tail is None:
            return lines
        return lines[-tail:] if tail > 0 else []

    def follow(self, container_id: str) -> Subscription[LogLine]:
        """The lines written from this call on, until the container stops or is removed."""
        return self._feeds.setdefault(container_id, Broadcast(self._memory)).subscribe()

    def end(self, container_id: str) -> None:
        """End all subscriptions of a container that stopped."""
        self.flush(container_id)
        if feed := self._feeds.pop(container_id, None):
            feed.end()

    def flush(self, container_id: str) -> None:
        """Complete the last line without a newline: its writer has ended."""
        for stream in (1, 2):
            if rest := self._begun(container_id, stream):
                self._add(container_id, rest, stream)

    def drop(self, container_id: str) -> None:
        """Forget a removed container."""
        self.end(container_id)
        self._pages.pop(container_id, None)
        self.weight -= self._sizes.pop(container_id, 0)
