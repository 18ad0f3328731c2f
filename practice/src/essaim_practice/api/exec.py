"""Routes on exec: commands in running containers, and those on machines once they are made."""

from __future__ import annotations

from dataclasses import replace

from essaim_practice.api.attach import window
from essaim_practice.api.containers import called
from essaim_practice.api.multiplexing import (
    AttachOptions,
    converse,
    detach_keys,
    frame,
    upgraded_type,
)
from essaim_practice.api.routing import Request, route
from essaim_practice.engine.execs import Exec
from essaim_practice.engine.machines import Machine
from essaim_practice.programs.base import StartError
from essaim_practice.programs.processes import PROCESS
from essaim_practice.protocol import bodies
from essaim_practice.protocol.answers import Conduit, Response, Upgrade
from essaim_practice.store.errors import ApiError
from essaim_practice.store.objects import Container, Json


def _named(request: Request) -> Exec:
    found = request.cluster.execs.get(request.params["id"])
    place = (found.machine or _container(request, found)) if found else None
    if found is None or place is None or place.engine != request.engine:
        raise ApiError(404, f"No such exec instance: {request.params['id']}")
    return found


def _container(request: Request, one: Exec) -> Container | None:
    return request.cluster.store.get(Container, one.container_id)


def _ready(container: Container) -> None:
    """Raises ApiError 409 for a container that is stopped or paused."""
    if container.state != "running":
        raise ApiError(409, f"container {container.id} is not running")
    if container.paused:
        raise ApiError(
            409, f"Container {container.name} is paused, unpause the container before exec"
        )


@route("POST", "/containers/{id}/exec")
def create(request: Request) -> Response:
    config = request.json(bodies.EXEC)
    if not config.get("Cmd"):
        raise ApiError(400, "No exec command specified")
    container = called(request)
    _ready(container)
    return made(request, container, config)


def made(request: Request, place: Container | Machine, config: Json) -> Response:
    """The answer to a request for a command there."""
    _size(config.get("ConsoleSize"))
    try:
        detach_keys(str(config.get("DetachKeys") or ""))
    except ApiError:
        text = f"Invalid escape keys ({config['DetachKeys']}) provided"
        raise ApiError(400, text) from None
    try:
        request.cluster.store.memory.require(PROCESS)
        one = request.cluster.execs.create(place, config)
    except StartError as error:
        raise ApiError(400, error.message) from None
    return Response({"Id": one.id}, 201)


@route("GET", "/exec/{id}/json")
def inspect(request: Request) -> Response:
    return Response(_named(request).as_json())


@route("POST", "/exec/{id}/start", streams=True)
def start(request: Request) -> Response | Upgrade:
    """Start at once when detached; otherwise when the connection is upgraded."""
    asked, execs = request.json(bodies.EXEC_START), request.cluster.execs
    one = _named(request)
    container = _container(request, one)
    if container is not None:
        _ready(container)
    size = _size(asked.get("ConsoleSize")) or _size(one.config.get("ConsoleSize"))
    already = f"exec command {one.id} has already run"
    if asked.get("Detach"):
        if one.begun:
            raise ApiError(409, already)
        try:
            execs.start(one)
        except StartError as error:
            raise ApiError(400, error.message) from None
        return Response(None)
    raw = bool(asked.get("Tty"))  # as this request says it, whatever the process has
    options = AttachOptions(
        stdin=bool(one.config.get("AttachStdin")),
        stdout=bool(one.config.get("AttachStdout")),
        stderr=bool(one.config.get("AttachStderr")),
        framed=not raw,
        closes=not one.tty,
    )
    if one.tty and one.machine is None:  # a machine's shell is nothing that goes on without one
        options = replace(options, keys=detach_keys(str(one.config.get("DetachKeys") or "")))

    async def session(conduit: Conduit) -> None:
        def complaint(text: str) -> bytes:
            data = f"{text}\r\n".encode()
            return data if raw else frame(1, data)

        if one.begun:
            await conduit.send(complaint(already))
            return
        if size:
            one.streams.resize(*size)
        try:
            left = await converse(conduit, one.streams, options, lambda: execs.start(one))
        except StartError as error:
            await conduit.send(complaint(error.message))
            return
        finally:
            if one.machine is not None:
                execs.hang_up(one)
        if left and container is not None:
            request.cluster.events.emit_container(container, "exec_detach", execID=one.id)

    return Upgrade(session, upgraded_type(request, raw))


def _size(given: object) -> tuple[int, int] | None:
    """Rows and columns of a body. Raises ApiError 400 for an invalid size."""
    if not given:
        return None
    if not isinstance(given, list) or len(given) != 2:
        raise ApiError(400, "invalid console size: it takes a height and a width")
    return int(given[0]), int(given[1])


@route("POST", "/exec/{id}/resize")
def resize(request: Request) -> Response:
    rows, columns = window(request)
    one = _named(request)
    if one.begun and not one.running:
        raise ApiError(404, f"NotFound: process does not exist {one.id}: not found")
    one.streams.resize(rows, columns)  # before the start, it is the size to start with
    if one.process is not None:
        one.process.resized()
    return Response(None)
