"""The server beside Streamlit: its start and end, its middleware, and all routes of our own."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import cache
from typing import Any

import anyio.to_thread
from starlette.middleware import Middleware
from starlette.requests import HTTPConnection
from starlette.routing import BaseRoute

from core.cluster.snapshot import ClusterSnapshot
from core.console.consoles import CONSOLES
from core.console.routes import routes as console_routes
from core.control.classroom import classroom
from core.control.control import Control
from core.engine import keys
from core.engine.way import Way
from core.errors import EssaimError, NotAllowed, NotBegun, Worded
from core.i18n import later as _
from core.i18n import preferred, translation
from core.live import messages
from core.live.routes import routes as live_routes
from core.machines.routes import routes as machine_routes
from core.presentation import tables
from core.terminal.routes import routes as terminal_routes
from core.threads.supervised import SupervisedThread
from core.timeline.routes import routes as timeline_routes
from core.web.frames import origins, policy
from core.web.hosts import Hosts
from core.web.middleware import SecurityMiddleware
from core.web.proxies import believe, proxies
from core.web.published import routes as published_routes
from core.web.sessions import Sessions


@asynccontextmanager
async def lifespan(app: object) -> AsyncIterator[dict[str, Any]]:
    """Find the engine before the first viewer comes, and close it when the server ends."""
    try:
        _hosts(), _frames(), proxies(os.environ)
        room = await anyio.to_thread.run_sync(classroom)
    except (EssaimError, ValueError) as error:
        _ = translation(preferred(os.environ.get("LC_ALL") or os.environ.get("LANG"))).gettext
        why = error.said(_) if isinstance(error, Worded) else str(error)
        print(_("Essaim cannot start: {why}").format(why=why), file=sys.stderr, flush=True)
        os._exit(1)  # an exception would only bury the sentence under the server's own
    SupervisedThread("warm_up", _warm_up).start()
    SupervisedThread("hosts", _hosts().learn).start()
    if told := room.access.announcement():
        print(told, flush=True)  # as Jupyter does
    yield {}
    CONSOLES.close()
    await anyio.to_thread.run_sync(room.stop)


def routes() -> list[BaseRoute]:
    return [
        *live_routes(lambda request: _looked_at(request).hub, _ours),
        *timeline_routes(lambda request: _asked(request).timeline, _ours),
        *published_routes(_asked, _ours),
        *console_routes(lambda: CONSOLES, _ours),
        *terminal_routes(lambda: CONSOLES.seats, _ours),
        *machine_routes(machine, _ours),
    ]


def middleware() -> list[Middleware]:
    believe(os.environ)
    return [
        Middleware(
            SecurityMiddleware,
            host_allowed=lambda host: _hosts().allows(host),
            origin_allowed=_ours,
            frames=lambda: policy(_frames()),
        ),
        Middleware(Sessions),
        Middleware(
            keys.Keys, known=lambda key: classroom().known(key), framed=lambda: bool(_frames())
        ),
    ]


@cache
def _hosts() -> Hosts:
    """Read at the start, not at import: ``lifespan`` reports a wrong setting."""
    return Hosts(os.environ)


@cache
def _frames() -> tuple[str, ...]:
    return origins(os.environ)


def _asked(request: HTTPConnection) -> Control:
    """The cluster of a request to one of our routes. Raises NotBegun."""
    room = classroom()
    return room.found(keys.asked(request, room.known))


def _looked_at(request: HTTPConnection) -> Control:
    """The same for the live socket of a page: makes a cluster anew that was ended to make room.

    Raises NoRoom.
    """
    room, client = classroom(), request.client
    return room.control(keys.asked(request, room.known), client.host if client else "local")


def machine(request: HTTPConnection, name: str) -> Way:
    """The way to this machine of the cluster that the request's page shows.

    Raises NotBegun, InvalidCommand where there is no such machine, and NotAllowed where it is no
    practice cluster of ours, or may only be looked at.
    """
    room = classroom()
    key = keys.asked(request, room.known)
    if not room.shared and request.query_params.get("cluster") != key:
        # Its files would else be written into the viewer's own cluster.
        raise NotBegun(_("The cluster that this page shows is gone: load the page again."))
    control = room.found(key)
    refusal = NotAllowed(_("Only a practice instance has files here."))
    control.require_practice(refusal)
    if not control.connection.practice:
        raise refusal
    if name not in [machine.name for machine in control.machines.machines]:
        control.machines.at(name)  # raises what to say, before a body is taken
    return replace(control.connection, machine=name).way


def _ours(headers: Mapping[str, str]) -> bool:
    """Whether a request with these headers comes from a page of ours."""
    return classroom().access.origin_allowed(headers)


def _warm_up() -> None:
    """Load the libraries that drawing needs, so that the first viewer does not wait for them."""
    nothing = ClusterSnapshot(time=0.0, revision=0, engine=None)
    messages.cluster(nothing, str)
    tables.nodes(nothing, str)
