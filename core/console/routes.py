"""The websockets of consoles and of terminals on machines: wishes up, what there is down."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, TypeVar

from starlette.routing import BaseRoute, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from core.commands.execs import ExecContainer
from core.console.answer import message
from core.console.completion import complete
from core.console.consoles import Consoles
from core.console.desk import Desk
from core.console.grant import Grant
from core.console.session import Session
from core.control.access import READ_ONLY
from core.errors import NotAllowed
from core.i18n import preferred, translation
from core.live.hub import Subscription
from core.machines.shell import SIZE
from core.terminal.routes import OriginCheck, locked, redeemed

S = TypeVar("S", Session, Desk)

MAX_TYPED = 20_000  # characters at once


def routes(consoles: Callable[[], Consoles], origin_allowed: OriginCheck) -> list[BaseRoute]:
    async def console(socket: WebSocket) -> None:
        await _serve(socket, consoles(), origin_allowed, Consoles.session, _answer)

    async def machines(socket: WebSocket) -> None:
        await _serve(socket, consoles(), origin_allowed, Consoles.desk, _act)

    return [
        WebSocketRoute("/console/socket", console),
        WebSocketRoute("/machines/socket", machines),
    ]


async def _serve(
    socket: WebSocket,
    consoles: Consoles,
    origin_allowed: OriginCheck,
    find: Callable[[Consoles, object, Grant], S],
    act: Callable[[Consoles, S, Grant, Subscription, dict[str, Any]], None],
) -> None:
    """A browser's socket to what ``find`` gives it; ``act`` does what its messages ask for."""
    found = await redeemed(socket, consoles.grants, origin_allowed)
    if found is None:
        return
    grant, hello = found
    session = find(consoles, hello.get("session"), grant)
    language = preferred(str(hello.get("language")))
    with session.follow(language) as subscription:
        sending = asyncio.create_task(_send(socket, subscription, session, grant))
        try:
            while True:
                asked = json.loads(await socket.receive_text())
                if not session.shown_to(grant):
                    await locked(socket)
                    break
                act(consoles, session, grant, subscription, asked)
        except (WebSocketDisconnect, ValueError, TypeError, KeyError, AttributeError):
            pass  # it has left, or is no page of ours
        finally:
            sending.cancel()


def _act(
    consoles: Consoles, desk: Desk, grant: Grant, subscription: Subscription, asked: dict[str, Any]
) -> None:
    """Act on one message of a browser to its terminals on machines."""
    language = subscription.language
    columns, rows = (int(n) for n in asked.get("size", SIZE))
    size = (min(max(columns, 2), 500), min(max(rows, 2), 300))
    verb = asked["do"]
    if verb == "seat":
        _seat(consoles, desk, grant, subscription, asked["terminal"])
    elif not grant.control.may(ExecContainer, grant.right()):
        said = NotAllowed(READ_ONLY).said(translation(language).gettext)
        subscription.offer("refused", message("refused", machine="", text=said))
    elif verb == "open":
        machine, first = str(asked["machine"]), bool(asked.get("first"))
        container = str(asked.get("container", ""))
        desk.open(machine, grant, language, first=first, size=size, container=container)
    elif verb == "again":
        desk.again(str(asked["terminal"]), grant, language, size)
    elif verb == "hang_up":
        desk.hang_up(str(asked["terminal"]))


def _seat(
    consoles: Consoles,
    session: Session | Desk,
    grant: Grant,
    subscription: Subscription,
    terminal: object,
) -> None:
    ticket = consoles.seat(session, terminal, grant)
    news = message("seat", terminal=terminal, ticket=ticket)
    subscription.offer(f"seat {terminal}", news)


def _answer(
    consoles: Consoles,
    session: Session,
    grant: Grant,
    subscription: Subscription,
    asked: dict[str, Any],
) -> None:
    """Act on one message of a browser."""
    text = str(asked.get("text", ""))[:MAX_TYPED]
    verb = asked["do"]
    if verb == "run":
        session.give(text, subscription.language, grant)
    elif verb == "complete":
        found = asdict(
            complete(text, grant.control.snapshot, translation(subscription.language).gettext)
        )
        subscription.offer("completion", message("completion", asked=text, **found))
    elif verb == "seat":
        _seat(consoles, session, grant, subscription, asked["terminal"])
    elif verb == "interrupt":
        session.interrupt(grant)
    elif verb == "hang_up":
        session.hang_up(str(asked["terminal"]))


async def _send(
    socket: WebSocket, subscription: Subscription, session: Session | Desk, grant: Grant
) -> None:
    async for text in subscription.messages():
        if not session.shown_to(grant):
            await locked(socket)
            return
        await socket.send_text(text)
