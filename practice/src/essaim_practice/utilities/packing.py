"""gzip, bzip2, xz and those that undo them."""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable
from posixpath import basename
from typing import Protocol

from essaim_practice.programs.base import Context
from essaim_practice.programs.steps import Steps, Work, Write, line
from essaim_practice.shell.simple_utilities import Complaint
from essaim_practice.store.file_tree import Folder
from essaim_practice.utilities.base import (
    ENTRY,
    MOST,
    Doing,
    Lines,
    Misuse,
    gnu,
    opened,
    options,
    place,
    reason,
    tool,
)

_PIECE = 32 * 1024  # bytes that are packed or unpacked at once
_SPEED = 60  # bytes in a microsecond of work
_ENDINGS = {"gzip": ".gz", "bzip2": ".bz2", "xz": ".xz"}
_UNPACKING = {"gunzip": "gzip", "zcat": "gzip", "bunzip2": "bzip2", "bzcat": "bzip2"}
_UNPACKING |= {"unxz": "xz", "xzcat": "xz"}
_MAGIC = {"gzip": b"\x1f\x8b", "bzip2": b"BZh", "xz": b"\xfd7zXZ"}


class Bad(Exception):
    """The bytes are not packed in this way."""


class _Unpacker(Protocol):
    @property
    def eof(self) -> bool: ...

    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


def _packer(kind: str) -> tuple[Callable[[bytes], bytes], Callable[[], bytes]]:
    if kind == "gzip":
        gzip = zlib.compressobj(6, wbits=31)
        return gzip.compress, gzip.flush
    packer = bz2.BZ2Compressor() if kind == "bzip2" else lzma.LZMACompressor(preset=1)
    return packer.compress, packer.flush


def _unpacker(kind: str) -> _Unpacker:
    if kind == "gzip":
        return zlib.decompressobj(wbits=31)
    if kind == "bzip2":
        return bz2.BZ2Decompressor()
    return lzma.LZMADecompressor(memlimit=2 * MOST)


def kind_of(data: bytes) -> str:
    """``gzip``, ``bzip2``, ``xz``, or "" for what is not packed."""
    return next((kind for kind, magic in _MAGIC.items() if data.startswith(magic)), "")


def packed(kind: str, data: bytes) -> Doing[bytes]:
    """The bytes, packed, with others between."""
    pack, flush = _packer(kind)
    done = bytearray()
    for at in range(0, len(data), _PIECE):
        done += pack(data[at : at + _PIECE])
        yield Work(_PIECE // _SPEED)
    return bytes(done + flush())


def unpacked(kind: str, data: bytes) -> Doing[bytes]:
    """The bytes, unpacked, with others between. Raises Bad; Complaint where they grow too large."""
    if not data.startswith(_MAGIC[kind]):
        raise Bad("invalid magic")
    done, unpacker = bytearray(), _unpacker(kind)
    left = data
    while not unpacker.eof:
        try:
            piece = unpacker.decompress(left, _PIECE)
        except (zlib.error, OSError, lzma.LZMAError, EOFError, ValueError):
            raise Bad("corrupted data" if kind != "gzip" else "crc error") from None
        left = getattr(unpacker, "unconsumed_tail", b"")
        if not piece and not left and not unpacker.eof:
            raise Bad("unexpected end of file" if kind == "gzip" else "corrupted data")
        done += piece
        if len(done) > MOST:
            raise Complaint("out of memory", 1)
        yield Work(_PIECE // _SPEED)
    return bytes(done)


def whole(lines: Lines) -> Doing[bytes]:
    """All bytes of an input. Raises Complaint beyond MOST."""
    found = bytearray()
    while (some := (yield from lines.chunk())) is not None:
        found += some
        if len(found) > MOST:
            raise Complaint("out of memory", 1)
    return bytes(found)


@tool("gzip", "gunzip", "zcat", usage="[-cfkdt] [FILE]...")
def gzip(argv: list[str], context: Context) -> Steps:
    return (yield from _run(argv, context))


@tool("bzip2", "bunzip2", "bzcat", usage="[-cfkdt1-9] [FILE]...")
def bzip2(argv: list[str], context: Context) -> Steps:
    return (yield from _run(argv, context))


@tool("xz", "unxz", "xzcat", usage="-d [-cfk] [FILE]...")
def xz(argv: list[str], context: Context) -> Steps:
    return (yield from _run(argv, context))


def _run(argv: list[str], context: Context) -> Steps:
    name = basename(argv[0])
    kind = _UNPACKING.get(name, name)
    asked = options(
        argv,
        "cfkdtnvq123456789" + "lr" * gnu(context),
        "",
        {"decompress": "d", "stdout": "c", "keep": "k", "force": "f", "test": "t"},
    )
    undo = name in _UNPACKING or "d" in asked or "t" in asked
    if kind == "xz" and not undo and not gnu(context):
        raise Misuse("")  # BusyBox only unpacks it
    show = name.endswith("cat") or "c" in asked
    code = 0
    for word in asked.words or ["-"]:
        yield ENTRY
        try:
            if word == "-":
                yield Write((yield from _done(kind, undo, (yield from whole(Lines())))))
            elif "t" in asked:
                yield from _done(kind, True, (yield from whole(opened(context, word))))
            elif show:
                data = yield from whole(opened(context, word))
                yield Write((yield from _done(kind, undo, data)))
            else:
                code |= yield from _replaced(word, name, kind, undo, asked.given, context)
        except Bad as bad:
            yield line(f"{name}: {bad}", 2)
            code = 1
        except OSError as error:
            yield line(f"{name}: {word}: {reason(error)}", 2)
            code = 1
    return code


def _done(kind: str, undo: bool, data: bytes) -> Doing[bytes]:
    return (yield from (unpacked if undo else packed)(kind, data))


def _replaced(
    word: str, name: str, kind: str, undo: bool, given: dict[str, list[str]], context: Context
) -> Doing[int]:
    """Put the packed file in the place of a file, or the other way round."""
    fs, ending = context.fs, _ENDINGS[kind]
    path = place(context, word)
    entry = fs.entry(path)
    if isinstance(entry, Folder):
        said = f"can't remove file '{word}': Is a directory"
        yield line(f"{name}: {f'{word} is a directory -- ignored' if gnu(context) else said}", 2)
        return 1
    target = word + ending
    if undo:
        short = next((end for end in (ending, ".tgz") if word.endswith(end)), "")
        if not short:
            yield line(f"{name}: {word}: unknown suffix - ignored", 2)
            return 1
        target = word.removesuffix(short) + (".tar" if short == ".tgz" else "")
    if fs.exists(place(context, target)) and "f" not in given:
        yield line(f"{name}: can't open '{target}': File exists", 2)
        return 1
    data = yield from _done(kind, undo, (yield from whole(opened(context, word))))
    fs.write(place(context, target), data, mode=entry.mode & 0o777)
    if "k" not in given:
        fs.remove(path)
    return 0
