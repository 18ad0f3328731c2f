"""``python -m http.server``: the files of a folder over HTTP."""

from __future__ import annotations

import html
import time
from functools import partial
from mimetypes import guess_type
from posixpath import join, normpath

from essaim_practice.programs import signals
from essaim_practice.programs.base import Context, Program
from essaim_practice.programs.http import HttpRequest, HttpResponse
from essaim_practice.programs.steps import FOREVER, Interrupted, Steps, line

_MOST_LISTED = 1000  # entries of a folder's page
_ERROR = """\
<!DOCTYPE HTML>
<html lang="en">
    <head>
        <meta charset="utf-8">
        <title>Error response</title>
    </head>
    <body>
        <h1>Error response</h1>
        <p>Error code: 404</p>
        <p>Message: File not found.</p>
        <p>Error code explanation: 404 - Nothing matches the given URI.</p>
    </body>
</html>
"""


def program(words: list[str], context: Context) -> Program:
    """words: what stands behind ``http.server``."""
    port, root, host, rest = 8000, context.cwd, "0.0.0.0", iter(words)
    for word in rest:
        if word in ("-d", "--directory"):
            root = context.path(next(rest, "."))
        elif word in ("-b", "--bind"):
            host = next(rest, host)
        elif word.isdecimal() and len(word) < 6:
            port = int(word)
    return Program(
        _steps(host, port, context),
        term_code=143,
        ports=frozenset() if host.startswith("127.") else frozenset({port}),
        site=partial(_site, context, root),
        processes=(" ".join(["python -m http.server", *words]),),
        hears=frozenset({signals.INT}),
    )


def _steps(host: str, port: int, context: Context) -> Steps:
    if context.tty or context.env.get("PYTHONUNBUFFERED"):  # else Python keeps it to itself
        yield line(f"Serving HTTP on {host} port {port} (http://{host}:{port}/) ...")
    try:
        yield FOREVER
    except Interrupted:
        yield line("\nKeyboard interrupt received, exiting.")
    return 0


def _site(context: Context, root: str, request: HttpRequest) -> HttpResponse:
    place = normpath(join(root, request.path.lstrip("/")))
    inside = place == root or place.startswith(root.rstrip("/") + "/")
    status, kind, body = 404, "text/html;charset=utf-8", _ERROR.encode()
    headers = {}
    if inside and context.fs.is_folder(place):
        status = 200
        index = context.file(join(place, "index.html"))
        body = _listing(context, place, request.path) if index is None else index
        if not request.path.endswith("/"):
            status, body, headers = 301, b"", {"Location": request.path + "/"}
    elif inside and (content := context.file(place)) is not None:
        status, kind, body = 200, guess_type(place)[0] or "application/octet-stream", content
    stamp = time.strftime("%d/%b/%Y %H:%M:%S", time.gmtime(request.now))
    asked = f'{request.source} - - [{stamp}] "{request.method} {request.target} HTTP/1.1"'
    log = [line(f"{asked} {status} -", 2)]
    if status == 404:
        missing = f"{request.source} - - [{stamp}] code 404, message File not found"
        log.insert(0, line(missing, 2))
    version = context.env.get("PYTHON_VERSION", "3.11.14")
    named = {"Server": f"SimpleHTTP/0.6 Python/{version}", "Content-Type": kind, **headers}
    return HttpResponse(body, status, named, tuple(log))


def _listing(context: Context, folder: str, path: str) -> bytes:
    names = sorted(context.fs.listing(folder), key=str.lower)[:_MOST_LISTED]
    said = [html.escape(n + "/" * context.fs.is_folder(join(folder, n))) for n in names]
    rows = "".join(f'<li><a href="{name}">{name}</a></li>\n' for name in said)
    title = f"Directory listing for {html.escape(path)}"
    return (
        '<!DOCTYPE HTML>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f"<title>{title}</title>\n</head>\n<body>\n<h1>{title}</h1>\n<hr>\n<ul>\n{rows}</ul>\n<hr>\n</body>\n</html>\n"
    ).encode()
