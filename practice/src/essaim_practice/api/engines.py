"""The machines of a practice cluster, under ``/_practice/engines``: all, one more, one less.

A machine that comes is an empty Docker engine in no Swarm. One that goes is as one whose plug was
pulled for good: the Swarm is told nothing, and lists its node until it is removed.
"""

from __future__ import annotations

from typing import Any

from essaim_practice.api.routing import Request, route
from essaim_practice.api.settings import settings, words
from essaim_practice.api.swarm_info import local_state
from essaim_practice.protocol.answers import Response
from essaim_practice.store.errors import ApiError
from essaim_practice.store.objects import Engine


@route("GET", "/_practice/engines")
def engines(request: Request) -> Response:
    """Every machine: where its API answers, how it fares, and its part in the Swarm."""
    return Response([_shown(request, engine) for engine in request.cluster.engines])


@route("POST", "/_practice/engines", quota="engines")
async def add(request: Request) -> Response:
    """One more machine, whose Docker engine is empty and in no Swarm; the answer shows it."""
    settings(request)
    engine = request.cluster.add_engine()
    if request.cluster.keeper is not None:
        await request.cluster.keeper.attend()
    return Response(_shown(request, engine), 201)


@route("DELETE", "/_practice/engines/{name}")
async def remove(request: Request) -> Response:
    """Take a machine away with all that is on it. Where it is a node, the Swarm sees it go down."""
    engine = machine(request)
    if engine.id == request.engine:
        raise ApiError(409, f"{engine.id} answers this request: ask another node to remove it")
    request.cluster.remove_engine(engine)
    if request.cluster.keeper is not None:
        await request.cluster.keeper.attend()
    return Response(status=204)


def machine(request: Request) -> Engine:
    """The machine that the path names; 404 where there is none."""
    name = request.params["name"]
    for engine in request.cluster.engines:
        if engine.id == name:
            return engine
    known = words([engine.id for engine in request.cluster.engines])
    raise ApiError(404, f"there is no machine called {name}, only {known}")


def _shown(request: Request, engine: Engine) -> dict[str, Any]:
    cluster = request.cluster
    host = cluster.keeper.host(engine.id) if cluster.keeper else ""
    if host.startswith("/"):  # a path of the server that was asked
        host = f"tcp://{request.headers.get('host', '')}{host}"
    return {
        "name": engine.id,
        "address": engine.address,
        "host": host,
        "up": engine.up,
        "cut": engine.cut,
        "full": engine.full,
        "swarm": local_state(engine),
        "role": engine.role,
        "ports": [each.port for each in cluster.mesh.openings() if each.engine == engine.id],
    }
