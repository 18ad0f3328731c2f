"""The one kind of thread that the dashboard starts: it cannot die without its owner knowing.

This room imports nothing of ours, so that every other room may use it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Literal

log = logging.getLogger(__name__)

State = Literal["new", "running", "stopped", "failed"]


class SupervisedThread(threading.Thread):
    """A daemon thread that does ``work`` once it is started, and keeps the error that it raises.

    name: in logs and debuggers, with ``essaim_`` before it. work: long loops ask ``wait`` whether
    to go on. ended: called on the thread as its last act, with the error of a failure, else None;
    it writes the failure into its owner's state and tells it. Without it, a failure is logged here.
    """

    def __init__(
        self,
        name: str,
        work: Callable[[], object],
        ended: Callable[[BaseException | None], None] | None = None,
    ) -> None:
        super().__init__(name=f"essaim_{name}", daemon=True)
        self.error: BaseException | None = None
        self._work, self._ended = work, ended
        self._stopping = threading.Event()

    @property
    def state(self) -> State:
        if self.error is not None:
            return "failed"
        return "new" if self.ident is None else "running" if self.is_alive() else "stopped"

    def stop(self) -> None:
        """Ask the work to end; it does at its next ``wait``."""
        self._stopping.set()

    def wait(self, seconds: float) -> bool:
        """Called by the work: pause so long; whether it is to end, which cuts the pause short."""
        return self._stopping.wait(seconds)

    def run(self) -> None:
        try:
            self._work()
        except BaseException as error:  # SystemExit too, which threading passes over in silence
            self.error = error
        try:
            if self._ended is not None:
                self._ended(self.error)
            elif self.error is not None:
                log.error("the thread %s failed", self.name, exc_info=self.error)
        except BaseException as error:
            self.error = self.error or error
            log.exception("the thread %s failed, and its owner could not take it in", self.name)
