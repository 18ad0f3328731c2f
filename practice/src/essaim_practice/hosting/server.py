"""A practice cluster inside another program: its servers run on a thread of their own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from random import Random
from types import TracebackType
from typing import TypeVar

from essaim_practice.api import routes as routes  # all that the engine answers
from essaim_practice.engine.cluster import Cluster
from essaim_practice.hosting.ports import PortBinder
from essaim_practice.hosting.thread import LoopThread
from essaim_practice.store.clock import LoopClock
from essaim_practice.store.limits import Limits
from essaim_practice.store.objects import Container, Engine, Image, Node, Service, Swarm, Task
from essaim_practice.wire.server import EngineServer

T = TypeVar("T")

#: What ``watch`` tells of.
_TOLD = (Container, Engine, Image, Node, Service, Swarm, Task)


@dataclass(frozen=True, slots=True)
class Settings:
    """What a cluster is when it begins, and again after each reset.

    nodes: how many machines. formed: they are one Swarm already, node1 its manager.
    factor: how many times as fast as a real clock simulated time goes; 0: only by ``step``.
    seed: the same one gives the same run; None draws one each time.
    bind_ports: listen for published ports on the loopback too, where that is possible.
    """

    nodes: int = 3
    formed: bool = True
    factor: float = 1.0
    seed: int | None = None
    limits: Limits = field(default_factory=Limits)
    bind_ports: bool = True


class PracticeServer:
    """A cluster and the listeners of its engines, until ``stop``.

    ``PracticeServer.start()`` makes one on a thread of its own; ``with`` stops it at the end.
    Its methods are called from other threads than its own.
    """

    def __init__(self, thread: LoopThread, settings: Settings, own_thread: bool = False) -> None:
        """On the thread itself: begin a cluster, without listeners yet."""
        self._thread = thread
        self._own_thread = own_thread
        self._settings = settings
        self._servers: dict[str, EngineServer] = {}  # by engine
        self._binder: PortBinder | None = None
        self._watchers: list[Callable[[str], None]] = []
        self._resets = asyncio.Lock()
        self._reset_task: asyncio.Task[None] | None = None
        self._touched = thread.loop.time()
        self.cluster: Cluster
        self._begin()

    @classmethod
    def start(
        cls,
        nodes: int = 3,
        formed: bool = True,
        port: int = 0,
        bind_ports: bool = True,
        factor: float = 1.0,
        seed: int | None = None,
        limits: Limits | None = None,
    ) -> PracticeServer:
        """Start a cluster; it listens when this returns. See Settings.

        port: node1's API port; the other nodes take the next ones (0: any free ports).
        Raises OSError when a port is taken.
        """
        settings = Settings(nodes, formed, factor, seed, limits or Limits(), bind_ports)
        thread = LoopThread()
        try:
            server = thread.call(lambda: cls(thread, settings, own_thread=True))
            thread.run(server._listen(port))
        except BaseException:
            thread.stop()
            raise
        return server

    def __enter__(self) -> PracticeServer:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def urls(self) -> tuple[str, ...]:
        """A DOCKER_HOST value per node: ``tcp://127.0.0.1:PORT``. Listens from the first call on.

        Raises OSError when there is no port to be had.
        """
        if not self._servers:
            self._thread.run(self._listen())
        return tuple(self.host(engine) for engine in list(self._servers))

    def host(self, engine: str) -> str:
        """The DOCKER_HOST of one engine, where it listens; else ''."""
        server = self._servers.get(engine)
        return f"tcp://127.0.0.1:{server.port}" if server else ""

    def call(self, function: Callable[[Cluster], T]) -> T:
        """Do something with the cluster on its own thread, and wait for it."""
        return self._thread.call(lambda: function(self.cluster))

    def step(self, seconds: float) -> None:
        """Let so many simulated seconds pass at once, and all that falls due in them happen."""
        self._thread.run(self._clock.step(seconds))

    def reset(self) -> None:
        """Begin anew, at the same addresses: every connection ends, and everything is forgotten."""
        self._thread.run(self._reset())

    def watch(self, heard: Callable[[str], None]) -> None:
        """Call back after each change, with the name of the kind of record: ``Task``, ``Node``.

        On the cluster's own thread, where it must be quick. It holds over resets.
        """

        def begin() -> None:
            self._watchers.append(heard)
            self._tell(heard)

        self._thread.call(begin)

    def touch(self) -> None:
        """It is wanted: count its idleness from now."""
        self._touched = self._thread.loop.time()

    @property
    def idle(self) -> float:
        """Seconds of real time since somebody asked something of it; 0 while a stream is open."""
        now = self._thread.loop.time()
        return now - max([self._touched, *(server.used for server in self._servers.values())])

    def stop(self) -> None:
        """Close everything; nothing of it runs afterwards. Stopping twice does no harm."""
        if not self._thread.alive:
            return
        self._thread.run(self.close())
        if self._own_thread:
            self._thread.stop()

    async def close(self) -> None:
        """What ``stop`` does, for a caller on the thread itself."""
        self._clock.close()
        if self._binder is not None:
            await self._binder.close()
        for server in self._servers.values():
            await server.close()
        if self._reset_task is not None:
            self._reset_task.cancel()

    def _begin(self, nodes: int | None = None, formed: bool | None = None) -> None:
        with_ = self._settings
        with_ = replace(
            with_,
            nodes=with_.nodes if nodes is None else nodes,
            formed=with_.formed if formed is None else formed,
        )
        self._clock = LoopClock(self._thread.loop, with_.factor)
        cluster = Cluster(self._clock, Random(with_.seed), with_.nodes, with_.formed, with_.limits)
        cluster.keeper = self
        self.cluster = cluster
        for heard in self._watchers:
            self._tell(heard)
        if with_.bind_ports:
            self._binder = PortBinder(cluster)

    def _tell(self, heard: Callable[[str], None]) -> None:
        self.cluster.store.watch(lambda change: heard(type(change.subject).__name__), *_TOLD)

    async def _listen(self, port: int = 0) -> None:
        async with self._resets:
            if self._servers:
                return
            servers = {
                engine.id: EngineServer(self.cluster, engine.id, port + number if port else 0)
                for number, engine in enumerate(self.cluster.engines)
            }
            try:
                for server in servers.values():
                    await server.open()
            except OSError:
                for server in servers.values():
                    await server.close()
                raise
            self._servers = servers

    async def attend(self) -> None:
        """Listen for the engines that have come, and no more for those that have gone."""
        async with self._resets:
            await self._attend()

    async def _attend(self) -> None:
        if not self._servers:
            return  # nobody has asked for an address yet
        there = [engine.id for engine in self.cluster.engines]
        for name in [name for name in self._servers if name not in there]:
            await self._servers.pop(name).close()
        for name in there:
            if name not in self._servers:
                server = EngineServer(self.cluster, name)
                await server.open()
                self._servers[name] = server

    def reset_soon(self, nodes: int | None, formed: bool | None) -> None:
        """For whoever asks over a connection that the reset ends: the answer goes out first."""
        self._reset_task = self._thread.loop.create_task(self._reset(nodes, formed))

    async def _reset(self, nodes: int | None = None, formed: bool | None = None) -> None:
        async with self._resets:
            self._clock.close()
            if self._binder is not None:
                await self._binder.close()
            self._begin(nodes, formed)
            there = {engine.id for engine in self.cluster.engines}
            for name, server in self._servers.items():
                if name in there:
                    await server.move_to(self.cluster)
            await self._attend()
