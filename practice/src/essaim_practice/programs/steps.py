"""The steps of a program: a program is a generator that yields steps and returns its exit code."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from math import inf
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Wait:
    """The program does nothing for so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Write:
    """The program writes bytes, whole lines or not, to stdout (1) or stderr (2)."""

    data: bytes
    stream: int = 1


@dataclass(frozen=True, slots=True)
class Read:
    """The program asks for input. It receives the bytes that are there, b"" at the end.

    From a terminal that is a line at most, as typed; from a pipe all that has come so far.
    raw: keys come as they are typed, Ctrl-C too, and the terminal shows none of them; Enter is at
    most the last of those that come together. That lasts until something reads lines, or COOKED.
    A change of the terminal's size interrupts the wait (SIGWINCH), if the program hears of it.
    """

    raw: bool = False


READ = Read()


@dataclass(frozen=True, slots=True, init=False)
class Work(Wait):
    """The program has worked for about so many microseconds; other programs may run now.

    It takes no simulated time. Every loop whose length a learner controls yields these: all
    programs share one thread, and nothing can interrupt the code between two steps. The cost is an
    estimate, so that runs are the same on every computer.
    """

    cost: int

    def __init__(self, cost: int) -> None:
        object.__setattr__(self, "seconds", 0.0)
        object.__setattr__(self, "cost", cost)


@dataclass(frozen=True, slots=True)
class Mode:
    """The mode of the terminal from now on; see Read.

    raw: keys are kept for a Read of keys. Else the terminal makes lines of them, shows them, and
    makes Ctrl-C a signal.
    """

    raw: bool


COOKED, RAW = Mode(raw=False), Mode(raw=True)


class Channel(Protocol):
    """Something outside of the simulation that a program waits for."""

    listener: Callable[[], None] | None  # called in the loop's thread whenever it may be ready

    @property
    def ready(self) -> bool:
        """It has something for the program."""
        ...


@dataclass(frozen=True, slots=True)
class Hear:
    """The program waits for the first of these: a channel, input, the end of so many seconds.

    It receives the input as from ``Read``; None where something else was first.
    """

    channels: tuple[Channel, ...] = ()
    reading: Read | None = None
    seconds: float = inf

    @property
    def over(self) -> bool:
        return any(channel.ready for channel in self.channels)


class Interrupted(Exception):
    """Raised in a waiting program by a signal that it handles, such as SIGINT (2) from Ctrl-C.

    A program that does not catch it ends with 128 plus the signal's number.
    """

    def __init__(self, signal: int) -> None:
        super().__init__(signal)
        self.signal = signal


FOREVER = Wait(inf)

Step = Write | Wait | Read | Hear | Mode
Steps = Generator[Step, bytes | None, int]

# Steps that many programs share


def line(text: str, stream: int = 1) -> Write:
    """The step that writes a line."""
    return Write(text.encode(errors="replace") + b"\n", stream)


def printing(text: str, code: int = 0, stream: int = 1) -> Steps:
    yield line(text, stream)
    return code


def ending(code: int) -> Steps:
    return code
    yield  # makes this a generator


def forever() -> Steps:
    yield FOREVER
    return 0
