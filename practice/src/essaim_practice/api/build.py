"""Routes on builds."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

from essaim_practice.api.routing import Request, route
from essaim_practice.images import build_context, dockerfile
from essaim_practice.images import dockerignore as ignoring
from essaim_practice.images import local as images
from essaim_practice.images.build import Build
from essaim_practice.images.build_plan import Message, Options
from essaim_practice.images.reference import parse
from essaim_practice.protocol import shapes
from essaim_practice.protocol.answers import Response, Stream
from essaim_practice.store.errors import ApiError
from essaim_practice.store.time_slices import run_sliced


@route("POST", "/build", quota="images", streams=True)
async def build(request: Request) -> Stream:
    """Build from a tar of the context; errors of the Dockerfile are answered at once."""
    query = request.query
    if query.get("version") == "2":
        raise ApiError(
            501, "the practice engine builds with the classic builder: set DOCKER_BUILDKIT=0"
        )
    if query.get("remote"):
        raise ApiError(501, "the practice engine builds only from a context that is sent to it")
    images.platform(query.get("platform", ""))
    context = await run_sliced(build_context.unpack(request.body, request.cluster.store.disk))
    name = query.get("dockerfile") or "Dockerfile"
    try:
        text = context.read(f"/{name}")
    except OSError:
        raise ApiError(400, f"Cannot locate specified Dockerfile: {name}") from None
    ignoring.leave_out(context, name)
    tags = tuple(parse(tag).name for tag in request.repeated.get("t", []) if tag)
    options = Options(
        tags=tags,
        arguments={k: v for k, v in _mapping(query.get("buildargs")).items() if v is not None},
        cache=not request.flag("nocache"),
        cache_from=_names(query.get("cachefrom")),
        pull=request.flag("pull"),
        remove=request.flag("rm", True),
        target=query.get("target", ""),
        labels=_mapping(query.get("labels")),
    )
    cluster = request.cluster
    steps = await run_sliced(dockerfile.parsing(text.decode(errors="replace"), name))
    run = Build(
        cluster.store,
        cluster.clock,
        cluster.random,
        request.engine,
        context,
        steps,
        options,
    )

    async def lines() -> AsyncIterator[bytes]:
        async for message in _wanted(run, quiet=request.flag("q")):
            yield json.dumps(message, separators=(",", ":")).encode() + b"\r\n"

    return Stream(lines())


async def _wanted(build: Build, quiet: bool) -> AsyncIterator[Message]:
    """All messages of a build, or with ``-q`` only the id of the image, or the failure."""
    last = ""
    async for message in build.run():
        if "aux" in message:
            last = message["aux"]["ID"]
        if not quiet or "error" in message:
            yield message
            if "error" in message:
                return
    if quiet:
        yield {"stream": f"{last}\n"}


_NAMES = shapes.Struct("build.Options", {"Names": shapes.List("string")})
_VALUES = shapes.Struct("build.Options", {"Values": shapes.Map("string", nullable=True)})


def _names(text: str | None) -> tuple[str, ...]:
    try:
        fitted = shapes.fit({"Names": shapes.parse(text or "[]")}, _NAMES)
    except shapes.Mismatch as error:
        raise ApiError(400, f"error reading cache-from: {error}") from None
    return tuple(fitted.get("Names", ()))


def _mapping(text: str | None) -> dict[str, Any]:
    try:
        fitted = shapes.fit({"Values": shapes.parse(text or "{}")}, _VALUES)
    except shapes.Mismatch as error:
        raise ApiError(400, f"error reading build args: {error}") from None
    values: dict[str, Any] = fitted.get("Values", {})
    return values


_CACHE_FILTERS = {
    *("description", "id", "inuse", "label", "label!", "parent", "private", "shared", "type"),
    *("until", "unused-for"),
}


@route("POST", "/build/prune")
def prune(request: Request) -> Response:
    request.filters(_CACHE_FILTERS)
    return Response({"CachesDeleted": None, "SpaceReclaimed": 0})
