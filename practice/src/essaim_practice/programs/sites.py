"""The HTTP answers of the simulated servers, and their access logs."""

from __future__ import annotations

import html
import time
from collections.abc import Callable
from http import HTTPStatus
from importlib.util import find_spec
from mimetypes import guess_type
from pathlib import Path
from posixpath import join, normpath

from essaim_practice.files import rootfs
from essaim_practice.programs import not_run
from essaim_practice.programs.base import Context
from essaim_practice.programs.http import HttpRequest, HttpResponse
from essaim_practice.programs.script_check import refusal
from essaim_practice.programs.steps import Write, line

_ROOT = "/usr/share/nginx/html"


def nginx(context: Context, request: HttpRequest) -> HttpResponse:
    """Static files of the image, a welcome page at /, nginx's own pages for what is not there."""
    version = f"nginx/{context.env.get('NGINX_VERSION', '1.29.3')}"
    status, kind, body = 200, "text/html", _static(context, request)
    errors: tuple[Write, ...] = ()
    if request.method not in ("GET", "HEAD"):
        status, body = 405, _plain(405, "Not Allowed", version)
    elif body is not None:
        name = request.path + "index.html" if request.path.endswith("/") else request.path
        kind = guess_type(name)[0] or "application/octet-stream"
    else:
        status, body = 404, _plain(404, "Not Found", version)
        errors = (_missing(request),)
    headers = {"Server": version, "Content-Type": kind}
    agent = request.headers.get("user-agent", "-")
    referer = request.headers.get("referer", "-")
    forwarded = request.headers.get("x-forwarded-for", "-")
    stamp = time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(request.now))
    access = (
        f'{request.source} - - [{stamp}] "{request.method} {request.target} HTTP/1.1" {status} '
        f'{0 if request.method == "HEAD" else len(body)} "{referer}" "{agent}" "{forwarded}"'
    )
    return HttpResponse(body, status, headers, (*errors, line(access)))


def _static(context: Context, request: HttpRequest) -> bytes | None:
    """A file of the site; the unmodified welcome page of nginx names the replica."""
    path = request.path
    place = normpath(join(_ROOT, path.lstrip("/")))
    if path.endswith("/"):
        place = join(place, "index.html")
    inside = place.startswith(_ROOT + "/")
    content = context.file(place) if inside else None
    tongue = not_run.language(request.headers)
    return _welcome(request.replica, tongue) if content == rootfs.NGINX_INDEX else content


def _missing(request: HttpRequest) -> Write:
    stamp = time.strftime("%Y/%m/%d %H:%M:%S", time.gmtime(request.now))
    host = request.headers.get("host", "localhost")
    return line(
        f'{stamp} [error] 29#29: *1 open() "{_ROOT}{request.path}" failed (2: No such file or '
        f"directory), client: {request.source}, server: localhost, request: "
        f'"{request.method} {request.target} HTTP/1.1", host: "{host}"',
        2,
    )


def _plain(status: int, reason: str, version: str) -> bytes:
    return (
        f"<html>\r\n<head><title>{status} {reason}</title></head>\r\n<body>\r\n"
        f"<center><h1>{status} {reason}</h1></center>\r\n<hr><center>{version}</center>\r\n"
        "</body>\r\n</html>\r\n"
    ).encode()


_WELCOME = {
    "en": """<p>This page was served by <strong>{name}</strong>.</p>
<p>It is a simulation: Essaim's practice engine answers here in the place of an nginx server.
Ask again on a new connection, and another replica of the service may answer.</p>""",
    "fr": """<p>Cette page a été servie par <strong>{name}</strong>.</p>
<p>C’est une simulation : le moteur d’entraînement d’Essaim répond ici à la place d’un serveur
nginx. Redemandez-la sur une nouvelle connexion : un autre réplica peut répondre.</p>""",
}


def _welcome(replica: str, tongue: str) -> bytes:
    return f"""<!DOCTYPE html>
<html lang="{tongue}">
<head>
<meta charset="utf-8">
<title>Welcome to nginx!</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 1.1rem/1.6 system-ui, sans-serif; max-width: 34em; margin: 3em auto; }}
</style>
</head>
<body>
<h1>Welcome to nginx!</h1>
{_WELCOME[tongue].format(name=html.escape(replica))}
</body>
</html>
""".encode()


def whoami(context: Context, request: HttpRequest) -> HttpResponse:
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


def streamlit(source: Callable[[], str], request: HttpRequest) -> HttpResponse:
    """The answer of a Streamlit server if no app really runs, and to programs in containers.

    As in Streamlit there is one page for all paths. ``essaim_practice.apps`` runs apps.
    """
    if request.path.startswith(("/_stcore/health", "/healthz")):
        return HttpResponse(b"ok", headers={"Content-Type": "text/plain"})
    if request.path.startswith("/_stcore/"):
        return HttpResponse(b"Not Found", HTTPStatus.NOT_FOUND, {"Content-Type": "text/plain"})
    text, empty = source(), _streamlit_page()
    why = refusal(text)
    if empty is None or why is not None:
        tongue = not_run.language(request.headers)
        empty = not_run.page(text, why or not_run.MISSING, request.replica, tongue).encode()
    return HttpResponse(empty, headers={"Content-Type": "text/html; charset=utf-8"})


def _streamlit_page() -> bytes | None:
    """The page of the installed Streamlit that its script fills; None if it is not installed."""
    found = find_spec("streamlit")
    if found is None or found.origin is None:
        return None
    return (Path(found.origin).parent / "static" / "index.html").read_bytes()
