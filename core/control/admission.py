"""A limit on the practice clusters begun from one address: a class at once, not every place."""

from __future__ import annotations

import ipaddress
import math
import time
from collections.abc import Callable
from threading import Lock

CLASS = 30  # clusters may be begun at once, at least, by a class behind one address
SHARE = 2 / 3  # of all places may be begun at once from one address
REFILL = 1 / 6  # of all places may be begun from there in each further minute
SLOWEST = 10.0  # a minute, at least
MOST = 10_000  # addresses that are kept


class Admission:
    """A token bucket for each address. places: of the server. now: a monotonic clock."""

    def __init__(self, places: int, now: Callable[[], float] = time.monotonic) -> None:
        self._at_once = max(CLASS, math.floor(places * SHARE))
        self._pause = 60.0 / max(
            SLOWEST, places * REFILL
        )  # seconds between two, after those at once
        self._now = now
        self._lock = Lock()
        self._ends: dict[str, float] = {}  # when an address has its full share again

    def wait(self, who: str) -> float:
        """Seconds until this address may begin one more; at 0.0, one is counted as begun now."""
        who = _network(who)
        with self._lock:
            now = self._now()
            end = max(self._ends.get(who, now), now) + self._pause
            if end - now > self._at_once * self._pause:
                return end - now - self._at_once * self._pause
            self._ends[who] = end
            if len(self._ends) > MOST:
                self._ends = {each: end for each, end in self._ends.items() if end > now}
            return 0.0


def _network(who: str) -> str:
    """The address; for IPv6 its /64 network, because a machine may use any address in it."""
    try:
        address = ipaddress.ip_address(who)
    except ValueError:
        return who
    return str(ipaddress.ip_network((address, 64), strict=False)) if address.version == 6 else who
