"""Routes on secrets and configs; they differ in wording, limits, and who sees their data."""

from __future__ import annotations

from essaim_practice.api.managers import managing
from essaim_practice.api.routing import Request, route
from essaim_practice.protocol import bodies
from essaim_practice.protocol.answers import Response
from essaim_practice.protocol.shapes import Struct
from essaim_practice.store.errors import ApiError
from essaim_practice.store.objects import Config, Payload, Secret
from essaim_practice.swarm import payloads
from essaim_practice.swarm.access import find, in_sequence, invalid, labelled, passes
from essaim_practice.swarm.records import new_id, revise
from essaim_practice.swarm.render import payload_json

_SHAPES: dict[type[Payload], Struct] = {Secret: bodies.SECRET, Config: bodies.CONFIG}
_FILTERS = {Secret: ("id", "label", "name", "names"), Config: ("id", "label", "name")}


def _kind(request: Request) -> type[Payload]:
    return Secret if request.path.startswith("/secrets") else Config


@route("GET", "/secrets")
@route("GET", "/configs")
def list_payloads(request: Request) -> Response:
    store, kind = managing(request), _kind(request)
    filters = request.filters(_FILTERS[kind])
    found = [payload for payload in store.all(kind) if _passes(payload, filters)]
    found.sort(key=lambda payload: payload.id)
    return Response(payload_json(payload) for payload in found)


def _passes(payload: Payload, filters: dict[str, list[str]]) -> bool:
    return passes(
        filters,
        {
            "id": payload.id.startswith,
            "name": payload.name.startswith,
            "names": lambda wanted: wanted == payload.name,
            "label": lambda wanted: labelled(payload.spec["Labels"], wanted),
        },
    )


@route("POST", "/secrets/create", quota="secrets")
@route("POST", "/configs/create", quota="configs")
def create(request: Request) -> Response:
    store, kind = managing(request), _kind(request)
    spec = payloads.spec_of(request.json(_SHAPES[kind]))
    payloads.check(store, kind, spec)
    now, version = store.clock.now(), store.next_version()
    made = store.put(kind(new_id(request.cluster.random), version, now, now, spec))
    return Response({"ID": made.id}, 201)


@route("GET", "/secrets/{id}")
@route("GET", "/configs/{id}")
def inspect(request: Request) -> Response:
    store = managing(request)
    return Response(payload_json(find(store, _kind(request), request.params["id"])))


@route("POST", "/secrets/{id}/update")
@route("POST", "/configs/{id}/update")
def update(request: Request) -> Response:
    """Replace the labels. Raises ApiError 400 if the request changes anything else."""
    store, kind = managing(request), _kind(request)
    wanted = payloads.spec_of(request.json(_SHAPES[kind]))
    version = request.query.get("version", "")
    if not (version.isascii() and version.isdigit() and len(version) < 20):
        raise ApiError(400, f"invalid {payloads.word(kind)} version")
    payload = find(store, kind, request.params["id"])
    if wanted["Name"] != payload.name or wanted["Data"] not in ("", payload.spec["Data"]):
        raise invalid("only updates to Labels are allowed")
    in_sequence(payload.version, int(version))
    revise(store, payload, spec={**payload.spec, "Labels": wanted["Labels"]})
    return Response(None)


@route("DELETE", "/secrets/{id}")
@route("DELETE", "/configs/{id}")
def remove(request: Request) -> Response:
    store, kind = managing(request), _kind(request)
    payload = find(store, kind, request.params["id"])
    payloads.check_unused(store, payload)
    store.delete(kind, payload.id)
    return Response(None, 204)
