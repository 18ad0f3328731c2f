"""Descriptors of a shell's commands, and the scheduler of commands that run side by side."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from essaim_practice.files.filesystem import FileSystem
from essaim_practice.programs.cpu_share import Tally
from essaim_practice.programs.steps import READ, Interrupted, Read, Wait, Work, Write
from essaim_practice.store.memory import Reservation

T = TypeVar("T")
PIPE = 64 * 1024  # bytes that a pipe holds, as in Linux
_PIECE = 2**18  # bytes that are put into a file at once
_MANY = 50  # strands of a shell, after which those that have ended are forgotten
_LOOK = 5  # microseconds that it costs to choose who goes next
_STEP, _BYTES = 10, 256  # microseconds that handing over costs; bytes that cost one more


@dataclass(frozen=True, slots=True)
class Blocked:
    """A strand cannot go on before its pipe has bytes or room, or another strand has ended."""

    on: Pipe | Strand
    reading: bool = False

    def over(self) -> bool:
        if isinstance(self.on, Strand):
            return self.on.code is not None
        if self.reading:
            return bool(self.on.held) or self.on.ended
        return self.on.held < PIPE or self.on.left


Step = Write | Wait | Read | Blocked
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
class Outer:
    """The stream of the shell itself: its steps go up to whoever runs it."""

    stream: int
    kept: bytes = b""  # read, but put back
    editing: bool = False  # as Read says

    def put(self, data: bytes) -> Doing[None]:
        yield Write(data, self.stream)

    def get(self) -> Doing[bytes]:
        if self.kept:
            data, self.kept = self.kept, b""
            return data
        return (yield Read(self.editing)) or b""


@dataclass(slots=True)
class OnFile:
    """An open file; everything written is appended."""

    fs: FileSystem
    path: str
    at: int = 0  # how far it has been read
    kept: bytes = b""

    def put(self, data: bytes) -> Doing[None]:
        for at in range(0, len(data), _PIECE):
            piece = data[at : at + _PIECE]
            self.fs.append(self.path, piece)
            yield _worked(piece)

    def get(self) -> Doing[bytes]:
        data, self.kept = self.kept, b""
        if not data:
            data = self.fs.read(self.path)[self.at : self.at + PIPE]
            self.at += len(data)
        yield _worked(data)
        return data


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
        if not self.held and not self.ended:
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
                    answer = (yield from source.get()) if source is not None else b""
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


@dataclass(slots=True, eq=False)
class Strand:
    """A generator among others, and what it waits for."""

    steps: Doing[int]
    writes: Pipe | None = None
    reads: Pipe | None = None
    asleep: float = 0.0  # seconds
    blocked: Blocked | None = None
    reading: Read | None = None
    answer: bytes | None = None
    signal: Interrupted | None = None  # to be thrown into it next
    code: int | None = None  # once it has ended

    @property
    def ready(self) -> bool:
        if self.code is not None or self.asleep > 0 or self.reading:
            return False
        return self.blocked is None or self.blocked.over()

    def finish(self, code: int) -> None:
        self.code = code
        self.steps.close()
        if self.writes is not None:
            self.writes.ended = True
        if self.reads is not None:
            self.reads.left = True


def side_by_side(
    strands: list[Strand], own: set[int] | None, main: Strand | None, now: Callable[[], float]
) -> Doing[None]:
    """Run strands until all have ended, or until ``main`` has, which hears of interruptions.

    ``own`` are the ids of their pipes: what else blocks them is left to those above. What stands
    last goes first, so that nothing is made before somebody wants it: ``yes | head -3`` makes three
    lines. The list may grow meanwhile.
    """
    tally = Tally()
    while any(strand.code is None for strand in strands) and (main is None or main.code is None):
        try:
            strand = next((s for s in reversed(strands) if s.ready), None)
            if strand is not None:
                yield from _advance(strand, own, tally)
                if tally.add(_LOOK):
                    yield tally.told()
                if own is None and len(strands) > _MANY:  # of a crew, nobody asks for the ended
                    strands[:] = [s for s in strands if s.code is None]
                continue
            reader = next((s for s in strands if s.reading), None)
            asleep = [s.asleep for s in strands if s.asleep > 0 and s.code is None]
            if reader is not None and (reader is main or not asleep):
                since = now()
                reader.answer = yield reader.reading or READ
                reader.reading = None
                _let_sleep(strands, now() - since)
            elif asleep:
                seconds = min(asleep)
                yield Wait(seconds)
                _let_sleep(strands, seconds)
            else:
                return  # each waits for another: nothing can come of it
        except Interrupted as signal:
            if main is None:
                raise
            main.signal = signal
            main.asleep, main.blocked, main.reading = 0.0, None, None


def _let_sleep(strands: list[Strand], seconds: float) -> None:
    for strand in strands:
        if strand.asleep > 0:
            strand.asleep = max(0.0, strand.asleep - seconds)


def _advance(strand: Strand, own: set[int] | None, tally: Tally) -> Doing[None]:
    """Let a strand run until it has to wait."""
    while (step := _resumed(strand)) is not None:
        if isinstance(step, Wait) and not isinstance(step, Work):
            strand.asleep = max(step.seconds, 1e-9)
            tally.rested(step.seconds)
            return
        if isinstance(step, Read):
            strand.reading = step
            return
        if isinstance(step, Blocked) and (own is None or id(step.on) in own):
            strand.blocked = step
            return
        if not isinstance(step, Work):
            strand.answer = yield step
        elif tally.add(step.cost):
            yield tally.told()


def _resumed(strand: Strand) -> Step | None:
    """The strand's next step, None once it has ended."""
    signal, strand.signal = strand.signal, None
    answer, strand.answer = strand.answer, None
    strand.blocked = None
    try:
        return strand.steps.throw(signal) if signal is not None else strand.steps.send(answer)
    except StopIteration as end:
        strand.finish(end.value)
    except Hangup:
        strand.finish(141)
    except Interrupted as ended:
        strand.finish(128 + ended.signal)
    return None
