"""Routes on containers: list, create, inspect, and changes of their state."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from essaim_practice.api import (
    container_filters,
    container_json,
    container_needs,
    host_config,
)
from essaim_practice.api.filters import until_of
from essaim_practice.api.routing import Request, route
from essaim_practice.files import mounts
from essaim_practice.images import local as images
from essaim_practice.network import addresses, links, publishing
from essaim_practice.programs import checks
from essaim_practice.programs.base import argv_of
from essaim_practice.protocol import bodies
from essaim_practice.protocol.answers import Response
from essaim_practice.store import containers
from essaim_practice.store.errors import ApiError
from essaim_practice.store.objects import Container, Engine, Image

_FILTERS = {
    *("ancestor", "before", "expose", "exited", "health", "id", "isolation", "is-task", "label"),
    *("name", "network", "publish", "since", "status", "volume"),
}


def image_of(request: Request, container: Container) -> Image | None:
    return request.cluster.store.get(Image, f"{container.engine}/{container.image_id}")


def called(request: Request) -> Container:
    """The container of the path. Raises ApiError 404 without one."""
    return containers.get(request.cluster.store, request.engine, request.params["id"])


def _cpus(request: Request) -> int:
    engine = request.cluster.store.get(Engine, request.engine)
    assert engine is not None
    return engine.cpus


@route("GET", "/containers/json")
def list_containers(request: Request) -> Response:
    store = request.cluster.store
    filters = request.filters(_FILTERS)
    container_filters.check(filters)
    found = [c for c in containers.on_engine(store, request.engine) if c.state != "new"]
    for name in (*filters.get("before", ()), *filters.get("since", ())):
        containers.get(store, request.engine, name)
    found = [
        c
        for c in reversed(found)
        if not filters or container_filters.passes(store, c, filters, found)
    ]
    limit = request.integer("limit")
    everything = request.flag("all") or limit > 0 or "status" in filters or "exited" in filters
    if not everything:
        found = [container for container in found if container.state == "running"]
    if limit > 0:
        found = found[:limit]
    return Response(_summary(request, container) for container in found)


def _summary(request: Request, container: Container) -> dict[str, Any]:
    image = image_of(request, container)
    entry = container_json.summary(request.cluster.store, container, image)
    if request.flag("size"):
        entry |= request.cluster.files.sizes(container, image)
    return entry


@route("POST", "/containers/create", quota="containers")
async def create(request: Request) -> Response:
    store, engine = request.cluster.store, request.engine
    if not request.body:
        raise ApiError(400, "invalid JSON: got EOF while reading request body")
    body = request.json(bodies.CONTAINER)
    if not body:
        raise ApiError(400, "config cannot be empty in order to create a container")
    name = containers.name_for(store, request.cluster.random, engine, request.query.get("name", ""))
    if not body.get("Image"):
        raise ApiError(400, "no command specified")
    warned = container_needs.platform(request)
    image = images.get(store, engine, str(body["Image"]))
    settled = host_config.settled(body.get("HostConfig") or {})
    networks = _networks(request, body)
    asked = containers.new(store, request.cluster.random, engine, name, body, settled, networks)
    host_config.check(asked.config, asked.host_config, _cpus(request))
    publishing.check(asked)
    container_needs.endpoints(request, asked)
    checks.validate(body.get("Healthcheck") or {})
    if not argv_of(asked, image):
        raise ApiError(400, "no command specified")
    mounts.check(store, request.cluster.files.machine(engine), asked, image)
    container_needs.others(request, asked)
    store.put(asked)
    made = await until(request, asked, lambda c: c.state != "new")
    if made is None or made.state == "dead":
        error = made.error if made else f"No such image: {asked.image}"
        raise ApiError(404 if error.startswith("No such image") else 500, error)
    said = [*warned, *host_config.warnings(made.config, made.host_config)]
    return Response({"Id": made.id, "Warnings": said}, 201)


def _networks(request: Request, body: dict[str, Any]) -> tuple[str, ...]:
    mode = str((body.get("HostConfig") or {}).get("NetworkMode") or "default")
    named = list((body.get("NetworkingConfig") or {}).get("EndpointsConfig") or {})
    if mode.startswith("container:"):
        return ()
    first = "bridge" if mode == "default" else mode
    network = addresses.find_network(request.cluster.store, request.engine, first)
    more = [name for name in named if name not in (first, "default")]
    return (network.name if network else first, *more)


@route("GET", "/containers/{id}/json")
def inspect(request: Request) -> Response:
    container = called(request)
    shown = container_json.details(request.cluster.store, container, image_of(request, container))
    shown["ExecIDs"] = request.cluster.execs.ids(container.id)
    if known := request.cluster.health.shown(container):
        shown["State"]["Health"] = known
    if request.flag("size"):
        shown |= request.cluster.files.sizes(container, image_of(request, container))
    return Response(shown)


@route("POST", "/containers/{id}/start")
async def start(request: Request) -> Response:
    if request.query.get("checkpoint"):
        raise ApiError(400, "checkpoint is only supported in experimental mode")
    container = called(request)
    if container.paused:
        raise ApiError(409, "cannot start a paused container, try unpause instead")
    if container.state == "running":
        raise ApiError(304, "")
    await _start(request, container)
    return Response(None, 204)


async def _start(request: Request, container: Container) -> None:
    """Start a container and wait until it runs. Raises ApiError if it cannot start."""
    store = request.cluster.store
    before = container.started
    asked = store.put(replace(container, desired="running", error=""))
    done = await until(request, asked, lambda c: c.started != before or c.desired != "running")
    if done is not None and done.started == before and done.error:
        missing = any(
            words in done.error for words in ("executable file not found", "no such file")
        )
        asked_wrong = missing and done.error.startswith("failed to create task")
        raise ApiError(400 if asked_wrong else 500, done.error)


@route("POST", "/containers/{id}/stop")
async def stop(request: Request) -> Response:
    request.integer("t")  # refused before anything else is looked at
    container = called(request)
    if container.state != "running" and not container.restarting:
        raise ApiError(304, "")
    await _stop(request, container)
    return Response(None, 204)


async def _stop(request: Request, container: Container) -> None:
    grace: float = request.integer("t", _own_grace(container))
    if grace < 0:
        grace = 10.0**9
    change = replace(container, desired="stopped", stop_grace=grace, stop_delay=0.0)
    stopping = request.cluster.store.put(change)
    await until(request, stopping, lambda c: c.state != "running" and not c.restarting)


def _own_grace(container: Container) -> int:
    return int(container.config.get("StopTimeout") or 10)


@route("POST", "/containers/{id}/restart")
async def restart(request: Request) -> Response:
    request.integer("t")
    container = called(request)
    if container.state == "running":
        await _stop(request, container)
    again = request.cluster.store.get(Container, container.id)
    if again is None:
        raise ApiError(404, f"No such container: {container.id}")
    await _start(request, again)
    request.cluster.events.emit_container(again, "restart")
    return Response(None, 204)


@route("POST", "/containers/{id}/rename")
def rename(request: Request) -> Response:
    container = called(request)
    name = request.query.get("name", "")
    if not name:
        raise ApiError(400, "Neither old nor new names may be empty")
    if name.removeprefix("/") == container.name:
        raise ApiError(400, "Renaming a container with the same name as its current name")
    store = request.cluster.store
    try:
        wanted = f"/{name.removeprefix('/')}"
        free = containers.name_for(store, request.cluster.random, container.engine, wanted)
    except ApiError as error:
        raise ApiError(error.status, f"Error when allocating new name: {error.message}") from None
    store.put(replace(container, name=free))
    return Response(None, 204)


@route("POST", "/containers/{id}/update")
def update(request: Request) -> Response:
    container, body = called(request), request.json(bodies.UPDATE)
    cpus, policy = _cpus(request), body.get("RestartPolicy") or {}
    host_config.check_resources(body, cpus)
    host_config.check_restart(policy)
    change = {name: value for name, value in body.items() if value}
    if policy.get("Name") in (None, ""):
        change.pop("RestartPolicy", None)
    elif container.host_config.get("AutoRemove") and policy["Name"] != "no":
        text = "Restart policy cannot be updated because AutoRemove is enabled for the container"
        raise _cannot_update(container, text)
    swap = container.host_config.get("MemorySwap") or 0
    if change.get("Memory", 0) > swap and not change.get("MemorySwap"):
        text = "Memory limit should be smaller than already set memoryswap limit"
        raise _cannot_update(container, f"{text}, update the memoryswap at the same time")
    request.cluster.store.put(replace(container, host_config={**container.host_config, **change}))
    request.cluster.events.emit_container(container, "update")
    return Response({"Warnings": None})


def _cannot_update(container: Container, problem: str) -> ApiError:
    return ApiError(409, f"Cannot update container {container.id}: {problem}")


@route("DELETE", "/containers/{id}")
async def remove(request: Request) -> Response:
    container = called(request)
    forced = request.flag("force")
    if request.flag("link"):
        raise ApiError(409, "Conflict, cannot remove the default link name of the container")
    if (container.state == "running" or container.restarting) and not forced:
        state = container_json.status_of(container)
        advice = (
            "container is paused and must be unpaused first"
            if container.paused
            else f"container is {state}: stop the container before removing or force remove"
        )
        raise ApiError(409, f'cannot remove container "{request.params["id"]}": {advice}')
    await discard(request, container)
    if request.flag("v"):
        mounts.drop_anonymous(request.cluster.store, container)
    return Response(None, 204)


@route("DELETE", "/containers/{id}/{alias}")
def unlink(request: Request) -> Response:
    """Remove a link of a container."""
    name = f"{request.params['id']}/{request.params['alias']}"
    store = request.cluster.store
    container = containers.find(store, request.engine, request.params["id"])
    if container is None or not request.flag("link"):
        raise ApiError(404, f"No such container: {name}")
    store.put(links.without(container, request.params["alias"]))
    return Response(None, 204)


async def discard(request: Request, container: Container) -> None:
    """Kill a running container, remove it, and wait until it is gone."""
    signal = "SIGKILL" if container.state == "running" else ""
    going = replace(container, desired="removed", kill_signal=signal, paused=False)
    request.cluster.store.put(going)
    await until(request, going, lambda c: False)


@route("POST", "/containers/prune")
async def prune(request: Request) -> Response:
    filters = request.filters({"label", "label!", "until"})
    store = request.cluster.store
    before = until_of(filters, request.cluster.clock.now())
    here = containers.on_engine(store, request.engine)
    done = [c for c in here if c.state in ("created", "exited", "dead") and not c.restarting]
    done = [c for c in done if c.desired != "running" and c.created <= before]
    done = [c for c in done if container_filters.passes(store, c, filters, done)]
    freed = sum(request.cluster.files.sizes(c, None)["SizeRw"] for c in done)
    for container in done:
        await discard(request, container)
    attributes = {"reclaimed": str(freed)}
    request.cluster.events.emit(request.engine, "container", "prune", "", attributes)
    names = [container.id for container in done] or None
    return Response({"ContainersDeleted": names, "SpaceReclaimed": freed})


async def until(request: Request, container: Container, holds: Any) -> Container | None:
    """Wait until a condition holds; returns the container then, or None once it is gone."""
    store = request.cluster.store
    current: Container | None = container

    def settled() -> bool:
        nonlocal current
        current = store.get(Container, container.id)
        return current is None or holds(current)

    await store.until(settled, Container)
    return current
