"""The progress of a long action, as the docker command shows it: a line a layer, or a log."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from core.commands.command import Progress
from core.commands.engine_messages import MOST_LINES
from core.commands.table import size

BAR = 30  # characters


class Progressing:
    """Gathers reports, and shows all of them at most every ``tick`` seconds, the last one too."""

    def __init__(
        self,
        tick: float,
        show: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
        timer: Callable[[float, Callable[[], None]], threading.Timer] = threading.Timer,
    ) -> None:
        self._tick, self._show, self._clock, self._timer = tick, show, clock, timer
        self._last = -tick
        self._lines: dict[str, str] = {}  # by layer; a log's lines have keys of their own
        self._count = 0
        self._lock = threading.RLock()
        self._late: threading.Timer | None = None
        self._over = False

    def report(self, progress: Progress) -> None:
        with self._lock:
            self._count += 1
            self._lines[progress.step or f"line {self._count}"] = line(progress)
            if len(self._lines) > MOST_LINES:
                del self._lines[next(iter(self._lines))]
            wait = self._last + self._tick - self._clock()
            if wait <= 0:
                self._tell()
            elif self._late is None:
                self._late = self._timer(wait, self._tell)
                self._late.daemon = True
                self._late.start()

    def end(self) -> None:
        """Show nothing more: the answer itself takes its place."""
        with self._lock:
            self._over = True
            if self._late:
                self._late.cancel()

    def _tell(self) -> None:
        with self._lock:
            if self._late:
                self._late.cancel()
                self._late = None
            self._last = self._clock()
            if not self._over:
                self._show("\n".join(self._lines.values()))


def line(progress: Progress) -> str:
    """One line: ``a3ed95caeb02: Downloading [=====>    ]  1.2MB/3.4MB``."""
    if not progress.step:
        return progress.text
    text = f"{progress.step}: {progress.text}"
    if not progress.total or progress.current is None:
        return text
    full = min(progress.current / progress.total, 1.0)
    arrow = ("=" * int(BAR * full) + ">")[:BAR]
    return f"{text} [{arrow.ljust(BAR)}]  {size(progress.current)}/{size(progress.total)}"
