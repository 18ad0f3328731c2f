"""The console's websocket: typed lines and questions up, entries and answers down."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from starlette.routing import BaseRoute, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from core.console.answer import message
from core.console.completion import complete
from core.console.consoles import Consoles
from core.console.grant import Grant
from core.console.session import Session
from core.i18n import preferred, translation
from core.live.hub import Subscription
from core.terminal.routes import OriginCheck, locked, redeemed

MAX_TYPED = 20_000  # characters at once


def routes(consoles: Callable[[], Consoles], origin_allowed: OriginCheck) -> list[BaseRoute]:
    async def console(socket: WebSocket) -> None:
        found = await redeemed(socket, consoles().grants, origin_allowed)
        if found is None:
            return
        grant, hello = found
        session = consoles().session(hello.get("session"), grant)
        language = preferred(str(hello.get("language")))
        with session.follow(language) as subscription:
            sending = asyncio.create_task(_send(socket, subscription, session, grant))
            try:
                while True:
                    asked = json.loads(await socket.receive_text())
                    if not session.shown_to(grant):
                        await locked(socket)
                        break
                    _answer(consoles(), session, grant, subscription, asked)
            except (WebSocketDisconnect, ValueError, TypeError, KeyError, AttributeError):
                pass  # it has left, or is no page of ours
            finally:
                sending.cancel()

    return [WebSocketRoute("/console/socket", console)]


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
        ticket = consoles.seat(session, asked["terminal"], grant)
        news = message("seat", terminal=asked["terminal"], ticket=ticket)
        subscription.offer(f"seat {asked['terminal']}", news)
    elif verb == "interrupt":
        session.interrupt(grant)
    elif verb == "hang_up":
        session.hang_up(str(asked["terminal"]))


async def _send(
    socket: WebSocket, subscription: Subscription, session: Session, grant: Grant
) -> None:
    async for text in subscription.messages():
        if not session.shown_to(grant):
            await locked(socket)
            return
        await socket.send_text(text)
