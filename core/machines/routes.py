"""The browser's HTTP routes to the files of a machine of its practice cluster.

A page of ours calls them with its cookies, as it does the timeline's: they name the browser, and
so its cluster. A page of another site may not, nor a page that a container shows, since that is
sandboxed and has no origin. What a file holds is never shown as a page of ours: it is an
attachment, of no type.
"""

from __future__ import annotations

import asyncio
import json
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import IO, Any
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from core.cluster.failures import unforeseen
from core.engine.way import Way
from core.errors import EngineRejected, EssaimError, InvalidCommand, NotAllowed
from core.i18n import Translate, preferred, translation
from core.machines.files import PIECE, MachineFiles

MOST = 20_000_000  # bytes of a file that is uploaded
MOST_ASKED = 20_000  # bytes of a body that only names paths
MOST_PATH = 4096  # bytes, as in Linux
SENDING = 300.0  # seconds that a file may take to come in
IN_MEMORY = 1_000_000  # bytes of an upload that wait in memory; the rest waits in a file

_MACHINE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}", re.ASCII)
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "sandbox",
    "X-Content-Type-Options": "nosniff",
}
#: What else a request and an answer may say: it keeps one from writing over another's change.
_ASKED_HEADERS = ("if-match", "if-none-match")
_ANSWER_HEADERS = ("etag", "content-length")

#: Whether a request with these headers comes from a page of ours.
OriginCheck = Callable[[Mapping[str, str]], bool]
#: The way to the named machine of the request's cluster. Raises EssaimError.
FindWay = Callable[[HTTPConnection, str], Way]


@dataclass(frozen=True, slots=True)
class _Refused(Exception):
    status: int
    text: str


def routes(way: FindWay, origin_allowed: OriginCheck) -> list[BaseRoute]:
    """way: may wait, and raise an EssaimError."""

    async def answered(request: Request) -> Response:
        _ = translation(preferred(request.query_params.get("lang"))).gettext
        try:
            if not origin_allowed(request.headers):
                raise _Refused(403, _("A page of another site may not do this."))
            return await _answer(request, way, _)
        except _Refused as refused:
            return _refusal(refused.status, refused.text)
        except ClientDisconnect:
            return Response(status_code=400)  # the browser is gone
        except Exception as error:
            said = unforeseen(error)
            return _refusal(_status(said), said.said(_))

    methods = {
        "files": ["GET", "POST"],
        "file": ["GET", "PUT", "DELETE"],
        "rename": ["POST"],
        "archive": ["GET"],
    }
    return [
        Route(f"/machines/{{machine}}/{part}", answered, methods=allowed)
        for part, allowed in methods.items()
    ]


async def _answer(request: Request, find: FindWay, _: Translate) -> Response:
    machine, part = request.path_params["machine"], request.url.path.rpartition("/")[2]
    if not _MACHINE.fullmatch(machine):
        raise _Refused(404, _("There is no machine called {node}.").format(node=machine))
    query = {} if request.method == "POST" else {"path": _path(request.query_params.get("path"))}
    files = MachineFiles(await run_in_threadpool(find, request, machine))
    with ExitStack() as held:
        given: dict[str, Any] = {}
        if request.method == "POST":
            given["json"] = await _named(request, ("from", "to") if part == "rename" else ("path",))
        elif request.method == "PUT":
            given["body"] = await _uploaded(request, held, _)
        headers = {
            name: request.headers[name] for name in _ASKED_HEADERS if name in request.headers
        }
        return await run_in_threadpool(_asked, files, request.method, part, query, headers, given)


def _asked(
    files: MachineFiles,
    method: str,
    part: str,
    query: Mapping[str, str],
    headers: Mapping[str, str],
    given: Mapping[str, Any],
) -> Response:
    """The engine's answer, passed on as it comes where it may be long."""
    with ExitStack() as opened:
        answer = opened.enter_context(files.asked(method, part, query, headers, **given))
        passed = {n.title(): answer.headers[n] for n in _ANSWER_HEADERS if n in answer.headers}
        if method != "GET" or part == "files":
            passed.pop("Content-Length", None)
            body = answer.content
            return Response(body, 200, _HEADERS | passed, "application/json" if body else None)
        name = query["path"].rstrip("/").rpartition("/")[2] or "machine"
        name += ".tar" if part == "archive" else ""
        passed["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
        kept = opened.pop_all()

    def pieces() -> Iterator[bytes]:
        with kept:
            yield from answer.iter_content(PIECE)

    kind = "application/x-tar" if part == "archive" else "application/octet-stream"
    return StreamingResponse(pieces(), 200, _HEADERS | passed, kind)


async def _uploaded(request: Request, held: ExitStack, _: Translate) -> IO[bytes]:
    """The body, in a file that ``held`` closes. Raises _Refused."""
    large = _Refused(413, _("A file may have {size} MB at most.").format(size=MOST // 10**6))
    said = request.headers.get("content-length") or "0"
    if not (said.isdigit() and len(said) <= 9 and int(said) <= MOST):
        raise large
    kept = held.enter_context(tempfile.SpooledTemporaryFile(IN_MEMORY))  # noqa: SIM115
    size = 0
    try:
        async with asyncio.timeout(SENDING):
            async for piece in request.stream():
                size += len(piece)
                if size > MOST:
                    raise large
                kept.write(piece)
    except TimeoutError:
        raise _Refused(408, _("That takes too long to be sent.")) from None
    kept.seek(0)
    return kept


async def _named(request: Request, names: tuple[str, ...]) -> dict[str, str]:
    """The paths in a small JSON body. Raises _Refused."""
    said = request.headers.get("content-length", "")
    if not (said.isdigit() and len(said) <= 6 and int(said) <= MOST_ASKED):
        raise _Refused(413, "a body has a length, and few bytes")
    try:
        asked = json.loads(await request.body())
        paths = {name: _path(asked[name]) for name in names}
    except (ValueError, KeyError, TypeError):
        raise _Refused(400, "the body names no paths") from None
    return paths | ({} if "to" in paths else {"kind": "folder"})


def _path(given: object) -> str:
    """An absolute path of the machine. Raises _Refused."""
    if not (isinstance(given, str) and given.startswith("/") and "\0" not in given):
        raise _Refused(400, "a path begins with /")
    try:
        if len(given.encode()) > MOST_PATH:
            raise _Refused(400, "File name too long")
    except UnicodeEncodeError:
        raise _Refused(400, "a path is UTF-8") from None
    return given


def _refusal(status: int, text: str) -> Response:
    close = {"Connection": "close"} if status in (408, 413) else {}  # the body is not read
    return JSONResponse({"message": text}, status, _HEADERS | close)


def _status(error: EssaimError) -> int:
    if isinstance(error, EngineRejected):
        return error.status if 400 <= error.status < 600 else 502
    if isinstance(error, NotAllowed):
        return 403
    return 404 if isinstance(error, InvalidCommand) else 503
