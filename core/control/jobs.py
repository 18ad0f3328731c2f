"""Long actions that go on by themselves: a pull or a build outlives the page that asked for it.

Streamlit stops a page's script whenever its viewer does something else, so a long action runs on a
thread of its own, and pages look at its progress.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from core.cluster.failures import unforeseen
from core.commands.command import Command, Progress, Report
from core.errors import EssaimError
from core.threads.supervised import SupervisedThread

#: Lines of log kept of one job; a build may print without end.
MAX_LINES = 2000


class LongAction:
    """Does ``_work`` on a thread of its own, from its making on. name: of the thread."""

    def __init__(self, name: str) -> None:
        self.running = True
        self.error: EssaimError | None = None  # why it failed, once it has ended
        self._thread = SupervisedThread(name, self._work, self._ended)
        self._thread.start()

    def wait(self, seconds: float) -> bool:
        """Wait for the end; whether it has come."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _work(self) -> None:
        raise NotImplementedError

    def _ended(self, error: BaseException | None) -> None:
        self.error = unforeseen(error).kept() if error else None
        self.running = False


class Job(LongAction):
    """One command: its progress while it runs, and how it ended.

    run: runs it with this report, and returns the text that the docker CLI would print.
    """

    def __init__(self, command: Command, run: Callable[[Report], str]) -> None:
        self.command = command
        self.began = time.time()
        self.answer = ""
        self.ended: float | None = None  # seconds since the epoch
        self._run = run
        self._lock = threading.Lock()
        self._log: list[str] = []
        self._steps: dict[str, Progress] = {}
        super().__init__("job")

    @property
    def log(self) -> str:
        """The lines so far, the last MAX_LINES of them."""
        with self._lock:
            return "\n".join(self._log)

    @property
    def steps(self) -> tuple[Progress, ...]:
        """The latest of each step, in the order in which they began."""
        with self._lock:
            return tuple(self._steps.values())

    def _work(self) -> None:
        try:
            self.answer = self._run(self._report)
        finally:
            self.ended = time.time()

    def _report(self, progress: Progress) -> None:
        with self._lock:
            self._steps[progress.step] = progress
            if not progress.step:  # a line of a log, not a layer's bytes
                self._log.append(progress.text)
                del self._log[:-MAX_LINES]
