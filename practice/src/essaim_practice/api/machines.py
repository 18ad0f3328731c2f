"""Routes on the machine of the engine that is asked: commands in its shell, its docker lines."""

from __future__ import annotations

from dataclasses import asdict

from essaim_practice.api import exec
from essaim_practice.api.routing import Request, route
from essaim_practice.engine.machines import LOGIN_SHELL
from essaim_practice.protocol import bodies
from essaim_practice.protocol.answers import Response


@route("POST", "/_practice/machine/exec")
def create(request: Request) -> Response:
    """A command on this machine, as POST /containers/{id}/exec makes one in a container.

    Without Cmd it is the login shell. POST /exec/{id}/start starts it; when the connection is cut,
    it hears SIGHUP.
    """
    config = request.json(bodies.EXEC)
    if not config.get("Cmd"):
        config["Cmd"] = list(LOGIN_SHELL)
    return exec.made(request, request.cluster.machines.of(request.engine), config)


@route("GET", "/_practice/machine/lines")
def lines(request: Request) -> Response:
    """The docker lines that were typed on this machine and have ended: the last 200.

    With ``?since=N`` those after the line of that number.
    """
    machines = request.cluster.machines
    found = machines.lines(machines.of(request.engine), request.integer("since"))
    return Response([asdict(line) for line in found])
