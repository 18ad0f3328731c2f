"""When a worker looks for garbage, which stops all its clusters, and gives memory back."""

from __future__ import annotations

import ctypes
import gc
import threading

_YOUNG = 700  # new objects, after which those are looked at; Python's own number
_MIDDLE = 4  # such looks, after which what they left is looked at again: a millisecond
_NEVER = 2**30
#: Seconds between two looks at everything, which take some tens of milliseconds each: what one
#: learner makes has them come ten times a second where Python decides.
EVERY = 10.0
#: Gives free memory of the C library back, in 0.2 ms where there is none and 3 ms of 15 MB. It has
#: much where the files of many clusters were open at once. None where the library has no such word.
_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
_GROWN = 10  # looks at the middle ones since, without which there is nothing new to look at


def wait(ended: threading.Event, every: float = EVERY) -> None:
    """Wait for the end of the worker. Until then all objects are looked at now and then.

    What is there when it is called is never looked at again.
    """
    gc.set_threshold(_YOUNG, _MIDDLE, _NEVER)
    gc.collect()
    gc.freeze()
    while not ended.wait(every):
        if gc.get_count()[2] >= _GROWN:
            gc.collect()
        if _trim is not None:
            _trim(0)
