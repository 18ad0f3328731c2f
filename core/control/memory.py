"""Free memory of the dashboard, given back to the system."""

from __future__ import annotations

import ctypes
import math
import time

#: Seconds between two times: each takes 1.5 ms, and lets other threads work.
EVERY = 15.0
#: None where the C library has no such word.
_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
_last = -math.inf


def give_back() -> None:
    """Give back what is free between what is in use: clusters that rest have left much of it."""
    global _last
    if _trim is not None and time.monotonic() - _last >= EVERY:
        _last = time.monotonic()
        _trim(0)
