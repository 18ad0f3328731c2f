"""The logs of containers: a bounded list of lines each, to read and to follow."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from essaim_practice.store.broadcast import Broadcast, Subscription
from essaim_practice.store.clock import Clock
from essaim_practice.store.limits import STANDARD, Limits
from essaim_practice.store.memory import UNBOUNDED, Budget
from essaim_practice.store.objects import LogLine

LINE_COST = 100  # bytes that a line counts for besides its text: empty ones fill memory too
LONGEST = 16 * 1024  # bytes of a line that has no end yet; then it is broken, as Docker does


_ENVELOPE = 71  # bytes of a line in a file of json-file, besides its text
_SIZE = re.compile(r"([0-9]+)([kmg]?)b?", re.IGNORECASE)
_UNITS = {"": 1, "k": 1000, "m": 1000**2, "g": 1000**3}  # as moby's units.FromHumanSize

Line = tuple[float, int, bytes]  # as LogLine


@dataclass(frozen=True, slots=True)
class LogPart:
    """The newest lines of a container, and how many it has kept.

    last: the number of its newest line, counted from its first one. rest: by stream, what has no
    end of line yet.
    """

    container: str
    lines: Sequence[Line] = ()
    last: int = 0
    kept: int = 0
    rest: Mapping[int, bytes] = field(default_factory=dict)


@dataclass(slots=True)
class _Files:
    """The files that a container's log turns through."""

    size: int  # bytes of one
    most: int
    lines: deque[int] = field(default_factory=lambda: deque((0,)))  # of each
    written: int = 0  # bytes of the last one

    def add(self, text: bytes) -> int:
        """Count a line; returns how many of the oldest go."""
        length, gone = len(text) + _ENVELOPE, 0
        if self.written and self.written + length > self.size:
            self.lines.append(0)
            self.written = 0
            if len(self.lines) > self.most:
                gone = self.lines.popleft()
        self.lines[-1] += 1
        self.written += length
        return gone


class LogBook:
    """Lines by container id, oldest first; beyond the limits the oldest are dropped.

    limits: bytes of one container's lines, and of all of them, which they then share evenly.
    memory: counts them. saved: what an earlier book had, all lines of each container.
    """

    def __init__(
        self,
        clock: Clock,
        limits: Limits = STANDARD,
        memory: Budget = UNBOUNDED,
        saved: Sequence[LogPart] = (),
    ) -> None:
        self._clock = clock
        self._limits = limits
        self._memory = memory
        memory.join(self)
        # Lines as plain tuples, which the garbage collector passes over: there may be a million.
        self._pages: dict[str, deque[tuple[float, int, bytes]]] = {}
        self._sizes: dict[str, int] = {}
        self._feeds: dict[str, Broadcast[LogLine]] = {}
        self._unfinished: dict[tuple[str, int], bytes] = {}  # by container and stream
        self._last: dict[str, int] = {}  # numbers of newest lines
        self._news: dict[str, int] = {}  # by container: the last line when it was taken
        self._files: dict[str, _Files] = {}  # of containers whose logs turn
        self._heard: Callable[[], None] | None = None
        for part in saved:
            page = self._pages[part.container] = deque(part.lines)
            self._sizes[part.container] = sum(len(line[2]) + LINE_COST for line in page)
            self._last[part.container] = part.last
            self._unfinished |= {(part.container, n): text for n, text in part.rest.items()}
        self.weight = sum(self._sizes.values()) + sum(map(len, self._unfinished.values()))
        memory.grow(self.weight)

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
            if self._heard is not None:
                self._note(container_id)

    def turn(self, container_id: str, options: Mapping[str, str]) -> None:
        """Heed the log options max-size and max-file from now on."""
        found = _SIZE.fullmatch(str(options.get("max-size") or ""))
        if found and container_id not in self._files:
            size = int(found[1][:12]) * _UNITS[found[2].lower()]
            most = str(options.get("max-file") or "1")
            self._files[container_id] = _Files(size, int(most[:6]) if most.isdecimal() else 1)

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
        if self._heard is not None:
            self._note(container_id)
        page.append(line)
        self._last[container_id] = self._last.get(container_id, 0) + 1
        before = self._sizes.get(container_id, 0)
        size = before + len(text) + LINE_COST
        most = min(self._limits.log_bytes, self._limits.all_log_bytes // len(self._pages))
        if not self._memory.take(len(text) + LINE_COST):
            most = before
        files = self._files.get(container_id)
        gone = files.add(text) if files else 0
        while len(page) > 1 and (size > most or gone > 0):
            size -= len(page.popleft()[2]) + LINE_COST
            gone -= 1
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
        if self._heard is not None and container_id in self._last:
            self._note(container_id)
        self._pages.pop(container_id, None)
        self.weight -= self._sizes.pop(container_id, 0)
        self._last.pop(container_id, None)
        self._files.pop(container_id, None)

    # Keeping

    def keep(self, heard: Callable[[], None]) -> None:
        """Call back when there is something to ``take``."""
        self._heard = heard

    def take(self, whole: bool = False) -> list[LogPart]:
        """What came since it was last asked; of a container that was removed, no line is kept.

        whole: all lines of every container.
        """
        news, self._news = self._news, {}
        if whole:
            news = dict.fromkeys({*self._pages, *(id for id, _ in self._unfinished)}, 0)
        return [self._part(container_id, before) for container_id, before in news.items()]

    def _part(self, container_id: str, before: int) -> LogPart:
        page = self._pages.get(container_id, ())
        last = self._last.get(container_id, 0)
        new = islice(reversed(page), max(0, min(last - before, len(page))))
        rest = {n: text for n in (1, 2) if (text := self._unfinished.get((container_id, n)))}
        return LogPart(container_id, tuple(new)[::-1], last, len(page), rest)

    def _note(self, container_id: str) -> None:
        if container_id not in self._news:
            self._news[container_id] = self._last.get(container_id, 0)
            assert self._heard is not None
            self._heard()
