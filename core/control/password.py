"""Tries of the password: a right one passes at once, whatever others do; wrong ones take turns.

Nobody can tell a teacher's first try from a stranger's guess, nor their addresses, in a class that
shares one. So no try is ever refused. They are looked at one after the other, at a steady pace,
which bounds what any number of guessers learns in a second, and the latest first: who comes does
not wait behind a crowd. All wrong ones wait for their answer in one queue.
"""

from __future__ import annotations

import hmac
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Lock

log = logging.getLogger(__name__)

PACE = 0.05  # seconds for a look at each try: twenty a second, from all the world together
FREE = 3  # slips of the finger that cost no wait
TURN = 1.0  # seconds between two answers to wrong ones, after those; and until a slip is forgotten
LONGEST = 10.0  # seconds that one slip may cost its teacher, while others guess


class PasswordCheck:
    """now: a clock in seconds that never goes back. sleep: lets as many seconds pass."""

    def __init__(
        self,
        password: str,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._password = _bytes(password)
        self._now = now
        self._sleep = sleep
        self._busy = False
        self._waiting: list[Event] = []  # one for each try that waits
        self._queue = Lock()
        self._last = now() - FREE * TURN  # when the last wrong one has its answer

    def accepts(self, attempt: str, who: str = "") -> bool:
        """Whether this is the password. who: for the log, which tells of wrong ones."""
        with self._look():
            right = hmac.compare_digest(_bytes(attempt), self._password)
            self._sleep(PACE)
        if not right:
            wait = self._wait()
            if wait:
                log.warning("Another wrong password, from %s", who or "somebody")
            self._sleep(wait)
        return right

    @property
    def waiting(self) -> int:
        """How many tries wait to be looked at."""
        return len(self._waiting)

    @contextmanager
    def _look(self) -> Iterator[None]:
        """While nobody else's try is looked at; the latest of those that wait has the next turn."""
        mine = Event()
        with self._queue:
            if self._busy:
                self._waiting.append(mine)
            else:
                self._busy = True
                mine.set()
        mine.wait()
        try:
            yield
        finally:
            with self._queue:
                if self._waiting:
                    self._waiting.pop().set()
                else:
                    self._busy = False

    def _wait(self) -> float:
        """Seconds until the next wrong one has its turn, which this takes."""
        with self._queue:
            now = self._now()
            turn = max(self._last, now - FREE * TURN) + TURN
            self._last = min(turn, now + LONGEST)
            return max(0.0, self._last - now)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
