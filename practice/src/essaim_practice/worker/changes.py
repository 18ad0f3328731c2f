"""What changes in the clusters of a worker, told to whoever listens, as lines of JSON."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

from essaim_practice.protocol.texts import dumped

BEAT = 1.0  # real seconds between two heartbeats


class Changes:
    """Passes changes on to every stream, in the turn of the loop in which they come.

    A stream whose client does not read keeps one set of kinds for each cluster, and no more.
    beat: makes the heartbeat.
    """

    def __init__(self, beat: Callable[[], Any]) -> None:
        self._beat = beat
        self._streams: set[_Stream] = set()

    def tell(self, cluster: str, kind: str) -> None:
        """A record of this kind has changed: ``Task``."""
        for stream in self._streams:
            stream.add(cluster, kind)

    async def lines(self) -> AsyncIterator[bytes]:
        """The lines of one stream, which begins with a heartbeat and has no end."""
        loop = asyncio.get_running_loop()
        stream = _Stream(loop)
        self._streams.add(stream)
        try:
            due = loop.time()
            while True:
                if loop.time() >= due:
                    due = loop.time() + BEAT
                    yield _line(self._beat())
                await stream.wait(due)
                if told := stream.take():
                    lines = [_line({"cluster": c, "kinds": sorted(k)}) for c, k in told.items()]
                    yield b"".join(lines)
        finally:
            self._streams.discard(stream)


class _Stream:
    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._told: dict[str, set[str]] = {}
        self._woken: asyncio.Future[None] | None = None

    def add(self, cluster: str, kind: str) -> None:
        self._told.setdefault(cluster, set()).add(kind)
        self._wake()

    def take(self) -> dict[str, set[str]]:
        told, self._told = self._told, {}
        return told

    async def wait(self, due: float) -> None:
        """Until there is something to tell, or this time of the loop's clock has come."""
        if self._told:
            return
        self._woken = self._loop.create_future()
        alarm = self._loop.call_at(due, self._wake)
        try:
            await self._woken
        finally:
            alarm.cancel()

    def _wake(self) -> None:
        if self._woken is not None and not self._woken.done():
            self._woken.set_result(None)


def _line(value: Any) -> bytes:
    return dumped(value) + b"\n"
