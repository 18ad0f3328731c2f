"""One-time tickets, by which a websocket gets the rights of a page's script."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")

#: The header with the browser's id; only core.web.sessions writes it.
BROWSER = "essaim-browser"
VALID = 600.0  # seconds
MOST = 2000  # unused tickets; the oldest are dropped
MOST_OF_ONE = 100  # of them one browser's


class Tickets(Generic[T]):
    """Each ticket gives a value, once, within VALID seconds, to one browser. Thread-safe."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = Lock()
        self._waiting: dict[str, tuple[float, str, T]] = {}

    def issue(self, value: T, browser: str = "") -> str:
        """A new ticket for this value."""
        ticket = secrets.token_urlsafe(24)
        with self._lock:
            mine = [each for each, held in self._waiting.items() if browser and held[1] == browser]
            for oldest in mine[: max(0, len(mine) + 1 - MOST_OF_ONE)]:
                del self._waiting[oldest]
            self._waiting[ticket] = (self._now() + VALID, browser, value)
            while len(self._waiting) > MOST:
                del self._waiting[next(iter(self._waiting))]
        return ticket

    def waits(self, ticket: str) -> bool:
        """Whether this ticket is still unused and valid."""
        with self._lock:
            return ticket in self._waiting and self._waiting[ticket][0] > self._now()

    def redeem(self, ticket: object, browser: str = "") -> T | None:
        """The ticket's value; None where it is unknown, used, too old or another browser's."""
        with self._lock:
            end, owner, value = self._waiting.pop(str(ticket), (0.0, "", None))
            return value if end > self._now() and owner == browser else None
