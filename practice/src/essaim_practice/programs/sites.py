"""What the simulated servers answer over HTTP, and what they log about it."""

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
from essaim_practice.programs.base import World
from essaim_practice.programs.http import Page, Visit
from essaim_practice.programs.script_check import refusal
from essaim_practice.programs.steps import Write, line

_ROOT = "/usr/share/nginx/html"


def nginx(world: World, visit: Visit) -> Page:
    """Static files of the image, a welcome page at /, nginx's own pages for what is not there."""
    version = f"nginx/{world.env.get('NGINX_VERSION', '1.29.3')}"
    status, kind, body = 200, "text/html", _static(world, visit)
    errors: tuple[Write, ...] = ()
    if visit.method not in ("GET", "HEAD"):
        status, body = 405, _plain(405, "Not Allowed", version)
    elif body is not None:
        name = visit.path + "index.html" if visit.path.endswith("/") else visit.path
        kind = guess_type(name)[0] or "application/octet-stream"
    else:
        status, body = 404, _plain(404, "Not Found", version)
        errors = (_missing(visit),)
    headers = {"Server": version, "Content-Type": kind}
    agent = visit.headers.get("user-agent", "-")
    referer = visit.headers.get("referer", "-")
    forwarded = visit.headers.get("x-forwarded-for", "-")
    stamp = time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(visit.now))
    access = (
        f'{visit.source} - - [{stamp}] "{visit.method} {visit.target} HTTP/1.1" {status} '
        f'{0 if visit.method == "HEAD" else len(body)} "{referer}" "{agent}" "{forwarded}"'
    )
    return Page(body, status, headers, (*errors, line(access)))


def _static(world: World, visit: Visit) -> bytes | None:
    """A file of the site; nginx's own welcome page, untouched, tells which replica answers."""
    path = visit.path
    place = normpath(join(_ROOT, path.lstrip("/")))
    if path.endswith("/"):
        place = join(place, "index.html")
    inside = place.startswith(_ROOT + "/")
    content = world.file(place) if inside else None
    tongue = not_run.language(visit.headers)
    return _welcome(visit.replica, tongue) if content == rootfs.NGINX_INDEX else content


def _missing(visit: Visit) -> Write:
    stamp = time.strftime("%Y/%m/%d %H:%M:%S", time.gmtime(visit.now))
    host = visit.headers.get("host", "localhost")
    return line(
        f'{stamp} [error] 29#29: *1 open() "{_ROOT}{visit.path}" failed (2: No such file or '
        f"directory), client: {visit.source}, server: localhost, request: "
        f'"{visit.method} {visit.target} HTTP/1.1", host: "{host}"',
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


def whoami(world: World, visit: Visit) -> Page:
    """The request as it arrived, in plain text."""
    lines = [
        f"Hostname: {world.hostname}",
        "IP: 127.0.0.1",
        f"IP: {visit.address}",
        f"RemoteAddr: {visit.source}:40000",
        f"{visit.method} {visit.target} HTTP/1.1",
    ]
    host = visit.headers.get("host", "")
    lines.append(f"Host: {host}")
    shown = sorted(name for name in visit.headers if name not in ("host", "content-length"))
    lines += [f"{name.title()}: {visit.headers[name]}" for name in shown]
    body = "\n".join([*lines, "", ""]).encode()
    return Page(body, headers={"Content-Type": "text/plain; charset=utf-8"})


def streamlit(source: Callable[[], str], visit: Visit) -> Page:
    """What a Streamlit server answers where no app runs for real, as to a program inside.

    Like Streamlit it has one page for all paths; all else is ``essaim_practice.apps``.
    """
    if visit.path.startswith(("/_stcore/health", "/healthz")):
        return Page(b"ok", headers={"Content-Type": "text/plain"})
    if visit.path.startswith("/_stcore/"):
        return Page(b"Not Found", HTTPStatus.NOT_FOUND, {"Content-Type": "text/plain"})
    text, empty = source(), _streamlit_page()
    why = refusal(text)
    if empty is None or why is not None:
        tongue = not_run.language(visit.headers)
        empty = not_run.page(text, why or not_run.MISSING, visit.replica, tongue).encode()
    return Page(empty, headers={"Content-Type": "text/html; charset=utf-8"})


def _streamlit_page() -> bytes | None:
    """The page that Streamlit fills by script, of the one that is installed here, if one is."""
    found = find_spec("streamlit")
    if found is None or found.origin is None:
        return None
    return (Path(found.origin).parent / "static" / "index.html").read_bytes()
