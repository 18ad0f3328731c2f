"""What this process uses: processor time and memory."""

from __future__ import annotations

import os
import resource
import sys
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress

_SPAN = 5.0  # seconds that the load is a mean of
_STEP = 0.9  # least seconds between two readings


class Load:
    """The share of one core that this process has used over the last seconds.

    clock, used: seconds that have gone by, and those of them that the process has worked.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        used: Callable[[], float] = time.process_time,
    ) -> None:
        self._clock = clock
        self._used = used
        self._readings = deque([(clock(), used())])

    def read(self) -> float:
        """0 to about 1. To be asked about once a second; 0 at first."""
        now, used = self._clock(), self._used()
        while len(self._readings) > 1 and self._readings[1][0] <= now - _SPAN:
            self._readings.popleft()
        then, before = self._readings[0]
        if now - self._readings[-1][0] >= _STEP:
            self._readings.append((now, used))
        return round((used - before) / (now - then), 3) if now > then else 0.0


def memory() -> int:
    """Bytes of memory that this process has now; where that is not told, its most so far."""
    try:
        with open("/proc/self/statm", "rb") as told:
            return int(told.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most if sys.platform == "darwin" else most * 1024


def raise_open_files() -> None:
    """Let this process open as many files as it may: a hundred clusters listen at hundreds."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        with suppress(OSError, ValueError):  # macOS tells a hard limit that it does not grant
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
