"""One-time tickets: with one, a websocket takes up what a page's script was allowed."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")

#: The header that says which browser asks, '' for none: core.web.sessions writes it, nobody else.
BROWSER = "essaim-browser"
VALID = 600.0  # seconds
MOST = 2000  # tickets that wait at the same time; the oldest give way


class Tickets(Generic[T]):
    """Each ticket stands for a value, once, for some time, for one browser. Any thread may ask."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = Lock()
        self._waiting: dict[str, tuple[float, str, T]] = {}

    def issue(self, value: T, browser: str = "") -> str:
        """A new ticket for this value, which nobody can guess."""
        ticket = secrets.token_urlsafe(24)
        with self._lock:
            self._waiting[ticket] = (self._now() + VALID, browser, value)
            while len(self._waiting) > MOST:
                del self._waiting[next(iter(self._waiting))]
        return ticket

    def waits(self, ticket: str) -> bool:
        """Whether this ticket could be used now."""
        with self._lock:
            return ticket in self._waiting and self._waiting[ticket][0] > self._now()

    def redeem(self, ticket: object, browser: str = "") -> T | None:
        """What the ticket stands for; None where it is false, used, too old or another's."""
        with self._lock:
            end, owner, value = self._waiting.pop(str(ticket), (0.0, "", None))
            return value if end > self._now() and owner == browser else None
