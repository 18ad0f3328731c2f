"""Archives of images: ``docker save`` and ``docker load``.

The layers of the catalogue are invented, so an archive holds an image's whole tree in its last
layer, and nothing in those below. Archives of a real engine are read too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import partial
from posixpath import basename, dirname, join, normpath
from typing import Any

from essaim_practice.files import tars
from essaim_practice.files.filesystem import EMPTY, File, FileSystem, Folder
from essaim_practice.images.commits import origin_of
from essaim_practice.protocol import bodies, shapes
from essaim_practice.store.errors import ApiError
from essaim_practice.store.file_tree import NAME_COST, Inode, size_of
from essaim_practice.store.formats import parse_time, rfc3339
from essaim_practice.store.memory import Budget, Reservation
from essaim_practice.store.objects import Image
from essaim_practice.store.time_slices import Sliced

_DIGEST = re.compile(r"[0-9a-f]{64}")
_MOST_LAYERS = 127  # of one image, as overlay2 has it
_WHITEOUT = ".wh."
_OCI = "application/vnd.oci.image"
_INDEX = f"{_OCI}.index.v1+json"
_MANIFEST = shapes.Struct(
    "manifest",
    {
        "Items": shapes.List(
            shapes.Struct(
                "manifestItem",
                {
                    "Config": "string",
                    "RepoTags": shapes.List("string"),
                    "Layers": shapes.List("string"),
                },
            )
        )
    },
)
_STEP = shapes.Struct(
    "history", dict.fromkeys(("created", "created_by", "comment", "author"), "string")
)
_CONFIG = shapes.Struct(
    "image",
    {
        "created": "string",
        "author": "string",
        "rootfs": shapes.Struct("rootfs", {"diff_ids": shapes.List("string")}),
        "history": shapes.List(_STEP),
    },
)


def saved(wanted: Iterable[tuple[Image, tuple[str, ...]]]) -> Sliced[list[tars.Member]]:
    """The archive of images, each with its names. Layers are packed when they are sent."""
    files: dict[str, Inode] = {}
    manifest = []
    described: list[dict[str, Any]] = []
    repositories: dict[str, dict[str, str]] = {}
    for image, names in wanted:
        config = f"blobs/sha256/{image.image_id.removeprefix('sha256:')}"
        files[config] = _file(_config(image))
        layers = []
        for layer in image.layers[:-1]:
            layers.append(f"blobs/sha256/{layer.removeprefix('sha256:')}")
            files.setdefault(layers[-1], File(0o644, 0.0, data=b"".join(tars.packed(()))))
        entries = partial(tars.below, FileSystem(image.files, lambda: 0.0), "/")
        digest, size = yield from tars.hashed(tars.packed(entries()))
        layers.append(f"blobs/sha256/{digest}")
        files[layers[-1]] = tars.Archive(0o644, 0.0, entries=entries, size=size)
        described.extend((yield from _described(files, config, layers, names)))
        item = {"Config": config, "RepoTags": list(names) or None, "Layers": layers}
        manifest.append(item)
        for name in names:
            repository, _, tag = name.rpartition(":")
            repositories.setdefault(repository, {})[tag] = basename(layers[-1])
    files["manifest.json"] = _file(manifest)
    files["index.json"] = _file({"schemaVersion": 2, "mediaType": _INDEX, "manifests": described})
    files["oci-layout"] = _file({"imageLayoutVersion": "1.0.0"})
    if repositories:
        files["repositories"] = _file(repositories)
    folders: list[tars.Member] = [
        (name, Folder(0o755, 0.0)) for name in ("blobs/", "blobs/sha256/")
    ]
    return folders + [(name, files[name]) for name in sorted(files)]


def _described(
    files: dict[str, Inode], config: str, layers: list[str], names: tuple[str, ...]
) -> Sliced[list[dict[str, Any]]]:
    """An image as an OCI layout's index has it, once for each name; its manifest is entered."""

    def blob(kind: str, path: str) -> dict[str, Any]:
        digest = f"sha256:{basename(path)}"
        return {"mediaType": f"{_OCI}.{kind}", "digest": digest, "size": size_of(files[path])}

    parts = {
        "schemaVersion": 2,
        "mediaType": f"{_OCI}.manifest.v1+json",
        "config": blob("config.v1+json", config),
        "layers": [blob("layer.v1.tar", layer) for layer in layers],
    }
    described = _file(parts)
    digest, _ = yield from tars.hashed([described.data])
    path = f"blobs/sha256/{digest}"
    files[path] = described
    found = []
    for name in names:
        said = {
            "io.containerd.image.name": f"docker.io/library/{name}",
            "org.opencontainers.image.ref.name": name.rpartition(":")[2],
        }
        found.append(blob("manifest.v1+json", path) | {"annotations": said})
    return found


def _config(image: Image) -> dict[str, Any]:
    steps = [
        {
            "created": rfc3339(float(step["Created"])),
            "created_by": step["CreatedBy"],
            "comment": step["Comment"],
            **({} if step["Size"] else {"empty_layer": True}),
        }
        for step in reversed(image.history)
    ]
    return {
        "architecture": image.platform.partition("/")[2] or "amd64",
        "author": image.author,
        "config": image.config,
        "created": rfc3339(image.created),
        "history": steps,
        "os": "linux",
        "rootfs": {"type": "layers", "diff_ids": list(image.layers)},
    }


def _file(value: Any) -> File:
    return File(0o644, 0.0, data=json.dumps(value, separators=(",", ":")).encode())


# Loading


def loaded(
    body: bytes, engine: str, place: str, limit: int, disk: Budget
) -> Sliced[list[tuple[Image, list[str]]]]:
    """The images of an archive, each with its names.

    place: the folder that errors name. disk: has room for all that is unpacked. Raises ApiError 400
    for what is no such archive, 409 where there is no room.
    """
    files: dict[str, bytes] = {}
    room = Reservation(disk)
    plain = yield from tars.decompressed(body, limit, room)
    for member, data in tars.read(plain, limit):
        room.require(NAME_COST + len(data))
        files[normpath(member.name)] = data
        yield
    del plain
    found = []
    try:
        if "manifest.json" in files:
            items = shapes.parse(files["manifest.json"].decode(errors="replace"))
            if not isinstance(items, list):
                kind = "array" if items is None else shapes.kind_of(items)
                text = "into Go value of type []tarexport.manifestItem"
                raise shapes.Mismatch(f"json: cannot unmarshal {kind} {text}")
            fitted = shapes.fit({"Items": items}, _MANIFEST).get("Items") or []
        else:
            fitted = _legacy(files, place)
        for item in fitted:
            path = normpath(str(item.get("Config") or ""))
            image = yield from _image(path, item, files, engine, place, limit, disk)
            found.append((image, list(item.get("RepoTags") or ())))
    except shapes.Mismatch as error:
        raise ApiError(400, str(error)) from None
    return found


def _legacy(files: dict[str, bytes], place: str) -> list[dict[str, Any]]:
    """The manifest of an archive of before Docker 1.10: names, and a folder for each layer.

    The configuration of each image is put among the files. Raises ApiError 400 for what is none.
    """
    if "repositories" not in files:
        raise ApiError(400, f"open {place}/repositories: no such file or directory")
    named = shapes.any_object(shapes.parse(files["repositories"].decode(errors="replace")))
    tags: dict[str, list[str]] = {}
    for name, ids in named.items():
        for tag, id in ids.items() if isinstance(ids, dict) else ():
            tags.setdefault(str(id), []).append(f"{name}:{tag}")
    items = []
    for id, names in tags.items():
        layers: list[str] = []
        at: Any = id
        while at and len(layers) < _MOST_LAYERS:
            path = f"{at}/json"
            if path not in files:
                raise ApiError(400, f"open {place}/{path}: no such file or directory")
            described = shapes.any_object(shapes.parse(files[path].decode(errors="replace")))
            layers.insert(0, f"{at}/layer.tar")
            at = described.get("parent")
        items.append({"Config": f"{id}/json", "RepoTags": names, "Layers": layers})
    return items


def _image(
    path: str,
    item: dict[str, Any],
    files: dict[str, bytes],
    engine: str,
    place: str,
    limit: int,
    disk: Budget,
) -> Sliced[Image]:
    if path not in files:
        raise ApiError(400, f"open {place}/{path}: no such file or directory")
    value = shapes.any_object(shapes.parse(files[path].decode(errors="replace")))
    known = shapes.fit(value, _CONFIG)
    config = value.get("config")
    digits = basename(path).removesuffix(".json")
    if not _DIGEST.fullmatch(digits):
        digits, _ = yield from tars.hashed([files[path]])
    image_id = f"sha256:{digits}"
    system = FileSystem(EMPTY, lambda: 0.0, 4 * limit)
    system.write_to(disk)
    for layer in item.get("Layers") or ():
        name = normpath(str(layer))
        if name not in files:
            raise ApiError(400, f"open {place}/{name}: no such file or directory")
        yield from _apply(system, files[name], limit)
    try:
        created = parse_time(str(known.get("created") or ""), 0.0)
    except ValueError:
        created = 0.0
    tree = system.flatten()
    size = sum(len(entry.data) for entry in tree.values() if isinstance(entry, File))
    diff_ids = (known.get("rootfs") or {}).get("diff_ids") or ()
    behaviour, base = origin_of(tree)
    history = _history(known.get("history") or [], image_id, created, size)
    return Image(
        id=f"{engine}/{image_id}",
        engine=engine,
        image_id=image_id,
        tags=(),
        digests=(),
        size=size,
        created=created,
        layers=tuple(str(digest) for digest in diff_ids),
        history=history,
        config=_fitting(config),
        behaviour=behaviour,
        base=base,
        files=tree,
        author=str(known.get("author") or ""),
        comment=str(history[0]["Comment"]) if history else "",
    )


def _fitting(config: Any) -> dict[str, Any]:
    """The configuration, if it has the right shape."""
    if not isinstance(config, dict):
        return {"Cmd": None, "Entrypoint": None, "Env": None, "Labels": None}
    shapes.fit(config, bodies.CONTAINER)  # raises Mismatch
    return config


def _history(
    steps: list[dict[str, Any]], image_id: str, created: float, size: int
) -> tuple[dict[str, Any], ...]:
    return tuple(
        {
            "Comment": step.get("comment") or "",
            "Created": int(created),
            "CreatedBy": step.get("created_by") or "",
            "Id": "<missing>" if number else image_id,
            "Size": 0 if number else size,
            "Tags": None,
        }
        for number, step in enumerate(reversed(steps))
    )


def _apply(system: FileSystem, layer: bytes, limit: int) -> Sliced[None]:
    """Apply a layer; a file ``.wh.x`` deletes x below."""
    room = Reservation(system.disk)
    plain = yield from tars.decompressed(layer, limit, room)
    for member, data in tars.read(plain, limit):
        yield
        place = normpath(join("/", member.name.lstrip("/")))
        name = basename(place)
        try:
            if name.startswith(_WHITEOUT):
                gone = join(dirname(place), name.removeprefix(_WHITEOUT))
                if name != ".wh..wh..opq" and system.exists(gone):
                    system.remove_tree(gone)
                continue
            tars.enter(system, "/", member, data)
        except OSError as error:
            text = f"{error.filename}: {tars.words_of(error)}"
            raise ApiError(400, text) from None
