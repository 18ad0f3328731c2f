"""Whether a cluster has room for what a request would make."""

from __future__ import annotations

from collections.abc import Callable

from essaim_practice.store.errors import ApiError
from essaim_practice.store.file_tree import Tree
from essaim_practice.store.objects import (
    Config,
    Container,
    Engine,
    Image,
    Network,
    Secret,
    Service,
    Volume,
)
from essaim_practice.store.store import Store

#: What a POST to these makes.
_MAKES: dict[str, str] = {
    "/_practice/engines": "engines",
    "/containers/create": "containers",
    "/build": "images",
    "/commit": "images",
    "/images/create": "images",
    "/images/load": "images",
    "/images/{name:path}/tag": "images",
    "/volumes/create": "volumes",
    "/networks/create": "networks",
    "/services/create": "services",
    "/secrets/create": "secrets",
    "/configs/create": "configs",
}


def require_for(store: Store, method: str, pattern: str) -> None:
    """Refuse a request to a route that makes something there is no room for, with 409."""
    if method == "POST" and (what := _MAKES.get(pattern)):
        require(store, what)


def require(store: Store, what: str) -> None:
    """409, saying what to do, where the cluster holds as many of them as it may."""
    most = int(getattr(store.limits, what))
    if _COUNTS[what](store) >= most:
        raise ApiError(409, f"this practice cluster holds at most {most} {what}: remove some first")


def require_image(store: Store, size: int) -> None:
    """409 where there is no room for one more image with so many bytes of its own."""
    require(store, "images")
    require_files(store, size)


def require_files(store: Store, size: int) -> None:
    """409 where images would hold more bytes of their own than the cluster may store."""
    kept: dict[int, int] = {}
    for image in store.all(Image):
        tree: Tree | None = image.files if image.step or not image.digests else None
        while tree is not None and tree.below is not None and id(tree) not in kept:
            kept[id(tree)] = tree.weight
            tree = tree.below
    most = store.limits.all_file_bytes
    if sum(kept.values()) + size > most:
        text = f"this practice cluster stores at most {most} bytes of files in its images"
        raise ApiError(409, f"{text}: remove some images first")


def _containers(store: Store) -> int:
    return sum(not container.task_id for container in store.all(Container))


def _images(store: Store) -> int:
    """Names count as well: an image may be given any number of them."""
    return sum(max(1, len(image.tags)) for image in store.all(Image))


def _networks(store: Store) -> int:
    return sum(network.name not in _PREDEFINED for network in store.all(Network))


_PREDEFINED = ("bridge", "host", "none", "docker_gwbridge", "ingress")
_COUNTS: dict[str, Callable[[Store], int]] = {
    "engines": lambda store: sum(not engine.gone for engine in store.all(Engine)),
    "containers": _containers,
    "images": _images,
    "volumes": lambda store: store.count(Volume),
    "networks": _networks,
    "services": lambda store: store.count(Service),
    "secrets": lambda store: store.count(Secret),
    "configs": lambda store: store.count(Config),
}
