"""What may be long: the heads of requests, and the lists of answers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

from essaim_practice.store.errors import ApiError
from essaim_practice.store.time_slices import iterate_sliced

_TOGETHER = 256 * 1024  # bytes of a list that is sent whole, with its length
_MOST_LINES = 500  # of a request's head


class Head:
    """Refuses a head of very many lines before it is read: each costs far more than its bytes."""

    def __init__(self) -> None:
        self._lines = 0
        self._last = b""

    def add(self, data: bytes) -> None:
        """More bytes of the connection. Raises ApiError 431."""
        found = (self._last + data).find(b"\r\n\r\n")
        end = len(data) if found < 0 else max(found - len(self._last), 0)
        self._lines += data.count(b"\n", 0, end)
        self._last = data[-3:]
        if self._lines > _MOST_LINES:
            raise ApiError(431, f"a request has at most {_MOST_LINES} headers")


async def begun(made: Iterator[bytes]) -> tuple[bytes, AsyncIterator[bytes] | None]:
    """The first pieces, and the others where they are many."""
    coming, found, size = iterate_sliced(made), [], 0
    async for piece in coming:
        found.append(piece)
        size += len(piece)
        if size > _TOGETHER:
            return b"".join(found), coming
    return b"".join(found), None


async def joined(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for piece in rest:
        yield piece
    yield b"\n"
