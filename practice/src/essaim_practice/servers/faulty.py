"""Programs that crash, fail and never become healthy."""

from __future__ import annotations

from itertools import count

from essaim_practice.programs.base import Context, Program, executable
from essaim_practice.programs.http import HttpRequest, HttpResponse
from essaim_practice.programs.steps import FOREVER, Steps, Wait, line
from essaim_practice.servers import whoami

_BEHAVIOUR = "faulty"
_READY = "/run/ready"  # the file that its health check looks for


@executable((_BEHAVIOUR,), "crash")
def crash(argv: list[str], context: Context) -> Program:
    """``/crash SECONDS CODE``."""

    def steps() -> Steps:
        yield line("started")
        yield Wait(seconds)
        yield line(f"something is wrong: exit {code}", 2)
        return code

    seconds, code = _number(argv, 1, 3), _number(argv, 2, 1) % 256
    return Program(steps(), 143, processes=(" ".join(argv),))


@executable((_BEHAVIOUR,), "serve")
def serve(argv: list[str], context: Context) -> Program:
    """``/serve [SECONDS]``: answers at once, and is healthy after so many seconds, or never."""

    def steps() -> Steps:
        if context.fs.exists(_READY):  # of an earlier start
            context.fs.remove(_READY)
        yield line("Starting up on port 80")
        if len(argv) > 1:
            yield Wait(_number(argv, 1, 0))
            context.fs.make_folder("/run", parents=True)
            context.fs.write(_READY, b"")
            yield line("ready")
        yield FOREVER
        return 0

    def site(request: HttpRequest) -> HttpResponse:
        return whoami.site(context, request)

    return Program(steps(), 0, frozenset({80}), site, (" ".join(argv),))


@executable((_BEHAVIOUR,), "healthy")
def healthy(argv: list[str], context: Context) -> Program:
    def steps() -> Steps:
        if context.fs.exists(_READY):
            return 0
        yield line("not ready", 2)
        return 1

    return Program(steps())


@executable((_BEHAVIOUR,), "flaky")
def flaky(argv: list[str], context: Context) -> Program:
    def steps() -> Steps:
        yield line("Starting up on port 80")
        yield FOREVER
        return 0

    visits = count(1)

    def site(request: HttpRequest) -> HttpResponse:
        if next(visits) % 3:
            return whoami.site(context, request)
        body = b"500 Internal Server Error: it is like that sometimes\n"
        said = line(f"{request.method} {request.target}: 500", 2)
        return HttpResponse(body, 500, {"Content-Type": "text/plain; charset=utf-8"}, (said,))

    return Program(steps(), 0, frozenset({80}), site, (" ".join(argv),))


def _number(argv: list[str], at: int, default: int) -> int:
    return int(argv[at]) if len(argv) > at and argv[at].isdigit() else default
