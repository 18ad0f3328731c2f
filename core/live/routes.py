"""The live HTTP routes beside Streamlit's own: the websocket, and the component's files."""

from __future__ import annotations

import asyncio
import hashlib
import json
import secrets
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import plotly
from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection, Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from core.errors import EssaimError
from core.i18n import preferred
from core.live.hub import Hub, Subscription

#: Whether a request with these headers comes from a page of ours.
OriginCheck = Callable[[Mapping[str, str]], bool]

#: This process: a page that another one has drawn must be drawn again.
INSTANCE = secrets.token_hex(6)

BROWSER = Path(__file__).parent / "browser"
#: Every file that may be asked for, by name. Plotly comes from its Python package, so that a class
#: without internet has it.
FILES = {path.name: path for path in BROWSER.iterdir() if path.suffix in (".js", ".css")}
# xterm.js has no Python package: it lies here as released.
FILES |= {path.name: path for path in (BROWSER / "vendor").iterdir() if path.suffix}
FILES["plotly.min.js"] = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"


@cache
def edition() -> str:
    """A digest of the browser files: part of their address, so that they may be cached for good."""
    digest = hashlib.sha256(plotly.__version__.encode())
    for name in sorted(FILES):
        if name != "plotly.min.js":
            digest.update(FILES[name].read_bytes())
    return digest.hexdigest()[:12]


def routes(hub: Callable[[HTTPConnection], Hub], origin_allowed: OriginCheck) -> list[BaseRoute]:
    """The routes for ``st.App``. Streamlit does not check them, so they check the Origin.

    hub: answers that of the request's cluster; it may wait, and raise an EssaimError.
    """

    async def live(socket: WebSocket) -> None:
        if not origin_allowed(socket.headers):
            await socket.close(code=1008, reason="this page may not look here")
            return
        await socket.accept()
        try:
            followed = await run_in_threadpool(hub, socket)
        except EssaimError:
            await socket.close(code=1013)  # try again later; the page says why
            return
        await socket.send_text(json.dumps({"topic": "server", "instance": INSTANCE}))
        async with followed.follow(preferred(socket.query_params.get("lang"))) as subscription:
            sending = asyncio.create_task(_send(socket, subscription))
            try:
                while True:  # nothing is expected; this is how a closed socket is noticed
                    await socket.receive_text()
            except WebSocketDisconnect:
                pass
            finally:
                sending.cancel()

    async def file(request: Request) -> Response:
        path = FILES.get(request.path_params["name"])
        if path is None:
            return PlainTextResponse("no such file", status_code=404)
        return FileResponse(path, headers={"Cache-Control": "public, max-age=31536000, immutable"})

    return [
        WebSocketRoute("/live/socket", live),
        Route("/live/{edition}/{name}", file, methods=["GET"]),
    ]


async def _send(socket: WebSocket, subscription: Subscription) -> None:
    async for message in subscription.messages():
        await socket.send_text(message)
