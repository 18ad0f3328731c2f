"""What a Control does once a second, while somebody may look at its cluster."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable

from core.threads.supervised import SupervisedThread

log = logging.getLogger(__name__)

#: Seconds between two beats: how soon a viewer learns that the picture has grown old.
BEAT = 1.0


class Beat:
    """Does what is due, from ``resume()`` until ``rest()``. It has no thread meanwhile.

    due: what to do at a beat. Any thread may call these.
    """

    def __init__(self, due: Callable[[], Iterable[Callable[[], object]]]) -> None:
        self._due = due
        self._lock = threading.Lock()
        self._thread: SupervisedThread | None = None

    def resume(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = thread = SupervisedThread("beat", lambda: self._go_on(thread))
                thread.start()

    def rest(self) -> None:
        with self._lock:
            thread, self._thread = self._thread, None
        if thread is not None:
            thread.stop()

    def _go_on(self, thread: SupervisedThread) -> None:
        while not thread.wait(BEAT):
            for act in self._due():
                try:
                    act()
                except Exception:  # one part's fault must not stop the others
                    log.exception("a part of the beat failed")
