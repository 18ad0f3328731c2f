"""Inodes as bytes. A file's content beyond a few kilobytes is in pieces, each kept once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator

import msgspec

from essaim_practice.store.file_tree import Device, File, Folder, Inode, Link

INLINE = 4096  # bytes of a file that are kept with its inode
PIECE = 64 * 1024  # bytes of each piece of a longer one
_MOST = 2**63 - 1  # as large a number as there is a place for


class _Kept(msgspec.Struct, array_like=True, frozen=True):
    mode: int
    mtime: float
    uid: int
    gid: int


class KeptFile(_Kept, tag="file", frozen=True):
    """A file as it is kept."""

    data: bytes  # all of it, or nothing where there are pieces
    pieces: tuple[bytes, ...]  # digests


class _KeptFolder(_Kept, tag="folder", frozen=True):
    links: int
    size: int


class _KeptLink(_Kept, tag="link", frozen=True):
    target: bytes  # any text, even what UTF-8 has no bytes for


class _KeptDevice(_Kept, tag="device", frozen=True):
    major: int
    minor: int


Kept = KeptFile | _KeptFolder | _KeptLink | _KeptDevice
_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(Kept)


def cut(data: bytes) -> Iterator[bytes]:
    """The pieces of a file's content; none of one that is kept with its inode."""
    if len(data) > INLINE:
        for start in range(0, len(data), PIECE):
            yield data[start : start + PIECE]


def digest(piece: bytes) -> bytes:
    """What a piece is known by."""
    return hashlib.blake2b(piece, digest_size=16).digest()


def pack(entry: Inode, pieces: tuple[bytes, ...]) -> bytes:
    """An inode as bytes; of a file, with the digests of its pieces."""
    common = (_fit(entry.mode), entry.mtime, _fit(entry.uid), _fit(entry.gid))
    match entry:
        case File():
            return _ENCODER.encode(KeptFile(*common, b"" if pieces else entry.data, pieces))
        case Folder():
            return _ENCODER.encode(_KeptFolder(*common, _fit(entry.links), _fit(entry.size)))
        case Link():
            return _ENCODER.encode(_KeptLink(*common, to_bytes(entry.target)))
        case Device():
            return _ENCODER.encode(_KeptDevice(*common, _fit(entry.major), _fit(entry.minor)))
    raise ValueError(f"no kind of inode: {entry!r}")


def unpack(body: bytes) -> Kept:
    """What ``pack`` made. Raises ValueError."""
    kept: Kept = _DECODER.decode(body)
    return kept


def inode(kept: Kept, content: Callable[[tuple[bytes, ...]], bytes]) -> Inode:
    """The inode; ``content`` finds what a file's pieces hold."""
    common = (kept.mode, kept.mtime, kept.uid, kept.gid)
    match kept:
        case KeptFile():
            return File(*common, content(kept.pieces) if kept.pieces else kept.data)
        case _KeptFolder():
            return Folder(*common, kept.links, kept.size)
        case _KeptLink():
            return Link(*common, to_text(kept.target))
    return Device(*common, kept.major, kept.minor)


def to_bytes(path: str) -> bytes:
    """A path as bytes, whatever characters it has."""
    return path.encode("utf-8", "surrogatepass")


def to_text(path: bytes) -> str:
    """The path again. Raises ValueError."""
    return path.decode("utf-8", "surrogatepass")


def _fit(number: int) -> int:
    return max(-_MOST, min(number, _MOST))
