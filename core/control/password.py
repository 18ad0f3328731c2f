"""Checks attempts at the password: the right one passes at once, wrong ones wait in turn.

A teacher's first attempt looks like a guess, and a class may share one address. So no attempt is
refused. They are checked one by one at a steady pace, which limits the guesses per second, and the
latest first, so that the teacher does not wait behind a crowd of guesses. Wrong ones wait for their
answer in one queue.
"""

from __future__ import annotations

import hmac
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Lock

log = logging.getLogger(__name__)

PACE = 0.05  # seconds for each check: twenty a second, for all addresses together
FREE = 3  # wrong attempts without a wait
TURN = 1.0  # seconds between two later wrong answers, and until one free attempt is restored
LONGEST = 10.0  # seconds that a wrong attempt waits at most


class PasswordCheck:
    """now: a monotonic clock, in seconds. sleep: waits that many seconds."""

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
        self._waiting: list[Event] = []  # one for each attempt that waits
        self._queue = Lock()
        self._last = now() - FREE * TURN  # when the last wrong attempt has its answer

    def accepts(self, attempt: str, who: str = "") -> bool:
        """Whether this is the password; may block. who: the address, for the log of wrong ones."""
        with self._turn():
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
        """How many attempts wait to be checked."""
        return len(self._waiting)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """A turn of its own for one attempt; the latest that waits gets the next turn."""
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
        """Seconds until the answer to one more wrong attempt; takes the next turn."""
        with self._queue:
            now = self._now()
            turn = max(self._last, now - FREE * TURN) + TURN
            self._last = min(turn, now + LONGEST)
            return max(0.0, self._last - now)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
