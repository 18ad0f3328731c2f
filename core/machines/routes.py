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
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import ExitStack, asynccontextmanager
from typing import IO, Any
from urllib.parse import quote

import anyio
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
IN_MEMORY = 250_000  # bytes of an upload that waits in memory; a larger one waits in a file
#: Requests to one machine that are dealt with at a time: the others wait, and stop nobody else.
AT_ONCE = 2
#: Bytes of all uploads that wait in files: more than one cluster's machines may send at a time.
IN_FILES = 500_000_000

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


class _Refused(Exception):
    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status, self.text = status, text


def routes(way: FindWay, origin_allowed: OriginCheck) -> list[BaseRoute]:
    """way: may wait, and raise an EssaimError."""
    lanes = _Lanes()

    async def answered(request: Request) -> Response:
        _ = translation(preferred(request.query_params.get("lang"))).gettext
        try:
            if not origin_allowed(request.headers):
                raise _Refused(403, _("A page of another site may not do this."))
            return await _answer(request, way, lanes, _)
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


class _Lanes:
    """Has each machine's requests wait for one another, and bounds what waits in files."""

    def __init__(self) -> None:
        self._lanes: dict[Way, anyio.CapacityLimiter] = {}
        self.in_files = 0  # bytes

    @asynccontextmanager
    async def turn(self, way: Way) -> AsyncIterator[None]:
        lane = self._lanes.setdefault(way, anyio.CapacityLimiter(AT_ONCE))
        try:
            async with lane:
                yield
        finally:
            if not (lane.borrowed_tokens or lane.statistics().tasks_waiting):
                self._lanes.pop(way, None)


async def _answer(request: Request, find: FindWay, lanes: _Lanes, _: Translate) -> Response:
    machine, part = request.path_params["machine"], request.url.path.rpartition("/")[2]
    if not _MACHINE.fullmatch(machine):
        raise _Refused(404, _("There is no machine called {node}.").format(node=machine))
    query = {} if request.method == "POST" else {"path": _path(request.query_params.get("path"))}
    way = await run_in_threadpool(find, request, machine)
    async with lanes.turn(way):
        return await _passed_on(request, MachineFiles(way), part, query, lanes, _)


async def _passed_on(
    request: Request,
    files: MachineFiles,
    part: str,
    query: Mapping[str, str],
    lanes: _Lanes,
    _: Translate,
) -> Response:
    with ExitStack() as held:
        given: dict[str, Any] = {}
        if request.method == "POST":
            given["json"] = await _named(request, ("from", "to") if part == "rename" else ("path",))
        elif request.method == "PUT":
            given["body"] = await _uploaded(request, held, lanes, _)
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


async def _uploaded(
    request: Request, held: ExitStack, lanes: _Lanes, _: Translate
) -> IO[bytes] | bytes:
    """The body; a large one in a file that ``held`` closes. Raises _Refused."""
    large = _Refused(413, _("A file may have {size} MB at most.").format(size=MOST // 10**6))
    said = request.headers.get("content-length") or "0"
    if not (said.isdigit() and len(said) <= 9 and int(said) <= MOST):
        raise large
    kept = held.enter_context(tempfile.SpooledTemporaryFile(IN_MEMORY))  # noqa: SIM115
    size = 0

    def forget() -> None:
        lanes.in_files -= size if size > IN_MEMORY else 0

    held.callback(forget)
    try:
        async with asyncio.timeout(SENDING):
            async for piece in request.stream():
                before, size = size, size + len(piece)
                if size > MOST:
                    size = before
                    raise large
                if size > IN_MEMORY:
                    lanes.in_files += size - (before if before > IN_MEMORY else 0)
                    if lanes.in_files > IN_FILES:
                        raise _Refused(503, _("Much is being sent just now: try again soon."))
                kept.write(piece)
    except TimeoutError:
        raise _Refused(408, _("That takes too long to be sent.")) from None
    kept.seek(0)
    return kept if size > IN_MEMORY else kept.read()


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
