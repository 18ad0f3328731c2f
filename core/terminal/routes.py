"""The websocket of a terminal: bytes both ways, its size up, its end down."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

import anyio
import anyio.to_thread
from starlette.routing import BaseRoute, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from core.terminal.terminal import End, Terminal, View
from core.terminal.tickets import BROWSER, Tickets

T = TypeVar("T")

#: Whether a request with these headers comes from a page of ours.
OriginCheck = Callable[[Mapping[str, str]], bool]

HELLO = 20.0  # seconds in which the ticket must come
MAX_TYPED = 200_000  # bytes in one message: more is no paste
#: Close codes of our own.
NO_TICKET, NOT_ALLOWED = 4401, 4403


@dataclass(frozen=True, slots=True)
class TerminalPass:
    """The right to use a terminal, while ``allowed`` says so. acted: called at each message."""

    terminal: Terminal
    allowed: Callable[[], bool]
    acted: Callable[[], None] = lambda: None


def routes(
    tickets: Callable[[], Tickets[TerminalPass]], origin_allowed: OriginCheck
) -> list[BaseRoute]:
    # Typing waits for the program. With threads of their own, no terminal stops another route.
    typing = anyio.CapacityLimiter(64)

    async def terminal(socket: WebSocket) -> None:
        found = await redeemed(socket, tickets(), origin_allowed)
        if found is None:
            return
        held, _hello = found
        with held.terminal.view() as view:
            sending = asyncio.create_task(_send(socket, view, held))
            try:
                await _receive(socket, held, typing)
            except (WebSocketDisconnect, ValueError, TypeError, KeyError):
                pass  # the browser is gone, or not our page
            finally:
                sending.cancel()

    return [WebSocketRoute("/terminal/socket", terminal)]


async def redeemed(
    socket: WebSocket, tickets: Tickets[T], origin_allowed: OriginCheck
) -> tuple[T, dict[str, Any]] | None:
    """The value of the ticket in a browser's first message, and the message.

    Returns None, and closes the socket, for another site's page and for a wrong ticket.
    """
    if not origin_allowed(socket.headers):
        await socket.close(code=1008, reason="this page may not come here")
        return None
    await socket.accept()
    hello: dict[str, Any] = {}
    try:
        hello = json.loads(await asyncio.wait_for(socket.receive_text(), HELLO))
        found = tickets.redeem(hello["ticket"], socket.headers.get(BROWSER, ""))
    except (TimeoutError, WebSocketDisconnect, ValueError, TypeError, KeyError):
        found = None
    if found is None:
        await socket.close(code=NO_TICKET, reason="a fresh ticket is needed")
        return None
    return found, hello


async def _receive(socket: WebSocket, held: TerminalPass, typing: anyio.CapacityLimiter) -> None:
    while True:
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            return
        if not held.allowed():
            await locked(socket)
            return
        held.acted()
        keys, text = message.get("bytes"), message.get("text")
        if keys is not None:
            if len(keys) <= MAX_TYPED:
                await anyio.to_thread.run_sync(held.terminal.type, keys, limiter=typing)
        elif text:
            columns, rows = (int(n) for n in json.loads(text)["size"])
            await anyio.to_thread.run_sync(held.terminal.resize, columns, rows, limiter=typing)


async def locked(socket: WebSocket) -> None:
    """Close it: its viewer has no right to it any more."""
    with suppress(RuntimeError):  # it is closed, or being closed, already
        await socket.close(code=NOT_ALLOWED, reason="the page was locked")


async def _send(socket: WebSocket, view: View, held: TerminalPass) -> None:
    while True:
        news = await view.next()
        if not held.allowed():
            await locked(socket)
            return
        if isinstance(news, End):
            await socket.send_text(json.dumps({"end": asdict(news)}))
            return
        await socket.send_bytes(news)
