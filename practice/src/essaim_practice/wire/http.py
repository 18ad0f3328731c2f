"""HTTP/1.1 on one connection: requests in, answers out, until one side closes it."""

from __future__ import annotations

import asyncio
import contextlib
import io
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import h11

from essaim_practice.protocol.answers import Answer, Response, Stream, Upgrade
from essaim_practice.protocol.texts import dumped, is_lazy, pieces
from essaim_practice.store.errors import ApiError
from essaim_practice.store.limits import STANDARD
from essaim_practice.store.memory import UNBOUNDED, Budget, Reservation
from essaim_practice.store.turns import SLICE, counted
from essaim_practice.wire.lengths import Head, begun, joined

_READ = 65536
_PIECE = 256 * 1024  # bytes of an answer that are written at once
_BREATH = 0.03  # real seconds between an upgrade and what follows it
_PATIENCE = 1.0  # real seconds for a refused client to finish its request
_EMPTY = (204, 304)  # statuses that have no body

log = logging.getLogger("essaim_practice")


@dataclass(frozen=True, slots=True)
class Call:
    """One received HTTP request."""

    method: str
    target: str  # path and query, still quoted
    headers: Mapping[str, str]  # lower-case names
    body: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer with the headers that its server puts on every answer."""

    answer: Answer
    headers: Mapping[str, str]


Handle = Callable[[Call], Awaitable[Reply]]
#: Looks at the headers of a request before its body is read: whether it is let in.
Admit = Callable[[Mapping[str, str]], bool]


class _Unknown(Exception):
    """Whoever sends the request has not shown that it may."""


#: The memory that the body of a request counts in, by its path and query.
Memories = Callable[[str], Budget]


class _TooLarge(Exception):
    """The body of the request exceeds its limit."""


async def serve(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    handle: Handle,
    most: int = STANDARD.request_bytes,
    admit: Admit | None = None,
    memory: Memories = lambda target: UNBOUNDED,
) -> None:
    """Answer requests on a connection until it ends. Nothing that a client sends makes it raise.

    most: bytes that a request's body may have. admit: who is let in; None: all are. memory: has
    room for the bodies that come.
    """
    await _until_closed(_Connection(reader, writer, handle, most, admit, memory).run(), writer)


async def refuse(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, error: ApiError
) -> None:
    """Answer whatever comes on a connection with an error, and close it."""

    async def never(call: Call) -> Reply:
        raise error

    connection = _Connection(reader, writer, never, 0, None, lambda target: UNBOUNDED)
    await _until_closed(connection.refuse(error.status, error.message), writer)


async def _until_closed(service: Coroutine[Any, Any, None], writer: asyncio.StreamWriter) -> None:
    try:
        await service
    except (ConnectionError, asyncio.IncompleteReadError):
        pass  # the client went away
    finally:
        with contextlib.suppress(ConnectionError):
            writer.close()


class _Connection:
    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        handle: Handle,
        most: int,
        admit: Admit | None,
        memory: Memories,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._handle = handle
        self._most = most
        self._admit = admit
        self._head_only = False  # of the last request: its answer has no body
        self._memory = memory
        self._held: Reservation | None = None  # of the present request's body
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=256 * 1024)

    async def run(self) -> None:
        while True:
            try:
                call = await self._receive()
            except h11.RemoteProtocolError as error:
                await self.refuse(error.error_status_hint or 400, f"malformed request: {error}")
                return
            except _Unknown:
                await self.refuse(401, "this needs the header Authorization: Bearer SECRET")
                return
            except _TooLarge:
                await self.refuse(413, f"request body is larger than {self._most} bytes")
                return
            except ApiError as error:
                await self.refuse(error.status, error.message)
                return
            if call is None:
                return
            reply = await self._handle(call)
            if isinstance(reply.answer, Upgrade):
                await self._upgrade(call, reply, reply.answer)
                return
            if isinstance(reply.answer, Stream):
                await self._stream(call, reply, reply.answer)
            else:
                await self._respond(call, reply, reply.answer)
            if self._http.our_state is not h11.DONE or self._http.their_state is not h11.DONE:
                return
            self._http.start_next_cycle()
            self._held = None
            await asyncio.sleep(0)  # the next one may have come already, and others as well

    async def _receive(self) -> Call | None:
        request: h11.Request | None = None
        headers: dict[str, str] = {}
        body = io.BytesIO()  # which gives what it holds without a copy
        loop = asyncio.get_running_loop()
        until = loop.time() + SLICE
        head = Head()
        while True:
            if loop.time() >= until:  # a body of many small chunks waits for nothing
                await asyncio.sleep(0)
                until = loop.time() + SLICE
            event = self._http.next_event()
            if event is h11.NEED_DATA:
                if self._http.they_are_waiting_for_100_continue:
                    go_on = h11.InformationalResponse(status_code=100, headers=[])
                    await self._write(self._http.send(go_on))
                data = await self._reader.read(_READ)
                if request is None:
                    head.add(data)
                self._http.receive_data(data)
            elif isinstance(event, h11.Request):
                request = event
                self._head_only = event.method == b"HEAD"
                self._held = Reservation(self._memory(event.target.decode()))
                headers = {k.decode().lower(): v.decode("latin-1") for k, v in event.headers}
                if self._admit is not None and not self._admit(headers):
                    raise _Unknown
                length = dict(event.headers).get(b"content-length", b"0")
                if int(length) > self._most:
                    raise _TooLarge
            elif isinstance(event, h11.Data):
                assert self._held is not None
                self._held.admit(len(event.data))
                body.write(event.data)
                if body.tell() > self._most:
                    raise _TooLarge
            elif isinstance(event, h11.EndOfMessage):
                assert request is not None
                method, target = request.method.decode(), request.target.decode()
                return Call(method, target, headers, body.getvalue())
            else:  # the connection was closed between requests
                return None

    async def _respond(self, call: Call, reply: Reply, answer: Response) -> None:
        if is_lazy(answer.body):
            first, rest = await begun(pieces(answer.body))
            if rest is not None:
                stream = Stream(joined(first, rest), headers=answer.headers)
                await self._stream(call, reply, stream)
                return
            answer = Response(first + b"\n", answer.status, answer.headers)
        payload = _payload(answer.body)
        headers = dict(reply.headers)
        if answer.status not in _EMPTY:
            if payload:
                headers["Content-Type"] = "application/json"
            headers.update(answer.headers)
            headers["Content-Length"] = str(len(payload))
        else:
            headers.update(answer.headers)
        sent = self._start(answer.status, headers)
        if payload and call.method != "HEAD" and answer.status not in _EMPTY:
            for at in range(0, len(payload), _PIECE):  # a large one is held no second time
                if at:
                    await self._write(sent)
                sent = (b"" if at else sent) + self._sent(h11.Data(data=payload[at : at + _PIECE]))
        await self._write(sent + self._sent(h11.EndOfMessage()))

    async def _stream(self, call: Call, reply: Reply, answer: Stream) -> None:
        headers = {**reply.headers, "Content-Type": answer.content_type, **answer.headers}
        await self._write(self._start(200, headers))
        pump = asyncio.ensure_future(counted(self._pump(answer)))
        gone = asyncio.ensure_future(self._client_leaves())
        try:
            await asyncio.wait((pump, gone), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (pump, gone):
                task.cancel()
            outcome, _ = await asyncio.gather(pump, gone, return_exceptions=True)
            close = getattr(answer.chunks, "aclose", None)
            if close is not None:
                await close()
        if outcome is None:
            await self._write(self._sent(h11.EndOfMessage()))
        elif isinstance(outcome, Exception) and not isinstance(outcome, ConnectionError):
            log.error("%s %s broke off", call.method, call.target, exc_info=outcome)

    async def _pump(self, answer: Stream) -> None:
        loop = asyncio.get_running_loop()
        until = loop.time() + SLICE
        async for chunk in answer.chunks:
            if chunk:
                await self._write(self._sent(h11.Data(data=chunk)))
            if loop.time() >= until:  # neither may have waited for anything
                await asyncio.sleep(0)
                until = loop.time() + SLICE

    async def _client_leaves(self) -> None:
        """Wait until the client closes its side; keep the bytes that it sends before."""
        while data := await self._reader.read(_READ):
            self._http.receive_data(data)

    async def _upgrade(self, call: Call, reply: Reply, answer: Upgrade) -> None:
        headers = {**reply.headers, "Content-Type": answer.content_type}
        if answer.handshake:
            headers = {**reply.headers, **answer.handshake}
            status, reason = 101, "Switching Protocols"
        elif "upgrade" in call.headers:
            headers |= {"Connection": "Upgrade", "Upgrade": "tcp"}
            status, reason = 101, "UPGRADED"
        else:  # a client of old: the same bytes after a plain 200
            headers["Connection"] = "close"
            status, reason = 200, "OK"
        lines = [f"HTTP/1.1 {status} {reason}", *(f"{k}: {v}" for k, v in headers.items())]
        await self._write("\r\n".join([*lines, "", ""]).encode("latin-1"))
        early, _ = self._http.trailing_data
        await answer.session(_Duplex(self._reader, self._writer, early))

    def _start(self, status: int, headers: Mapping[str, str]) -> bytes:
        lines = [(k.encode("latin-1"), v.encode("latin-1")) for k, v in headers.items()]
        event = h11.Response(status_code=status, headers=lines, reason=_reason(status))
        return self._sent(event)

    async def refuse(self, status: int, message: str) -> None:
        if self._http.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            return
        payload = _payload({"message": message})
        headers = {
            "Content-Type": "application/json",
            "Content-Length": str(len(payload)),
            "Connection": "close",
        }
        sent = self._start(status, headers)
        if not self._head_only:
            sent += self._sent(h11.Data(data=payload))
        await self._write(sent + self._sent(h11.EndOfMessage()))
        await self._hear_out()

    async def _hear_out(self) -> None:
        """Read on for a while: closing while the client sends would lose the answer."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE):
                while await self._reader.read(_READ):
                    pass

    def _sent(self, event: h11.Event) -> bytes:
        return self._http.send(event) or b""

    async def _write(self, data: bytes | None) -> None:
        self._writer.write(data or b"")
        await self._writer.drain()


class _Duplex:
    """The connection after an upgrade (a Conduit)."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, early: bytes
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._early = early
        self._opens = asyncio.get_running_loop().time() + _BREATH

    async def receive(self) -> bytes:
        if self._early:
            early, self._early = self._early, b""
            return early
        return await self._reader.read(_READ)

    async def send(self, data: bytes) -> None:
        # docker-py reads the head through a buffer and the rest from the bare socket: it misses
        # bytes that come too soon. A real daemon takes longer to start a process. On a busy machine
        # no pause is long enough, and docker-py misses output as it does of a real engine.
        if (wait := self._opens - asyncio.get_running_loop().time()) > 0:
            await asyncio.sleep(wait)
        self._writer.write(data)
        await self._writer.drain()


def _payload(body: Any) -> bytes:
    if body is None:
        return b""
    if isinstance(body, bytes):
        return body
    return dumped(body) + b"\n"


def _reason(status: int) -> bytes:
    try:
        return HTTPStatus(status).phrase.encode()
    except ValueError:
        return b""
