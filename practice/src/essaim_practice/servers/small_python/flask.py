"""The module ``flask`` of the small Python: routes, and what they answer."""

from __future__ import annotations

import html
import json
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from essaim_practice.programs.base import Context
from essaim_practice.programs.http import HttpRequest, HttpResponse
from essaim_practice.programs.steps import Steps, Write, line
from essaim_practice.servers.small_python.interpreter import Interpreter
from essaim_practice.servers.small_python.values import (
    Left,
    Raised,
    Thing,
    Unplayed,
    native,
    weighed,
)

_PATIENCE = 3000  # nodes that the answer to one request may walk
_HTML = "text/html; charset=utf-8"
_SERVER = "Werkzeug/3.1.3 Python/{}"


class Serving(Exception):
    """``app.run(…)``: the script goes on as a server."""

    def __init__(self, host: str, port: int, debug: bool) -> None:
        super().__init__()
        self.host, self.port, self.debug = host, port, debug


class Json(str):
    """A text that is JSON."""

    __slots__ = ()


class Flask:
    """The app of one script."""

    def __init__(self, context: Context, request: Thing) -> None:
        self._context = context
        self._routes: list[tuple[str, tuple[str, ...], Any]] = []
        self.request = request

    def thing(self) -> Thing:
        has: dict[str, Callable[..., Any]] = {"run": self._run, "route": self._route}
        for name in ("get", "post", "delete"):
            has[name] = lambda path, name=name: self._route(path, [name.upper()])
        return Thing("app", {name: Thing(name, calling=do) for name, do in has.items()})

    def _run(
        self, host: str = "127.0.0.1", port: int = 5000, debug: bool = False, **options: Any
    ) -> None:
        raise Serving(str(host), int(port), bool(debug))

    def _route(self, path: str, methods: Any = ("GET",), **options: Any) -> Thing:
        def enter(function: Any) -> Any:
            self._routes.append((str(path), tuple(methods), function))
            return function

        return Thing("route", calling=enter)

    def answer(self, script: Interpreter, request: HttpRequest) -> HttpResponse:
        """What the script answers to a request, with the line of its log."""
        log: list[Write] = []
        status, kind, body = self._made(script, request, log)
        stamp = time.strftime("%d/%b/%Y %H:%M:%S", time.gmtime(request.now))
        asked = f"{request.method} {request.target} HTTP/1.1"
        log.append(line(f'{request.source} - - [{stamp}] "{asked}" {status} -', 2))
        server = _SERVER.format(self._context.env.get("PYTHON_VERSION", "3.11.14"))
        return HttpResponse(body, status, {"Server": server, "Content-Type": kind}, tuple(log))

    def _made(
        self, script: Interpreter, request: HttpRequest, log: list[Write]
    ) -> tuple[int, str, bytes]:
        others = False
        for path, methods, function in self._routes:
            words = _matched(path, request.path)
            if words is None:
                continue
            if request.method not in methods and not (
                request.method == "HEAD" and "GET" in methods
            ):
                others = True
                continue
            self._tell(request)
            script.patience = _PATIENCE
            try:
                given = played(script.call(function, words, {}), log)
                return _spoken(given)
            except Raised as raised:
                log.append(line(f"[ERROR] Exception on {request.path} [{request.method}]", 2))
                log.append(line(f"{raised.kind.name}: {raised.text}", 2))
            except (Unplayed, Left, RecursionError) as stopped:
                at = getattr(stopped, "line", 0)
                log.append(line(f"(simulated) line {at} asks for more Python than is played", 2))
            return _error(500, "Internal Server Error", _BROKEN)
        return (
            _error(405, "Method Not Allowed", _METHOD)
            if others
            else _error(404, "Not Found", _MISSING)
        )

    def _tell(self, request: HttpRequest) -> None:
        """Let ``request`` tell of this one."""
        query = dict(parse_qsl(request.target.partition("?")[2])[:100])
        form = dict(parse_qsl(request.body[:10_000].decode(errors="replace"))[:100])

        def table(pairs: dict[str, str]) -> Thing:
            get = Thing("get", calling=lambda name, otherwise=None: pairs.get(name, otherwise))
            return Thing("values", {"get": get, "__getitem__": lambda n: native(lambda: pairs[n])})

        self.request.has |= {
            "method": request.method, "path": request.path, "remote_addr": request.source,
            "args": table(query), "form": table(form), "headers": table(dict(request.headers)),
        }  # fmt: skip


_BROKEN = (
    "The server encountered an internal error and was unable to complete your request. Either the "
    "server is overloaded or there is an error in the application."
)
_MISSING = (
    "The requested URL was not found on the server. If you entered the URL manually please check "
    "your spelling and try again."
)
_METHOD = "The method is not allowed for the requested URL."


def _error(status: int, title: str, text: str) -> tuple[int, str, bytes]:
    page = f"<!doctype html>\n<html lang=en>\n<title>{status} {title}</title>\n<h1>{title}</h1>\n"
    return status, _HTML, f"{page}<p>{text}</p>\n".encode()


def _matched(route: str, path: str) -> list[Any] | None:
    """The values of ``<name>`` and ``<int:name>`` in a path; None where it is another one."""
    wanted, given = route.split("/"), path.split("/")
    if len(wanted) != len(given):
        return None
    found: list[Any] = []
    for part, word in zip(wanted, given, strict=True):
        if part.startswith("<") and part.endswith(">"):
            number = part.startswith("<int:")
            if not word or (number and not word.isdecimal()):
                return None
            found.append(int(word[:18]) if number else word)
        elif part != word:
            return None
    return found


def played(steps: Steps, log: list[Write]) -> Any:
    """The answer of a function that has no time: it waits for nothing. Raises what it raises."""
    while True:
        try:
            step = next(steps)
        except StopIteration as end:
            return end.value
        if isinstance(step, Write) and len(log) < 100:
            log.append(step)


def _spoken(given: Any) -> tuple[int, str, bytes]:
    """What a view function returned, as an answer. Raises Raised, Unplayed."""
    status = 200
    if isinstance(given, tuple) and len(given) == 2 and isinstance(given[1], int):
        given, status = given
    if isinstance(given, (dict, list)):
        given = jsonify(given)
    if isinstance(given, bytes):
        return status, _HTML, given
    if not isinstance(given, str):
        raise Unplayed
    return status, "application/json" if isinstance(given, Json) else _HTML, given.encode()


def jsonify(*words: Any, **named: Any) -> Json:
    value = named or (words[0] if len(words) == 1 else list(words))
    weighed(value)
    return Json(native(lambda: json.dumps(value)) + "\n")


def flask_module(flask: Callable[..., Thing]) -> Thing:
    """The module; flask: makes the app."""
    request = Thing("request")

    def made(*words: Any, **named: Any) -> Thing:
        return flask(request)

    return Thing(
        "flask",
        {
            "Flask": Thing("Flask", calling=made),
            "request": request,
            "jsonify": Thing("jsonify", calling=jsonify),
            "escape": Thing("escape", calling=html.escape),
        },
    )
