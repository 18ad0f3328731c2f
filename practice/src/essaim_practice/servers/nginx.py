"""nginx: its program, its entry point, and the pages that it serves."""

from __future__ import annotations

import html
import time
from dataclasses import replace
from functools import partial
from mimetypes import guess_type
from posixpath import basename, join, normpath

from essaim_practice.files.rootfs import NGINX_INDEX, NGINX_SITE
from essaim_practice.programs import not_run, signals
from essaim_practice.programs.base import Context, Program, executable, program
from essaim_practice.programs.http import HttpRequest, HttpResponse
from essaim_practice.programs.steps import (
    FOREVER,
    Interrupted,
    Steps,
    Write,
    ending,
    line,
    printing,
)


@executable(("nginx",), "nginx")
def nginx(argv: list[str], context: Context) -> Program:
    match argv[1:2]:
        case ["-t"]:
            return Program(_checked())
        case ["-v" | "-V"]:
            version = context.env.get("NGINX_VERSION", "1.31.4")
            return Program(printing(f"nginx version: nginx/{version}", stream=2))
        case ["-s"]:
            return Program(_signalled(argv[2:3], context))
    return Program(
        _nginx_steps(context, entrypoint=False),
        term_code=0,
        ports=frozenset({80}),
        site=partial(site, context),
        processes=("nginx: master process nginx -g daemon off;", "nginx: worker process"),
        hears=_NGINX_HEARS,
    )


def _checked() -> Steps:
    """``nginx -t``: no configuration is read, so every one is good."""
    path = "nginx: the configuration file /etc/nginx/nginx.conf"
    yield line(f"{path} syntax is ok", 2)
    yield line("nginx: configuration file /etc/nginx/nginx.conf test is successful", 2)
    return 0


_NGINX_ORDERS = {"stop": signals.TERM, "quit": signals.QUIT, "reload": signals.HUP}


def _signalled(words: list[str], context: Context) -> Steps:
    """``nginx -s reload``: a signal to the master."""
    order = words[0] if words else ""
    if order != "reopen" and order not in _NGINX_ORDERS:
        yield line(f'nginx: invalid option: "-s {order}"', 2)
        return 1
    stamp = time.strftime("%Y/%m/%d %H:%M:%S", time.gmtime(context.now()))
    yield line(f"{stamp} [notice] 29#29: signal process started", 2)
    if order in _NGINX_ORDERS:
        context.inside.kill(1, _NGINX_ORDERS[order])
    return 0


@executable(("nginx",), "docker-entrypoint.sh")
def nginx_entrypoint(argv: list[str], context: Context) -> Program:
    rest = argv[1:]
    if not rest:
        return Program(ending(0))
    inner = program(rest, context)
    if basename(rest[0]) != "nginx":
        return inner
    return replace(inner, steps=_nginx_steps(context, entrypoint=True))


def _nginx_steps(context: Context, entrypoint: bool) -> Steps:
    if entrypoint:
        yield from _NGINX_ENTRYPOINT
    if problem := _kept_from(context):
        stamp = time.strftime("%Y/%m/%d %H:%M:%S", time.gmtime(context.now()))
        yield line(f"{stamp} [emerg] 1#1: {problem}", 2)
        yield line(f"nginx: [emerg] {problem}", 2)
        return 1
    version = context.env.get("NGINX_VERSION", "1.31.4")
    notes: tuple[str, ...] = (
        'using the "epoll" event method',
        f"nginx/{version}",
        "start worker processes",
    )
    while True:
        stamp = time.strftime("%Y/%m/%d %H:%M:%S", time.gmtime(context.now()))
        for note in notes:
            yield line(f"{stamp} [notice] 1#1: {note}", 2)
        if notes[-1] == "exit":
            return 0
        try:
            yield FOREVER
        except Interrupted as heard:
            name, doing, *more = _NGINX_SIGNALS[heard.signal]
            notes = (f"signal {heard.signal} (SIG{name}) received, {doing}", *more)


def _kept_from(context: Context) -> str:
    """Why it cannot have its folders and its pid file; '' where it can."""
    if not context.bounds.read_only and context.rights.is_free:
        return ""
    temporary, pid = "/var/cache/nginx/client_temp", "/run/nginx.pid"
    try:
        if not context.fs.exists(temporary):
            context.fs.make_folder(temporary)
    except OSError as error:
        return f'mkdir() "{temporary}" failed ({error.errno}: {error.strerror})'
    if context.rights.uid == 0 and not context.rights.can("CHOWN"):
        return f'chown("{temporary}", 101) failed (1: Operation not permitted)'
    try:
        context.fs.write(pid, b"1\n")
    except OSError as error:
        return f'open() "{pid}" failed ({error.errno}: {error.strerror})'
    return ""


_NGINX_ENTRYPOINT = tuple(
    line(f"/docker-entrypoint.sh: {text}")
    for text in (
        "/docker-entrypoint.d/ is not empty, will attempt to perform configuration",
        "Looking for shell scripts in /docker-entrypoint.d/",
        "Launching /docker-entrypoint.d/10-listen-on-ipv6-by-default.sh",
        "Launching /docker-entrypoint.d/20-envsubst-on-templates.sh",
        "Launching /docker-entrypoint.d/30-tune-worker-processes.sh",
        "Configuration complete; ready for start up",
    )
)
_NGINX_SIGNALS = {
    signals.HUP: ("HUP", "reconfiguring", "reconfiguring", "start worker processes"),
    signals.INT: ("INT", "exiting", "exit"),
    signals.QUIT: ("QUIT", "shutting down", "exit"),
    signals.USR1: ("USR1", "reopening logs", "reopening logs"),
    signals.TERM: ("TERM", "exiting", "exit"),
}
_NGINX_HEARS = frozenset(_NGINX_SIGNALS)


# What it serves


def site(context: Context, request: HttpRequest) -> HttpResponse:
    """Static files of the image, a welcome page at /, nginx's own pages for what is not there."""
    version = f"nginx/{context.env.get('NGINX_VERSION', '1.31.4')}"
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
    place = normpath(join(NGINX_SITE, path.lstrip("/")))
    if path.endswith("/"):
        place = join(place, "index.html")
    inside = place.startswith(NGINX_SITE + "/")
    content = context.file(place) if inside else None
    tongue = not_run.language(request.headers)
    return _welcome(request.replica, tongue) if content == NGINX_INDEX else content


def _missing(request: HttpRequest) -> Write:
    stamp = time.strftime("%Y/%m/%d %H:%M:%S", time.gmtime(request.now))
    host = request.headers.get("host", "localhost")
    return line(
        f'{stamp} [error] 29#29: *1 open() "{NGINX_SITE}{request.path}" failed (2: No such file '
        f"or directory), client: {request.source}, server: localhost, request: "
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
