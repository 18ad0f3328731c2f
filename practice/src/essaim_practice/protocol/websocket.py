"""A websocket (RFC 6455) as a Conduit: the bytes of text and binary messages, both ways."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping

from essaim_practice.protocol.answers import Conduit
from essaim_practice.store.errors import ApiError

_MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_MORE, _TEXT, _BINARY, _CLOSE, _PING, _PONG = 0, 1, 2, 8, 9, 10
_FINAL, _MASKED = 0x80, 0x80
_LONGEST = 2**20  # bytes of one frame
_TOO_BIG, _WRONG = 1009, 1002  # why a connection is closed


def handshake(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers that accept a websocket. Raises ApiError 400 if the request asks for none."""
    key = headers.get("sec-websocket-key", "")
    if headers.get("upgrade", "").lower() != "websocket" or not key:
        raise ApiError(400, "not websocket protocol")
    if headers.get("sec-websocket-version") != "13":
        raise ApiError(400, "missing or bad WebSocket Version")
    digest = hashlib.sha1(key.encode() + _MAGIC, usedforsecurity=False).digest()
    accept = base64.b64encode(digest).decode()
    return {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Accept": accept}


class WebSocket:
    """A websocket on a Conduit whose handshake is done."""

    def __init__(self, carrier: Conduit) -> None:
        self._carrier = carrier
        self._held = b""
        self._closed = False

    async def receive(self) -> bytes:
        """The bytes of the next message; b"" once the client has closed the websocket."""
        while not self._closed:
            kind, data = await self._frame()
            if kind in (_MORE, _TEXT, _BINARY) and data:
                return data
            if kind == _PING:
                await self._send(_PONG, data)
            elif kind == _CLOSE:
                await self.close(data[:2])
        return b""

    async def send(self, data: bytes) -> None:
        if not self._closed:
            await self._send(_BINARY, data)

    async def close(self, reason: bytes = b"") -> None:
        """Send a close frame. reason: two bytes, a status code of the RFC."""
        if not self._closed:
            self._closed = True
            await self._send(_CLOSE, reason)

    async def _send(self, kind: int, data: bytes) -> None:
        size = len(data)
        if size < 126:
            length = bytes((size,))
        elif size < 2**16:
            length = b"\x7e" + size.to_bytes(2, "big")
        else:
            length = b"\x7f" + size.to_bytes(8, "big")
        await self._carrier.send(bytes((_FINAL | kind,)) + length + data)

    async def _frame(self) -> tuple[int, bytes]:
        """Kind and data of the next frame; a close frame if the client is gone or wrong."""
        head = await self._read(2)
        if len(head) < 2:
            return _CLOSE, b""
        size = head[1] & ~_MASKED
        if size > 125:
            size = int.from_bytes(await self._read(2 if size == 126 else 8), "big")
        if size > _LONGEST:
            return _CLOSE, _TOO_BIG.to_bytes(2, "big")
        if not head[1] & _MASKED:
            return _CLOSE, _WRONG.to_bytes(2, "big")
        mask = await self._read(4)
        data = await self._read(size)
        if len(data) < size:
            return _CLOSE, b""
        return head[0] & 0x0F, bytes(byte ^ mask[at % 4] for at, byte in enumerate(data))

    async def _read(self, size: int) -> bytes:
        while len(self._held) < size:
            more = await self._carrier.receive()
            if not more:
                break
            self._held += more
        data, self._held = self._held[:size], self._held[size:]
        return data
