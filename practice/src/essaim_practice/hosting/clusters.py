"""Many practice clusters in one process: one for each learner, found by a key, on one thread."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, TypeVar

from essaim_practice.client.exceptions import TooManyClusters
from essaim_practice.hosting.server import PracticeServer
from essaim_practice.hosting.settings import Settings
from essaim_practice.hosting.thread import LoopThread
from essaim_practice.storage import Folder, Lost

T = TypeVar("T")

_LEARNER = Settings(bind_ports=False)  # they would all want port 80


@dataclass(frozen=True, slots=True)
class Opened:
    """A cluster that was opened, how it came to be, and why what was kept of it is not in it."""

    server: PracticeServer
    begun: Literal["new", "there", "restored"]
    lost: Lost | None = None


class Clusters:
    """Makes each cluster when it is first asked for, and ends it when nobody used it for long.

    settings: what each cluster is. most: how many there may be at a time.
    idle_after: seconds of real time without a request until a cluster is ended; None for never.
    folder: where to keep them, by keys of 1 to 64 small letters and digits; None: in memory only.
    One cluster listens only once its ``urls`` are asked for, and shares nothing with another.

    >>> from essaim_practice import Clusters
    >>> with Clusters(most=30) as clusters:
    ...     ada = clusters.get("ada")
    ...     clusters.get("ada") is ada, clusters.keys()
    (True, ('ada',))
    """

    def __init__(
        self,
        settings: Settings = _LEARNER,
        most: int = 100,
        idle_after: float | None = 7200.0,
        folder: Path | None = None,
    ) -> None:
        self.settings = settings
        self.most = most
        self.folder = folder
        self._idle_after = idle_after
        self._servers: dict[str, PracticeServer] = {}
        self._opening = asyncio.Lock()
        self._kept = Folder(folder) if folder is not None else None
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
        return self._thread.run(self.open(key)).server

    def keys(self) -> tuple[str, ...]:
        """Of the clusters that are there, oldest first."""
        return tuple(self._thread.call(lambda: list(self._servers)))

    def end(self, key: str) -> None:
        """Forget a cluster, where there is one."""
        self._thread.run(self.forget(key))

    def reap(self, idle: float) -> tuple[str, ...]:
        """End the clusters that nobody has used for so many seconds; their keys."""
        return self._thread.run(self._reap(idle))

    def stop(self) -> None:
        """End every cluster and the thread; keep what is kept. Stopping twice does no harm."""
        if self._thread.alive:
            self._thread.run(self.close())
            self._thread.stop()

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the clusters' own thread, to its end. See LoopThread."""
        return self._thread.run(coroutine)

    # On the thread itself

    @property
    def servers(self) -> Mapping[str, PracticeServer]:
        """The clusters that are there by their keys, oldest first."""
        return self._servers

    async def open(self, key: str, settings: Settings | None = None) -> Opened:
        """The cluster of this key; if it is not there, made of what is kept, or else anew.

        settings: what a new one is; None: as all others. Raises TooManyClusters; where clusters
        are kept, InUse while another process has it, and ValueError for a key that is none.
        """
        async with self._opening:
            server = self._servers.get(key)
            if server is not None:
                server.touch()
                return Opened(server, "there")
            if len(self._servers) >= self.most:
                raise TooManyClusters(
                    f"this process holds at most {self.most} practice clusters: "
                    "end one first, or wait until one has been idle for long"
                )
            kept = await asyncio.to_thread(self._kept.open, key) if self._kept else None
            restored = kept is not None and kept.state is not None
            server = PracticeServer(self._thread, settings or self.settings, kept=kept)
            self._servers[key] = server
            return Opened(
                server, "restored" if restored else "new", kept.lost if kept is not None else None
            )

    async def forget(self, key: str) -> None:
        """What ``end`` does."""
        async with self._opening:
            server = self._servers.pop(key, None)
            if server is not None:
                await server.close()
            if self._kept is not None:
                await asyncio.to_thread(self._kept.forget, key)

    async def close(self) -> None:
        """End every cluster; keep what is kept."""
        async with self._opening:
            while self._servers:
                await self._servers.popitem()[1].close()
            if self._kept is not None:
                await asyncio.to_thread(self._kept.close)

    async def _reap(self, idle: float) -> tuple[str, ...]:
        async with self._opening:
            keys = tuple(key for key, server in self._servers.items() if server.idle >= idle)
            for key in keys:
                await self._servers.pop(key).close()  # its file stays
        return keys

    async def _reap_for_ever(self, idle: float) -> None:
        while True:
            await asyncio.sleep(idle / 10)
            await self._reap(idle)
