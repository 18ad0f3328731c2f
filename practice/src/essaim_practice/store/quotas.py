"""Quotas: requests that would take a cluster beyond its limits are refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from essaim_practice.store.errors import ApiError
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
from essaim_practice.store.weights import RECORD

Kind = Literal[
    "configs",
    "containers",
    "engines",
    "images",
    "networks",
    "secrets",
    "services",
    "volumes",
]


def require(store: Store, kind: Kind) -> None:
    """Raises ApiError 409, which says what to do, where the limit of this kind is reached."""
    most = int(getattr(store.limits, kind))
    if _COUNTS[kind](store) >= most:
        raise ApiError(409, f"this practice cluster holds at most {most} {kind}: remove some first")
    store.memory.require(RECORD)


def require_image(store: Store, size: int) -> None:
    """Raises ApiError 409 where one more image with so many bytes of its own is too much."""
    require(store, "images")
    require_files(store, size)


def require_files(store: Store, size: int) -> None:
    """Raises ApiError 409 where so many bytes more are too much for the cluster's disk."""
    if not store.disk.take(size):
        raise no_room(store.limits.all_file_bytes)


def no_room(most: int) -> ApiError:
    text = f"this practice cluster stores at most {most} bytes of files"
    return ApiError(409, f"{text}: remove some images, containers or volumes first")


def _containers(store: Store) -> int:
    return sum(not container.task_id for container in store.all(Container))


def _images(store: Store) -> int:
    """Names count as well: an image may be given any number of them."""
    return sum(max(1, len(image.tags)) for image in store.all(Image))


def _networks(store: Store) -> int:
    return sum(network.name not in _PREDEFINED for network in store.all(Network))


_PREDEFINED = ("bridge", "host", "none", "docker_gwbridge", "ingress")
_COUNTS: dict[Kind, Callable[[Store], int]] = {
    "engines": lambda store: sum(not engine.gone for engine in store.all(Engine)),
    "containers": _containers,
    "images": _images,
    "volumes": lambda store: store.count(Volume),
    "networks": _networks,
    "services": lambda store: store.count(Service),
    "secrets": lambda store: store.count(Secret),
    "configs": lambda store: store.count(Config),
}
