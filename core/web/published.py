"""Lets a learner's browser open what a practice cluster publishes, wherever that browser is.

The practice engine answers on this machine's loopback only. `/open/node2/80/` brings a request to
port 80 of its node2, as a new connection, and a websocket likewise. Only the practice engine can be
reached so: pages of real containers would come from the dashboard's own address, with the rights of
its pages. Those of simulated ones are sandboxed: to their scripts, the dashboard is a foreign site.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import quote

import requests
from starlette.concurrency import run_in_threadpool
from starlette.convertors import Convertor, register_url_convertor
from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.typing import Subprotocol

from core.engine.connection import Connection
from core.engine.practice import calls
from core.errors import EssaimError
from core.i18n import preferred, translation
from core.web.unanswered import unanswered

#: What may pass from the browser to the container, and back.
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
#: A page belongs to nobody: it may run its scripts, but not act as one of ours. What it loads of
#: its own comes from a foreign site, then, and must say that anybody may have it.
_SANDBOX = {
    "Content-Security-Policy": "sandbox allow-scripts allow-forms allow-downloads",
    "Access-Control-Allow-Origin": "*",
}
MAX_BODY = 1_000_000  # bytes of a request, or of a websocket's message
SENDING = 30.0  # seconds that a request may take to come in
MAX_ANSWER = 50_000_000  # bytes; Streamlit's largest file has 4 MB
#: What a node may be called.
_NODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}", re.ASCII)
#: Whether a request with these headers comes from a page of ours.
OriginCheck = Callable[[Mapping[str, str]], bool]
TIMEOUT = 90  # seconds; the first app that is opened has Streamlit started for it


class ControlledCluster(Protocol):
    """What is needed of a cluster under control."""

    @property
    def connection(self) -> Connection: ...

    @property
    def practice(self) -> bool: ...


def address(node: str, port: int, key: str = "") -> str:
    """Where the dashboard answers for a practice node's published port; a path without host.

    key: of the cluster, where each learner has one. Without it, the browser's cookies tell; but
    what a sandboxed page asks for next comes without cookies.
    """
    return f"/open/{key}/{node}/{port}/" if key else f"/open/{node}/{port}/"


def routes(
    cluster: Callable[[HTTPConnection], ControlledCluster], origin_allowed: OriginCheck
) -> list[BaseRoute]:
    """cluster: the one that a request is about; it may wait, and raise an EssaimError."""

    async def opened(request: Request) -> Response:
        _ = translation(preferred(request.headers.get("accept-language"))).gettext
        by_cookie = "cluster" not in request.path_params
        if by_cookie and request.method == "POST" and not origin_allowed(request.headers):
            # An opened page itself has no origin; what it sends goes to its own address, with the
            # key. Only another site's page would send something to where the cookies lead.
            return PlainTextResponse(_("A page of another site may not do this."), status_code=403)
        try:
            place = await run_in_threadpool(_place, cluster, request)
        except EssaimError as error:
            return unanswered(error.said(_), 503, request.headers)
        if not place:
            return unanswered(_("There is no such page."), 404, request.headers)
        close = {"Connection": "close"}  # the rest of a body would have to be read first
        try:
            async with asyncio.timeout(SENDING):
                body = await _body(request)
        except TimeoutError:
            return PlainTextResponse(_("That takes too long to be sent."), 408, headers=close)
        except ClientDisconnect:
            return Response(status_code=400)  # nobody is left to read it
        if body is None:
            return PlainTextResponse(_("That is too much to send."), 413, headers=close)
        answer = await run_in_threadpool(
            _ask,
            request.method,
            f"http://{place}",
            request.url.query,
            _passing(request.headers),
            body,
        )
        if answer is None:
            return unanswered(_("The practice engine does not answer."), 502, request.headers)
        if (words := _nobody(answer)) is not None:
            return unanswered(words, answer.status, request.headers)
        headers = {"Cache-Control": "no-store"}
        headers |= {n.title(): answer.headers[n] for n in _ANSWER_HEADERS if n in answer.headers}
        return Response(answer.body, answer.status, headers | _SANDBOX)

    async def talked(websocket: WebSocket) -> None:
        """Only where the address names the cluster: a foreign page may not use our cookies."""
        try:
            place = await run_in_threadpool(_place, cluster, websocket)
        except EssaimError:
            place = ""
        if not place:
            await websocket.close()
            return
        query = f"?{websocket.url.query}" if websocket.url.query else ""
        wanted = [Subprotocol(name) for name in websocket.scope["subprotocols"]]
        try:
            async with connect(
                f"ws://{place}{query}",
                subprotocols=wanted or None,
                additional_headers=_passing(websocket.headers),
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
        _ = translation(preferred(request.headers.get("accept-language"))).gettext
        return unanswered(_("There is no such page."), 404, request.headers)

    path = "/{node}/{port:port}/{rest:path}"
    return [
        *(
            Route(f"/open{key}{path}", opened, methods=["GET", "HEAD", "POST"])
            for key in ("", "/{cluster}")
        ),
        WebSocketRoute(f"/open/{{cluster}}{path}", talked),
        Route("/open/{rest:path}", none, methods=["GET", "HEAD", "POST"]),  # else Streamlit's page
    ]


class _Port(Convertor[int]):
    """A port in an address: five figures at most, so that no number is too long to be read."""

    regex = "[0-9]{1,5}"

    def convert(self, value: str) -> int:
        return int(value)

    def to_string(self, value: int) -> str:
        return str(value)


def _place(cluster: Callable[[HTTPConnection], ControlledCluster], request: HTTPConnection) -> str:
    """Where the practice engine answers for what is asked, without scheme; '' for nowhere."""
    here = cluster(request)
    where = request.path_params
    base = here.connection.base_url
    if not here.practice or not base.startswith("tcp://"):
        return ""
    if not _NODE.fullmatch(where["node"]) or {".", ".."} & set(where["rest"].split("/")):
        return ""  # it would lead out of the published port, and into the engine itself
    way = calls.port_path(where["node"], where["port"])
    return f"{base.removeprefix('tcp://')}{way}/{quote(where['rest'])}"


def _nobody(answer: _Answer) -> str | None:
    """Why nobody answered, where this is the engine's own answer, and no container's."""
    if "essaim-node" in answer.headers or answer.status < 400:
        return None
    try:
        return str(json.loads(answer.body)["message"])
    except (ValueError, KeyError, TypeError):
        return None


def _passing(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: headers[name] for name in _REQUEST_HEADERS if name in headers}


async def _both_ways(here: WebSocket, there: ClientConnection) -> None:
    """Pass messages on until either side has had enough."""

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
    """What the browser sends; None where it is too much, however long it says that it is."""
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


def _ask(method: str, url: str, query: str, headers: dict[str, str], body: bytes) -> _Answer | None:
    """What the engine answers; None where it does not, or does not end."""
    try:
        with requests.request(
            method,
            url,
            params=query,
            headers=headers,
            data=body,
            timeout=TIMEOUT,
            stream=True,
            allow_redirects=False,  # a container must not send this server anywhere
        ) as answer:
            content = bytearray()
            for part in answer.iter_content(65536):
                content += part
                if len(content) > MAX_ANSWER:
                    return None
            return _Answer(answer.status_code, answer.headers, bytes(content))
    except requests.RequestException:
        return None
