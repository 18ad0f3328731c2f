"""Routes on the output of containers: logs, attach, resize, wait."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable

from essaim_practice.api.containers import called
from essaim_practice.api.multiplexing import (
    AttachOptions,
    converse,
    detach_keys,
    frame,
    stream_type,
    upgraded_type,
)
from essaim_practice.api.routing import Request, route
from essaim_practice.protocol import websocket
from essaim_practice.protocol.answers import Conduit, Response, Stream, Upgrade
from essaim_practice.store.broadcast import TOGETHER
from essaim_practice.store.errors import ApiError
from essaim_practice.store.formats import parse_time, rfc3339
from essaim_practice.store.objects import Container, LogLine
from essaim_practice.store.store import Change

_LOOK = 0.005  # seconds from one look to the next whether last words are still on their way
_LOOKS = 100  # a client that does not read them holds no exit code up
_BITS = 32


def _tty(container: Container) -> bool:
    return bool(container.config.get("Tty"))


def _sent(
    container: Container, line: LogLine, timestamps: bool = False, details: bool = False
) -> bytes:
    text = line.text
    if details:  # what a log option adds to each line: nothing here
        text = b" " + text
    if timestamps:
        text = rfc3339(line.time, trim=False).encode() + b" " + text
    return text if _tty(container) else frame(line.stream, text)


@route("GET", "/containers/{id}/logs", streams=True)
def logs(request: Request) -> Stream:
    stdout, stderr = request.flag("stdout"), request.flag("stderr")
    if not (stdout or stderr):
        raise ApiError(400, "Bad parameters: you must choose at least one stream")
    container = called(request)
    if (container.host_config.get("LogConfig") or {}).get("Type") == "none":
        raise ApiError(501, "configured logging driver does not support reading")
    now, timestamps = request.cluster.clock.now(), request.flag("timestamps")
    details = request.flag("details")
    try:
        since = parse_time(request.query.get("since", ""), now)
        until = parse_time(request.query.get("until", ""), now)
    except ValueError as error:
        raise ApiError(400, f"invalid value for a time: {error}") from None
    tail = request.amount("tail")
    book = request.cluster.logs
    follow = request.flag("follow") and container.state == "running"
    coming = book.follow(container.id) if follow else None
    past = book.read(container.id, stdout, stderr, since, until, tail)

    async def lines() -> AsyncIterator[bytes]:
        try:
            for at in range(0, len(past), TOGETHER):
                some = past[at : at + TOGETHER]
                yield b"".join(_sent(container, line, timestamps, details) for line in some)
            if coming is None:
                return
            if until:
                request.cluster.clock.call_later(until - now, coming.end)
            async for found in coming.several():
                heard = (line for line in found if (stdout if line.stream == 1 else stderr))
                yield b"".join(_sent(container, line, timestamps, details) for line in heard)
        finally:
            if coming is not None:
                await coming.aclose()

    return Stream(lines(), stream_type(_tty(container), request.version))


@route("POST", "/containers/{id}/attach", streams=True)
def attach(request: Request) -> Upgrade:
    session = _attachment(request, framed=True)
    return Upgrade(session, upgraded_type(request, _tty(called(request))))


@route("GET", "/containers/{id}/attach/ws", streams=True)
def attach_websocket(request: Request) -> Upgrade:
    """Attach by a websocket, whose messages hold no frames."""
    called(request)
    shaken = websocket.handshake(request.headers)
    session = _attachment(request, framed=False)

    async def talk(conduit: Conduit) -> None:
        connection = websocket.WebSocket(conduit)
        await session(connection)
        await connection.close()

    return Upgrade(talk, "", shaken)


def _attachment(request: Request, framed: bool) -> Callable[[Conduit], Awaitable[None]]:
    """The session between a client and the container that it attaches to."""
    container, cluster = called(request), request.cluster
    keys = detach_keys(request.query.get("detachKeys", ""))
    if container.paused:
        text = f"container {request.params['id']} is paused, unpause the container before attach"
        raise ApiError(409, text)
    streaming, tty, config = request.flag("stream"), _tty(container), container.config
    stdout, stderr = request.flag("stdout"), request.flag("stderr")
    options = AttachOptions(
        stdin=streaming and request.flag("stdin") and bool(config.get("OpenStdin")),
        stdout=streaming and stdout,
        stderr=streaming and stderr,
        framed=framed and not tty,
        closes=bool(config.get("StdinOnce")) and not tty,
        keys=keys if tty else b"",
    )
    cluster.events.emit_container(container, "attach")
    lines = cluster.logs.read(container.id, stdout, stderr) if request.flag("logs") else []
    past = b"".join(_sent(container, line) if framed else line.text for line in lines)
    streams = cluster.processes.streams(container)

    async def session(conduit: Conduit) -> None:
        if not (options.stdin or options.stdout or options.stderr):
            await conduit.send(past)
        elif await converse(conduit, streams, options, past=past):
            cluster.events.emit_container(container, "detach")

    return session


def window(request: Request) -> tuple[int, int]:
    """Rows and columns of the query. Raises ApiError 400 for an invalid size."""
    sizes = []
    for name, kind in (("h", "height"), ("w", "width")):
        text = request.query.get(name, "")
        if not text.removeprefix("-").isdecimal() or not text.isascii():
            raise ApiError(400, f'invalid resize {kind} "{text}": invalid syntax')
        if len(text) > _BITS or not 0 <= int(text) < 2**_BITS:
            raise ApiError(400, f'invalid resize {kind} "{text}": value out of range')
        sizes.append(int(text))
    return sizes[0], sizes[1]


@route("POST", "/containers/{id}/resize")
def resize(request: Request) -> Response:
    rows, columns = window(request)
    container = called(request)
    if container.state != "running":
        raise ApiError(409, f"container {container.id} is not running")
    request.cluster.processes.resize(container.id, rows, columns)
    size = {"height": str(rows), "width": str(columns)}
    request.cluster.events.emit_container(container, "resize", **size)
    return Response(None)


@route("POST", "/containers/{id}/wait", streams=True)
def wait(request: Request) -> Stream:
    """Send the headers at once, and the exit code when the container ends."""
    condition = request.query.get("condition") or "not-running"
    if condition not in ("not-running", "next-exit", "removed"):
        raise ApiError(400, f'invalid condition: "{condition}"')
    store, container = request.cluster.store, called(request)
    last = container
    gone = False

    def remember(change: Change) -> None:
        nonlocal last, gone
        if change.subject.id == container.id:
            if isinstance(change.new, Container):
                last = change.new
            else:
                gone = True

    def over() -> bool:
        if gone or condition == "removed":
            return gone
        if last.finished != container.finished:
            return True  # what its restart policy makes of it is no matter
        if condition == "next-exit":
            return bool(last.error)
        return last.state != "running" and not last.restarting

    stop = store.watch(remember, Container)
    processes = request.cluster.processes

    async def answer() -> AsyncIterator[bytes]:
        try:
            await store.until(over, Container)
            for _ in range(_LOOKS):  # who is attached hears the last words first
                if not processes.is_telling(container.id):
                    break
                await asyncio.sleep(_LOOK)
            yield json.dumps({"StatusCode": last.exit_code}).encode() + b"\n"
        finally:
            stop()

    return Stream(answer())
