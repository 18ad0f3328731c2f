"""Routes on the files of the machine of the engine that is asked."""

from __future__ import annotations

import errno
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from posixpath import join, normpath
from typing import Any

from essaim_practice.api.files import packed, told, unpacked
from essaim_practice.api.routing import Request, route
from essaim_practice.api.settings import settings
from essaim_practice.files.filesystem import Device, File, FileSystem, Folder, Inode, Link
from essaim_practice.protocol.answers import Response, Stream
from essaim_practice.store.errors import ApiError
from essaim_practice.store.file_tree import size_of
from essaim_practice.store.time_slices import Sliced, run_sliced

_STATUS = {
    errno.ENOENT: 404,
    errno.EEXIST: 409,
    errno.EISDIR: 409,
    errno.ENOTDIR: 409,
    errno.ENOTEMPTY: 409,
    errno.EBUSY: 409,
    errno.EROFS: 403,
    errno.EPERM: 403,
    errno.EACCES: 403,
    errno.ENOSPC: 507,
}  # any other is a 400
_BYTES = "application/octet-stream"
_DIGESTED = 1_000_000  # bytes of a file whose tag is made of its content: a digest takes its time


# As archives, in the way of `docker cp`


@route("HEAD", "/_practice/machine/archive")
def stat(request: Request) -> Response:
    """Metadata of a path of this machine, as HEAD /containers/{id}/archive tells it."""
    return told(request, _disk(request))


@route("GET", "/_practice/machine/archive", streams=True)
async def copy_out(request: Request) -> Stream:
    """A path of this machine as an archive."""
    return packed(request, _disk(request))


@route("PUT", "/_practice/machine/archive")
async def copy_in(request: Request) -> Response:
    """Unpack an archive into a folder of this machine."""
    await unpacked(request, _disk(request))
    return Response(None)


# One by one


@route("GET", "/_practice/machine/files")
def listing(request: Request) -> Response:
    """What is in a folder of this machine: ``?path=/root``.

    The version of its files grows with every change to any of them.
    """
    system, path = _disk(request), _path(request.query.get("path"))
    with _refusing(path):
        place = system.resolve(path)
        entries = _entries(system, place, system.listing(place))
    return Response({"path": path, "version": system.version, "entries": entries})


@route("POST", "/_practice/machine/files")
def make(request: Request) -> Response:
    """Make an empty folder or file on this machine: {"path", "kind": "folder" or "file"}."""
    body = settings(request, "path", "kind")
    system, path, kind = _disk(request), _path(body.get("path")), body.get("kind", "folder")
    if kind not in ("folder", "file"):
        raise ApiError(400, 'kind is neither "folder" nor "file"')
    with _refusing(path):
        _require_free(system, path)
        if kind == "folder":
            system.make_folder(path)
        else:
            system.write(path, b"")
    return Response(status=204)


@route("POST", "/_practice/machine/rename")
async def rename(request: Request) -> Response:
    """Move a file or folder of this machine: {"from", "to"}. What is there is not replaced."""
    body = settings(request, "from", "to")
    system = _disk(request)
    old, new = _path(body.get("from")), _path(body.get("to"))
    with _refusing(old):
        if old != new:
            system.entry(old, follow=False)
            _require_free(system, new)
            await run_sliced(_all(system.renaming(old, new)))
    return Response(status=204)


@route("GET", "/_practice/machine/file")
def read(request: Request) -> Response:
    """The content of a file of this machine: ``?path=/root/app.py``. Its ETag is the content's."""
    system, path = _disk(request), _path(request.query.get("path"))
    with _refusing(path):
        headers = {"Content-Type": _BYTES, "ETag": _tag(system, path)}
        return Response(system.read(path), headers=headers)


@route("PUT", "/_practice/machine/file")
def write(request: Request) -> Response:
    """Make a file of this machine, or replace what is in it, by the body of the request.

    If-Match, with an ETag, and ``If-None-Match: *`` refuse it where there is another content.
    """
    system, path = _disk(request), _path(request.query.get("path"))
    with _refusing(path):
        _require_seen(request, system, path)
        system.write(path, request.body)
        return Response(status=204, headers={"ETag": _tag(system, path)})


@route("DELETE", "/_practice/machine/file")
async def remove(request: Request) -> Response:
    """Remove a file of this machine, or a folder with all that is in it."""
    system, path = _disk(request), _path(request.query.get("path"))
    with _refusing(path):
        await run_sliced(_all(system.removing(path)))
    return Response(status=204)


# What they share


def _disk(request: Request) -> FileSystem:
    return request.cluster.files.machine(request.engine)


def _path(given: object) -> str:
    """The absolute path that a request names. Raises ApiError 400."""
    if not isinstance(given, str) or not given.startswith("/"):
        raise ApiError(400, "path is not absolute")
    if "\0" in given:
        raise ApiError(400, "Invalid argument")
    return "/" + normpath(given).lstrip("/")


def _tag(system: FileSystem, path: str) -> str:
    """An ETag: with the content of a file it changes, too."""
    data = system.read(path)
    if len(data) > _DIGESTED:
        return f'"{len(data)}-{system.entry(path).mtime}"'
    return f'"{hashlib.sha256(data).hexdigest()[:32]}"'


def _require_seen(request: Request, system: FileSystem, path: str) -> None:
    """Raise ApiError 412 where the client has not seen what it would write over."""
    wanted, unwanted = request.headers.get("if-match"), request.headers.get("if-none-match")
    if wanted is None and unwanted is None:
        return
    try:
        held = _tag(system, path)
    except FileNotFoundError:
        held = ""
    if held and unwanted in ("*", held):
        raise ApiError(412, f"{path}: File exists")
    if wanted is not None and (not held or wanted not in ("*", held)):
        raise ApiError(412, f"{path} has changed meanwhile")


def _require_free(system: FileSystem, path: str) -> None:
    """Raises FileExistsError where something has this name already."""
    with suppress(FileNotFoundError):
        system.entry(path, follow=False)
        raise FileExistsError(errno.EEXIST, "File exists", path)


def _all(entries: Iterator[str]) -> Sliced[None]:
    for _ in entries:
        yield


def _entries(system: FileSystem, place: str, names: list[str]) -> Iterator[dict[str, Any]]:
    """What is said of each, when it is sent; of one that is gone by then, nothing."""
    for name in names:
        with suppress(FileNotFoundError):
            yield _shown(name, system.at(join(place, name)))


def _shown(name: str, entry: Inode) -> dict[str, Any]:
    return {
        "name": name,
        "kind": _kind(entry),
        "size": size_of(entry),
        "mode": entry.mode,
        "mtime": entry.mtime,
    }


def _kind(entry: Inode) -> str:
    match entry:
        case Folder():
            return "folder"
        case Link():
            return "link"
        case File() | Device():
            return "file"
    raise AssertionError(entry)


@contextmanager
def _refusing(path: str) -> Iterator[None]:
    """Turn errors of the file system into ApiErrors in its words."""
    try:
        yield
    except OSError as error:
        status = _STATUS.get(error.errno or 0, 400)
        name = error.filename or path
        raise ApiError(status, f"{name}: {error.strerror}") from None
