"""The server of the Docker Engine API: one for each engine, which passes requests to handlers.

An engine that is down refuses connections: its listener closes and opens with ``Engine.up``. One
whose place is a path of another server drops them.
"""

from __future__ import annotations

import asyncio
import inspect
import math
import re
import socket
from collections.abc import Mapping, Set
from email.utils import formatdate
from typing import Any
from urllib.parse import parse_qs, unquote

from essaim_practice.api import versions
from essaim_practice.api.managers import until_led
from essaim_practice.api.routing import Handler, Request, Route, find
from essaim_practice.engine.cluster import Cluster
from essaim_practice.protocol.answers import Answer, Response
from essaim_practice.store import quotas
from essaim_practice.store.edition import Edition, Version
from essaim_practice.store.errors import ApiError, Hold
from essaim_practice.store.memory import Budget
from essaim_practice.store.objects import Engine
from essaim_practice.store.store import Change
from essaim_practice.wire import http as wire
from essaim_practice.wire import listener
from essaim_practice.wire.places import Place

_PREFIX = re.compile(r"/v([0-9]{1,9}(?:\.[0-9]{0,9})*)(/.*)", re.DOTALL)

_REGISTRY = re.compile(r"/v2/(?:.+/(?:manifests|blobs)/[^/]+)?")  # not of the version 2

_LONGEST_PATH = 16 * 1024  # characters that are looked at: no route is as long
_MOST_VALUES = 1000  # of one query


class EngineServer:
    """Serves the API of one engine at its place."""

    def __init__(self, cluster: Cluster, engine: str, place: Place) -> None:
        self.engine = engine
        self.place = place
        self._cluster = cluster
        self._open = False  # it answers
        self._listener: asyncio.Server | None = None
        self._connections: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._streaming: set[asyncio.Task[None]] = set()
        self._opening: asyncio.Task[None] | None = None
        self._last_request = -math.inf
        self._stop_watching = cluster.store.watch(self._on_engine, Engine)

    @property
    def used(self) -> float:
        """Time of the last request on the loop's clock; now, while a stream is open."""
        return asyncio.get_running_loop().time() if self._streaming else self._last_request

    async def open(self) -> None:
        """Answer from now on. Raises OSError where its place may not be listened at."""
        self._listener = await self.place.open(self._accept)
        self._open = True

    async def opened(self) -> None:
        """Wait until it listens again, where its machine has just started."""
        if self._opening is not None:
            await asyncio.wait({self._opening})

    async def close(self, spared: Set[asyncio.Task[Any]] = frozenset()) -> None:
        """Listen no more, and end every connection but those spared."""
        self._stop_watching()
        if self._listener is not None:
            await listener.close(self._listener)
        tasks = self._shut(spared)
        self.place.leave()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def move_to(self, cluster: Cluster, spared: Set[asyncio.Task[Any]] = frozenset()) -> None:
        """Serve this engine of another cluster from now on, at the same place.

        spared: connections that do not end.
        """
        self._stop_watching()
        self._cluster = cluster
        self._stop_watching = cluster.store.watch(self._on_engine, Engine)
        self._drop_connections(spared)
        if not self._open:  # its machine was down
            await self.open()

    def _shut(self, spared: Set[asyncio.Task[Any]] = frozenset()) -> list[asyncio.Task[None]]:
        """Stop listening and drop every connection; returns the tasks that are ending."""
        if self._opening is not None:
            self._opening.cancel()
        self._open = False
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        return self._drop_connections(spared)

    def _drop_connections(self, spared: Set[asyncio.Task[Any]]) -> list[asyncio.Task[None]]:
        dropped = [task for task in self._connections if task not in spared]
        for task in dropped:
            self._connections[task].transport.abort()
            task.cancel()
        return dropped

    def _on_engine(self, change: Change) -> None:
        old, new = change.old, change.new
        if not (isinstance(new, Engine) and isinstance(old, Engine)):
            return
        if new.id == self.engine and new.up != old.up:
            if new.up:
                self._opening = asyncio.ensure_future(self.open())
            else:
                self._shut()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        if not self._open:  # the machine went down between the knock and the door
            writer.transport.abort()
            return
        try:
            self._enter(task, writer)
        except ApiError as error:
            await self._cluster.clock.counted(wire.refuse(reader, writer, error))
            return
        try:
            most = self._cluster.store.limits.request_bytes
            serving = wire.serve(reader, writer, self._handle, most, memory=self.memory)
            await self._cluster.clock.counted(serving)
        except asyncio.CancelledError:
            pass  # the machine went down
        finally:
            self.let_go(task)

    async def serve(self, connected: socket.socket) -> None:
        """Answer over a connection that is there already, until it ends."""
        reader, writer = await asyncio.open_connection(sock=connected)
        try:
            await self._accept(reader, writer)
        finally:
            writer.close()

    def memory(self, target: str) -> Budget:
        """Where the body of a request counts."""
        return self._cluster.store.memory

    async def answer(self, call: wire.Call, writer: asyncio.StreamWriter, base: str) -> wire.Reply:
        """Answer a call that came over the connection of another server.

        From now on, until ``let_go``, that connection ends with this engine. base: what preceded
        the path there. Raises ConnectionResetError while its machine is down.
        """
        task = asyncio.current_task()
        assert task is not None
        if not self._open:
            writer.transport.abort()
            raise ConnectionResetError(f"{self.engine} is down")
        try:
            self._enter(task, writer)
        except ApiError as error:
            return wire.Reply(error_response(error), {})
        return await self._cluster.clock.counted(self._handle(call, base))

    def let_go(self, task: asyncio.Task[None]) -> None:
        """A connection has ended, or its client asks something else."""
        self._end_stream(task)
        if self._connections.pop(task, None) is not None:
            self._cluster.connections.leave()

    def _enter(self, task: asyncio.Task[None], writer: asyncio.StreamWriter) -> None:
        """Raises ApiError 429 where the cluster has too many connections."""
        self._cluster.connections.enter()
        self._connections[task] = writer

    def _end_stream(self, task: asyncio.Task[None]) -> None:
        if task in self._streaming:
            self._streaming.discard(task)
            self._cluster.connections.end_stream()

    async def _handle(self, call: wire.Call, base: str = "") -> wire.Reply:
        task = asyncio.current_task()
        assert task is not None
        self._end_stream(task)
        self._last_request = asyncio.get_running_loop().time()
        if call.method not in ("GET", "HEAD"):
            self._cluster.touched = True
        reply = await self._reply(call, base)
        if not isinstance(reply.answer, Response):
            self._streaming.add(task)
            self._cluster.connections.begin_stream()
        return reply

    async def _reply(self, call: wire.Call, base: str) -> wire.Reply:
        date = {"Date": formatdate(self._cluster.clock.now(), usegmt=True)}
        raw_path, _, query = call.target.partition("?")
        path = unquote(raw_path[:_LONGEST_PATH])
        edition = self._cluster.store.edition
        api = edition.api
        prefix = _PREFIX.fullmatch(path)
        if prefix and not _REGISTRY.fullmatch(path):
            api, path = prefix.groups()
        found = find(call.method, path)
        if found is None:
            return wire.Reply(Response({"message": _nothing_here(call.method, path)}, 404), date)
        headers = {
            **date,
            "Api-Version": edition.api,
            "Docker-Experimental": "false",
            "Ostype": "linux",
            "Server": f"Docker/{edition.version} (linux)",
        }
        if refusal := _wrong_version(api, edition):
            return wire.Reply(refusal, headers)
        route, params = found
        try:
            values = parse_qs(query, keep_blank_values=True, max_num_fields=_MOST_VALUES)
        except ValueError:
            text = f"a request has at most {_MOST_VALUES} values in its query"
            return wire.Reply(Response({"message": text}, 400), headers)
        request = Request(
            cluster=self._cluster,
            engine=self.engine,
            method=call.method,
            path=path,
            params=params,
            query={name: several[0] for name, several in values.items()},
            headers=call.headers,
            body=call.body,
            version=_version(api),
            target=call.target,
            repeated=values,
            base=base,
        )
        return wire.Reply(await self._answer(route, request), headers)

    async def _answer(self, route: Route, request: Request) -> Answer:
        try:
            if route.quota is not None:
                quotas.require(self._cluster.store, route.quota)
            if route.streams:
                self._cluster.connections.require_stream()
            request = versions.taken(request, route)
            answer = versions.fit(await _called(route.handler, request), route, request)
        except ApiError as error:
            return error_response(versions.refusal(error, request))
        except Exception as error:  # a bug of ours must not look like a broken network
            wire.log.exception("%s %s failed", request.method, request.path)
            return Response({"message": f"{type(error).__name__}: {error}"}, 500)
        return answer


async def _called(handler: Handler, request: Request) -> Answer:
    """The answer of the handler; waits for a leader while it raises Hold."""
    while True:
        try:
            answer = handler(request)
            return await answer if inspect.isawaitable(answer) else answer
        except Hold as hold:
            await until_led(request, hold)


def error_response(error: ApiError) -> Response:
    if error.status == 304:
        return Response(None, 304)
    return Response({"message": error.message}, error.status)


def _nothing_here(method: str, path: str) -> str:
    if path.startswith("/_practice"):
        return f"there is no {method} {path}: GET /_practice lists what there is"
    return "page not found"


def _version(text: str) -> Version:
    major, _, minor = text.partition(".")
    digits = minor.split(".")[0]
    return int(major), int(digits) if digits else 0


def _wrong_version(api: str, edition: Edition) -> Response | None:
    if _version(api) < edition.oldest:
        text = (
            f"client version {api} is too old. Minimum supported API version is "
            f"{edition.oldest_api}, please upgrade your client to a newer version"
        )
        # Clients that old expect plain text, and the daemon still obliges them.
        plain: Mapping[str, str] = {"Content-Type": "text/plain; charset=utf-8"}
        return Response(f"{text}\n".encode(), 400, plain)
    if _version(api) > edition.newest:
        text = f"client version {api} is too new. Maximum supported API version is {edition.api}"
        return Response({"message": text}, 400)
    return None
