"""A practice cluster inside another program: its servers run on a thread of their own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, TypeVar

from essaim_practice.api import routes as routes  # all that the engine answers
from essaim_practice.client.calls import Call
from essaim_practice.client.client import Clock, Faults, Machines, PracticeClient
from essaim_practice.engine.cluster import Cluster
from essaim_practice.engine.machines import DockerLine, Machine
from essaim_practice.hosting.ports import PortBinder
from essaim_practice.hosting.settings import ENGINE, Settings
from essaim_practice.hosting.thread import LoopThread
from essaim_practice.programs.docker_lines import NO_DOCKER, Docker
from essaim_practice.storage import Kept, Lost
from essaim_practice.store.clock import LoopClock
from essaim_practice.store.limits import Limits
from essaim_practice.store.objects import Container, Engine, Image, Node, Service, Swarm, Task
from essaim_practice.wire.places import LOOPBACK, Places, ports, sockets
from essaim_practice.wire.server import EngineServer

if TYPE_CHECKING:
    import docker

T = TypeVar("T")

#: What ``watch`` tells of.
_TOLD = (Container, Engine, Image, Node, Service, Swarm, Task)


class PracticeServer(Machines):
    """A cluster and the listeners of its engines, until ``stop``.

    ``PracticeServer.start()`` makes one on a thread of its own; ``with`` stops it at the end.
    Its methods are called from other threads than its own. After ``stop`` they raise RuntimeError.

    >>> from essaim_practice import PracticeServer
    >>> with PracticeServer.start(nodes=3, speed=50, seed=1, bind_ports=False) as server:
    ...     web = server.client.services.create("nginx", name="web")
    ...     _ = server.clock.step(30)
    ...     [task["Status"]["State"] for task in web.tasks()]
    ['running']
    """

    def __init__(
        self,
        thread: LoopThread,
        settings: Settings,
        own_thread: bool = False,
        kept: Kept | None = None,
    ) -> None:
        """On the thread itself: begin a cluster, without listeners yet.

        kept: the file that it is kept in, and made of where there is a cluster in it.
        """
        self._thread = thread
        self._own_thread = own_thread
        self._kept = kept
        self.settings = settings
        self._servers: dict[str, EngineServer] = {}  # by engine
        self._places: Places  # where they answer
        self._clients: dict[str, docker.DockerClient] = {}  # by DOCKER_HOST
        self.faults = Faults(self.send)
        self.clock = Clock(self.send)
        self._binder: PortBinder | None = None
        self.docker: Callable[[Machine], Docker] = lambda machine: NO_DOCKER
        self._watchers: list[Callable[[str], None]] = []
        self._resets = asyncio.Lock()
        self._reset_task: asyncio.Task[None] | None = None
        self._asking: set[asyncio.Task[Any]] = set()  # connections that wait for a reset
        self._touched = thread.loop.time()
        self._ended = False
        self.cluster: Cluster
        self._begin()

    @classmethod
    def start(
        cls,
        nodes: int = 3,
        formed: bool = True,
        port: int = 0,
        bind_ports: bool = True,
        speed: float = 1.0,
        seed: int | None = None,
        limits: Limits | None = None,
        engine: str = ENGINE,
        address: str = LOOPBACK,
    ) -> PracticeServer:
        """Start a cluster; it listens when this returns. See Settings for what is not told here.

        port: node1's API port; the other nodes take the next ones (0: any free ports). address: of
        this computer, to listen at; whoever reaches it may do anything with the cluster. Raises
        ValueError, as Settings does and for ports beyond 65535, and OSError when one is taken.
        """
        settings = Settings(nodes, formed, speed, seed, limits or Limits(), bind_ports, engine)
        return cls.from_settings(settings, port, address)

    @classmethod
    def from_settings(
        cls, settings: Settings, port: int = 0, address: str = LOOPBACK, path: Path | None = None
    ) -> PracticeServer:
        """The same, with settings that are made already. Raises ValueError and OSError, too.

        path: of a unix socket of node1, in place of ports; node2's has ``-node2`` in its name.
        """
        if port and not 1 <= port <= 65536 - settings.nodes:
            raise ValueError(f"{settings.nodes} nodes from port {port} on: ports are 1 to 65535")
        names = [f"node{number + 1}" for number in range(settings.nodes)]
        places = sockets(path) if path is not None else ports(address, port, names)
        thread = LoopThread()
        try:
            server = thread.call(lambda: cls(thread, settings, own_thread=True))
            thread.run(server.listen(places))
        except BaseException:
            thread.stop()
            raise
        return server

    def __enter__(self) -> PracticeServer:
        return self

    def __exit__(self, *raised: object) -> None:
        self.stop()

    @property
    def hosts(self) -> dict[str, str]:
        """The DOCKER_HOST of each engine, ``tcp://127.0.0.1:PORT``, by its name.

        Listens from the first call on. Raises OSError when there is no port to be had.
        """
        if not self._servers:
            self._thread.run(self.listen())
        return {engine: self.host(engine) for engine in list(self._servers)}

    @property
    def urls(self) -> tuple[str, ...]:
        """The same values alone: node1's first."""
        return tuple(self.hosts.values())

    def host(self, engine: str) -> str:
        """The DOCKER_HOST of one engine, where it listens already; else ''."""
        server = self._servers.get(engine)
        return server.place.host if server else ""

    @property
    def client(self) -> docker.DockerClient:
        """A docker-py client of node1, made when it is first asked for; ``stop`` closes it."""
        return self.client_of("node1")

    def client_of(self, engine: str) -> docker.DockerClient:
        """The same for another engine. Raises KeyError where none of that name listens."""
        import docker  # takes a while, and a server that others ask does without it

        host = self.hosts[engine]  # another one, where a machine of that name came again
        if host not in self._clients:
            self._clients[host] = docker.DockerClient(base_url=host)
        return self._clients[host]

    def send(self, call: Call[T]) -> T:
        """Make a call that only a practice engine answers, of one that it does not end.

        Raises RequestRefused and EngineUnreachable.
        """
        up = self.call(lambda cluster: [engine.id for engine in cluster.engines if engine.up])
        parts = call.path.split("/")
        name = next((name for name in up if name not in parts), up[0])
        return PracticeClient(self.hosts[name]).send(call)

    def call(self, function: Callable[[Cluster], T]) -> T:
        """Do something with the cluster on its own thread, and wait for it."""
        return self._thread.call(lambda: function(self.cluster))

    def reset(self) -> None:
        """Begin anew, at the same addresses: every connection ends, and everything is forgotten."""
        self._thread.run(self._reset())

    def watch(self, heard: Callable[[str], None]) -> None:
        """Call back after each change, with the name of the kind of record: ``Task``, ``Node``.

        On the cluster's own thread, where it must be quick. A reset tells every kind.
        """
        self._thread.call(lambda: self.tell(heard))

    @property
    def problem(self) -> str:
        """Why it cannot be written to disk, in words; '' where it is, or is not to be."""
        return self._kept.problem if self._kept else ""

    def touch(self) -> None:
        """It is wanted: count its idleness from now."""
        self._touched = self._thread.loop.time()

    @property
    def lost(self) -> Lost | None:
        """Why what was kept of it is not in it, while that is to be said."""
        return self._kept.lost if self._kept else None

    @property
    def idle(self) -> float:
        """Seconds of real time since somebody asked something of it; 0 while a stream is open."""
        now = self._thread.loop.time()
        return now - max([self._touched, *(server.used for server in self._servers.values())])

    def stop(self) -> None:
        """Close everything; nothing of it runs afterwards. Stopping twice does no harm."""
        while self._clients:
            self._clients.popitem()[1].close()
        if not self._thread.alive:
            return
        self._thread.run(self.close())
        if self._own_thread:
            self._thread.stop()

    async def close(self) -> None:
        """What ``stop`` does, for a caller on the thread itself."""
        if self._reset_task is not None:
            self._reset_task.cancel()
        async with self._resets:
            self._ended = True
            self.cluster.machines.end()
            self._clock.close()
            if self._binder is not None:
                await self._binder.close()
            for server in self._servers.values():
                await server.close()
        if self._kept is not None:
            await self._kept.close()

    def _begin(self, nodes: int | None = None, formed: bool | None = None) -> None:
        asked: dict[str, Any] = {"nodes": nodes, "formed": formed}
        with_ = replace(self.settings, **{k: v for k, v in asked.items() if v is not None})
        state, random = self._kept.state if self._kept else None, Random(with_.seed)
        if state is None:
            self._clock = LoopClock(self._thread.loop, with_.speed)
        else:
            self._clock = LoopClock(self._thread.loop, state.factor, state.now)
            if state.paused:
                self._clock.pause()
            if with_.seed is not None:  # not the ids of the beginning again
                random = Random(f"{with_.seed} {state.writes}")
        try:
            what = (with_.nodes, with_.formed, with_.limits, state, with_.edition, with_.share)
            cluster = Cluster(self._clock, random, *what)
            if self._kept is not None:
                self._kept.record(cluster)
            if state is not None:
                cluster.cut_power()
        except BaseException:  # what is kept does not fit together
            self._clock.close()
            raise
        cluster.keeper = self
        self.cluster = cluster
        cluster.machines.docker = self.docker
        for heard in self._watchers:
            self._watch(heard)
            for kind in (*_TOLD, DockerLine):  # after a reset
                heard(kind.__name__)
        if with_.bind_ports:
            self._binder = PortBinder(cluster, with_.claim_ports)

    def tell(self, heard: Callable[[str], None]) -> None:
        """What ``watch`` does, for a caller on the thread itself."""
        self._watchers.append(heard)
        self._watch(heard)

    def _watch(self, heard: Callable[[str], None]) -> None:
        self.cluster.store.watch(lambda change: heard(type(change.subject).__name__), *_TOLD)
        self.cluster.machines.watch(lambda: heard(DockerLine.__name__))

    @property
    def listening(self) -> bool:
        """Its engines answer already."""
        return bool(self._servers)

    async def listen(self, places: Places | None = None) -> None:
        """On the thread itself: let every engine answer at its place, unless they do already.

        places: where; else at any free ports of the loopback. Raises OSError.
        """
        async with self._resets:
            if self._servers or self._ended:
                return
            self._places = places or ports(LOOPBACK, 0, ())
            servers = {
                engine.id: EngineServer(self.cluster, engine.id, self._places(engine.id))
                for engine in self.cluster.engines
            }
            try:
                for engine in self.cluster.engines:
                    if engine.up:
                        await servers[engine.id].open()
            except OSError:
                for server in servers.values():
                    await server.close()
                raise
            self._servers = servers

    def at(self, engine: str) -> EngineServer | None:
        """On the thread itself: what answers for an engine; None where there is none."""
        return self._servers.get(engine)

    async def attend(self) -> None:
        """Listen for the engines that have come, and no more for those that have gone."""
        async with self._resets:
            await self._attend()

    async def _attend(self) -> None:
        if not self._servers:
            return  # nobody has asked for an address yet
        there = [engine.id for engine in self.cluster.engines]
        for name in [name for name in self._servers if name not in there]:
            await self._servers.pop(name).close(self._asking)
        for name in there:
            if name not in self._servers:
                server = EngineServer(self.cluster, name, self._places(name))
                await server.open()
                self._servers[name] = server
        for server in self._servers.values():
            await server.opened()

    async def reset_for(self, nodes: int | None, formed: bool | None) -> None:
        """For whoever asks over a connection: it alone outlives the reset, to be answered."""
        asking = asyncio.current_task()
        assert asking is not None
        self._asking.add(asking)
        self._reset_task = self._thread.loop.create_task(self._reset(nodes, formed))
        try:
            await asyncio.shield(self._reset_task)  # it ends, too, when nobody waits for the answer
        finally:
            self._asking.discard(asking)

    async def _reset(self, nodes: int | None = None, formed: bool | None = None) -> None:
        async with self._resets:
            self.cluster.machines.end()
            self._clock.close()
            if self._binder is not None:
                await self._binder.close()
            self._begin(nodes, formed)
            there = {engine.id for engine in self.cluster.engines}
            for name, server in self._servers.items():
                if name in there:
                    await server.move_to(self.cluster, self._asking)
            await self._attend()
