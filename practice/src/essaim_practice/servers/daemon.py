"""What the servers of databases share: a log that connections write to, and their common end."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from math import inf
from weakref import WeakSet

from essaim_practice.programs.steps import Hear, Step, Steps, line
from essaim_practice.programs.talk import Talk

_MOST_LINES = 1000  # that wait to be written


class Daemon:
    """A channel (see programs/steps.py) of what its connections want the server to do.

    stream: of its log.
    """

    stream = 1

    def __init__(self) -> None:
        self.listener: Callable[[], None] | None = None
        self.stopping = False  # a connection asked for it
        self.exit_code = 0
        self.connections: WeakSet[Talk] = WeakSet()
        self._woken = False
        self._lines: deque[str] = deque(maxlen=_MOST_LINES)

    @property
    def ready(self) -> bool:
        return self._woken or self.stopping

    def wake(self) -> None:
        """Let it look at what is due, and for how long it may rest."""
        self._woken = True
        if self.listener is not None:
            self.listener()

    def log(self, text: str) -> None:
        """Write a line into the server's log."""
        self._lines.append(text)
        self.wake()

    def serve(self) -> Steps:
        """Write the log until a connection stops the server. Interrupted is the caller's."""
        while True:
            while self._lines:
                yield line(self._lines.popleft(), self.stream)
            self._woken = False
            if self.stopping:
                return self.exit_code
            yield self.pause()
            self.on_time()

    def pause(self) -> Step:
        """The step that waits for the next thing to do."""
        return Hear((self,), None, self.patience())

    def patience(self) -> float:
        """Seconds until ``on_time`` is wanted."""
        return inf

    def on_time(self) -> None:
        """Do what is due."""

    def hang_up(self) -> None:
        """End every connection: the server is no more."""
        for talk in list(self.connections):
            talk.closed = True
            if talk.listener is not None:
                talk.listener()
