"""Lets a learner's browser open what a practice cluster publishes, wherever that browser is.

The practice engine answers on this machine's loopback only. `/open/node2/80/` brings a request to
port 80 of its node2, as a new connection. Only the practice engine can be reached so: pages of real
containers would come from the dashboard's own address, with the rights of its pages.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol
from urllib.parse import quote

import requests
from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from core.connection import Connection
from core.errors import EssaimError

#: What may pass from the browser to the replica, and back.
_REQUEST_HEADERS = ("accept", "accept-language", "user-agent", "content-type")
_ANSWER_HEADERS = (
    "content-type",
    "server",
    "essaim-replica",
    "essaim-task",
    "essaim-node",
    "essaim-container",
)
#: The page belongs to nobody: it may not act as one of ours.
_SANDBOX = {"Content-Security-Policy": "sandbox", "Cache-Control": "no-store"}
MAX_BODY = 1_000_000  # bytes
TIMEOUT = 10  # seconds


class Practising(Protocol):
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


def routes(cluster: Callable[[HTTPConnection], Practising]) -> list[BaseRoute]:
    """cluster: the one that a request is about; it may wait, and raise an EssaimError."""

    async def opened(request: Request) -> Response:
        try:
            here = await run_in_threadpool(cluster, request)
        except EssaimError as error:
            return PlainTextResponse(str(error), status_code=503)
        if not here.practice or not here.connection.base_url.startswith("tcp://"):
            return PlainTextResponse("Only the practice engine is opened here.", status_code=404)
        length = request.headers.get("content-length") or "0"
        if not length.isdigit() or int(length) > MAX_BODY:
            return PlainTextResponse("That is too much to send.", status_code=413)
        where = request.path_params
        if {".", ".."} & {where["node"], *where["rest"].split("/")}:
            # It would lead out of the published port, and into the engine itself.
            return PlainTextResponse("There is no such page.", status_code=404)
        answer = await run_in_threadpool(
            _ask,
            request.method,
            here.connection.base_url.replace("tcp://", "http://", 1)
            + f"/_practice/open/{quote(where['node'])}/{where['port']}/{quote(where['rest'])}",
            request.url.query,
            {name: request.headers[name] for name in _REQUEST_HEADERS if name in request.headers},
            await request.body(),
        )
        if answer is None:
            return PlainTextResponse("The practice engine does not answer.", status_code=502)
        headers = {n: answer.headers[n] for n in _ANSWER_HEADERS if n in answer.headers}
        return Response(answer.content, answer.status_code, headers | _SANDBOX)

    path = "/{node}/{port:int}/{rest:path}"
    return [
        Route(f"/open{key}{path}", opened, methods=["GET", "HEAD", "POST"])
        for key in ("", "/{cluster}")
    ]


def _ask(
    method: str, url: str, query: str, headers: dict[str, str], body: bytes
) -> requests.Response | None:
    try:
        return requests.request(
            method, url, params=query, headers=headers, data=body, timeout=TIMEOUT
        )
    except requests.RequestException:
        return None
