"""Routes on images from containers and archives: commit, save, load, import."""

from __future__ import annotations

import errno
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

from essaim_practice.api import container_json
from essaim_practice.api.containers import image_of
from essaim_practice.api.routing import Request, route
from essaim_practice.files import tars
from essaim_practice.files.filesystem import EMPTY, FileSystem
from essaim_practice.images import commits, image_tars
from essaim_practice.images import local as images
from essaim_practice.images.reference import parse
from essaim_practice.protocol import bodies
from essaim_practice.protocol.answers import Response, Stream
from essaim_practice.store import containers, quotas
from essaim_practice.store.errors import ApiError
from essaim_practice.store.objects import Image
from essaim_practice.store.store import Store
from essaim_practice.store.time_slices import iterate_sliced, run_sliced

_TAR = "application/x-tar"


@route("POST", "/commit", quota="images")
def commit(request: Request) -> Response:
    """An image of a container as it is; ``pause`` makes no difference, as nothing really runs."""
    cluster, query = request.cluster, request.query
    wanted = query.get("container", "")
    container = containers.get(cluster.store, request.engine, wanted)
    if request.body:
        request.json(bodies.CONTAINER)
    name = _name(query.get("repo", ""), query.get("tag", ""))
    quotas.require_files(cluster.store, cluster.files.of(container).weight)
    image = commits.commit(
        cluster.store,
        cluster.random,
        container,
        cluster.files.of(container),
        request.repeated.get("changes", []),
        query.get("author", ""),
        query.get("comment", ""),
        container_json.config_of(container, image_of(request, container)),
    )
    if name:
        images.tag(cluster.store, image, name)
    said = {"comment": image.comment, "imageID": image.image_id, "imageRef": name}
    cluster.events.emit_container(container, "commit", **said)
    return Response({"Id": image.image_id}, 201)


async def imported(request: Request) -> Stream:
    """POST /images/create with an archive of files."""
    cluster, query = request.cluster, request.query
    if query["fromSrc"] != "-":
        raise ApiError(501, "the practice engine has no way to the internet")
    name = _name(query.get("repo", ""), query.get("tag", ""))
    limit = cluster.files.limit
    system = FileSystem(EMPTY, cluster.clock.now, 2 * limit)
    system.write_to(cluster.store.disk)
    try:
        await run_sliced(tars.unpack(system, "/", request.body, limit, keep_kinds=False))
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise quotas.no_room(cluster.store.limits.all_file_bytes) from None
        raise ApiError(400, f"{error.filename}: {tars.words_of(error)}") from None
    digest, _ = await run_sliced(tars.hashed([request.body]))
    image = commits.imported(
        cluster.store,
        cluster.random,
        request.engine,
        system.flatten(),
        digest,
        request.repeated.get("changes", []),
        query.get("message") or "Imported from -",
    )
    if name:
        images.tag(cluster.store, image, name)
    return _said({"status": image.image_id})


@route("GET", "/images/get", streams=True)
async def save_several(request: Request) -> Stream:
    return await _saved(request, request.repeated.get("names", []))


@route("GET", "/images/{name:path}/get", streams=True)
async def save(request: Request) -> Stream:
    return await _saved(request, [request.params["name"]])


async def _saved(request: Request, names: list[str]) -> Stream:
    store = request.cluster.store
    wanted: dict[str, tuple[Image, tuple[str, ...]]] = {}
    for text in (part for name in names for part in name.split(",")):
        for image, tags in _named(store, request.engine, text):
            before = wanted.get(image.image_id, (image, ()))[1]
            wanted[image.image_id] = (image, tuple(dict.fromkeys((*before, *tags))))
            request.cluster.events.emit(
                request.engine, "image", "save", image.image_id, {"name": image.image_id}
            )
    archive = await run_sliced(image_tars.saved(wanted.values()))
    return Stream(iterate_sliced(tars.packed(archive)), _TAR)


def _named(store: Store, engine: str, text: str) -> list[tuple[Image, tuple[str, ...]]]:
    """Image and name for a name; every image of a repository for a name without a tag."""
    image = images.find(store, engine, text)
    bare = ":" not in text.rpartition("/")[2] and "@" not in text
    if bare and (image is None or not image.image_id.removeprefix("sha256:").startswith(text)):
        found = []
        for held in images.on_engine(store, engine):
            tags = tuple(tag for tag in held.tags if tag.rpartition(":")[0] == text)
            if tags:
                found.append((held, tags))
        if found:
            return found
    if image is None:
        raise ApiError(404, f"No such image: {text}")
    name = images.spelled(text)
    return [(image, (name,) if name in image.tags else ())]


@route("POST", "/images/load", quota="images")
async def load(request: Request) -> Stream:
    """Load an archive; what is wrong with it stands in the stream, as on a real engine."""
    store, engine = request.cluster.store, request.engine
    place = f"/var/lib/docker/tmp/docker-import-{request.cluster.random.randrange(2**32)}"
    said = []
    try:
        found = await run_sliced(
            image_tars.loaded(request.body, engine, place, request.cluster.files.limit, store.disk)
        )
        named = [(image, [parse(tag).name for tag in tags]) for image, tags in found]
    except ApiError as error:
        if error.status != 400:
            raise
        return _said({"errorDetail": {"message": error.message}, "error": error.message})
    for image, names in named:
        held = store.get(Image, image.id) or store.put(image)
        for name in names:
            held = images.tag(store, held, name)
            said.append({"stream": f"Loaded image: {name}\n"})
        if not names:
            said.append({"stream": f"Loaded image ID: {image.image_id}\n"})
        request.cluster.events.emit(
            engine, "image", "load", image.image_id, {"name": image.image_id}
        )
    return _said(*said)


def _said(*messages: Mapping[str, Any]) -> Stream:
    async def lines() -> AsyncIterator[bytes]:
        for message in messages:
            yield json.dumps(message, separators=(",", ":")).encode() + b"\r\n"

    return Stream(lines())


def _name(repository: str, tag: str) -> str:
    """The full name of a new image; "" without one."""
    if not repository:
        return ""
    return parse(f"{repository}:{tag}" if tag else repository).name
