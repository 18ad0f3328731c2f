"""Descriptors of a shell's commands, and the steps of programs led to them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, TypeVar

from essaim_practice.files import devices
from essaim_practice.files.filesystem import FileSystem
from essaim_practice.programs.steps import READ, Hear, Interrupted, Mode, Read, Wait, Work, Write
from essaim_practice.store.memory import Reservation

T = TypeVar("T")
PIPE = 64 * 1024  # bytes that a pipe holds, as in Linux
_ROW = 4096  # bytes of a row that are remembered
_PIECE = 2**18  # bytes that are put into a file at once
_STEP, _BYTES = 10, 256  # microseconds that handing over costs; bytes that cost one more


class Ending(Protocol):
    """What has an exit code once it has ended, and may be stopped by a signal meanwhile."""

    code: int | None
    frozen: int


@dataclass(frozen=True, slots=True)
class Blocked:
    """A strand cannot go on before its pipe has bytes or room, or another strand has ended."""

    on: Pipe | Ending
    reading: bool = False

    def over(self) -> bool:
        if not isinstance(self.on, Pipe):
            return self.on.code is not None or bool(self.on.frozen)
        if self.reading:
            return self.on.ready
        return self.on.held < PIPE or self.on.left


Step = Write | Wait | Read | Hear | Mode | Blocked
Doing = Generator[Step, bytes | None, T]


class Hangup(Exception):
    """The reader of a pipe is gone."""


class Full(Exception):
    """The output exceeds the memory of a shell."""


class Stream(Protocol):
    """The target of a descriptor. Both methods may raise OSError."""

    def put(self, data: bytes) -> Doing[None]: ...

    def get(self) -> Doing[bytes]:
        """What there is to read, b"" at the end."""
        ...


@dataclass(slots=True)
class LastRow:
    """What stands on the terminal's last row, left of the cursor."""

    text: bytes = b""

    def add(self, data: bytes) -> None:
        newline = data.rfind(b"\n")
        self.text = data[newline + 1 :] if newline >= 0 else self.text + data
        self.text = self.text[-_ROW:]


@dataclass(slots=True)
class Outer:
    """The stream of the shell itself: its steps go up to whoever runs it."""

    stream: int
    row: LastRow | None = None  # at a terminal
    kept: bytes = b""  # read, but put back

    def put(self, data: bytes) -> Doing[None]:
        if self.row is not None:
            self.row.add(data)
        yield Write(data, self.stream)

    def get(self, read: Read = READ) -> Doing[bytes]:
        if self.kept:
            data, self.kept = self.kept, b""
            return data
        data = (yield read) or b""
        if self.row is not None and data.endswith(b"\n"):  # as it was echoed
            self.row.text = b""
        return data


@dataclass(slots=True)
class OnFile:
    """An open file; everything written is appended."""

    fs: FileSystem
    path: str
    at: int = 0  # how far it has been read
    kept: bytes = b""
    device: Callable[[int], bytes] | None = None  # what gives bytes without end

    def put(self, data: bytes) -> Doing[None]:
        for at in range(0, len(data), _PIECE):
            piece = data[at : at + _PIECE]
            self.fs.append(self.path, piece)
            yield _worked(piece)

    def get(self) -> Doing[bytes]:
        data, self.kept = self.kept, b""
        if not data and (self.device or not self.at) and self._endless():
            data = self.device(_PIECE) if self.device else b""
            yield Wait(0.0001)
        elif not data:
            data = self.fs.read(self.path)[self.at : self.at + PIPE]
            self.at += len(data)
        yield _worked(data)
        return data

    def _endless(self) -> bool:
        if self.device is None:
            self.device = devices.source(self.fs, self.path)
        return self.device is not None


@dataclass(slots=True)
class Held:
    """Bytes in memory: the text of a here-document, or what a substitution has collected.

    Writing more than it may hold raises Full.
    """

    data: bytearray = field(default_factory=bytearray)
    most: int = PIPE
    kept: bytes = b""

    def put(self, data: bytes) -> Doing[None]:
        if len(self.data) + len(data) > self.most:
            raise Full
        self.data += data
        yield _worked(data)

    def get(self) -> Doing[bytes]:
        data, self.kept = self.kept + bytes(self.data), b""
        self.data.clear()
        yield _worked(data)
        return data


@dataclass(slots=True)
class Pipe:
    """What one program of a pipeline has written and the next has not read yet."""

    chunks: deque[bytes] = field(default_factory=deque)
    held: int = 0  # bytes
    ended: bool = False  # nobody writes any more
    left: bool = False  # nobody reads any more
    room: Reservation | None = None  # for what it holds
    listener: Callable[[], None] | None = None  # as a channel: whoever fills it looks by itself

    @property
    def ready(self) -> bool:
        return bool(self.held) or self.ended

    def put(self, data: bytes) -> Doing[None]:
        for at in range(0, len(data), PIPE):
            if self.left:
                raise Hangup
            piece = data[at : at + PIPE]
            self.chunks.append(piece)
            self.held += len(piece)
            yield _worked(piece)
            yield Blocked(self)

    def get(self) -> Doing[bytes]:
        if not self.ready:
            yield Blocked(self, reading=True)
        data = b"".join(self.chunks)
        self.chunks.clear()
        self.held = 0
        yield _worked(data)
        return data

    @property
    def kept(self) -> bytes:
        return b""

    @kept.setter
    def kept(self, data: bytes) -> None:
        if data:
            self.chunks.appendleft(data)
            self.held += len(data)


def _worked(data: bytes) -> Work:
    """What it cost to hand these over."""
    return Work(_STEP + len(data) // _BYTES)


Descriptors = Mapping[int, Any]  # number -> Stream


def connected(steps: Generator[Any, Any, T], descriptors: Descriptors) -> Doing[T]:
    """Run a program with its reads and writes led to these descriptors."""
    answer: bytes | None = None
    try:
        step = next(steps)
        while True:
            try:
                if isinstance(step, Write):
                    answer = None
                    if (target := descriptors.get(step.stream)) is not None:
                        yield from target.put(step.data)
                elif isinstance(step, Read):
                    source = descriptors.get(0)
                    if isinstance(source, Outer):
                        answer = yield from source.get(step)
                    else:
                        answer = (yield from source.get()) if source is not None else b""
                elif isinstance(step, Hear):
                    answer = yield from _heard(step, descriptors.get(0))
                else:
                    yield step
                    answer = None
            except (Interrupted, OSError) as trouble:
                step = steps.throw(trouble)
            else:
                step = steps.send(answer)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]
    finally:
        steps.close()


def _heard(hear: Hear, source: Any) -> Doing[bytes | None]:
    """What comes of waiting, where the input is this."""
    if hear.reading is None:
        return (yield hear)
    if source is None:
        return None if hear.over else b""
    if isinstance(source, Pipe):
        if not hear.over and not source.ready:
            yield replace(hear, channels=(*hear.channels, source), reading=None)
        return (yield from source.get()) if source.ready and not hear.over else None
    if hear.over or (isinstance(source, Outer) and not source.kept):
        return (yield hear)
    return (yield from source.get())  # type: ignore[no-any-return]
