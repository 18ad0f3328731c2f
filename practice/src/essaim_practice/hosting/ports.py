"""Published ports on this very machine: real listeners on the loopback, one address per node.

node1's ports are at 127.0.0.1; on Linux node2's are at 127.0.0.2, and so on. A port that may not be
bound (no privilege, taken) is left alone: the API's ``/_practice/open`` leads there all the same.
Where ports are claimed, a container that publishes one that is taken does not start.
"""

from __future__ import annotations

import asyncio
import errno
import socket
import sys
from functools import partial

from essaim_practice.apps import relay
from essaim_practice.engine.cluster import Cluster
from essaim_practice.network.mesh import Connection, Refused
from essaim_practice.store.objects import Container, Engine, Node, Service
from essaim_practice.store.store import Change
from essaim_practice.wire import http as wire
from essaim_practice.wire import listener, raw

Place = tuple[str, int]  # engine, port


class PortBinder:
    """Watches what is published and keeps a real listener for each port that may be bound."""

    def __init__(self, cluster: Cluster, claim: bool) -> None:
        """claim: containers do not start where another program has the port that they publish."""
        self._cluster = cluster
        self._addresses = _addresses(cluster)
        self._listeners: dict[Place, asyncio.Server] = {}
        self._refused: set[Place] = set()
        self._connections: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._round: asyncio.Task[None] | None = None
        self._again = False
        watched = (Container, Service, Node, Engine)
        self._stop_watching = cluster.store.watch(self._on_change, *watched)
        cluster.bound = self.bound
        if claim:
            cluster.mesh.claimed = self._claimed

    def bound(self, engine: str, port: int) -> str | None:
        """The address on this machine where a node's port answers, if it does: 127.0.0.1:80."""
        if (engine, port) not in self._listeners:
            return None
        return f"{self._addresses[engine]}:{port}"

    def _claimed(self, engine: str, port: int) -> bool:
        """Whether another program of this computer listens where a node's port would."""
        address = self._addresses.get(engine)
        if address is None or (engine, port) in self._listeners:
            return False
        with socket.socket() as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                tried.bind((address, port))
            except OSError as error:
                return error.errno == errno.EADDRINUSE
        return False

    async def close(self) -> None:
        self._stop_watching()
        if self._round is not None:
            self._round.cancel()
        for place in list(self._listeners):
            await self._shut(place)
        for task, writer in list(self._connections.items()):
            writer.transport.abort()
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    def _on_change(self, change: Change) -> None:
        if _opens_nothing(change):
            return
        if self._round is None or self._round.done():
            self._round = asyncio.ensure_future(self._follow())
        else:
            self._again = True

    async def _follow(self) -> None:
        """Open and close listeners until they are those that the cluster publishes now."""
        self._again = True
        while self._again:
            self._again = False
            wanted = {(o.engine, o.port) for o in self._cluster.mesh.openings()}
            for place in set(self._listeners) - wanted:
                await self._shut(place)
            self._refused &= wanted
            for place in sorted(wanted - set(self._listeners) - self._refused):
                await self._bind(place)

    async def _bind(self, place: Place) -> None:
        engine, port = place
        if engine not in self._addresses:
            self._addresses = _addresses(self._cluster)  # it may be a new one
        if engine not in self._addresses:
            return
        try:
            self._listeners[place] = await asyncio.start_server(
                partial(self._accept, engine, port), self._addresses[engine], port
            )
        except OSError:
            self._refused.add(place)

    async def _shut(self, place: Place) -> None:
        await listener.close(self._listeners.pop(place))

    async def _accept(
        self,
        engine: str,
        port: int,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        try:
            connection = self._cluster.mesh.connect(engine, port)
            talk = connection.talk() if connection.raw else None
        except (Refused, OSError):
            writer.transport.abort()  # as a refused connection looks from here: a reset
            return
        task = asyncio.current_task()
        assert task is not None
        self._connections[task] = writer
        try:
            if talk is not None:
                await self._cluster.clock.counted(raw.carry(talk, reader, writer))
            else:
                await wire.serve(reader, writer, partial(_handle, connection, writer))
        except asyncio.CancelledError:
            pass  # the server is closing
        finally:
            self._connections.pop(task, None)


async def _handle(
    connection: Connection, writer: asyncio.StreamWriter, call: wire.Call
) -> wire.Reply:
    try:
        answer = await relay.answer(connection, call.method, call.target, call.headers, call.body)
    except Refused as refused:
        writer.transport.abort()
        raise ConnectionResetError(str(refused)) from None
    return wire.Reply(answer, {})


def _addresses(cluster: Cluster) -> dict[str, str]:
    """Where each node's ports are on this machine; only Linux answers on all of 127.0.0.0/8."""
    nodes = [engine.id for engine in cluster.store.all(Engine)]
    if sys.platform != "linux":
        nodes = nodes[:1]
    return {engine: f"127.0.0.{number}" for number, engine in enumerate(nodes, 1)}


def _opens_nothing(change: Change) -> bool:
    """Whether a change leaves the published ports as they were: most do."""
    old, new = change.old, change.new
    if isinstance(change.subject, Container) and not change.subject.ports:
        return not (isinstance(old, Container) and old.ports)
    if isinstance(old, Service) and isinstance(new, Service):
        return old.ports == new.ports
    if isinstance(old, Engine) and isinstance(new, Engine):
        return (old.up, old.cut, old.node_id) == (new.up, new.cut, new.node_id)
    return isinstance(change.subject, Node)
