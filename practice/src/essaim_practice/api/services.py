"""Routes on services: create, list, inspect, update, roll back, remove."""

from __future__ import annotations

from essaim_practice.api.managers import managing, version_of
from essaim_practice.api.routing import Request, route
from essaim_practice.protocol import bodies
from essaim_practice.protocol.answers import Response
from essaim_practice.store import containers
from essaim_practice.store.errors import ApiError
from essaim_practice.store.objects import Service, UpdateStatus
from essaim_practice.swarm import canonical, specs, validation
from essaim_practice.swarm.access import find, in_sequence, labelled, passes, refuse
from essaim_practice.swarm.records import new_id, respec
from essaim_practice.swarm.render import service_json

_FILTERS = ("id", "name", "label", "mode", "runtime")


@route("GET", "/services")
def list_services(request: Request) -> Response:
    store = managing(request)
    filters = request.filters(_FILTERS)
    found = [service for service in store.all(Service) if _passes(service, filters)]
    status = request.flag("status")
    defaults = request.flag("insertDefaults")
    found.sort(key=lambda service: service.id)
    return Response(service_json(store, service, defaults, status) for service in found)


def _passes(service: Service, filters: dict[str, list[str]]) -> bool:
    mode = specs.mode(service.spec)
    return passes(
        filters,
        {
            "id": service.id.startswith,
            "name": service.name.startswith,
            "label": lambda wanted: labelled(service.spec["Labels"], wanted),
            "mode": lambda wanted: wanted == mode,
            "runtime": lambda wanted: wanted == "container",
        },
    )


@route("POST", "/services/create", quota="services")
def create(request: Request) -> Response:
    store, random = managing(request), request.cluster.random
    posted = request.json(bodies.SERVICE)
    validation.check_shape(posted)
    spec = validation.with_network_ids(store, canonical.stored(posted))
    if not spec["Name"]:
        spec["Name"] = containers.name_for(store, random, request.engine, "")
    validation.check(store, spec)
    now, version = store.clock.now(), store.next_version()
    service = store.put(Service(new_id(random), version, now, now, spec, version, executed=now))
    return Response({"ID": service.id, "Warnings": None}, 201)


@route("GET", "/services/{id}")
def inspect(request: Request) -> Response:
    store = managing(request)
    service = find(store, Service, request.params["id"])
    return Response(service_json(store, service, request.flag("insertDefaults")))


@route("POST", "/services/{id}/update")
def update(request: Request) -> Response:
    store = managing(request)
    posted = request.json(bodies.SERVICE)
    version = version_of(request, "service")
    service = find(store, Service, request.params["id"])
    validation.check_shape(posted)
    if request.query.get("rollback", "") not in ("", "none"):
        _roll_back(request, service, version)
        return Response({"Warnings": None})
    spec = validation.with_network_ids(store, canonical.stored(posted))
    validation.check(store, {**spec, "Name": spec["Name"] or service.name}, service.id)
    if spec["Name"] != service.name:
        raise refuse(501, "Unimplemented", "renaming services is not supported")
    if set(spec["Mode"]) != set(service.spec["Mode"]):
        raise refuse(501, "Unimplemented", "service mode change is not allowed")
    in_sequence(service.version, version)
    # What was under way is over: the updater begins anew with this spec.
    respec(store, service, spec, previous_spec=service.spec, update_status=None)
    return Response({"Warnings": None})


def _roll_back(request: Request, service: Service, version: int) -> None:
    store = request.cluster.store
    if request.query["rollback"] != "previous":
        asked = request.query["rollback"]
        raise ApiError(400, f"unrecognized rollback option {asked}")
    previous = service.previous_spec
    if previous is None:
        reason = f"service {service.id} does not have a previous spec"
        raise refuse(400, "FailedPrecondition", reason)
    in_sequence(service.version, version)
    now = store.clock.now()
    status = UpdateStatus("rollback_started", "manually requested rollback", now)
    respec(store, service, previous, previous_spec=service.spec, update_status=status)


@route("DELETE", "/services/{id}")
def remove(request: Request) -> Response:
    store = managing(request)
    store.delete(Service, find(store, Service, request.params["id"]).id)
    return Response(None)
