"""whoami: a server that shows each request as it arrived."""

from __future__ import annotations

from functools import partial

from essaim_practice.programs import signals
from essaim_practice.programs.base import Context, Program, executable
from essaim_practice.programs.http import HttpRequest, HttpResponse
from essaim_practice.programs.steps import FOREVER, Interrupted, Steps, line


@executable(("whoami",), "whoami")
def whoami(argv: list[str], context: Context) -> Program:
    def steps() -> Steps:
        yield line("Starting up on port 80", 2)
        try:
            yield FOREVER
        except Interrupted:
            return 2  # as Go's runtime ends
        return 0

    return Program(
        steps(),
        term_code=2,
        ports=frozenset({80}),
        site=partial(site, context),
        processes=("/whoami",),
        hears=frozenset({signals.HUP, signals.INT, signals.TERM}),
    )


def site(context: Context, request: HttpRequest) -> HttpResponse:
    """The request as it arrived, in plain text."""
    lines = [
        f"Hostname: {context.hostname}",
        "IP: 127.0.0.1",
        f"IP: {request.address}",
        f"RemoteAddr: {request.source}:40000",
        f"{request.method} {request.target} HTTP/1.1",
    ]
    host = request.headers.get("host", "")
    lines.append(f"Host: {host}")
    shown = sorted(name for name in request.headers if name not in ("host", "content-length"))
    lines += [f"{name.title()}: {request.headers[name]}" for name in shown]
    body = "\n".join([*lines, "", ""]).encode()
    return HttpResponse(body, headers={"Content-Type": "text/plain; charset=utf-8"})
