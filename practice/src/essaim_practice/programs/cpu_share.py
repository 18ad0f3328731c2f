"""CPU shares: how much a program may work before it rests, so that all programs make progress."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf
from time import monotonic

from essaim_practice.programs.steps import Step, Work, Write

TURN = 5_000  # microseconds of work after which others have their turn
LONGEST_TURN = 0.00025  # real seconds after which others have it, whatever was guessed
PIECE = 16 * 1024  # bytes of output that go on at once
_BURST = 1_000_000  # microseconds of work that a program may do half of the time
_SHARE = 0.15  # of simulated time that it may work for ever
_TOLD = 300  # microseconds of work that are told at once
_REST = 0.01  # simulated seconds that pay for less work than that
_STEP = 5  # microseconds that any step costs
_WRITE, _BYTE = 500, 2  # of output, and of each byte of it: it is kept, and sent to clients


def cost_of(step: Step) -> int:
    """The cost of a step in microseconds: an estimate, the same on every computer."""
    if isinstance(step, Work):
        return step.cost
    if isinstance(step, Write):
        return _WRITE + _BYTE * len(step.data)
    return _STEP


class Turn:
    """When the program that runs now has to give way, in real time, whatever was guessed."""

    ends = inf  # on time.monotonic()


class Tally:
    """Adds up the costs of small pieces of work, until they are worth one Work step.

    A turn may end before. Then others have theirs, but nothing is told yet: what happens in
    simulated time is the same on every computer.
    """

    def __init__(self) -> None:
        self._cost = 0

    def add(self, cost: int) -> bool:
        """Add a cost; returns whether ``told`` is to be yielded."""
        self._cost += cost
        return self._cost >= _TOLD or monotonic() > Turn.ends

    def rested(self, seconds: float) -> None:
        """A long enough wait pays for the work before it."""
        if seconds >= _REST:
            self._cost = 0

    def told(self) -> Work:
        if self._cost < _TOLD:
            return Work(0)
        cost, self._cost = self._cost, 0
        return Work(cost)


class CpuShare:
    """The work account of one program: simulated time fills it, every step costs."""

    def __init__(self, now: float) -> None:
        self._left = float(_BURST)
        self._spent = 0.0  # since it last rested
        self._at = now

    def spend(self, cost: int) -> None:
        self._left -= cost
        self._spent += cost

    def rest(self, now: float) -> float:
        """Simulated seconds that the program has to rest, from now on.

        At least as long as it worked, so that the others get as much time.
        """
        earned = (now - self._at) * _SHARE * 1e6
        self._left, self._at = min(_BURST, self._left + earned), now
        least, self._spent = self._spent, 0.0
        return max(least, -self._left / _SHARE) / 1e6


def pieces(step: Write) -> Iterator[Write]:
    """A write, cut into pieces of at most PIECE bytes."""
    view = memoryview(step.data)
    for at in range(0, len(view), PIECE):
        yield Write(bytes(view[at : at + PIECE]), step.stream)
