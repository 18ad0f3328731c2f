"""Routes on files of containers: copy in and out, diff, export.

What copies is for the machines' files, too.
"""

from __future__ import annotations

import base64
import errno
import json
from collections.abc import Iterator
from contextlib import contextmanager
from posixpath import basename, join, normpath

from essaim_practice.api.containers import called
from essaim_practice.api.routing import Request, route
from essaim_practice.files import tars
from essaim_practice.files.filesystem import Device, FileSystem, Folder, Inode, Link
from essaim_practice.files.rootfs import KERNEL
from essaim_practice.protocol.answers import Response, Stream
from essaim_practice.store.errors import ApiError
from essaim_practice.store.file_tree import size_of
from essaim_practice.store.formats import rfc3339
from essaim_practice.store.time_slices import iterate_sliced, run_sliced

_TAR = "application/x-tar"
# How Go numbers what a mode says besides the permissions.
_GO_FOLDER, _GO_LINK, _GO_DEVICE, _GO_CHARACTER = 1 << 31, 1 << 27, 1 << 26, 1 << 21
_GO_BITS = {0o4000: 1 << 23, 0o2000: 1 << 22, 0o1000: 1 << 20}


@route("HEAD", "/containers/{id}/archive")
def stat(request: Request) -> Response:
    """Metadata of a path, as JSON in a header."""
    container = called(request)
    return told(request, request.cluster.files.of(container))


@route("GET", "/containers/{id}/archive", streams=True)
async def copy_out(request: Request) -> Stream:
    container = called(request)
    answer = packed(request, request.cluster.files.of(container))
    request.cluster.events.emit_container(container, "archive-path")
    return answer


@route("PUT", "/containers/{id}/archive")
async def copy_in(request: Request) -> Response:
    container = called(request)
    await unpacked(request, request.cluster.files.of(container))
    request.cluster.events.emit_container(container, "extract-to-dir")
    return Response(None)


def told(request: Request, system: FileSystem) -> Response:
    """The answer to a request for metadata."""
    path = absolute(request)
    with _refusing(request, path):
        return Response(None, headers=_stat(system, path))


def packed(request: Request, system: FileSystem) -> Stream:
    """The answer to a request for an archive."""
    path = absolute(request)
    # What the kernel shows in /dev, /proc and /sys is no file of the container.
    system = system.unmounted(KERNEL)
    with _refusing(request, path):
        headers = _stat(system, path)
        place = system.resolve(path, follow=path.endswith(("/", "/.")) and path != "/")
        name = "./" if path.endswith("/.") else basename(path.rstrip("/")) or "/"
        entries = tars.members(system, place, name)
    return Stream(iterate_sliced(tars.packed(entries)), _TAR, headers)


async def unpacked(request: Request, system: FileSystem) -> None:
    """Unpack the archive that a request brings."""
    path = absolute(request)
    with _refusing(request, path):
        folder = system.resolve(path)
        if not isinstance(system.entry(path), Folder):
            raise ApiError(400, "extraction point is not a directory")
        if system.is_read_only(folder):
            own = system.mount_point(folder) == "/"
            what = "container rootfs" if own else "mounted volume"
            raise ApiError(400, f"{what} is marked read-only")
        limit = 2 * request.cluster.files.limit
        keep = request.flag("noOverwriteDirNonDir")
        await run_sliced(tars.unpack(system, folder, request.body, limit, keep))


@route("GET", "/containers/{id}/changes")
async def changes(request: Request) -> Response:
    """Differences from the image; null without any."""
    system = request.cluster.files.made(called(request))
    found = (await run_sliced(system.changing())) if system else []
    if not found:
        return Response(b"null\n", headers={"Content-Type": "application/json"})
    return Response({"Path": path, "Kind": kind} for kind, path in found)


@route("GET", "/containers/{id}/export", streams=True)
async def export(request: Request) -> Stream:
    """The container's files as one archive, without mounts."""
    container = called(request)
    alone = request.cluster.files.of(container).alone()
    entries = tars.below(alone, "/")
    request.cluster.events.emit_container(container, "export")
    return Stream(iterate_sliced(tars.packed(entries)), "application/octet-stream")


def absolute(request: Request) -> str:
    """The absolute path of the query. Raises ApiError 400 without one."""
    given = request.query.get("path", "")
    if not given:
        # The daemon's words, as they are.
        raise ApiError(400, "bad parameter: pathcannot be empty")
    if "\0" in given:
        raise ApiError(400, "invalid argument")
    tail = next((end for end in ("/.", "/") if given.endswith(end)), "")
    path = normpath(join("/", given))
    path = "/" + path.lstrip("/")
    return path + tail if path != "/" or tail == "/." else path


@contextmanager
def _refusing(request: Request, path: str) -> Iterator[None]:
    """Turn errors of the file system into ApiErrors in the daemon's words (but not its 500)."""
    try:
        yield
    except OSError as error:
        if error.errno == errno.ENOENT:
            name = request.params.get("id")
            where = f"in container {name}" if name else f"on {request.engine}"
            text = f"Could not find the file {path} {where}"
            raise ApiError(404, text) from None
        full = error.errno == errno.ENOSPC
        action = "write" if full else "lstat"
        text = f"{action} {error.filename or path}: {tars.words_of(error)}"
        raise ApiError(507 if full else 400, text) from None


def _stat(system: FileSystem, path: str) -> dict[str, str]:
    entry = system.entry(path, follow=path.endswith(("/", "/.")))
    target = ""
    if isinstance(entry, Link):
        target = _target(system, path)
    said = {
        "name": basename(path.rstrip("/")) or "/",
        "size": size_of(entry),
        "mode": go_mode(entry),
        "mtime": rfc3339(entry.mtime),
        "linkTarget": target,
    }
    text = json.dumps(said, separators=(",", ":")).encode()
    return {"X-Docker-Container-Path-Stat": base64.b64encode(text).decode()}


def _target(system: FileSystem, path: str) -> str:
    try:
        return system.resolve(path)
    except OSError:
        return path


def go_mode(entry: Inode) -> int:
    """Mode and kind of an inode as Go's os.FileMode."""
    mode = entry.mode & 0o777
    mode |= sum(go for bit, go in _GO_BITS.items() if entry.mode & bit)
    match entry:
        case Folder():
            mode |= _GO_FOLDER
        case Link():
            mode |= _GO_LINK
        case Device():
            mode |= _GO_DEVICE | _GO_CHARACTER
    return mode
