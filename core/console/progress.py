"""How far a long action is, as the docker command shows it: a line for each layer, or a log."""

from __future__ import annotations

import time
from collections.abc import Callable

from core.commands.command import Progress
from core.commands.table import size

BAR = 30  # characters


class Progressing:
    """Gathers reports, and shows them again at most every ``tick`` seconds."""

    def __init__(
        self,
        tick: float,
        show: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._tick, self._show, self._clock = tick, show, clock
        self._last = -tick
        self._lines: dict[str, str] = {}  # by layer; a log's lines have keys of their own

    def report(self, progress: Progress) -> None:
        key = progress.step or f"line {len(self._lines)}"
        self._lines[key] = line(progress)
        now = self._clock()
        if now - self._last >= self._tick:
            self._last = now
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
