"""Answers of the Engine API before they are sent: complete, streamed, or an upgrade."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Response:
    """A complete answer.

    body: bytes as they are, None (empty), or a value for JSON. An iterator, also as a value of an
    object, is a list whose items are made one by one; bytes among those are JSON already.
    """

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stream:
    """An answer sent in chunks as they come; headers are flushed before the first one."""

    chunks: AsyncIterator[bytes]
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


class Conduit(Protocol):
    """A connection after the upgrade: bytes both ways."""

    async def receive(self) -> bytes:
        """The next bytes from the client; b"" at the end."""
        ...

    async def send(self, data: bytes) -> None: ...


@dataclass(frozen=True, slots=True)
class Upgrade:
    """An answer that takes the connection over (101 UPGRADED) until ``session`` returns."""

    session: Callable[[Conduit], Awaitable[None]]
    content_type: str
    handshake: Mapping[str, str] | None = None  # the headers of a websocket's beginning


Answer = Response | Stream | Upgrade
