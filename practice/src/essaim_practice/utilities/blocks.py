"""dd: copies bytes in blocks."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from essaim_practice.files import devices
from essaim_practice.programs.base import Context
from essaim_practice.programs.steps import Steps, Write, line
from essaim_practice.shell.simple_utilities import Complaint
from essaim_practice.store.file_tree import Device
from essaim_practice.utilities.base import (
    ENTRY,
    MOST,
    Doing,
    Lines,
    gnu,
    opened,
    place,
    reason,
    tool,
)

_UNITS = {"": 1, "c": 1, "w": 2, "b": 512, "kB": 1000, "KB": 1000, "k": 1024, "K": 1024}
_UNITS |= {"MB": 10**6, "M": 2**20, "GB": 10**9, "G": 2**30}
_CONVERSIONS = ("notrunc", "noerror", "sync", "fsync", "swab")
_PIECE = 1024 * 1024  # bytes that are copied between the turns of others
_USUAL = 512  # bytes of a block


@dataclass(slots=True)
class Copied:
    """Blocks that were read or written: whole ones, and parts of one."""

    whole: int = 0
    parts: int = 0

    def count(self, size: int, block: int) -> None:
        self.whole += size // block
        self.parts += bool(size % block)

    def __str__(self) -> str:
        return f"{self.whole}+{self.parts} records"


@dataclass(slots=True)
class Operands:
    """``if=``, ``of=`` and the other operands of dd."""

    names: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    flags: set[str] = field(default_factory=set)  # of conv, iflag and oflag
    status: str = ""


def _operands(argv: list[str], context: Context) -> Operands:
    asked = Operands()
    for word in argv[1:]:
        name, equals, value = word.partition("=")
        if name in ("if", "of") and equals:
            asked.names[name] = value
        elif name in ("bs", "ibs", "obs", "count", "skip", "seek") and equals:
            asked.numbers[name] = _number(value)
        elif name in ("conv", "iflag", "oflag") and equals:
            for flag in value.split(","):
                if name == "conv" and flag not in _CONVERSIONS:
                    said = f"invalid argument '{flag}' to 'conv'"
                    raise Complaint(f"invalid conversion: '{flag}'" if gnu(context) else said, 1)
                asked.flags.add(flag)
        elif name == "status" and equals:
            asked.status = value
        elif word != "--":
            raise Complaint(f"unrecognized operand '{word}'", 1)
    return asked


def _number(text: str) -> int:
    match = re.fullmatch(r"([0-9]{1,15})([a-zA-Z]*)", text)
    if match is None or match[2] not in _UNITS:
        raise Complaint(f"invalid number '{text}'", 1)
    return int(match[1]) * _UNITS[match[2]]


class _Source:
    """What dd reads: a device without end, a file, or its input."""

    def __init__(self, context: Context, name: str) -> None:
        self._device = devices.source(context.fs, place(context, name)) if name else None
        self._lines = Lines() if self._device or not name else opened(context, name)
        self._held = b""

    def take(self, size: int) -> Doing[bytes]:
        """So many bytes, fewer only at the end."""
        if self._device is not None:
            yield ENTRY
            return self._device(size)
        while len(self._held) < size and (more := (yield from self._lines.chunk())) is not None:
            self._held += more
        data, self._held = self._held[:size], self._held[size:]
        return data


@tool("dd", usage="[if=FILE] [of=FILE] [ibs=N obs=N/bs=N] [count=N] [skip=N] [seek=N]")
def dd(argv: list[str], context: Context) -> Steps:
    asked = _operands(argv, context)
    numbers = asked.numbers
    block = min(numbers.get("bs") or numbers.get("ibs") or _USUAL, MOST)
    written_block = numbers.get("bs") or numbers.get("obs") or _USUAL
    size = None
    if "count" in numbers:
        size = numbers["count"] * (1 if "count_bytes" in asked.flags else block)
    before = context.now()
    name = asked.names.get("if", "")
    try:
        source = _Source(context, name)
    except OSError as error:
        said = f"failed to open '{name}'" if gnu(context) else f"can't open '{name}'"
        yield line(f"dd: {said}: {reason(error)}", 2)
        return 1
    skipped = numbers.get("skip", 0) * (1 if "skip_bytes" in asked.flags else block)
    while skipped > 0 and (gone := (yield from source.take(min(skipped, _PIECE)))):
        skipped -= len(gone)
    target = _Target(context, asked, written_block)
    read, written, total, code = Copied(), Copied(), 0, 0
    try:
        target.open()
        while size is None or total < size:
            piece = max(block, _PIECE // block * block)
            data = yield from source.take(piece if size is None else min(piece, size - total))
            if not data:
                break
            total += len(data)
            read.count(len(data), block)
            if "sync" in asked.flags and len(data) % block:
                data += bytes(block - len(data) % block)
            yield from target.put(data)
            written.count(len(data), written_block)
        target.close()
    except OSError as error:
        code = 1
        if not target.began:
            said = "failed to open" if gnu(context) else "can't open"
            yield line(f"dd: {said} '{target.name}': {reason(error)}", 2)
            return 1
        yield line(f"dd: error writing '{target.name}': {reason(error)}", 2)
    if asked.status == "none":
        return code
    yield line(f"{read} in\n{written} out", 2)
    if gnu(context) and asked.status != "noxfer":
        yield line(_rate(total, max(context.now() - before, 0.0005)), 2)
    return code


class _Target:
    """Where dd writes: a file, or its output."""

    def __init__(self, context: Context, asked: Operands, block: int) -> None:
        self.name = asked.names.get("of", "")
        self.began = not self.name
        self._fs = context.fs
        self._path = place(context, self.name) if self.name else ""
        self._flags = asked.flags
        self._at = asked.numbers.get("seek", 0) * (1 if "seek_bytes" in asked.flags else block)
        self._rest = b""  # of a file that is not shortened: what lies behind

    def open(self) -> None:
        if not self.name:
            return
        fs, path = self._fs, self._path
        old = fs.read(path) if fs.exists(path) else b""
        if fs.exists(path) and isinstance(fs.entry(path), Device):
            self.began = True
            return
        if "append" in self._flags:
            fs.append(path, b"")
        else:
            if self._at > fs.limit:
                raise OSError(27, "File too large")
            kept = "notrunc" in self._flags
            if not kept or self._at or not fs.exists(path):
                fs.write(path, old[: self._at].ljust(self._at, b"\0"), mode=0o666 & ~0o022)
            elif old:
                fs.write(path, b"")
            self._rest = old[self._at :] if kept else b""
        self.began = True

    def put(self, data: bytes) -> Doing[None]:
        if not self.name:
            yield Write(data)
            return
        yield ENTRY
        if isinstance(self._fs.entry(self._path), Device):
            self._fs.write(self._path, data)
            return
        self._fs.append(self._path, data)
        self._rest = self._rest[len(data) :]

    def close(self) -> None:
        """Put back what lies behind the copied bytes."""
        if self._rest:
            rest, self._rest = self._rest, b""
            self._fs.append(self._path, rest)


def _rate(total: int, seconds: float) -> str:
    shown = f"{total} byte{'s' * (total != 1)}"
    if total >= 1000:
        power = min((len(str(total)) - 1) // 3, 3)
        shown += f" ({_short(total / 1000**power)} {' kMG'[power].strip()}B"
        if total >= 1024:
            power = min((total.bit_length() - 1) // 10, 3)
            shown += f", {_short(total / 1024**power)} {'KMG'[power - 1]}iB"
        shown += ")"
    power = min((len(str(int(total / seconds))) - 1) // 3, 3)
    speed = f"{_short(total / seconds / 1000**power)} {'BkMG'[power].replace('B', '')}B/s"
    return f"{shown} copied, {seconds:.6g} s, {speed}"


def _short(number: float) -> str:
    return f"{number:.1f}" if number < 10 and number != int(number) else f"{number:.0f}"
