"""The local images of an engine: find by name or id, add, tag."""

from __future__ import annotations

import re
from dataclasses import replace

from essaim_practice.images.catalogue import Published
from essaim_practice.images.reference import Reference, parse
from essaim_practice.store.errors import ApiError
from essaim_practice.store.objects import Container, Image
from essaim_practice.store.store import Store

_SYSTEMS = ("linux", "windows", "darwin", "freebsd")
_ARCHITECTURES = ("amd64", "x86_64", "386", "arm", "arm64", "ppc64le", "riscv64", "s390x")
_HEX = re.compile(r"(?:sha256:)?([0-9a-f]{1,64})")


def on_engine(store: Store, engine: str) -> list[Image]:
    return store.where(Image, "engine", engine)


def listed(store: Store, engine: str) -> list[Image]:
    """The images of `docker images`: without untagged ones that a later build step used.

    containerd's store knows of no steps: it lists them all.
    """
    held = on_engine(store, engine)
    if store.edition.containerd:
        return held
    parents = {image.parent for image in held}
    return [i for i in held if i.tags or i.digests or i.image_id not in parents]


def find(store: Store, engine: str, text: str) -> Image | None:
    """The image with this name, id or id prefix on this engine; None without one."""
    held = on_engine(store, engine)
    if text.startswith("sha256:"):
        return next((image for image in held if image.image_id.startswith(text)), None)
    try:
        reference = parse(text)
    except ApiError:
        return None
    pinned = f"{reference.repository}@{reference.digest}"
    for image in held:
        if reference.digest:
            if pinned in image.digests:
                return image
        elif reference.name in image.tags:
            return image
    if digits := _HEX.fullmatch(text):
        matches = [i for i in held if i.image_id.removeprefix("sha256:").startswith(digits[1])]
        if len({image.image_id for image in matches}) == 1:
            return matches[0]
    return None


def get(store: Store, engine: str, text: str) -> Image:
    """As ``find``; raises ApiError 404 in the daemon's words without one."""
    check_name(text)
    image = find(store, engine, text)
    if image is None:
        raise ApiError(404, f"No such image: {spelled(text)}")
    return image


def check_name(text: str) -> None:
    """Raises ApiError 400 for text that is neither a name nor an id of an image."""
    if not _HEX.fullmatch(text):
        parse(text)


def platform(text: str) -> str:
    """A platform's usual name, linux/arm64; "" for the engines' own. Raises ApiError 400."""
    system, _, architecture = text.lower().partition("/")
    if text and not architecture and system in _ARCHITECTURES:
        system, architecture = "linux", system
    if text and system not in _SYSTEMS and architecture.partition("/")[0] not in _ARCHITECTURES:
        words = "unknown operating system or architecture: invalid argument"
        raise ApiError(400, f'"{text}": {words}')
    architecture = {"aarch64": "arm64"}.get(architecture, architecture.partition("/")[0])
    usual = system in ("", "linux") and architecture in ("", "amd64", "x86_64")
    return "" if usual else f"{system}/{architecture or 'amd64'}"


def spelled(text: str) -> str:
    """The full name, ``nginx:latest``; unchanged if it is invalid."""
    try:
        reference = parse(text)
    except ApiError:
        return text
    return text if reference.digest else reference.name


def tag(store: Store, image: Image, name: str) -> Image:
    """Tag the image; the tag moves from the image that had it."""
    for other in on_engine(store, image.engine):
        if name in other.tags and other.id != image.id:
            store.put(replace(other, tags=tuple(t for t in other.tags if t != name)))
    if name in image.tags:
        return image
    return store.put(replace(image, tags=(*image.tags, name)))


def id_of(store: Store, published: Published) -> str:
    """The id that a published image has once it is pulled: of its configuration, or manifest."""
    return published.digest if store.edition.containerd else published.image_id


def places(image: Image) -> list[str]:
    """The repositories that it was pulled from, spelled whole: ``docker.io/library/nginx``."""
    return [parse(digest).place for digest in image.digests]


def add_pulled(store: Store, engine: str, reference: Reference, published: Published) -> Image:
    """Enter a pulled image under the name it was pulled by."""
    with store.batch():
        return _add_pulled(store, engine, reference, published)


def _add_pulled(store: Store, engine: str, reference: Reference, published: Published) -> Image:
    image_id = id_of(store, published)
    key = f"{engine}/{image_id}"
    pinned = f"{reference.repository}@{published.digest}"
    image = store.get(Image, key)
    if image is None:
        image = Image(
            id=key,
            engine=engine,
            image_id=image_id,
            tags=(reference.name,) if reference.tag and not reference.digest else (),
            digests=(pinned,),
            size=published.size,
            created=published.created,
            layers=tuple(layer.diff_id for layer in published.layers),
            history=published.history(image_id),
            config=published.config,
            behaviour=published.behaviour,
            base=published.base,
            platform=published.platform,
            files=published.tree(),
            content=sum(layer.download for layer in published.layers),
        )
    elif pinned not in image.digests:
        image = replace(image, digests=(*image.digests, pinned))
    image = store.put(image)
    return tag(store, image, reference.name) if reference.tag and not reference.digest else image


def users(store: Store, image: Image) -> list[Container]:
    """The containers of the engine that use the image."""
    here = store.where(Container, "engine", image.engine)
    return [container for container in here if container.image_id == image.image_id]


def layers_on(store: Store, engine: str) -> set[str]:
    """Diff ids of all layers that the engine holds."""
    return {layer for image in on_engine(store, engine) for layer in image.layers}
