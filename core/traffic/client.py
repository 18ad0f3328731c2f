"""The HTTP/1.1 client of a run of traffic."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import h11

from core.engine.way import Way
from core.traffic.endpoints import Endpoint

#: Seconds from a request's start until it counts as failed.
TIMEOUT = 5.0
#: Bytes of a body that are kept, to look for the replica's name.
KEPT = 2048
_CHUNK = 65536


@dataclass(frozen=True, slots=True)
class Response:
    """An HTTP response, in short."""

    status: int
    headers: Mapping[str, str]  # by lower-case name
    body: str  # its beginning


class Connection:
    """A connection for one request after the other; ``usable``: another request may follow."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._http = h11.Connection(h11.CLIENT)

    @classmethod
    async def open(cls, way: Way) -> Connection:
        if way.socket:
            return cls(*await asyncio.open_unix_connection(way.socket))
        return cls(*await asyncio.open_connection(way.host, way.port))

    @property
    def usable(self) -> bool:
        return self._http.our_state is h11.IDLE and not self._reader.at_eof()

    async def get(self, host: str, target: str, headers: Mapping[str, str]) -> Response:
        """host: for the header of that name. target: path and query."""
        sent = {"Host": host, "User-Agent": "Essaim", "Accept": "*/*", **headers}
        request = h11.Request(method="GET", target=target, headers=list(sent.items()))
        self._writer.write(self._http.send(request) or b"")
        self._writer.write(self._http.send(h11.EndOfMessage()) or b"")
        await self._writer.drain()
        status, answered, body = 0, {}, b""
        while True:
            event = self._http.next_event()
            if event is h11.NEED_DATA:
                self._http.receive_data(await self._reader.read(_CHUNK))
            elif isinstance(event, h11.Response):
                status = event.status_code
                answered = {name.decode(): value.decode() for name, value in event.headers}
            elif isinstance(event, h11.Data):
                body += bytes(event.data)[: KEPT - len(body)]
            elif isinstance(event, h11.EndOfMessage):
                break
            elif isinstance(event, h11.ConnectionClosed):
                raise h11.RemoteProtocolError("closed before the answer")
        if self._http.our_state is h11.DONE and self._http.their_state is h11.DONE:
            self._http.start_next_cycle()
        return Response(status, answered, body.decode(errors="replace"))

    def close(self) -> None:
        self._writer.transport.abort()


class Client:
    """Sends the requests of one run, each over a new connection or over one kept for each node.

    run: the run's id; with it, the practice engine's relay tells connections apart.
    """

    def __init__(self, run: str, keep_alive: bool) -> None:
        self._run, self._keep_alive = run, keep_alive
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)  # by node
        self._kept: dict[str, Connection] = {}  # by node

    async def get(self, endpoint: Endpoint, query: str) -> Response:
        """Raises OSError, h11.RemoteProtocolError."""
        way = endpoint.way
        host, target = way.authority, f"{way.prefix}/?{query}"
        if not self._keep_alive:
            connection = await Connection.open(way)
            try:
                return await connection.get(host, target, {"Connection": "close", **way.headers})
            finally:
                connection.close()
        relayed = {"Essaim-Connection": f"{self._run}-{endpoint.name}"} if way.prefix else {}
        async with self._locks[endpoint.node]:  # HTTP/1.1 takes one request after the other
            kept = self._kept.pop(endpoint.node, None)
            if kept is None or not kept.usable:
                kept = await Connection.open(way)
            try:
                response = await kept.get(host, target, {**relayed, **way.headers})
            except BaseException:
                kept.close()
                raise
            self._kept[endpoint.node] = kept
            return response

    def close(self) -> None:
        for connection in self._kept.values():
            connection.close()


def failure(error: Exception) -> str:
    """Why a request got no answer: timeout, refused, broken or unreachable."""
    if isinstance(error, TimeoutError):
        return "timeout"
    if isinstance(error, ConnectionRefusedError):
        return "refused"
    if isinstance(error, h11.RemoteProtocolError | ConnectionError | EOFError):
        return "broken"
    return "unreachable"
