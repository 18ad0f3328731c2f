"""Routes on signals to containers: kill, pause, unpause."""

from __future__ import annotations

from dataclasses import replace

from essaim_practice.api.containers import called, until
from essaim_practice.api.routing import Request, route
from essaim_practice.programs import signals
from essaim_practice.protocol.answers import Response
from essaim_practice.store.errors import ApiError
from essaim_practice.store.objects import Container


@route("POST", "/containers/{id}/kill")
async def kill(request: Request) -> Response:
    try:
        container = called(request)
    except ApiError as error:
        name = request.params["id"]
        raise ApiError(error.status, f"cannot kill container: {name}: {error}") from error
    signal = request.query.get("signal") or "SIGKILL"
    name = request.params["id"]
    try:
        number = signals.check(signal)
    except ApiError as error:
        text = f"cannot kill container: {name}: {error}"
        raise ApiError(error.status, text) from error
    if container.state != "running":
        raise ApiError(409, f"cannot kill container: {name}: {not_running(container)}")
    if number != signals.KILL:
        request.cluster.events.emit_container(container, "kill", signal=str(number))
        if container.paused:
            container = request.cluster.store.put(replace(container, paused=False))
        request.cluster.runtime.signal(container, number)
        return Response(None, 204)
    killed = replace(container, desired="stopped", kill_signal=signal, paused=False)
    request.cluster.store.put(killed)
    await until(request, killed, lambda c: c.state != "running")
    return Response(None, 204)


def not_running(container: Container) -> str:
    return f"container {container.id} is not running"


@route("POST", "/containers/{id}/pause")
def pause(request: Request) -> Response:
    container = called(request)
    if container.state != "running":
        raise ApiError(409, not_running(container))
    if container.paused:
        raise ApiError(409, f"Container {container.id} is already paused")
    request.cluster.store.put(replace(container, paused=True))
    return Response(None, 204)


@route("POST", "/containers/{id}/unpause")
def unpause(request: Request) -> Response:
    container = called(request)
    if not container.paused:
        raise ApiError(500, f"Container {container.id} is not paused")
    request.cluster.store.put(replace(container, paused=False))
    return Response(None, 204)
