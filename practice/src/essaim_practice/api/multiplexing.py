"""Attached sessions: bytes both ways between an upgraded connection and a process."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from essaim_practice.api.routing import Request
from essaim_practice.programs.stdio import Streams
from essaim_practice.protocol.answers import Conduit
from essaim_practice.store.errors import ApiError
from essaim_practice.store.turns import counted

RAW = "application/vnd.docker.raw-stream"
MULTIPLEXED = "application/vnd.docker.multiplexed-stream"
_KEYS = {f"ctrl-{chr(letter)}": letter - 96 for letter in range(ord("a"), ord("z") + 1)}
_KEYS |= {"ctrl-@": 0, "ctrl-[": 27, "ctrl-\\": 28, "ctrl-]": 29, "ctrl-^": 30, "ctrl-_": 31}
_USUAL_KEYS = b"\x10\x11"  # Ctrl-P Ctrl-Q


@dataclass(frozen=True, slots=True)
class AttachOptions:
    """The streams that a client attaches to, and how.

    framed: multiplex the streams by frames. closes: the end of the client's bytes ends the input of
    the process. keys: the bytes that detach; none without a terminal.
    """

    stdin: bool
    stdout: bool
    stderr: bool
    framed: bool
    closes: bool
    keys: bytes = b""


def frame(stream: int, data: bytes) -> bytes:
    """One frame of the multiplexed stream: type, three zeros, length, data."""
    return bytes((stream, 0, 0, 0)) + len(data).to_bytes(4, "big") + data


def stream_type(tty: bool, version: tuple[int, int]) -> str:
    """The content type of an answer with output."""
    return RAW if tty or version < (1, 42) else MULTIPLEXED


def upgraded_type(request: Request, tty: bool) -> str:
    """The content type after an upgrade; always raw for a client that did not ask for one."""
    return stream_type(tty, request.version) if "upgrade" in request.headers else RAW


def detach_keys(text: str) -> bytes:
    """Detach keys (``ctrl-p,ctrl-q``) as bytes; the default for "". Raises ApiError 400."""
    codes = bytearray()
    for name in filter(None, text.split(",")):
        code = ord(name) if len(name) == 1 and ord(name) < 128 else _KEYS.get(name.lower())
        if code is None:
            raise ApiError(400, f"Invalid detach keys ({text}) provided")
        codes.append(code)
    return bytes(codes) or _USUAL_KEYS


class _Door:
    """Passes input on, and finds the detach keys in it."""

    def __init__(self, keys: bytes) -> None:
        self._keys = keys
        self._held = b""
        self.left = False

    def through(self, data: bytes) -> bytes:
        if not self._keys:
            return data
        data = self._held + data
        at = data.find(self._keys)
        if at >= 0:
            self.left = True
            return data[:at]
        held = next(
            (n for n in range(len(self._keys) - 1, 0, -1) if data.endswith(self._keys[:n])), 0
        )
        self._held = data[len(data) - held :]
        return data[: len(data) - held]


async def converse(
    conduit: Conduit,
    streams: Streams,
    options: AttachOptions,
    begin: Callable[[], None] = lambda: None,
    past: bytes = b"",
) -> bool:
    """Pass bytes between client and process until one of them ends.

    Returns whether the client detached by its keys. begin: called once all output is followed; its
    exceptions pass through. past: output that is sent first.
    """
    coming = streams.follow()
    streams.telling += 1
    door = _Door(options.keys)

    async def hear() -> None:
        """Returns when the client's bytes end the session."""
        while data := await conduit.receive():
            if data := door.through(data):
                await streams.type(data)
            if door.left:
                return
        if options.closes:
            streams.hang_up()
            await asyncio.Future()  # what the process makes of it is still to be told

    async def tell() -> None:
        if past:
            await conduit.send(past)
        async for chunk in coming:
            if options.stdout if chunk.stream == 1 else options.stderr:
                framed = options.framed
                await conduit.send(frame(chunk.stream, chunk.data) if framed else chunk.data)

    try:
        begin()
    except BaseException:
        streams.telling -= 1
        raise
    tasks = [asyncio.ensure_future(counted(tell()))]
    if options.stdin:
        tasks.append(asyncio.ensure_future(counted(hear())))
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        streams.telling -= 1
        await coming.aclose()
    for outcome in outcomes:
        if isinstance(outcome, Exception):
            raise outcome
    return door.left
