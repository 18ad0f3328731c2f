"""The images that can be pulled, and those that a user declares: ``/_practice/images``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from posixpath import normpath
from typing import Any

from essaim_practice.api.routing import Request, route
from essaim_practice.api.settings import number, settings, switch
from essaim_practice.images import catalogue, registry
from essaim_practice.images.reference import TAG, parse
from essaim_practice.programs.base import played
from essaim_practice.protocol.answers import Response
from essaim_practice.store.errors import ApiError
from essaim_practice.store.memory import weigh
from essaim_practice.store.objects import changed
from essaim_practice.store.time_slices import run_sliced

_MOST = 50  # images of one cluster
_LONGEST = 4096  # characters of a text
_LINES = 200  # texts of a list
_PORT = re.compile(r"[1-9][0-9]{0,4}(/(tcp|udp))?")
_PROGRAM = re.compile(r"/?[\w.-]+(/[\w.-]+)*", re.ASCII)
_KNOWN = (
    *("name", "tags", "command", "ports", "healthy", "log", "exit_code", "base", "env", "size"),
    *("user", "workdir", "volumes", "description"),
)


@route("GET", "/_practice/images")
async def list_images(request: Request) -> Response:
    """Every repository that can be pulled, and whether its programs are played."""
    owners = {owner for owner, _ in played()}
    entries = await run_sliced(catalogue.entries())
    declared = registry.state(request.cluster.store).images
    own = [catalogue.Entry(str(t["name"]), str(t["description"]), "", False) for t in declared]
    return Response(
        {
            "name": known.repository,
            "description": known.description,
            "declared": known in own,
            "played": not known.behaviour or known.behaviour in owners,
            "measured": known.measured,
        }
        for known in (*own, *entries)
    )


@route("POST", "/_practice/images")
def declare(request: Request) -> Response:
    """Declare an image of one's own, which every engine can pull from now on.

    Its command stays up, says the lines of log and answers HTTP on its ports; with exit_code it
    ends with that. healthy: what its health check finds. One of the same name is replaced.
    """
    body = settings(request, *_KNOWN)
    store = request.cluster.store
    table = _table(body)
    state = registry.state(store)
    others = tuple(each for each in state.images if each["name"] != table["name"])
    if len(others) >= _MOST:
        raise ApiError(409, f"this practice cluster knows at most {_MOST} declared images")
    store.memory.require(weigh(table))
    try:
        catalogue.of_table(table)
    except ValueError as error:
        raise ApiError(400, str(error)) from None
    store.put(changed(state, images=(*others, table)))
    return Response(None, 201)


@route("DELETE", "/_practice/images/{name:path}")
def forget(request: Request) -> Response:
    """Forget a declared image; engines keep what they have pulled of it."""
    store, name = request.cluster.store, request.params["name"]
    state = registry.state(store)
    left = tuple(each for each in state.images if each["name"] != name)
    if len(left) == len(state.images):
        raise ApiError(404, f"nobody has declared an image {name}")
    store.put(changed(state, images=left))
    return Response(status=204)


def _table(body: Mapping[str, Any]) -> dict[str, Any]:
    """The recipe that was asked for. Raises ApiError 400."""
    name = _text(body, "name", "")
    reference = parse(name)
    if reference.repository != name or reference.tag != "latest":
        raise ApiError(400, f"name is {name!r}: write a repository, such as me/shop")
    tags = _texts(body, "tags") or ["latest"]
    for tag in tags:
        if not TAG.fullmatch(tag):
            raise ApiError(400, f"tags has {tag!r}, which is no tag")
    ports = [str(port) for port in _list(body, "ports")]
    for port in ports:
        if not _PORT.fullmatch(port) or int(port.partition("/")[0]) > 65535:
            raise ApiError(400, f"ports has {port!r}: write 8080 or 53/udp")
    command = _texts(body, "command") or ["/app"]
    if not _PROGRAM.fullmatch(command[0]) or ".." in command[0].split("/"):
        raise ApiError(400, f"command begins with {command[0]!r}: write a program's name or path")
    folder, slash, program = command[0].rpartition("/")
    size = number(body, "size", 0.001, 100_000)
    code = number(body, "exit_code", 0, 255)
    healthy = switch(body, "healthy")
    return {
        "name": name,
        "description": _text(body, "description", "declared by a user"),
        "base": _text(body, "base", "alpine"),
        "size": size or 20.0,
        "cmd": command,
        "programs": f"{folder or '/' if slash else '/usr/local/bin'}: {program}",
        "ports": ports,
        "volumes": [_path("volumes", each) for each in _texts(body, "volumes")],
        "env": _texts(body, "env"),
        "user": _text(body, "user", ""),
        "workdir": _path("workdir", _text(body, "workdir", "") or "/"),
        "log": _texts(body, "log"),
        "tags": " ".join(tags),
        "serves": True,
        **({} if code is None else {"exit_code": int(code)}),
        **({} if healthy is None else {"healthy": healthy}),
    }


def _text(body: Mapping[str, Any], name: str, usual: str) -> str:
    value = body.get(name, usual)
    if not isinstance(value, str) or len(value) > _LONGEST:
        raise ApiError(400, f"{name}: write a text of at most {_LONGEST} characters")
    return value


def _path(name: str, text: str) -> str:
    if not text.startswith("/") or normpath(text) != text or " " in text:
        raise ApiError(400, f"{name}: {text!r} is no whole path, such as /srv/data")
    return text


def _list(body: Mapping[str, Any], name: str) -> list[Any]:
    value = body.get(name) or []
    if not isinstance(value, list) or len(value) > _LINES:
        raise ApiError(400, f"{name}: write a list of at most {_LINES}")
    return value


def _texts(body: Mapping[str, Any], name: str) -> list[str]:
    return [_text({name: each}, name, "") for each in _list(body, name)]
