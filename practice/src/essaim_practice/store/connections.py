"""The connections to the engines of one cluster: how many there are, and how many are streams."""

from __future__ import annotations

from essaim_practice.store.errors import ApiError
from essaim_practice.store.limits import STANDARD, Limits
from essaim_practice.store.memory import UNBOUNDED, Budget

_EACH = 16 * 1024  # bytes that one takes, and again for its stream
_TOO_MANY = 429  # Too Many Requests


class Connections:
    """Counts the open connections, and those of them whose answer has no end yet."""

    def __init__(self, limits: Limits = STANDARD, memory: Budget = UNBOUNDED) -> None:
        self.open = 0
        self.streams = 0
        self._limits = limits
        self._memory = memory
        memory.join(self)

    @property
    def weight(self) -> int:
        return _EACH * (self.open + self.streams)

    def enter(self) -> None:
        """One more connection. Raises ApiError 429."""
        if self.open >= self._limits.connections:
            text = f"this practice cluster has at most {self._limits.connections} open connections"
            raise ApiError(_TOO_MANY, f"{text}: close some first")
        self.open += 1
        self._memory.grow(_EACH)

    def leave(self) -> None:
        self.open -= 1

    def require_stream(self) -> None:
        """Raises ApiError 429 where there is no room for one more stream."""
        if self.streams >= self._limits.streams:
            text = f"this practice cluster has at most {self._limits.streams} open streams"
            raise ApiError(_TOO_MANY, f"{text}: close some logs, events or terminals first")

    def begin_stream(self) -> None:
        self.streams += 1
        self._memory.grow(_EACH)

    def end_stream(self) -> None:
        self.streams -= 1
