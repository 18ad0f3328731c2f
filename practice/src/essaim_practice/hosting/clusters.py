"""Many practice clusters in one process: one for each learner, found by a key, on one thread."""

from __future__ import annotations

import asyncio
from types import TracebackType

from essaim_practice.client.exceptions import TooManyClusters
from essaim_practice.hosting.server import PracticeServer
from essaim_practice.hosting.settings import Settings
from essaim_practice.hosting.thread import LoopThread

_LEARNER = Settings(bind_ports=False)  # they would all want port 80


class Clusters:
    """Makes each cluster when it is first asked for, and ends it when nobody used it for long.

    settings: what each cluster is. most: how many there may be at a time.
    idle_after: seconds of real time without a request until a cluster is ended; None for never.
    One cluster listens only once its ``urls`` are asked for, and shares nothing with another.

    >>> from essaim_practice import Clusters
    >>> with Clusters(most=30) as clusters:
    ...     ada = clusters.get("ada")
    ...     clusters.get("ada") is ada, clusters.keys()
    (True, ('ada',))
    """

    def __init__(
        self, settings: Settings = _LEARNER, most: int = 100, idle_after: float | None = 7200.0
    ) -> None:
        self._settings = settings
        self._most = most
        self._idle_after = idle_after
        self._servers: dict[str, PracticeServer] = {}
        self._thread = LoopThread()
        self._watch: asyncio.Task[None] | None = None
        if idle_after is not None:
            self._watch = self._thread.call(
                lambda: self._thread.loop.create_task(self._reap_for_ever(idle_after))
            )

    def __enter__(self) -> Clusters:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def get(self, key: str) -> PracticeServer:
        """The cluster of this key, made if it is not there. Raises TooManyClusters."""
        return self._thread.call(lambda: self._get(key))

    def keys(self) -> tuple[str, ...]:
        """Of the clusters that are there, oldest first."""
        return tuple(self._thread.call(lambda: list(self._servers)))

    def end(self, key: str) -> None:
        """Forget a cluster, where there is one."""
        self._thread.run(self._end(key))

    def reap(self, idle: float) -> tuple[str, ...]:
        """End the clusters that nobody has used for so many seconds; their keys."""
        return self._thread.run(self._reap(idle))

    def stop(self) -> None:
        """End every cluster and the thread. Stopping twice does no harm."""
        if self._thread.alive:
            for key in self.keys():
                self.end(key)
            self._thread.stop()

    def _get(self, key: str) -> PracticeServer:
        server = self._servers.get(key)
        if server is None:
            if len(self._servers) >= self._most:
                raise TooManyClusters(
                    f"this process holds at most {self._most} practice clusters: "
                    "end one first, or wait until one has been idle for long"
                )
            server = self._servers[key] = PracticeServer(self._thread, self._settings)
        server.touch()
        return server

    async def _end(self, key: str) -> None:
        server = self._servers.pop(key, None)
        if server is not None:
            await server.close()

    async def _reap(self, idle: float) -> tuple[str, ...]:
        keys = tuple(key for key, server in self._servers.items() if server.idle >= idle)
        for key in keys:
            await self._end(key)
        return keys

    async def _reap_for_ever(self, idle: float) -> None:
        while True:
            await asyncio.sleep(idle / 10)
            await self._reap(idle)
