"""Tar archives: packs and unpacks files as the engine copies, exports and loads them."""

from __future__ import annotations

import bz2
import errno
import hashlib
import io
import lzma
import os
import tarfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from posixpath import dirname, join, normpath

from essaim_practice.files.filesystem import Device, File, FileSystem, Folder, Inode, Link
from essaim_practice.store.errors import ApiError
from essaim_practice.store.memory import Reservation
from essaim_practice.store.time_slices import Sliced

_LAST = 2.0**33  # seconds since 1970: the last time that an archive may name
_IDS = 2**32
_END = bytes(2 * tarfile.BLOCKSIZE)
_BROKEN = (
    *(tarfile.TarError, EOFError, ValueError, zlib.error, lzma.LZMAError, OSError),
    RecursionError,  # a header for a header for a header
)
_PIECE = 2**18  # bytes that are worked on at once
_LONGEST_HEADER = 2**20  # bytes, as in Go's archive/tar (maxSpecialFileSize)
_MOST_MEMORY = 2**25  # bytes that xz may ask for: xz -7 makes what needs the half of it


class _Headers(io.BytesIO):
    """An archive of which only headers are read so, and none that is too long."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is None or not 0 <= size <= _LONGEST_HEADER:
            raise tarfile.ReadError("header field too long")
        return super().read(size)


@dataclass(frozen=True, slots=True)
class Archive(Inode):
    """A file that is an archive, packed only when it is read."""

    entries: Callable[[], Iterable[Member]] = tuple
    size: int = 0  # bytes of the archive


Member = tuple[str, Inode]  # its name in the archive, a folder's with a slash at the end


def members(system: FileSystem, path: str, name: str) -> Iterator[Member]:
    """A path and everything below it, as members named ``name`` in the archive.

    They are found one after the other: what is removed meanwhile may be missing.
    """
    entry = system.entry(path, follow=False)
    if not isinstance(entry, Folder):
        yield name, entry
        return
    yield name.rstrip("/") + "/", entry
    for below in system.walk(path):
        with suppress(FileNotFoundError):
            inside = system.at(below)
            inner = join(name, below[len(path) :].lstrip("/"))
            yield inner + "/" * isinstance(inside, Folder), inside


def below(system: FileSystem, path: str) -> Iterator[Member]:
    """As ``members``, without the folder itself."""
    return islice(members(system, path, ""), 1, None)


def packed(entries: Iterable[Member]) -> Iterator[bytes]:
    """The archive, piece by piece."""
    for name, entry in entries:
        info = tarfile.TarInfo(name)
        info.mode, info.mtime = entry.mode, int(entry.mtime)
        info.uid, info.gid = entry.uid, entry.gid
        data = b""
        match entry:
            case Archive(entries=inner, size=size):
                info.size = size
                yield info.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")
                yield from packed(inner())
                yield bytes(-size % tarfile.BLOCKSIZE)
                continue
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
        head = info.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")
        if len(data) <= _PIECE:
            yield head + data + padding
            continue
        yield head
        for at in range(0, len(data), _PIECE):
            yield data[at : at + _PIECE]
        yield padding
    yield _END


def hashed(parts: Iterable[bytes]) -> Sliced[tuple[str, int]]:
    """The SHA-256 of these together, in hexadecimal digits, and how many bytes they are."""
    digest, size = hashlib.sha256(), 0
    for part in parts:
        view = memoryview(part)
        for at in range(0, len(view), _PIECE):
            digest.update(view[at : at + _PIECE])
            yield
        size += len(part)
        yield
    return digest.hexdigest(), size


def read(plain: bytes, limit: int) -> Iterator[tuple[tarfile.TarInfo, bytes]]:
    """The members of an archive that is not compressed, with their content.

    400 in the daemon's words for what is no archive, 413 when it holds more than ``limit`` bytes.
    """
    left = limit
    if not plain:
        return
    if len(plain) < tarfile.BLOCKSIZE:
        raise ApiError(400, "unexpected EOF")
    try:
        archive = tarfile.open(fileobj=_Headers(plain), mode="r:", errors="replace")  # noqa: SIM115
        while (member := archive.next()) is not None:
            archive.members = []  # type: ignore[attr-defined]  # or it keeps them all, each with a copy of all that is global
            left -= member.size
            if left < 0:
                raise _too_large(limit)
            yield member, _content(archive, member, plain)
    except _BROKEN:
        raise ApiError(400, "archive/tar: invalid tar header") from None


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo, plain: bytes) -> bytes:
    if member.issparse():
        content = archive.extractfile(member)
        return content.read() if content is not None else b""
    if not member.isreg():
        return b""
    data = plain[member.offset_data : member.offset_data + member.size]
    if len(data) < member.size:
        raise tarfile.ReadError("unexpected end of data")
    return data


def decompressed(body: bytes, limit: int, room: Reservation) -> Sliced[bytes]:
    """The archive without gzip, bzip2 or xz.

    room: for what comes out of it. Raises ApiError beyond the limit, and where there is no room.
    """
    if not body.startswith((b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0")):
        return body
    size, found = 0, []
    try:
        for piece in _decompressing(body, room):
            found.append(piece)
            size += len(piece)
            room.require(len(piece))
            if size > 2 * limit + 2**19:
                raise _too_large(limit)
            yield
    except _BROKEN:
        raise ApiError(400, "archive/tar: invalid tar header") from None
    return b"".join(found)


def _decompressing(body: bytes, room: Reservation) -> Iterator[bytes]:
    if body.startswith(b"\x1f\x8b"):
        inflating = zlib.decompressobj(31)
        for at in range(0, len(body), _PIECE):
            given = body[at : at + _PIECE]
            while given and not inflating.eof:
                yield inflating.decompress(given, _PIECE)
                given = inflating.unconsumed_tail
        yield inflating.flush()
        return
    room.require(_MOST_MEMORY)
    xz = lzma.LZMADecompressor(memlimit=_MOST_MEMORY) if body.startswith(b"\xfd") else None
    other = xz or bz2.BZ2Decompressor()
    for at in range(0, len(body), _PIECE):
        given = body[at : at + _PIECE]
        while not other.eof and (given or not other.needs_input):
            yield other.decompress(given, _PIECE)
            given = b""


def _too_large(limit: int) -> ApiError:
    return ApiError(413, f"the archive holds more than {limit} bytes")


def entry_of(member: tarfile.TarInfo, data: bytes, owned: bool = True) -> Inode:
    """The inode of a member; owned by root unless owners are kept."""
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
) -> Sliced[None]:
    """Extract an archive into a folder.

    keep_kinds: a folder is not replaced by a file, nor a file by a folder. Raises ApiError for
    archives that cannot be, OSError (with a path) for what the file system refuses.
    """
    room = Reservation(system.disk)
    plain = yield from decompressed(body, limit, room)
    for member, data in read(plain, limit):
        enter(system, folder, member, data, keep_kinds, owned)
        yield


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
    system: FileSystem, folder: str, place: str, name: str, entry: Inode, keep_kinds: bool
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
    """The message of an OSError as Go prints it: ``no space left on device``."""
    text = os.strerror(error.errno or errno.EIO)
    return text[:1].lower() + text[1:]
