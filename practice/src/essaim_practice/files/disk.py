"""The disk that all file systems of one cluster write to."""

from __future__ import annotations

from typing import Protocol
from weakref import WeakSet


class Writer(Protocol):
    """Holds bytes on a disk."""

    @property
    def weight(self) -> int:
        """Bytes that the writer holds."""
        ...


class Disk:
    """The limit on the bytes that several writers hold together."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._writers: WeakSet[Writer] = WeakSet()
        self._taken = 0  # at most: what was given back is noticed only when it is needed

    def join(self, writer: Writer) -> None:
        self._writers.add(writer)

    def take(self, growth: int) -> bool:
        """Reserve bytes for a writer; False if the disk is full."""
        if self._taken + growth > self._limit:
            self._taken = sum(writer.weight for writer in self._writers)
            if self._taken + growth > self._limit:
                return False
        self._taken += growth
        return True
