"""What a program does, a step at a time: a generator of steps that returns its exit code."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass


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
    """The program asks for input. It is sent what there is, b"" at the end of its input.

    From a terminal that is a line at most, as typed; from a pipe all that has come so far.
    editing: the program edits its lines, as an interactive shell does: there is a history.
    """

    editing: bool = False


READ = Read()


@dataclass(frozen=True, slots=True, init=False)
class Work(Wait):
    """The program has worked for about so many microseconds, and others may have their turn.

    It is a wait of no simulated time. Every loop over what a learner may make long yields these:
    the engine plays all programs on one thread, and what happens between two steps is all that
    nobody can interrupt. The cost is a guess, for the sake of runs that are alike everywhere.
    """

    cost: int

    def __init__(self, cost: int) -> None:
        object.__setattr__(self, "seconds", 0.0)
        object.__setattr__(self, "cost", cost)


class Interrupted(Exception):
    """Thrown into a program where it waits: a signal that it hears, as Ctrl-C is (SIGINT, 2).

    A program that does not catch it ends with 128 plus the signal's number.
    """

    def __init__(self, signal: int) -> None:
        super().__init__(signal)
        self.signal = signal


FOREVER = Wait(float("inf"))

Step = Write | Wait | Read
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
