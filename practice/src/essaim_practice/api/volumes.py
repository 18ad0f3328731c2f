"""Routes on volumes."""

from __future__ import annotations

from essaim_practice.api.filters import flag_of, labelled, matches, unlabelled
from essaim_practice.api.routing import Request, route
from essaim_practice.files import volumes
from essaim_practice.protocol import bodies
from essaim_practice.protocol.answers import Response
from essaim_practice.store.errors import ApiError
from essaim_practice.store.formats import hex_id
from essaim_practice.store.objects import Volume

_FILTERS = {"dangling", "driver", "label", "name"}


@route("GET", "/volumes")
def list_volumes(request: Request) -> Response:
    store, filters = request.cluster.store, request.filters(_FILTERS)
    unused = flag_of(filters, "dangling")
    found = volumes.on_engine(store, request.engine)
    for kind, values in filters.items():
        match kind:
            case "name":
                found = [v for v in found if any(matches(value, v.name) for value in values)]
            case "driver":
                found = [v for v in found if v.driver in values]
            case "label":
                found = [v for v in found if labelled(v.labels or {}, values)]
            case "dangling":
                found = [v for v in found if unused == (not volumes.users(store, v))]
    return Response({"Volumes": map(volumes.as_json, found), "Warnings": None})


@route("POST", "/volumes/create", quota="volumes")
def create(request: Request) -> Response:
    body = request.json(bodies.VOLUME)
    labels = body.get("Labels")
    name = str(body.get("Name") or "")
    if not name:
        name = hex_id(request.cluster.random)
        labels = {**(labels or {}), volumes.ANONYMOUS: ""}
    driver = str(body.get("Driver") or "local")
    volumes.check_driver(name, driver)
    if body.get("ClusterVolumeSpec") is not None:
        raise ApiError(501, "the practice engine does not play cluster volumes")
    volume = volumes.create(
        request.cluster.store,
        request.engine,
        name,
        driver,
        labels,
        body.get("DriverOpts"),
    )
    return Response(volumes.as_json(volume), 201)


@route("GET", "/volumes/{name}")
def inspect(request: Request) -> Response:
    volume = volumes.get(request.cluster.store, request.engine, request.params["name"])
    return Response(volumes.as_json(volume))


@route("DELETE", "/volumes/{name}")
def remove(request: Request) -> Response:
    store, name = request.cluster.store, request.params["name"]
    if request.flag("force") and store.get(Volume, f"{request.engine}/{name}") is None:
        return Response(None, 204)
    volume = volumes.get(store, request.engine, name)
    users = [container.id for container in volumes.users(store, volume)]
    if users:
        raise ApiError(409, f"remove {name}: volume is in use - [{', '.join(users)}]")
    store.delete(Volume, volume.id)
    return Response(None, 204)


@route("POST", "/volumes/prune")
def prune(request: Request) -> Response:
    store, filters = request.cluster.store, request.filters({"all", "label", "label!"})
    everything = flag_of(filters, "all")
    removed, freed = [], 0
    for volume in volumes.on_engine(store, request.engine):
        if volumes.users(store, volume) or not (everything or volumes.is_anonymous(volume)):
            continue
        labels = volume.labels or {}
        asked = labelled(labels, filters.get("label", ()))
        if asked and unlabelled(labels, filters.get("label!", ())):
            freed += request.cluster.files.volume_size(volume.id)
            store.delete(Volume, volume.id)
            removed.append(volume.name)
    reclaimed = {"reclaimed": str(freed)}
    request.cluster.events.emit(request.engine, "volume", "prune", "", reclaimed)
    return Response({"VolumesDeleted": removed, "SpaceReclaimed": freed})
