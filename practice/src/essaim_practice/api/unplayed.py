"""Routes of the Engine API that are not played: each answers 501 with a reason.

An entry leaves this list when its route is registered elsewhere; a test compares the list and
practice/API.md with the table of routes.
"""

from __future__ import annotations

from essaim_practice.api.routing import Request, route
from essaim_practice.protocol.answers import Response
from essaim_practice.store.errors import ApiError

_UNPLAYED: dict[str, tuple[str, ...]] = {
    "checkpoints": (
        "GET /containers/{id}/checkpoints",
        "POST /containers/{id}/checkpoints",
        "DELETE /containers/{id}/checkpoints/{name}",
    ),
    "the cancelling of a build": ("POST /build/cancel",),
    "cluster volumes": ("PUT /volumes/{name}",),
    "plugins": (
        "GET /plugins/privileges",
        "POST /plugins/pull",
        "POST /plugins/create",
        "DELETE /plugins/{name:path}",
        "POST /plugins/{name:path}/enable",
        "POST /plugins/{name:path}/disable",
        "POST /plugins/{name:path}/upgrade",
        "POST /plugins/{name:path}/push",
        "POST /plugins/{name:path}/set",
    ),
}


def _refusing(what: str) -> None:
    def refuse(request: Request) -> Response:
        raise ApiError(501, f"the practice engine does not play {what}")

    for entry in _UNPLAYED[what]:
        route(*entry.split(" "))(refuse)


for _what in _UNPLAYED:
    _refusing(_what)


@route("GET", "/plugins")
def plugins(request: Request) -> Response:
    """Plugins cannot be installed: the list is empty."""
    request.filters({"capability", "enabled"})
    return Response([])


@route("GET", "/plugins/{name:path}/json")
def plugin(request: Request) -> Response:
    """``docker inspect`` asks this last for a name: no plugin has it."""
    raise ApiError(404, f'plugin "{request.params["name"]}" not found')
