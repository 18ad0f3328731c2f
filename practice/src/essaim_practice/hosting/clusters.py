"""Many practice clusters in one process: one for each learner, found by a key, on one thread."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, TypeVar

from essaim_practice.client.exceptions import TooManyClusters
from essaim_practice.hosting.server import PracticeServer
from essaim_practice.hosting.settings import Settings
from essaim_practice.hosting.thread import LoopThread
from essaim_practice.storage import Folder, Lost
from essaim_practice.wire.http import log

T = TypeVar("T")

_LEARNER = Settings(bind_ports=False)  # they would all want port 80


@dataclass(frozen=True, slots=True)
class Opened:
    """A cluster that was opened, how it came to be, and why what was kept of it is not in it.

    lost: is said for five minutes, however often it is opened: an answer may not have arrived.
    """

    server: PracticeServer
    begun: Literal["new", "there", "restored"]
    lost: Lost | None = None


@dataclass(slots=True)
class _Turn:
    """Of who opens or ends the cluster of a key, and how many want it."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    wanted: int = 0


class Clusters:
    """Makes each cluster when it is first asked for, and ends it when nobody used it for long.

    settings: what each cluster is. most: how many there may be at a time.
    idle_after: seconds of real time without a request until a cluster is ended; None for never.
    folder: where they are kept, by keys of 1 to 64 small letters and digits, written at most a
    second late; None: in memory only. A kept cluster comes back when it is asked for again, as
    after a power cut, even in another process.
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
        self._idle_after = idle_after
        self._servers: dict[str, PracticeServer] = {}
        self._beginning: set[str] = set()  # keys of clusters that are not there yet
        self._turns: dict[str, _Turn] = {}  # by key
        self._folder = Folder(folder) if folder is not None else None
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
        """The cluster of this key, made if it is not there. Raises as ``open`` does."""
        return self._thread.run(self.open(key)).server

    def keys(self) -> tuple[str, ...]:
        """Of the clusters that are there, oldest first."""
        return tuple(self._thread.call(lambda: list(self._servers)))

    def end(self, key: str) -> None:
        """Forget a cluster, where there is one, and what is kept of it."""
        self._thread.run(self.forget(key))

    def reap(self, idle: float) -> tuple[str, ...]:
        """End the clusters that nobody has used for so many seconds; their keys.

        What is kept of them stays.
        """
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
        async with self._turn(key):
            server = self._servers.get(key)
            if server is not None:
                server.touch()
                return Opened(server, "there", server.lost)
            if len(self._servers) + len(self._beginning) >= self.most:
                raise TooManyClusters(
                    f"this process holds at most {self.most} practice clusters: "
                    "end one first, or wait until one has been idle for long"
                )
            self._beginning.add(key)
            try:
                return await self._begin(key, settings or self.settings)
            finally:
                self._beginning.discard(key)

    async def _begin(self, key: str, settings: Settings) -> Opened:
        kept = await asyncio.to_thread(self._folder.open, key) if self._folder else None
        restored = kept is not None and kept.state is not None
        try:
            server = PracticeServer(self._thread, settings, kept=kept)
        except Exception:
            if kept is None or not restored:
                raise
            log.exception("what is kept of a cluster cannot be played, and is put aside")
            await asyncio.to_thread(kept.put_aside)
            restored, server = False, PracticeServer(self._thread, settings, kept=kept)
        self._servers[key] = server
        return Opened(server, "restored" if restored else "new", server.lost)

    @property
    def keeps(self) -> bool:
        """They are kept in a folder."""
        return self._folder is not None

    @property
    def problem(self) -> str:
        """Why one of them cannot be written, in words; '' where all is well."""
        return next((each.problem for each in self._servers.values() if each.problem), "")

    async def kept(self) -> tuple[str, ...]:
        """The keys of the clusters that are kept, whether they are there or not."""
        return await asyncio.to_thread(self._folder.keys) if self._folder else ()

    async def sweep(self, age: float) -> None:
        """Forget what is kept of clusters that nobody had open or wrote for so many seconds."""
        if self._folder is not None:
            await asyncio.to_thread(self._folder.touch, tuple(self._servers))
            await asyncio.to_thread(self._folder.sweep, age)

    async def forget(self, key: str) -> None:
        """What ``end`` does. Raises InUse while another process has the cluster."""
        async with self._turn(key):
            await self._rest(key)
            if self._folder is not None:
                await asyncio.to_thread(self._folder.forget, key)

    async def close(self) -> None:
        """End every cluster. What is kept of them stays."""
        while self._servers:
            ends = await asyncio.gather(*map(self._let_rest, self._servers), return_exceptions=True)
            for error in ends:
                if error is not None:
                    log.error("a cluster does not end well", exc_info=error)
        if self._folder is not None:
            await asyncio.to_thread(self._folder.close)

    async def _let_rest(self, key: str) -> None:
        async with self._turn(key):
            await self._rest(key)

    async def _rest(self, key: str) -> None:
        server = self._servers.pop(key, None)
        if server is not None:
            await server.close()

    @asynccontextmanager
    async def _turn(self, key: str) -> AsyncIterator[None]:
        """One after the other opens or ends the cluster of a key."""
        turn = self._turns.setdefault(key, _Turn())
        turn.wanted += 1
        try:
            async with turn.lock:
                yield
        finally:
            turn.wanted -= 1
            if not turn.wanted:
                del self._turns[key]

    async def _reap(self, idle: float) -> tuple[str, ...]:
        keys = tuple(key for key, server in self._servers.items() if server.idle >= idle)
        for key in keys:
            await self._let_rest(key)
        return keys

    async def _reap_for_ever(self, idle: float) -> None:
        while True:
            await asyncio.sleep(idle / 10)
            await self._reap(idle)
