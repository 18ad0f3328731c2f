"""What takes room on an engine's disk, one entry at a time: an answer may hold thousands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from essaim_practice.api.container_json import summary as container_summary
from essaim_practice.api.images import summary as image_summary
from essaim_practice.api.routing import Request, route
from essaim_practice.files import volumes
from essaim_practice.images import local
from essaim_practice.protocol.answers import Response
from essaim_practice.store import containers
from essaim_practice.store.errors import ApiError
from essaim_practice.store.objects import Container, Image, Volume


@route("GET", "/system/df")
def disk_usage(request: Request) -> Response:
    for kind in request.repeated.get("type", ()):
        if kind not in ("container", "image", "volume", "build-cache"):
            raise ApiError(400, f"unknown object type: {kind}")
    shown = {
        "LayersSize": layers_size(request),
        "Images": images(request),
        "Containers": of_containers(request),
        "Volumes": of_volumes(request),
        "BuildCache": [],
    }
    return Response(shown)


def here(request: Request) -> list[Container]:
    """The containers of the engine that there are already."""
    every = containers.on_engine(request.cluster.store, request.engine)
    return [container for container in every if container.state != "new"]


def users(request: Request) -> Counter[str]:
    """How many containers use each image, by its id."""
    every = containers.on_engine(request.cluster.store, request.engine)
    return Counter(container.image_id for container in every)


def mounting(request: Request) -> Counter[str]:
    """How many containers mount each volume, by its name."""
    every = containers.on_engine(request.cluster.store, request.engine)
    return Counter(name for container in every for name in _volumes_of(container))


def images(request: Request) -> Iterator[dict[str, Any]]:
    counted, held = users(request), local.listed(request.cluster.store, request.engine)
    return (image_summary(image) | {"Containers": counted[image.image_id]} for image in held)


def of_containers(request: Request) -> Iterator[dict[str, Any]]:
    store, files = request.cluster.store, request.cluster.files
    for container in here(request):
        image = store.get(Image, f"{container.engine}/{container.image_id}")
        yield container_summary(store, container, image) | files.sizes(container, image)


def of_volumes(request: Request) -> Iterator[dict[str, Any]]:
    counted = mounting(request)
    for volume in volumes.on_engine(request.cluster.store, request.engine):
        usage = {"RefCount": counted[volume.name], "Size": size_of(request, volume)}
        yield volumes.as_json(volume) | {"UsageData": usage}


def size_of(request: Request, volume: Volume) -> int:
    return request.cluster.files.volume_size(volume.id)


def layers_size(request: Request) -> int:
    """Bytes of all layers, each once."""
    held = local.on_engine(request.cluster.store, request.engine)
    by_id = {image.image_id: image for image in held}
    return sum(_own_size(image, by_id) for image in by_id.values())


def _volumes_of(container: Container) -> set[str]:
    return {mount.source for mount in container.mounts if mount.kind == "volume"}


def _own_size(image: Image, held: dict[str, Image]) -> int:
    parent = held.get(image.parent)
    return image.size - (parent.size if parent else 0)
