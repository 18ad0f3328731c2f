"""The named volumes of an engine."""

from __future__ import annotations

import re
from collections.abc import Mapping
from posixpath import join
from typing import Any

from essaim_practice.files.filesystem import FileSystem, Folder, Tree
from essaim_practice.store import quotas
from essaim_practice.store.errors import ApiError
from essaim_practice.store.formats import rfc3339
from essaim_practice.store.objects import Container, Volume
from essaim_practice.store.store import Store

_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]+")
_LONGEST = 255  # characters of a name, for the file system
_OPTIONS = ("type", "o", "device", "size")
_SIZE = re.compile(r"[0-9]+(?:\.[0-9]+)? ?(?:[kmgtp]i?b?|b)?", re.IGNORECASE)


ANONYMOUS = "com.docker.volume.anonymous"  # the label of a volume that was given no name


def is_anonymous(volume: Volume) -> bool:
    return ANONYMOUS in (volume.labels or {})


def on_engine(store: Store, engine: str) -> list[Volume]:
    return [volume for volume in store.all(Volume) if volume.engine == engine]


def find(store: Store, engine: str, name: str) -> Volume | None:
    return store.get(Volume, f"{engine}/{name}")


def get(store: Store, engine: str, name: str) -> Volume:
    """The volume of that name. Raises ApiError 404 without one."""
    volume = find(store, engine, name)
    if volume is None:
        raise ApiError(404, f"volume {name} not found")
    return volume


def create(
    store: Store,
    engine: str,
    name: str,
    driver: str = "local",
    labels: Mapping[str, str] | None = None,
    options: Mapping[str, str] | None = None,
) -> Volume:
    """The volume of that name; created if missing."""
    existing = find(store, engine, name)
    if existing is not None:
        return existing  # whatever is asked of it now
    check_name(name)
    check_options(name, options or {})
    quotas.require(store, "volumes")
    now = store.clock.now()
    return store.put(Volume(f"{engine}/{name}", engine, name, driver, labels, options, now))


def check_name(name: str) -> None:
    """Raises ApiError 400 for an invalid name of a volume."""
    if len(name) == 1:
        text = "volume name is too short, names should be at least two alphanumeric characters"
        raise ApiError(400, f"create {name}: {text}")
    if len(name) > _LONGEST:
        folder = f"/var/lib/docker/volumes/{name}"
        text = f"error while creating volume root path '{folder}': mkdir {folder}"
        raise ApiError(400, f"create {name}: {text}: file name too long")
    if not _NAME.fullmatch(name):
        raise ApiError(
            400,
            f'create {name}: "{name}" includes invalid characters for a local volume name, only '
            '"[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, '
            "use absolute path",
        )


def check_options(name: str, options: Mapping[str, str]) -> None:
    """Raises ApiError 400 for options that the local driver refuses."""
    problem = next((f'invalid option: "{o}"' for o in options if o not in _OPTIONS), "")
    mounted = {option for option in _OPTIONS[:3] if options.get(option)}
    if not problem and mounted and "device" not in mounted:
        problem = 'missing required option: "device"'
    elif not problem and mounted and "type" not in mounted:
        problem = 'missing required option: "type"'
    size = options.get("size")
    if not problem and size is not None and not _SIZE.fullmatch(size):
        problem = f"invalid size: '{size}'"
    if problem:
        raise ApiError(400, f"create {name}: {problem}")


def check_driver(name: str, driver: str) -> None:
    """Raises ApiError 404 for a missing volume driver."""
    if driver not in ("", "local"):
        problem = f'error looking up volume plugin {driver}: plugin "{driver}" not found'
        raise ApiError(404, f"create {name}: {problem}")


def users(store: Store, volume: Volume) -> list[Container]:
    """The containers of the volume's engine that mount it, running or not."""
    return [
        container
        for container in store.where(Container, "engine", volume.engine)
        if any(m.kind == "volume" and m.source == volume.name for m in container.mounts)
    ]


def as_json(volume: Volume) -> dict[str, Any]:
    """The volume as the API shows it."""
    return {
        "CreatedAt": rfc3339(int(volume.created)),
        "Driver": volume.driver,
        "Labels": volume.labels,
        "Mountpoint": f"/var/lib/docker/volumes/{volume.name}/_data",
        "Name": volume.name,
        "Options": volume.options,
        "Scope": "local",
    }


def fill(volume: FileSystem, tree: Tree, path: str) -> None:
    """Fill an empty volume with the image's files at its mount point."""
    if volume.listing("/") or not isinstance(tree.get(path), Folder):
        return
    _copy(tree, path, volume, "")
    volume.put("/", tree[path])


def _copy(tree: Tree, path: str, volume: FileSystem, place: str) -> None:
    for name in tree.names(path):
        volume.put(f"{place}/{name}", tree[join(path, name)])
        _copy(tree, join(path, name), volume, f"{place}/{name}")
