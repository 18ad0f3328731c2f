"""The published ports of a practice cluster, at the dashboard's own address, for any browser.

Practice engines answer where only we may ask them. A request or a websocket to `/open/node2/80/`
goes to port 80 of their node2, over a new connection. Ports of real containers are
not opened so: their pages would have the dashboard's origin, and the rights of its pages. Pages of
simulated ones are sandboxed: for their scripts, the dashboard is a foreign site.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Protocol
from urllib.parse import quote

import requests
from starlette.concurrency import run_in_threadpool
from starlette.convertors import Convertor, register_url_convertor
from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket
from websockets.asyncio.client import ClientConnection, connect, unix_connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.typing import Subprotocol

from core.engine.connection import Connection
from core.engine.practice import calls
from core.engine.way import Way
from core.errors import EssaimError
from core.i18n import asked
from core.web.unanswered import unanswered

#: The headers that are passed to the container, and back.
_REQUEST_HEADERS = ("accept", "accept-language", "user-agent", "content-type")
_ANSWER_HEADERS = (
    "content-type",
    "cache-control",
    "server",
    "essaim-replica",
    "essaim-task",
    "essaim-node",
    "essaim-container",
)
#: A sandboxed page may run scripts, but not act as one of ours. Its own files are then of a foreign
#: site for it, so they must allow any origin.
_SANDBOX = {
    "Content-Security-Policy": "sandbox allow-scripts allow-forms allow-downloads",
    "Access-Control-Allow-Origin": "*",
}
MAX_BODY = 1_000_000  # bytes of a request, or of a websocket's message
SENDING = 30.0  # seconds that a request may take to come in
MAX_ANSWER = 50_000_000  # bytes; Streamlit's largest file has 4 MB
_NODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}", re.ASCII)
#: Whether a request with these headers comes from a page of ours.
OriginCheck = Callable[[Mapping[str, str]], bool]
TIMEOUT = 90  # seconds; Streamlit is started for the first opened app


class ControlledCluster(Protocol):
    """The part of a Control that is needed here."""

    @property
    def connection(self) -> Connection: ...

    @property
    def practice(self) -> bool: ...


def address(node: str, port: int, key: str = "") -> str:
    """The path of a practice node's published port.

    key: of the cluster, where each learner has one. Without it, the browser's cookies name the
    cluster; but the requests of a sandboxed page have no cookies.
    """
    return f"/open/{key}/{node}/{port}/" if key else f"/open/{node}/{port}/"


def routes(
    cluster: Callable[[HTTPConnection], ControlledCluster], origin_allowed: OriginCheck
) -> list[BaseRoute]:
    """cluster: finds the cluster of a request; may block. Raises NotBegun, NoRoom."""

    async def answer_request(request: Request) -> Response:
        _ = asked(request.headers)
        by_cookie = "cluster" not in request.path_params
        if by_cookie and request.method == "POST" and not origin_allowed(request.headers):
            # An opened page has no origin, and sends to its own address, which has the key. Only
            # another site's page would send to an address where the cookies name the cluster.
            return PlainTextResponse(_("A page of another site may not do this."), status_code=403)
        try:
            way = await run_in_threadpool(_way, cluster, request)
        except EssaimError as error:
            return unanswered(error.said(_), 503, request.headers)
        if way is None:
            return unanswered(_("There is no such page."), 404, request.headers)
        close = {"Connection": "close"}  # else the rest of the body would have to be read
        try:
            async with asyncio.timeout(SENDING):
                body = await _body(request)
        except TimeoutError:
            return PlainTextResponse(_("That takes too long to be sent."), 408, headers=close)
        except ClientDisconnect:
            return Response(status_code=400)  # the browser is gone
        if body is None:
            return PlainTextResponse(_("That is too much to send."), 413, headers=close)
        answer = await run_in_threadpool(
            _ask,
            request.method,
            way,
            request.url.query,
            _passing(request.headers),
            body,
        )
        if answer is None:
            return unanswered(_("The practice engine does not answer."), 502, request.headers)
        if (words := _reason(answer)) is not None:
            return unanswered(words, answer.status, request.headers)
        headers = {"Cache-Control": "no-store"}
        headers |= {n.title(): answer.headers[n] for n in _ANSWER_HEADERS if n in answer.headers}
        return Response(answer.body, answer.status, headers | _SANDBOX)

    async def answer_socket(websocket: WebSocket) -> None:
        """Its address must name the cluster: a foreign page may not use our cookies."""
        try:
            way = await run_in_threadpool(_way, cluster, websocket)
        except EssaimError:
            way = None
        if way is None:
            await websocket.close()
            return
        query = f"?{websocket.url.query}" if websocket.url.query else ""
        wanted = [Subprotocol(name) for name in websocket.scope["subprotocols"]]
        try:
            opened = partial(unix_connect, way.socket) if way.socket else connect
            async with opened(
                f"ws://{way.address}{query}",
                subprotocols=wanted or None,
                additional_headers={**_passing(websocket.headers), **way.headers},
                user_agent_header=None,
                compression=None,  # on this machine it would only cost time
                max_size=None,
                open_timeout=TIMEOUT,
                proxy=None,
            ) as there:
                await websocket.accept(there.subprotocol)
                await _both_ways(websocket, there)
        except (OSError, InvalidHandshake):
            await websocket.close()

    register_url_convertor("port", _Port())

    def none(request: Request) -> Response:
        _ = asked(request.headers)
        return unanswered(_("There is no such page."), 404, request.headers)

    path = "/{node}/{port:port}/{rest:path}"
    return [
        *(
            Route(f"/open{key}{path}", answer_request, methods=["GET", "HEAD", "POST"])
            for key in ("", "/{cluster}")
        ),
        WebSocketRoute(f"/open/{{cluster}}{path}", answer_socket),
        Route("/open/{rest:path}", none, methods=["GET", "HEAD", "POST"]),  # else Streamlit's page
    ]


class _Port(Convertor[int]):
    """A port in an address: five digits at most."""

    regex = "[0-9]{1,5}"

    def convert(self, value: str) -> int:
        return int(value)

    def to_string(self, value: int) -> str:
        return str(value)


def _way(
    cluster: Callable[[HTTPConnection], ControlledCluster], request: HTTPConnection
) -> Way | None:
    """The practice engine's way to a port and a path of it; None where there is none."""
    here = cluster(request)
    where = request.path_params
    if not _NODE.fullmatch(where["node"]) or {".", ".."} & set(where["rest"].split("/")):
        return None  # it would lead out of the published port, and into the engine itself
    path = f"{calls.port_path(where['node'], where['port'])}/{quote(where['rest'])}"
    try:
        return here.connection.way.below(path) if here.practice else None
    except ValueError:  # an engine that is reached by ssh
        return None


def _reason(answer: _Answer) -> str | None:
    """The engine's sentence, where the answer is its own and not a container's; else None."""
    if "essaim-node" in answer.headers or answer.status < 400:
        return None
    try:
        return str(json.loads(answer.body)["message"])
    except (ValueError, KeyError, TypeError):
        return None


def _passing(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: headers[name] for name in _REQUEST_HEADERS if name in headers}


async def _both_ways(here: WebSocket, there: ClientConnection) -> None:
    """Pass messages on until either side ends."""

    async def out() -> None:
        while (message := await here.receive())["type"] == "websocket.receive":
            content = message.get("text") or message.get("bytes") or b""
            if len(content) > MAX_BODY:
                return
            await there.send(content)

    async def back() -> None:
        async for content in there:
            if isinstance(content, str):
                await here.send_text(content)
            else:
                await here.send_bytes(content)

    ways = [asyncio.create_task(out()), asyncio.create_task(back())]
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for way in ways:
            way.cancel()
        left = await asyncio.gather(*ways, return_exceptions=True)
    for error in left:
        if isinstance(error, Exception) and not isinstance(error, ConnectionClosed | OSError):
            raise error


async def _body(request: Request) -> bytes | None:
    """The request's body; None where it, or its declared length, exceeds MAX_BODY."""
    said = request.headers.get("content-length") or "0"
    if not (said.isdigit() and len(said) <= 9 and int(said) <= MAX_BODY):
        return None
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MAX_BODY:
            return None
    return bytes(body)


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes


def _ask(method: str, way: Way, query: str, headers: dict[str, str], body: bytes) -> _Answer | None:
    """The engine's answer; None where there is none, or one longer than MAX_ANSWER."""
    try:
        with (
            way.session(TIMEOUT) as session,
            session.request(
                method,
                way.url,
                params=query,
                headers=headers,
                data=body,
                timeout=TIMEOUT,
                stream=True,
                allow_redirects=False,  # a container must not redirect this server
            ) as answer,
        ):
            content = bytearray()
            for part in answer.iter_content(65536):
                content += part
                if len(content) > MAX_ANSWER:
                    return None
            return _Answer(answer.status_code, answer.headers, bytes(content))
    except requests.RequestException:
        return None
