"""The console's websocket: typed lines and questions up, entries and answers down."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from starlette.routing import BaseRoute, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from core.console.completion import complete
from core.console.consoles import Desk
from core.console.session import Session
from core.console.viewer import Visit
from core.i18n import preferred, translation
from core.live.hub import Feed
from core.terminal.routes import OriginCheck, locked, seated

MAX_TYPED = 20_000  # characters at once


def routes(desk: Callable[[], Desk], origin_allowed: OriginCheck) -> list[BaseRoute]:
    async def console(socket: WebSocket) -> None:
        found = await seated(socket, desk().visits, origin_allowed)
        if found is None:
            return
        visit, hello = found
        session = desk().session(hello.get("session"), visit)
        language = preferred(str(hello.get("language")))
        with session.follow(language) as feed:
            sending = asyncio.create_task(_send(socket, feed, session, visit))
            try:
                while True:
                    asked = json.loads(await socket.receive_text())
                    if not session.shown_to(visit):
                        await locked(socket)
                        break
                    _answer(desk(), session, visit, feed, asked)
            except (WebSocketDisconnect, ValueError, TypeError, KeyError, AttributeError):
                pass  # gone, or no page of ours
            finally:
                sending.cancel()

    return [WebSocketRoute("/console/socket", console)]


def _answer(desk: Desk, session: Session, visit: Visit, feed: Feed, asked: dict[str, Any]) -> None:
    """Do what one message asks for."""
    text = str(asked.get("text", ""))[:MAX_TYPED]
    what = asked["do"]
    if what == "run":
        session.give(text, feed.language, visit)
    elif what == "complete":
        found = asdict(complete(text, visit.control.snapshot, translation(feed.language).gettext))
        feed.offer("completion", _message("completion", asked=text, **found))
    elif what == "seat":
        ticket = desk.seat(session, asked["terminal"], visit)
        news = _message("seat", terminal=asked["terminal"], ticket=ticket)
        feed.offer(f"seat {asked['terminal']}", news)
    elif what == "interrupt":
        session.interrupt(visit)
    elif what == "hang_up":
        session.hang_up(str(asked["terminal"]))


def _message(topic: str, **values: Any) -> str:
    return json.dumps({"topic": topic, **values}, ensure_ascii=False)


async def _send(socket: WebSocket, feed: Feed, session: Session, visit: Visit) -> None:
    async for message in feed.messages():
        if not session.shown_to(visit):
            await locked(socket)
            return
        await socket.send_text(message)
