"""The files of a build: unpacks the context, and performs COPY and ADD."""

from __future__ import annotations

import errno
from dataclasses import replace
from posixpath import basename, dirname, join, normpath

from essaim_practice.files import tars
from essaim_practice.files.filesystem import EMPTY, File, FileSystem, Folder, Inode, Link
from essaim_practice.programs.users import number
from essaim_practice.store.errors import ApiError
from essaim_practice.store.memory import Budget
from essaim_practice.store.quotas import no_room
from essaim_practice.store.time_slices import Sliced
from essaim_practice.text import globs

MAX_CONTEXT = 32 * 2**20  # bytes, unpacked


class CopyFailed(Exception):
    """COPY or ADD fails; in the daemon's words after ``COPY failed: ``."""

    def __init__(self, message: str, bare: bool = False) -> None:
        super().__init__(message)
        self.bare = bare  # the message stands without "COPY failed: "


def unpack(body: bytes, disk: Budget) -> Sliced[FileSystem]:
    """Unpack the tar of a context onto a disk; root owns all files.

    Raises ApiError 400 if it is no tar, 409 where there is no room for it.
    """
    context = FileSystem(EMPTY, lambda: 0.0, 2 * MAX_CONTEXT)
    context.write_to(disk)
    try:
        yield from tars.unpack(context, "/", body, MAX_CONTEXT, keep_kinds=False, owned=False)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise no_room(disk.limit) from None
        raise ApiError(400, f"{error.filename}: {tars.words_of(error)}") from None
    return context


def copy(
    sources: tuple[str, ...],
    target: str,
    origin: FileSystem,
    system: FileSystem,
    unpacking: bool = False,
    owner: tuple[int, int] | None = None,
) -> Sliced[None]:
    """Do a COPY, or, with ``unpacking``, an ADD. Raises CopyFailed.

    target: absolute; a folder if it ends with a slash. Of a source folder, the content is copied.
    owner: uid and gid of what is copied, where they are not as they were.
    """
    found = yield from _found(sources, origin)
    if not found:
        raise CopyFailed("no source files were specified")
    folder = target.endswith("/") or system.is_folder(target)
    new = not system.exists(target)
    if len(found) > 1 and not folder:
        raise CopyFailed(
            "When using COPY with more than one source file, the destination must be a directory "
            "and end with a /",
            bare=True,
        )
    for source in found:
        entry = origin.entry(source)
        if isinstance(entry, Folder):
            system.make_folder(target, parents=True)
            for path in origin.walk(origin.resolve(source)):
                inside = origin.at(path)
                _enter(system, join(target, path[len(source) :].lstrip("/")), _owned(inside, owner))
                yield
        elif unpacking and isinstance(entry, File) and _is_archive(entry.data):
            system.make_folder(target, parents=True)
            yield from tars.unpack(
                system, normpath(target), entry.data, MAX_CONTEXT, keep_kinds=False
            )
        else:
            place = join(target, basename(source)) if folder else target
            _enter(system, place, _owned(entry, owner))
        yield
    if new and owner and system.is_folder(target):
        system.change_owner(target, *owner)


def owner_of(text: str, system: FileSystem) -> tuple[int, int]:
    """The uid and gid that ``--chown`` names. Raises CopyFailed in the daemon's words."""
    user, _, group = text.partition(":")
    found = []
    for name, book, id in ((user, "passwd", "uid"), (group or user, "group", "gid")):
        if name.isascii() and name.isdigit():
            found.append(int(name[:10]) % 2**31)
            continue
        known = number(system, name, book)
        if known is None:
            kind = "user" if book == "passwd" else "group"
            text = f"can't find {id} for {kind} {name}: no such {kind}: {name}"
            said = "unable to convert uid/gid chown string to host mapping"
            raise CopyFailed(f"{said}: {text}", bare=True)
        found.append(known)
    return found[0], found[1]


def _owned(entry: Inode, owner: tuple[int, int] | None) -> Inode:
    return replace(entry, uid=owner[0], gid=owner[1]) if owner else entry


def hash_of(system: FileSystem) -> Sliced[str]:
    """A digest of the layer of a file system, without times."""
    parts: list[bytes] = []
    for path, entry in sorted(system.layer().items()):
        if entry is None or isinstance(entry, Folder):
            continue
        bare, data = replace(entry, mtime=0.0), b""
        if isinstance(bare, File):
            bare, data = replace(bare, data=b""), bare.data
        parts += [repr((path, bare, len(data))).encode(), data]
        yield
    digest, _ = yield from tars.hashed(parts)
    return digest


def source_kind(sources: tuple[str, ...], origin: FileSystem) -> Sliced[str]:
    """The kind of the copied files in the history: file, dir or multi."""
    found = yield from _found(sources, origin)
    if len(found) != 1:
        return "multi"
    return "dir" if origin.is_folder(found[0]) else "file"


def _found(sources: tuple[str, ...], origin: FileSystem) -> Sliced[list[str]]:
    found: list[str] = []
    for source in sources:
        found += yield from _matches(source, origin)
    return found


def _matches(source: str, origin: FileSystem) -> Sliced[list[str]]:
    path = normpath(source).lstrip("/")
    if path.startswith(".."):
        raise CopyFailed(f"forbidden path outside the build context: {source} ()")
    place = normpath(f"/{path}")
    if any(sign in path for sign in "*?["):
        depth = place.count("/")
        matched = []
        for found in origin.walk("/"):
            if found.count("/") == depth and globs.matches(place, found):
                matched.append(found)
            yield
        return matched
    if not origin.exists(place):
        raise CopyFailed(f"stat {path}: file does not exist")
    return [place]


def _enter(system: FileSystem, path: str, entry: Inode) -> None:
    """Put an inode into an image; makes missing parents, keeps existing folders."""
    place = normpath(path)
    system.make_folder(dirname(place), parents=True)
    try:
        old = system.entry(place, follow=False)
    except FileNotFoundError:
        system.put(place, entry)
        return
    if isinstance(old, Link):  # what a link leads to is what is written
        place = system.resolve(place)
        old = system.entry(place) if system.exists(place) else entry
    if isinstance(old, Folder) != isinstance(entry, Folder):
        raise CopyFailed(f"cannot copy to {place}: it is of another kind")
    system.put(place, entry)


def _is_archive(data: bytes) -> bool:
    return data.startswith((b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0")) or data[257:262] == b"ustar"
