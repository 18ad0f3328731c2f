"""The websocket of a terminal: bytes both ways, its size up, its end down."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

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
#: Messages to the terminals of one cluster that wait for programs at a time.
MOST_TYPING = 8
#: Bytes that may be on the way to a browser which has not told yet that it has shown them.
AHEAD = 200_000
#: Close codes of our own.
NO_TICKET, NOT_ALLOWED = 4401, 4403


@dataclass(frozen=True, slots=True)
class TerminalPass:
    """The right to use a terminal, while ``allowed`` says so. acted: called at each message.

    group: of the terminals of one cluster.
    """

    terminal: Terminal
    allowed: Callable[[], bool]
    acted: Callable[[], None] = lambda: None
    group: object = None


def routes(
    tickets: Callable[[], Tickets[TerminalPass]], origin_allowed: OriginCheck
) -> list[BaseRoute]:
    # Typing waits for the program. With threads of their own, no terminal stops another route.
    typing = _Typing()

    async def terminal(socket: WebSocket) -> None:
        found = await redeemed(socket, tickets(), origin_allowed)
        if found is None:
            return
        held, _hello = found
        with held.terminal.view() as view:
            shown = _Shown()
            sending = asyncio.create_task(_send(socket, view, held, shown))
            try:
                await _receive(socket, held, typing, shown)
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


class _Typing:
    """Threads for what is typed. A group has few at a time: the rest of it waits, and no other."""

    def __init__(self) -> None:
        self._all = anyio.CapacityLimiter(64)
        self._lanes: WeakKeyDictionary[object, anyio.CapacityLimiter] = WeakKeyDictionary()

    async def do(self, group: object, act: Callable[..., object], *given: object) -> None:
        lane = self._lanes.setdefault(group or self, anyio.CapacityLimiter(MOST_TYPING))
        async with lane:
            await anyio.to_thread.run_sync(act, *given, limiter=self._all)


class _Shown:
    """How many bytes a browser has shown, as it tells: it may be slower than the program."""

    def __init__(self) -> None:
        self._ahead = 0  # bytes that it has not shown yet
        self._news = asyncio.Event()

    def told(self, count: int) -> None:
        self._ahead -= count
        self._news.set()

    async def sent(self, count: int) -> None:
        """These bytes were sent: wait until more may follow."""
        self._ahead += count
        while self._ahead > AHEAD:
            self._news.clear()
            await self._news.wait()


async def _receive(socket: WebSocket, held: TerminalPass, typing: _Typing, shown: _Shown) -> None:
    while True:
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            return
        if not held.allowed():
            await locked(socket)
            return
        keys, text = message.get("bytes"), message.get("text")
        told = json.loads(text) if text and keys is None else {}
        if "shown" in told:
            shown.told(int(told["shown"]))
            continue  # it is no act of the viewer's
        held.acted()
        if keys is not None:
            if len(keys) <= MAX_TYPED:
                await typing.do(held.group, held.terminal.type, keys)
        elif told:
            columns, rows = (int(n) for n in told["size"])
            await typing.do(held.group, held.terminal.resize, columns, rows)


async def locked(socket: WebSocket) -> None:
    """Close it: its viewer has no right to it any more."""
    with suppress(RuntimeError):  # it is closed, or being closed, already
        await socket.close(code=NOT_ALLOWED, reason="the page was locked")


async def _send(socket: WebSocket, view: View, held: TerminalPass, shown: _Shown) -> None:
    await socket.send_text(json.dumps({"past": view.past}))
    while True:
        news = await view.next()
        if not held.allowed():
            await locked(socket)
            return
        if isinstance(news, End):
            await socket.send_text(json.dumps({"end": asdict(news)}))
        else:
            await socket.send_bytes(news)
            await shown.sent(len(news))
