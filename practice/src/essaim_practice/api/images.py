"""Routes on images: list, inspect, history, pull, tag, remove, prune."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any

from essaim_practice.api import commit as api_commit
from essaim_practice.api.filters import Filters, flag_of, labelled, unlabelled, until_of
from essaim_practice.api.routing import Request, route
from essaim_practice.images import catalogue, pull, registry
from essaim_practice.images import local as images
from essaim_practice.images.catalogue import Published, digest_of
from essaim_practice.images.reference import TAG, Reference, parse
from essaim_practice.protocol.answers import Response, Stream
from essaim_practice.store.errors import ApiError
from essaim_practice.store.formats import overlay, rfc3339, short
from essaim_practice.store.objects import Container, Image, Json
from essaim_practice.store.store import Store
from essaim_practice.text import globs

_FILTERS = frozenset({"before", "dangling", "label", "reference", "since", "until"})


def summary(image: Image) -> dict[str, Any]:
    """One element of GET /images/json."""
    return {
        "Containers": -1,
        "Created": int(image.created),
        "Id": image.image_id,
        "Labels": image.config.get("Labels"),
        "ParentId": image.parent,
        "RepoDigests": list(image.digests),
        "RepoTags": list(image.tags),
        "SharedSize": -1,
        "Size": image.size,
    }


@route("GET", "/images/json")
def list_images(request: Request) -> Response:
    filters = request.filters(_FILTERS)
    flag_of(filters, "dangling")
    store = request.cluster.store
    until = until_of(filters, request.cluster.clock.now())
    every, listed = images.on_engine(store, request.engine), images.listed(store, request.engine)
    held = sorted(every if request.flag("all") else listed, key=lambda i: -i.created)
    found = [i for i in held if _passes(store, request.engine, i, filters, until)]
    return Response(_listed(image, filters) for image in found)


def _listed(image: Image, filters: Filters) -> dict[str, Any]:
    entry = summary(image)
    if patterns := filters.get("reference"):
        # Of an image with several names, the ones asked for.
        for kind in ("RepoTags", "RepoDigests"):
            entry[kind] = [n for n in entry[kind] if any(_refers(n, p) for p in patterns)]
    return entry


def _passes(store: Store, engine: str, image: Image, filters: Filters, until: float) -> bool:
    labels = image.config.get("Labels") or {}
    for kind, values in filters.items():
        match kind:
            case "dangling":
                fits = flag_of(filters, kind) == (not image.tags)
            case "reference":
                fits = any(_refers(name, value) for name in image.tags for value in values)
            case "label":
                fits = labelled(labels, values)
            case "until":
                fits = image.created < until
            case _:
                other = images.get(store, engine, values[-1])
                older = image.created < other.created
                fits = older if kind == "before" else image.created > other.created
        if not fits:
            return False
    return True


def _refers(name: str, pattern: str) -> bool:
    repository = name.partition("@")[0] if "@" in name else name.rpartition(":")[0]
    return globs.matches(pattern, name) or globs.matches(pattern, repository)


@route("GET", "/images/{name:path}/json")
def inspect(request: Request) -> Response:
    image = images.get(request.cluster.store, request.engine, request.params["name"])
    return Response(_details(image))


def _details(image: Image) -> dict[str, Any]:
    return {
        "Id": image.image_id,
        "RepoTags": list(image.tags),
        "RepoDigests": list(image.digests),
        "Parent": image.parent,
        "Comment": image.comment,
        "Created": rfc3339(image.created),
        "DockerVersion": "",
        "Author": image.author,
        "Architecture": image.platform.partition("/")[2] or "amd64",
        "Os": "linux",
        "Size": image.size,
        "GraphDriver": overlay(image.image_id, image.parent),
        "RootFS": {"Type": "layers", "Layers": list(image.layers)},
        "Metadata": {"LastTagTime": rfc3339(image.created)},
        "Config": dict(sorted(image.config.items())),
    }


@route("GET", "/images/{name:path}/attestations", since=(1, 55))
def attestations(request: Request) -> Response:
    """None: no image here was built with any."""
    images.get(request.cluster.store, request.engine, request.params["name"])
    return Response([])


@route("GET", "/images/{name:path}/history")
def history(request: Request) -> Response:
    image = images.get(request.cluster.store, request.engine, request.params["name"])
    by_id = {i.image_id: i for i in images.on_engine(request.cluster.store, request.engine)}

    def shown(step: Json) -> dict[str, Any]:
        known = by_id.get(step["Id"])
        return {**step, "Tags": list(known.tags) if known and known.tags else None}

    return Response(map(shown, image.history))


@route("POST", "/images/create", quota="images", streams=True)
async def create(request: Request) -> Stream:
    """Pull an image; the registry's refusal is answered before the stream begins."""
    if "fromSrc" in request.query:
        return await api_commit.imported(request)
    name, tag = request.query.get("fromImage", ""), request.query.get("tag", "")
    platform = images.platform(request.query.get("platform", ""))
    joint = "@" if tag.startswith("sha256:") else ":"
    reference = parse(f"{name}{joint}{tag}" if tag else name)
    store = request.cluster.store
    published = await registry.require(store, request.engine, reference, platform)
    if platform and platform not in catalogue.platforms(reference.repository):
        text = f"no matching manifest for {platform} in the manifest list entries"
        raise ApiError(404, text)
    return Stream(_pull(request, reference, published))


async def _pull(
    request: Request, reference: Reference, published: Published
) -> AsyncIterator[bytes]:
    store, engine = request.cluster.store, request.engine
    here = images.find(store, engine, reference.name)
    up_to_date = here is not None and here.image_id == images.id_of(store, published)
    held = images.layers_on(store, engine)
    rate = registry.state(store).rate
    unsaid = store.edition.unsaid
    for delay, message in pull.timeline(reference, published, held, up_to_date, rate, unsaid):
        if delay:
            await request.cluster.clock.sleep(delay)
        if message["status"] == "Downloading" and registry.full(store, engine):
            message = _no_space(published)
            yield json.dumps(message, separators=(",", ":")).encode() + b"\r\n"
            return
        if message["status"].startswith("Status:"):
            image = images.add_pulled(store, engine, reference, published)
            if up_to_date:
                _tell(request, "pull", reference.name, image)
        yield json.dumps(message, separators=(",", ":")).encode() + b"\r\n"


def _no_space(published: Published) -> dict[str, Any]:
    name = f"GetImageBlob{int(published.digest[7:15], 16)}"
    text = f"write /var/lib/docker/tmp/{name}: no space left on device"
    return {"errorDetail": {"message": text}, "error": text}


def _tell(request: Request, action: str, id: str, image: Image, name: str = "") -> None:
    attributes = {"name": name or id.rpartition(":")[0] or id}
    attributes |= image.config.get("Labels") or {}
    request.cluster.events.emit(request.engine, "image", action, id, attributes)


@route("POST", "/images/{name:path}/tag", quota="images")
def tag(request: Request) -> Response:
    image = images.get(request.cluster.store, request.engine, request.params["name"])
    repository, label = request.query.get("repo", ""), request.query.get("tag", "")
    if label and not TAG.fullmatch(label):
        raise ApiError(400, "invalid tag format")
    if re.fullmatch(r"[0-9a-f]{64}", repository):
        what = f"({repository}), cannot specify 64-byte hexadecimal strings"
        raise ApiError(400, f"invalid repository name {what}")
    name = parse(f"{repository}:{label}" if label else repository).name
    images.tag(request.cluster.store, image, name)
    _tell(request, "tag", image.image_id, image, name)
    return Response(None, 201)


@route("DELETE", "/images/{name:path}")
def remove(request: Request) -> Response:
    image = images.get(request.cluster.store, request.engine, request.params["name"])
    said = list(_remove(request, image, request.params["name"], request.flag("force")))
    return Response(said)


def _remove(request: Request, image: Image, text: str, forced: bool) -> Iterator[dict[str, str]]:
    store, users = request.cluster.store, images.users(request.cluster.store, image)
    names = _names(image, text)
    by_id = not names
    if by_id and len(image.tags) > 1 and not forced:
        raise ApiError(
            409,
            f"conflict: unable to delete {short(image.image_id)} (must be forced) - image is "
            "referenced in multiple repositories",
        )
    running = next((c for c in users if c.state == "running"), None)
    last = by_id or set(names) == set(image.tags)
    if last and users and not forced and not by_id:
        raise ApiError(
            409,
            f'conflict: unable to remove repository reference "{text}" (must force) - container '
            f"{users[0].id[:12]} is using its referenced image {short(image.image_id)}",
        )
    if by_id and running is not None:
        raise _in_use(image, running, "cannot be forced", "running")
    if by_id and users and not forced:
        raise _in_use(image, users[0], "must be forced", "stopped")
    for name in names or image.tags:
        yield {"Untagged": name}
        _tell(request, "untag", image.image_id, image, image.image_id)
    if not last:
        left = tuple(name for name in image.tags if name not in names)
        still = {name.rpartition(":")[0] for name in left}
        gone = [digest for digest in image.digests if digest.partition("@")[0] not in still]
        for digest in gone:
            yield {"Untagged": digest}
        digests = tuple(digest for digest in image.digests if digest not in gone)
        store.put(replace(image, tags=left, digests=digests))
        return
    for digest in image.digests:
        yield {"Untagged": digest}
    if running is not None or users:
        store.put(replace(image, tags=(), digests=()))
        return
    yield from _delete(request, image)


def _names(image: Image, text: str) -> tuple[str, ...]:
    """The names of the image that the text refers to; none if it is an id."""
    if image.image_id.removeprefix("sha256:").startswith(text.removeprefix("sha256:")):
        return ()
    try:
        name = parse(text).name
    except ApiError:
        return ()
    return (name,) if name in image.tags else image.tags


def _in_use(image: Image, container: Container, how: str, state: str) -> ApiError:
    return ApiError(
        409,
        f"conflict: unable to delete {short(image.image_id)} ({how}) - image is being used by "
        f"{state} container {container.id[:12]}",
    )


def _delete(request: Request, image: Image) -> Iterator[dict[str, str]]:
    """Delete the image, and the images of its build steps that nothing else needs."""
    store = request.cluster.store
    current: Image | None = image
    while current is not None:
        children = [
            i
            for i in images.on_engine(store, current.engine)
            if i.parent == current.image_id and i.id != current.id
        ]
        if children or images.users(store, current):
            store.put(replace(current, tags=(), digests=()))
            return
        store.delete(Image, current.id)
        yield {"Deleted": current.image_id}
        for layers in reversed(_own_layers(request, current)):
            # Layer: for versions.py alone, which shows it to nobody; 29 tells of no layers.
            yield {"Deleted": digest_of(f"chain {' '.join(layers)}"), "Layer": layers[-1]}
        parent = store.get(Image, f"{current.engine}/{current.parent}")
        current = parent if parent and not (parent.tags or parent.digests) else None


def _own_layers(request: Request, image: Image) -> list[tuple[str, ...]]:
    """The layers that no other image of the engine uses, each with those below it."""
    others = images.on_engine(request.cluster.store, image.engine)
    chains = [image.layers[:number] for number in range(1, len(image.layers) + 1)]
    return [c for c in chains if not any(other.layers[: len(c)] == c for other in others)]


@route("POST", "/images/prune")
def prune(request: Request) -> Response:
    store = request.cluster.store
    filters = request.filters({"dangling", "label", "label!", "until"})
    only_dangling = flag_of(filters, "dangling") is not False
    until = until_of(filters, request.cluster.clock.now())
    said: list[dict[str, str]] = []
    freed = 0
    for image in images.listed(store, request.engine):
        current = store.get(Image, image.id)
        if current is None or images.users(store, current) or (only_dangling and current.tags):
            continue
        labels = current.config.get("Labels") or {}
        asked = labelled(labels, filters.get("label", ()))
        if not asked or not unlabelled(labels, filters.get("label!", ())):
            continue
        if current.created >= until:
            continue
        freed += current.size
        said += [{"Untagged": name} for name in (*current.tags, *current.digests)]
        said += _delete(request, current)
    request.cluster.events.emit(request.engine, "image", "prune", "", {"reclaimed": str(freed)})
    return Response({"ImagesDeleted": said or None, "SpaceReclaimed": freed})
