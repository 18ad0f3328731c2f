"""Apache's httpd: its program, and the files that it serves."""

from __future__ import annotations

import html
import time
from functools import partial
from mimetypes import guess_type
from posixpath import join, normpath

from essaim_practice.programs import signals
from essaim_practice.programs.base import Context, Program, executable
from essaim_practice.programs.http import HttpRequest, HttpResponse
from essaim_practice.programs.steps import FOREVER, Interrupted, Steps, Write, line, printing

_SITE = "/usr/local/apache2/htdocs"
_INDEXES = ("index.html",)
_HEARS = frozenset({signals.HUP, signals.INT, signals.TERM, signals.USR1, signals.WINCH})
_ENDS = {
    signals.WINCH: "AH00492: caught SIGWINCH, shutting down gracefully",
    signals.TERM: "AH00491: caught SIGTERM, shutting down",
    signals.INT: "AH00491: caught SIGTERM, shutting down",
}
_MOST_LISTED = 1000  # entries of a folder's page
_NO_NAME = (
    "AH00558: httpd: Could not reliably determine the server's fully qualified domain name, using "
    "{}. Set the 'ServerName' directive globally to suppress this message"
)


def _version(context: Context) -> str:
    return context.env.get("HTTPD_VERSION", "2.4.65")


@executable(("httpd",), "httpd-foreground", "httpd", "apachectl")
def httpd(argv: list[str], context: Context) -> Program:
    match argv[1:2]:
        case ["-v" | "-V"]:
            built = (
                f"Server version: Apache/{_version(context)} (Unix)\nServer built:   (simulated)"
            )
            return Program(printing(built))
        case ["-t" | "configtest"]:  # no configuration is read, so every one is good
            return Program(printing("Syntax OK", stream=2))
        case ["-l" | "-M"]:
            return Program(printing("Compiled in modules:\n  core.c\n  mod_so.c\n  http_core.c"))
        case ["-k", *_] if argv[2:3] and argv[2] in _ORDERS:
            return Program(_signalled(argv[2], context))
        case [("graceful" | "restart" | "stop" | "graceful-stop") as order]:
            return Program(_signalled(order, context))
    return Program(
        _steps(context),
        term_code=0,
        ports=frozenset({80}),
        site=partial(site, context),
        processes=("httpd -DFOREGROUND",) * 4,
        hears=_HEARS,
    )


_ORDERS = {
    "graceful": signals.USR1,
    "graceful-stop": signals.WINCH,
    "restart": signals.HUP,
    "stop": signals.TERM,
}


def _signalled(order: str, context: Context) -> Steps:
    context.inside.kill(1, _ORDERS[order])
    return 0
    yield  # makes this a generator


def _steps(context: Context) -> Steps:
    shown = next((there.address for there in context.net.interfaces()), "127.0.0.1")
    for _ in range(2):
        yield line(_NO_NAME.format(shown), 2)
    while True:
        ready = (
            f"AH00489: Apache/{_version(context)} (Unix) configured -- resuming normal operations"
        )
        yield _note(context, "mpm_event", ready)
        yield _note(context, "core", "AH00094: Command line: 'httpd -D FOREGROUND'")
        try:
            yield FOREVER
        except Interrupted as heard:
            if said := _ENDS.get(heard.signal):
                yield _note(context, "mpm_event", said)
                return 0
            again = "AH00493: SIGUSR1 received.  Doing graceful restart"
            if heard.signal == signals.HUP:
                again = "AH00494: SIGHUP received.  Attempting to restart"
            yield _note(context, "mpm_event", again)


def _note(context: Context, module: str, text: str) -> Write:
    now = context.now()
    stamp = time.strftime("%a %b %d %H:%M:%S", time.gmtime(now))
    fraction, year = int(now % 1 * 1_000_000), time.gmtime(now).tm_year
    return line(f"[{stamp}.{fraction:06} {year}] [{module}:notice] [pid 1:tid 1] {text}", 2)


# What it serves


def site(context: Context, request: HttpRequest) -> HttpResponse:
    """The files below htdocs, a page of what is in a folder, httpd's own pages for the rest."""
    status, kind = 200, "text/html"
    headers: dict[str, str] = {}
    body = b""
    place = normpath(join(_SITE, request.path.lstrip("/")))
    inside = place == _SITE or place.startswith(_SITE + "/")
    if request.method not in ("GET", "HEAD", "POST"):
        status = 405
    elif inside and context.fs.is_folder(place):
        if not request.path.endswith("/"):
            status, headers["Location"] = 301, request.path + "/"
        else:
            found = (context.file(join(place, name)) for name in _INDEXES)
            index = next((content for content in found if content is not None), None)
            body = _listing(context, place, request.path) if index is None else index
    else:
        content = context.file(place) if inside else None
        kind = guess_type(place)[0] or "text/plain"
        body, status = (content, 200) if content is not None else (b"", 404)
    if status != 200:
        kind, body = "text/html; charset=iso-8859-1", _page(status, headers.get("Location", ""))
    stamp = time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(request.now))
    size = len(body) if request.method != "HEAD" and body else "-"
    access = (
        f'{request.source} - - [{stamp}] "{request.method} {request.target} HTTP/1.1" '
        f"{status} {size}"
    )
    named = {"Server": f"Apache/{_version(context)} (Unix)", "Content-Type": kind, **headers}
    return HttpResponse(body, status, named, (line(access),))


_SAID = {
    301: ("Moved Permanently", 'The document has moved <a href="{}">here</a>.'),
    404: ("Not Found", "The requested URL was not found on this server."),
    405: ("Method Not Allowed", "The requested method is not allowed for this URL."),
}


def _page(status: int, target: str) -> bytes:
    title, text = _SAID[status]
    return (
        '<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">\n<html><head>\n'
        f"<title>{status} {title}</title>\n</head><body>\n<h1>{title}</h1>\n"
        f"<p>{text.format(html.escape(target))}</p>\n</body></html>\n"
    ).encode()


def _listing(context: Context, folder: str, path: str) -> bytes:
    entries = sorted(context.fs.listing(folder))[:_MOST_LISTED]
    shown = html.escape(path.rstrip("/") or "/")
    rows = "" if path == "/" else '<li><a href="../"> Parent Directory</a></li>\n'
    for name in entries:
        said = html.escape(name + "/" * context.fs.is_folder(join(folder, name)))
        rows += f'<li><a href="{said}"> {said}</a></li>\n'
    return (
        '<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 3.2 Final//EN">\n<html>\n <head>\n'
        f"  <title>Index of {shown}</title>\n </head>\n <body>\n<h1>Index of {shown}</h1>\n"
        f"<ul>{rows}</ul>\n</body></html>\n"
    ).encode()
