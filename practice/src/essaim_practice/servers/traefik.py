"""Traefik: leads requests to containers by their labels, and shows its routers."""

from __future__ import annotations

import html
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import count

from essaim_practice.programs import signals
from essaim_practice.programs.base import Context, Program, executable, program
from essaim_practice.programs.hosts import NoSuchHost
from essaim_practice.programs.http import HttpRequest, HttpResponse
from essaim_practice.programs.overview import SeenContainer
from essaim_practice.programs.steps import FOREVER, Interrupted, Steps, line, printing

_MOST_HOPS = 5  # from one Traefik to the next
_TERM = re.compile(r"(!?)(Host|PathPrefix|Path)\(`([^`]*)`\)")
_ROUTER = re.compile(r"traefik\.http\.routers\.([^.]+)\.rule")
_PORT = re.compile(r"traefik\.http\.services\.[^.]+\.loadbalancer\.server\.port")


@executable(("traefik",), "entrypoint.sh")
def entrypoint(argv: list[str], context: Context) -> Program:
    words = argv[1:]
    if not words or words[0].startswith("-") or words[0] in ("version", "healthcheck"):
        words = ["traefik", *words]
    return program(words, context)


@executable(("traefik",), "traefik")
def traefik(argv: list[str], context: Context) -> Program:
    if argv[1:2] == ["version"]:
        return Program(printing("Version:      (simulated)\nCodename:     (simulated)"))
    options = {}
    for word in argv[1:]:
        name, equals, value = word.lstrip("-").partition("=")
        options[name.lower()] = value if equals else "true"
    entries = {"web": 80} if not any(o.startswith("entrypoints.") for o in options) else {}
    for name, value in options.items():
        found = re.fullmatch(r"entrypoints\.([^.]+)\.address", name)
        if found and value.rpartition(":")[2].partition("/")[0].isdigit():
            entries[found[1]] = int(value.rpartition(":")[2].partition("/")[0])
    insecure = options.get("api.insecure") == "true" or "api" in options
    ports = frozenset({*entries.values(), *((8080,) if insecure else ())})
    return Program(
        _steps(context, options),
        term_code=0,
        ports=ports,
        site=partial(_Site(context, options).answer, insecure),
        processes=(" ".join(argv),),
        hears=frozenset({signals.INT, signals.TERM}),
    )


def _steps(context: Context, options: dict[str, str]) -> Steps:
    def note(text: str) -> str:
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(context.now()))
        return f"{stamp} INF {text}"

    yield line(note("Traefik (simulated by the practice engine)"))
    watching = next((o for o in ("providers.swarm", "providers.docker") if _has(options, o)), "")
    if watching:
        yield line(note(f"Starting provider *{watching.partition('.')[2]}.Provider"))
        if context.overview() is None:
            words = "Cannot connect to the Docker daemon at unix:///var/run/docker.sock."
            yield line(note(words).replace(" INF ", " ERR "))
    try:
        yield FOREVER
    except Interrupted:
        yield line(note("Shutting down"))
    return 0


def _has(options: dict[str, str], name: str) -> bool:
    return any(o == name or o.startswith(f"{name}.") for o in options)


@dataclass(frozen=True, slots=True)
class _Route:
    name: str
    rule: str
    containers: tuple[SeenContainer, ...]


class _Site:
    """What one Traefik answers."""

    def __init__(self, context: Context, options: dict[str, str]) -> None:
        self._context = context
        self._options = options
        self._turns = count()

    def answer(self, insecure: bool, request: HttpRequest) -> HttpResponse:
        host = request.headers.get("host", "").partition(":")[0].lower()
        for route in self._routes():
            if _fits(route.rule, host, request.path):
                return self._passed_on(route, request)
        if insecure and request.path in ("/dashboard/", "/", "/api/rawdata"):
            return self._dashboard()
        return HttpResponse(b"404 page not found\n", 404, {"Content-Type": "text/plain"})

    def _routes(self) -> list[_Route]:
        """The routers of all labels, the longest rule first, as Traefik sorts them."""
        seen = self._context.overview()
        watching = _has(self._options, "providers.docker") or _has(self._options, "providers.swarm")
        if seen is None or not watching:
            return []
        shown = not any(
            self._options.get(f"providers.{kind}.exposedbydefault") == "false"
            for kind in ("docker", "swarm")
        )
        found: dict[tuple[str, str], list[SeenContainer]] = {}
        for container in seen.containers:
            enabled = container.labels.get("traefik.enable", "true" if shown else "false")
            if container.state == "running" and enabled == "true":
                for key in _rules(container):
                    found.setdefault(key, []).append(container)
        routes = [_Route(name, rule, tuple(there)) for (name, rule), there in found.items()]
        return sorted(routes, key=lambda route: -len(route.rule))

    def _passed_on(self, route: _Route, request: HttpRequest) -> HttpResponse:
        container = route.containers[next(self._turns) % len(route.containers)]
        asked = next((v for k, v in container.labels.items() if _PORT.fullmatch(k)), "")
        port = int(asked) if asked.isdigit() else next(iter(container.ports), 80)
        before = request.headers.get("x-forwarded-for", "")
        if before.count(",") > _MOST_HOPS:  # it leads to itself
            return HttpResponse(b"Bad Gateway", 502, {"Content-Type": "text/plain"})
        headers = {
            **request.headers, "x-forwarded-for": f"{before}, {request.source}".lstrip(", "),
            "x-forwarded-proto": "http",
            "x-forwarded-host": request.headers.get("host", ""), "x-real-ip": request.source,
            "x-forwarded-server": self._context.hostname,
        }  # fmt: skip
        url = f"http://{container.address}:{port}{request.target}"
        try:
            return self._context.net.fetch(url, request.method, headers, request.body)
        except (NoSuchHost, OSError):
            return HttpResponse(b"Bad Gateway", 502, {"Content-Type": "text/plain"})

    def _dashboard(self) -> HttpResponse:
        rows = "".join(
            f"<tr><td>{html.escape(r.name)}</td><td>{html.escape(r.rule)}</td>"
            f"<td>{html.escape(', '.join(c.name for c in r.containers))}</td></tr>"
            for r in self._routes()
        )
        page = (
            '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>Traefik</title>'
            "<style>:root { color-scheme: light dark; } body { font: 1.1rem system-ui, sans-serif }"
            " td, th { text-align: left; padding: .2em 1em }</style></head>\n<body><h1>Traefik</h1>"
            f"<table><tr><th>Router</th><th>Rule</th><th>Servers</th></tr>{rows}</table>"
            "<p>A simulation by Essaim's practice engine.</p></body></html>\n"
        )
        return HttpResponse(page.encode(), headers={"Content-Type": "text/html; charset=utf-8"})


def _rules(container: SeenContainer) -> Iterator[tuple[str, str]]:
    """Name and rule of each router of a container; without one, Traefik makes one of its name."""
    own = [(found[1], rule) for name, rule in container.labels.items()
           if (found := _ROUTER.fullmatch(name))]  # fmt: skip
    plain = re.sub(r"[^a-z0-9]+", "-", container.name.lower())
    yield from own or [(plain, f"Host(`{plain}`)")]


def _fits(rule: str, host: str, path: str) -> bool:
    """Whether a request is meant by a rule of Host, Path, PathPrefix, ``&&`` and ``||``."""
    for either in rule.split("||"):
        terms = _TERM.findall(either)
        if (
            terms
            and len(terms) == either.count("(`")
            and all(
                (kind == "Host" and host == value.lower())
                or (kind == "Path" and path == value)
                or (kind == "PathPrefix" and path.startswith(value))
                for negated, kind, value in terms
                if not negated
            )
        ):
            return True
    return False
