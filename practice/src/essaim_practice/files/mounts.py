"""The mounts of a container: volumes, folders of its machine, tmpfs; parsed, made, shown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from posixpath import normpath
from random import Random
from typing import Any

from essaim_practice.files import tars, volumes
from essaim_practice.files.filesystem import FileSystem
from essaim_practice.store import containers
from essaim_practice.store.errors import ApiError
from essaim_practice.store.formats import hex_id
from essaim_practice.store.mount import Mount
from essaim_practice.store.objects import Container, Image, Json, Volume
from essaim_practice.store.store import Store

_PROPAGATION = ("private", "rprivate", "slave", "rslave", "shared", "rshared")
_MODES = ("ro", "rw", "z", "Z", "nocopy", "consistent", "cached", "delegated", *_PROPAGATION)
_SIZES = {"": 1, "b": 1, "k": 2**10, "m": 2**20, "g": 2**30}
_OPTION = re.compile(r"(size|mode)=([0-9]+)([bkmg]?)")


def wanted(config: Json, host_config: Json, image: Image | None) -> list[Mount]:
    """The mounts that a container asks for. Raises ApiError 400 for invalid ones."""
    found = [_bind(str(text)) for text in host_config.get("Binds") or ()]
    for mount in found:
        if mount.kind == "volume":
            volumes.check_driver(mount.source, str(host_config.get("VolumeDriver") or ""))
    found += [_mount(mount) for mount in host_config.get("Mounts") or ()]
    places = set()
    for mount in found:
        if mount.target in places:
            raise ApiError(400, f"Duplicate mount point: {mount.target}")
        places.add(mount.target)
    memory = [_memory(str(t), str(o)) for t, o in (host_config.get("Tmpfs") or {}).items()]
    places |= {mount.target for mount in memory}
    own = (image.config.get("Volumes") if image else None) or {}
    for path in [*(config.get("Volumes") or {}), *own]:
        # What is not absolute is so of the root: the command reads `-v a:b` as a drive of Windows.
        target = _target(f"/{path}", f"invalid volume specification: '{path}': ", "volume")
        if target not in places:
            places.add(target)
            found.append(Mount("volume", target, anonymous=True))
    return found + memory


def make(
    store: Store, random: Random, machine: FileSystem, container: Container, image: Image
) -> tuple[Mount, ...]:
    """Make the volumes and folders that the container's mounts need; returns the mounts."""
    made = {mount.target: mount for mount in container.mounts}
    made |= {mount.target: mount for mount in _borrowed(store, container)}
    for mount in wanted(container.config, container.host_config, image):
        if mount.kind == "volume":
            name = mount.source or hex_id(random)
            labels = {volumes.ANONYMOUS: ""} if mount.anonymous else mount.labels
            volumes.create(store, container.engine, name, labels=labels)
            mount = replace(mount, source=name)
        elif mount.kind == "bind":
            _have_source(machine, mount)
        made[mount.target] = mount
    return tuple(made[target] for target in sorted(made))


def check(store: Store, machine: FileSystem, container: Container, image: Image) -> None:
    """Raises ApiError 400 or 404 for mounts that ``make`` cannot make."""
    list(_borrowed(store, container))
    for mount in wanted(container.config, container.host_config, image):
        if mount.kind == "volume" and mount.source:
            volumes.check_name(mount.source)
        if mount.kind == "bind":
            _have_source(machine, mount)


def _have_source(machine: FileSystem, mount: Mount) -> None:
    """Make the machine's folder, unless it is there or must be."""
    if machine.exists(mount.source):
        return
    if mount.must_exist:
        text = f"bind source path does not exist: {mount.source}"
        raise ApiError(400, f'invalid mount config for type "bind": {text}')
    try:
        machine.make_folder(mount.source, parents=True)
    except OSError as error:
        before = f"error while creating mount source path '{mount.source}': mkdir"
        raise ApiError(400, f"{before} {mount.source}: {tars.words_of(error)}") from None


def drop_anonymous(store: Store, container: Container) -> None:
    """Remove the anonymous volumes that no other container mounts."""
    for mount in container.mounts:
        volume = volumes.find(store, container.engine, mount.source)
        if mount.anonymous and volume is not None:
            others = [user for user in volumes.users(store, volume) if user.id != container.id]
            if not others:
                store.delete(Volume, volume.id)


def as_json(container: Container) -> list[dict[str, Any]]:
    """The mounts as the API lists them."""
    return [_shown(mount) for mount in container.mounts if mount.listed]


def _shown(mount: Mount) -> dict[str, Any]:
    shown: dict[str, Any] = {"Type": mount.kind}
    if mount.kind == "volume":
        folder = f"/var/lib/docker/volumes/{mount.source}/_data"
        shown |= {"Name": mount.source, "Source": folder}
    else:
        shown["Source"] = mount.source
    shown["Destination"] = mount.target
    if mount.kind == "volume":
        shown["Driver"] = "local"
    propagation = mount.propagation if mount.kind == "bind" else ""
    return shown | {"Mode": mount.mode, "RW": mount.writable, "Propagation": propagation}


# Reading what was asked for


def _bind(text: str) -> Mount:
    """``source:target:mode`` of ``-v``."""
    parts = text.split(":")
    before = f"invalid volume specification: '{text}'"
    if len(parts) > 3 or not all(parts):
        raise ApiError(400, before)
    if len(parts) == 1:
        return Mount("volume", _target(text, f"{before}: ", "volume"), anonymous=True)
    source, target = parts[:2]
    mode = parts[2] if len(parts) == 3 else ""
    if len(parts) == 2 and _valid_mode(target):
        raise ApiError(400, before)
    if mode and not _valid_mode(mode):
        raise ApiError(400, f"invalid mode: {mode}")
    kind = "bind" if source.startswith("/") else "volume"
    words = mode.split(",")
    return Mount(
        kind,
        _target(target, f"{before}: ", kind),
        normpath(source) if kind == "bind" else source,
        writable="ro" not in words,
        mode=mode or ("z" if kind == "volume" else ""),
        propagation=next((word for word in words if word in _PROPAGATION), "rprivate"),
        copy="nocopy" not in words,
    )


def _valid_mode(text: str) -> bool:
    words = text.split(",")
    once = len(words) == len(set(words)) and not {"ro", "rw"} <= set(words)
    return once and all(word in _MODES for word in words)


def _mount(asked: Json) -> Mount:
    """The mount of one ``--mount``."""
    kind = str(asked.get("Type") or "")
    source, target = str(asked.get("Source") or ""), str(asked.get("Target") or "")
    read_only = bool(asked.get("ReadOnly"))
    _check_options(kind, asked)
    if not target:
        raise _unfit(kind, "field Target must not be empty")
    if kind == "image":
        raise ApiError(501, "the practice engine does not play mounts of images")
    if kind not in ("bind", "volume", "tmpfs"):
        raise _unfit(kind, "mount type unknown")
    place = _target(target, "", kind)
    volume: Json = asked.get("VolumeOptions") or {}
    if kind == "tmpfs":
        if source:
            raise _unfit(kind, "field Source must not be specified")
        options: Json = asked.get("TmpfsOptions") or {}
        mode, size = int(options.get("Mode") or 0o1777), int(options.get("SizeBytes") or 0)
        return Mount(kind, place, writable=not read_only, permissions=mode & 0o7777, size=size)
    if kind == "bind":
        if not source:
            raise _unfit(kind, "field Source must not be empty")
        if not source.startswith("/"):
            raise _unfit(kind, f"invalid mount path: '{source}' mount path must be absolute")
        bind: Json = asked.get("BindOptions") or {}
        propagation = str(bind.get("Propagation") or "rprivate")
        if propagation not in _PROPAGATION:
            raise _unfit(kind, f"invalid propagation mode: {propagation}")
        return Mount(
            kind,
            place,
            normpath(source),
            writable=not read_only,
            propagation=propagation,
            must_exist=not bind.get("CreateMountpoint"),
        )
    driver: Json = volume.get("DriverConfig") or {}
    volumes.check_driver(source, str(driver.get("Name") or ""))
    inside = normpath(str(volume.get("Subpath") or "."))
    if inside.startswith(("/", "..")):
        raise _unfit(kind, "subpath must be a relative path within the volume")
    if inside != ".":
        raise ApiError(501, "the practice engine does not play paths within a volume")
    if not source and read_only:
        raise _unfit(kind, "must not set ReadOnly mode when using anonymous volumes")
    return Mount(
        kind,
        place,
        source,
        writable=not read_only,
        mode="z",
        copy=not volume.get("NoCopy"),
        anonymous=not source,
        labels=volume.get("Labels"),
    )


def _check_options(kind: str, asked: Json) -> None:
    """Refuse the options of another kind of mount."""
    if kind not in ("bind", "volume", "tmpfs"):
        return
    for name in ("BindOptions", "VolumeOptions", "TmpfsOptions"):
        if asked.get(name) is not None and kind != name.removesuffix("Options").lower():
            raise ApiError(400, f'{name} must not be specified on mount type "{kind}"')
    if asked.get("ImageOptions") is not None:
        raise _unfit(kind, "field ImageOptions must not be specified")


def _memory(path: str, options: str) -> Mount:
    """``--tmpfs path:options``; options other than size, mode and ro have no effect."""
    if normpath(f"/{path}".replace("//", "/")) == "/":
        raise ApiError(400, "invalid specification: destination can't be '/'")
    if not path.startswith("/"):
        raise ApiError(400, f"invalid mount path: '{path}' mount path must be absolute")
    values = {"size": 0, "mode": 0o1777}
    for option in options.split(","):
        if match := _OPTION.fullmatch(option):
            name, number, unit = match.groups()
            if name == "mode":
                values[name] = int(number, 8) & 0o7777 if set(number) <= set("01234567") else 0
            else:
                values[name] = int(number[:15]) * _SIZES[unit]
    return Mount(
        "tmpfs",
        normpath(path),
        writable="ro" not in options.split(","),
        permissions=values["mode"],
        size=values["size"],
        listed=False,
    )


def _target(path: str, before: str, kind: str) -> str:
    if not path:
        raise _unfit(kind, "field Target must not be empty", before)
    if not path.startswith("/"):
        raise _unfit(kind, f"invalid mount path: '{path}' mount path must be absolute", before)
    place = normpath("/" + path.lstrip("/"))
    if place == "/":
        raise _unfit(kind, "invalid specification: destination can't be '/'", before)
    return place


def _unfit(kind: str, problem: str, before: str = "") -> ApiError:
    return ApiError(400, f'{before}invalid mount config for type "{kind}": {problem}')


def _borrowed(store: Store, container: Container) -> Iterator[Mount]:
    """The mounts that ``--volumes-from`` takes over from other containers."""
    for asked in container.host_config.get("VolumesFrom") or ():
        name, _, mode = str(asked).partition(":")
        if mode and not _valid_mode(mode):
            raise ApiError(400, f"invalid mode: {mode}")
        try:
            lender = containers.get(store, container.engine, name)
        except ApiError as error:
            raise ApiError(400, error.message) from None
        for mount in lender.mounts:
            if mount.listed and mount.kind != "tmpfs":
                writable = mount.writable and "ro" not in mode.split(",")
                yield replace(mount, writable=writable, mode="")
