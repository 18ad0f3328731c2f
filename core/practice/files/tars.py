"""Tar archives: out of a file system and into one, as the engine copies, exports and loads."""

from __future__ import annotations

import bz2
import errno
import io
import lzma
import os
import tarfile
import zlib
from collections.abc import Iterable, Iterator
from posixpath import dirname, join, normpath

from core.practice.errors import ApiError
from core.practice.files.filesystem import Device, Entry, File, FileSystem, Folder, Link

_LAST = 2.0**33  # seconds since 1970: the last time that an archive may name
_IDS = 2**32
_END = bytes(2 * tarfile.BLOCKSIZE)
_BROKEN = (tarfile.TarError, EOFError, ValueError, zlib.error, lzma.LZMAError, OSError)

Member = tuple[str, Entry]  # its name in the archive, a folder's with a slash at the end


def members(system: FileSystem, path: str, name: str) -> list[Member]:
    """An entry and all that is below it, called ``name`` in the archive."""
    entry = system.entry(path, follow=False)
    if not isinstance(entry, Folder):
        return [(name, entry)]
    found: list[Member] = [(name.rstrip("/") + "/", entry)]
    for below in system.walk(path):
        inside = system.at(below)
        inner = join(name, below[len(path) :].lstrip("/"))
        found.append((inner + "/" * isinstance(inside, Folder), inside))
    return found


def packed(entries: Iterable[Member]) -> Iterator[bytes]:
    """The archive, a piece per entry and one for its end."""
    for name, entry in entries:
        info = tarfile.TarInfo(name)
        info.mode, info.mtime = entry.mode, int(entry.mtime)
        info.uid, info.gid = entry.uid, entry.gid
        data = b""
        match entry:
            case Folder():
                info.type = tarfile.DIRTYPE
            case Link(target=target):
                info.type, info.linkname = tarfile.SYMTYPE, target
            case Device(major=major, minor=minor):
                info.type, info.devmajor, info.devminor = tarfile.CHRTYPE, major, minor
            case File():
                data = entry.data
        info.size = len(data)
        padding = bytes(-len(data) % tarfile.BLOCKSIZE)
        yield info.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape") + data + padding
    yield _END


def whole(entries: Iterable[Member]) -> bytes:
    return b"".join(packed(entries))


def read(body: bytes, limit: int) -> list[tuple[tarfile.TarInfo, bytes]]:
    """The members of an archive, compressed or not, with their content.

    400 in the daemon's words for what is no archive, 413 when it holds more than ``limit`` bytes.
    """
    found = []
    left = limit
    plain = decompressed(body, limit)
    if not plain:
        return []
    if len(plain) < tarfile.BLOCKSIZE:
        raise ApiError(400, "unexpected EOF")
    try:
        with tarfile.open(fileobj=io.BytesIO(plain), mode="r:", errors="replace") as archive:
            for member in archive:
                left -= member.size
                if left < 0:
                    raise _too_large(limit)
                content = archive.extractfile(member) if member.isreg() else None
                found.append((member, content.read() if content is not None else b""))
    except _BROKEN:
        raise ApiError(400, "archive/tar: invalid tar header") from None
    return found


def decompressed(body: bytes, limit: int) -> bytes:
    """The archive without its gzip, bzip2 or xz; never more than it may hold."""
    try:
        if body.startswith(b"\x1f\x8b"):
            plain = zlib.decompressobj(31).decompress(body, 2 * limit + 2**20)
        elif body.startswith(b"BZh"):
            plain = bz2.BZ2Decompressor().decompress(body, 2 * limit + 2**20)
        elif body.startswith(b"\xfd7zXZ\0"):
            plain = lzma.LZMADecompressor().decompress(body, 2 * limit + 2**20)
        else:
            return body
    except _BROKEN:
        raise ApiError(400, "archive/tar: invalid tar header") from None
    if len(plain) > 2 * limit + 2**19:
        raise _too_large(limit)
    return plain


def _too_large(limit: int) -> ApiError:
    return ApiError(413, f"the archive holds more than {limit} bytes")


def entry_of(member: tarfile.TarInfo, data: bytes, owned: bool = True) -> Entry:
    """What a member is in a file system; root's unless its owner counts."""
    mode = member.mode & 0o7777
    mtime = float(member.mtime) if 0 <= member.mtime < _LAST else 0.0  # no number neither
    uid, gid = (member.uid % _IDS, member.gid % _IDS) if owned else (0, 0)
    if member.isdir():
        return Folder(mode, mtime, uid, gid)
    if member.issym():
        return Link(0o777, mtime, uid, gid, member.linkname)
    if member.ischr() or member.isblk():
        return Device(mode, mtime, uid, gid, member.devmajor, member.devminor)
    return File(mode, mtime, uid, gid, data)


def unpack(
    system: FileSystem, folder: str, body: bytes, limit: int, keep_kinds: bool, owned: bool = True
) -> None:
    """Extract an archive into a folder.

    keep_kinds: a folder is not replaced by a file, nor a file by a folder. Raises ApiError for
    archives that cannot be, OSError (with a path) for what the file system refuses.
    """
    for member, data in read(body, limit):
        enter(system, folder, member, data, keep_kinds, owned)


def enter(
    system: FileSystem,
    folder: str,
    member: tarfile.TarInfo,
    data: bytes,
    keep_kinds: bool = False,
    owned: bool = True,
) -> None:
    """Extract one member of an archive into a folder."""
    name = normpath(member.name).lstrip("/")
    if name == ".." or name.startswith("../"):
        raise ApiError(400, f'invalid entry name "{member.name}"')
    entry = entry_of(member, data, owned)
    if member.islnk():
        entry = system.entry(join(folder, normpath(member.linkname).lstrip("/")), follow=False)
    _place(system, folder, normpath(join(folder, name)), name, entry, keep_kinds)


def _place(
    system: FileSystem, folder: str, place: str, name: str, entry: Entry, keep_kinds: bool
) -> None:
    system.make_folder(dirname(place), parents=True)
    try:
        old = system.entry(place, follow=False)
    except FileNotFoundError:
        system.put(place, entry)
        return
    was, becomes = isinstance(old, Folder), isinstance(entry, Folder)
    if was and becomes:
        if name != ".":
            system.put(place, entry)
        return
    if keep_kinds and was:
        text = f'cannot overwrite directory "{name}" with non-directory "{folder}"'
        raise ApiError(400, text)
    if keep_kinds and becomes:
        text = f'cannot overwrite non-directory "{name}" with directory "{folder}"'
        raise ApiError(400, text)
    if was:
        system.remove_tree(place)
    elif becomes:
        system.remove(place)
    system.put(place, entry)


def words_of(error: OSError) -> str:
    """The failure as Go says it: ``no space left on device``."""
    text = os.strerror(error.errno or errno.EIO)
    return text[:1].lower() + text[1:]
