"""What is not Docker's: the practice engine's own routes, all under ``/_practice``."""

from __future__ import annotations

import inspect
import re

from essaim_practice.api.routing import ROUTES, Request, route
from essaim_practice.api.settings import number, settings, switch
from essaim_practice.apps import relay
from essaim_practice.network.mesh import Refused
from essaim_practice.protocol.answers import Answer, Response
from essaim_practice.store.errors import ApiError

#: The header that names a connection.
NAMED = "essaim-connection"


@route("GET", "/_practice")
def everything(request: Request) -> Response:
    """What there is under /_practice: every route, and what it is for."""
    ours = [each for each in ROUTES if each.pattern.startswith("/_practice")]
    once = [each for each in ours if "/open/" not in each.pattern]
    return Response(
        [
            {
                "method": each.method,
                "path": each.pattern,
                "about": " ".join((inspect.getdoc(each.handler) or "").split()),
            }
            for each in once
        ]
        + [
            {
                "method": "any",
                "path": "/_practice/open/{engine}/{port}/{path}",
                "about": " ".join((inspect.getdoc(open_port) or "").split()),
            }
        ]
    )


@route("GET", "/_practice/ports")
def ports(request: Request) -> Response:
    """Every published port: where it is, what is behind it, and where it answers here."""
    host = request.headers.get("host", "127.0.0.1") + request.base
    shown = []
    for opening in request.cluster.mesh.openings():
        address = request.cluster.bound(opening.engine, opening.port)
        way = f"{host}/_practice/open/{opening.engine}/{opening.port}"
        owner = {"service": opening.service} if opening.service else {}
        shown.append(
            {
                "engine": opening.engine,
                "port": opening.port,
                "target": opening.target,
                **(owner or {"container": opening.container}),
                "bound": address is not None,
                "url": f"http://{address or way}/",
            }
        )
    return Response(shown)


@route("POST", "/_practice/reset")
async def reset(request: Request) -> Response:
    """Begin anew, as on the first day: every connection ends, this one after its answer.

    With {"nodes": 1 to 10} there are so many, with {"formed": false} they are in no Swarm yet.
    """
    body = settings(request, "nodes", "formed")
    nodes = number(body, "nodes", 1, request.cluster.store.limits.engines)
    if nodes is not None and nodes % 1:
        raise ApiError(400, f"nodes is {nodes:g}: write a whole number")
    formed = switch(body, "formed")
    if request.cluster.keeper is None:
        raise ApiError(501, "nobody keeps this cluster who could reset it")
    await request.cluster.keeper.reset_for(None if nodes is None else int(nodes), formed)
    return Response(status=204, headers={"Connection": "close"})


_REST = re.compile(r".*?/_practice/open/[^/]*/[^/?]*")


async def open_port(request: Request) -> Answer:
    """Answer as a new connection to a port of a machine would; 502 when nobody accepts it.

    Requests whose Essaim-Connection header holds the same name share one connection.
    """
    engine, port = request.params["engine"], request.params["port"]
    if not (port.isascii() and port.isdigit() and len(port) <= 5):
        raise ApiError(400, f"{port} is not a port number")
    # As it was sent: the way that the program gets is not decoded here, nor is the machine's name.
    rest = _REST.sub("", request.target, count=1)
    mesh, name = request.cluster.mesh, request.headers.get(NAMED, "")
    headers = {key: value for key, value in request.headers.items() if key != NAMED}
    try:
        there = mesh.keep(name, engine, int(port)) if name else mesh.connect(engine, int(port))
        target = rest if rest.startswith("/") else f"/{rest}"
        return await relay.answer(there, request.method, target, headers, request.body)
    except Refused as refused:
        mesh.drop(name, engine, int(port))
        raise ApiError(502, str(refused)) from None


for _method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
    for _pattern in ("", "/", "/{rest:path}"):
        route(_method, "/_practice/open/{engine}/{port}" + _pattern)(open_port)
