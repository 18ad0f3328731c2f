"""Routes on the registry: search, distribution, push."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

from essaim_practice.api.routing import Request, route
from essaim_practice.images import catalogue, registry
from essaim_practice.images import local as images
from essaim_practice.images.reference import Reference, parse
from essaim_practice.protocol.answers import Response, Stream
from essaim_practice.store.errors import ApiError
from essaim_practice.store.time_slices import run_sliced

_NOT_DISTRIBUTED = "manifest unknown: manifest unknown"


@route("GET", "/images/search")
async def search(request: Request) -> Response:
    term, limit = request.query.get("term", ""), request.integer("limit", 25)
    if not 1 <= limit <= 100:
        raise ApiError(400, f"limit {limit} is outside the range of [1, 100]")
    entries = await run_sliced(catalogue.entries())
    found = {each.repository: each.description for each in entries}
    declared = registry.state(request.cluster.store).images
    found |= {str(table["name"]): str(table["description"]) for table in declared}
    found = {name: said for name, said in found.items() if term in name}
    return Response(
        [
            {
                "name": name,
                "description": description,
                "star_count": 0,
                "is_official": "/" not in name,
                "is_automated": False,
            }
            for name, description in sorted(found.items())[:limit]
        ]
    )


@route("GET", "/distribution/{name:path}/json")
async def distribution(request: Request) -> Response:
    reference = parse(request.params["name"])
    try:
        published = await registry.require(request.cluster.store, request.engine, reference)
    except ApiError as error:
        if error.status != 404:
            raise
        if error.message.startswith("manifest"):
            raise ApiError(404, _NOT_DISTRIBUTED) from None
        denied = "errors:\ndenied: requested access to the resource is denied\n"
        raise ApiError(401, f"{denied}unauthorized: authentication required\n") from None
    descriptor = {
        "mediaType": "application/vnd.oci.image.index.v1+json",
        "digest": published.digest,
        "size": 10_229,
    }
    platforms = [{"architecture": "amd64", "os": "linux"}]
    return Response({"Descriptor": descriptor, "Platforms": platforms})


@route("POST", "/images/{name:path}/push")
def push(request: Request) -> Stream:
    """Refuse a push after it began, as Docker Hub does without a login."""
    name = request.params["name"]
    reference = parse(f"{name}:{request.query['tag']}" if request.query.get("tag") else name)
    held = images.listed(request.cluster.store, request.engine)
    if any(reference.name in image.tags for image in held):
        problem = "the practice engine's registry cannot be pushed to"
    else:
        problem = f"An image does not exist locally with the tag: {reference.repository}"
    return Stream(_refused(reference, problem))


async def _refused(reference: Reference, problem: str) -> AsyncIterator[bytes]:
    for message in (
        {"status": f"The push refers to repository [{reference.place}]"},
        {"errorDetail": {"message": problem}, "error": problem},
    ):
        yield json.dumps(message, separators=(",", ":")).encode() + b"\r\n"
