"""Memory: how many bytes the parts of one practice cluster may hold together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol
from weakref import WeakSet

from essaim_practice.store.errors import ApiError

SMALL = 4096  # bytes of a request that is let in even where nothing is left
VALUE = 64  # bytes that a value of JSON takes besides its text, about
_ENTRY = 100  # bytes that it takes in an object, with its place there


class Holder(Protocol):
    """Holds bytes in memory."""

    @property
    def weight(self) -> int:
        """How many, about."""
        ...


class Budget:
    """Bytes that several holders may have together.

    limit: bytes. above: the budget that this one is a part of; its limit holds as well.

    What is given back is noticed only when the room is needed: then each holder is asked.
    """

    def __init__(self, limit: int, above: Budget | None = None) -> None:
        self.limit = limit
        self._above = above
        self._holders: WeakSet[Holder] = WeakSet()
        self._taken = 0  # at least what the holders have
        if above is not None:
            above.join(self)

    def join(self, holder: Holder) -> None:
        """Count a holder for as long as somebody else knows it."""
        self._holders.add(holder)

    @property
    def weight(self) -> int:
        """Bytes that the holders have now."""
        return sum(holder.weight for holder in self._holders)

    def take(self, growth: int) -> bool:
        """Reserve bytes for a holder that is about to grow; False if that is too much."""
        if self._taken + growth > self.limit:
            self._taken = self.weight
            if self._taken + growth > self.limit:
                return False
        if self._above is not None and not self._above.take(growth):
            return False
        self._taken += growth
        return True

    def grow(self, growth: int) -> None:
        """Count bytes that a holder has taken already, because nobody could be refused them."""
        self._taken += growth
        if self._above is not None:
            self._above.grow(growth)

    def require(self, growth: int) -> None:
        """As ``take``. Raises ApiError 409, which says what to do, where it is too much."""
        if not self.take(growth):
            raise too_much(self.limit)

    def admit(self, growth: int) -> None:
        """As ``require``, but what is small is let in: else nobody could mend what is full."""
        if growth <= SMALL:
            self.grow(growth)
        else:
            self.require(growth)


class Confined(Budget):
    """What the programs of one container hold, which has a limit of its own."""

    overrun = False  # whether they once asked for more

    def take(self, growth: int) -> bool:
        if super().take(growth):
            return True
        self.overrun = True
        return False


class Reservation:
    """Bytes that one request or stream needs for as long as it goes on."""

    def __init__(self, budget: Budget) -> None:
        self.weight = 0
        self._budget = budget
        budget.join(self)

    def take(self, growth: int) -> bool:
        """Reserve more; False if that is too much."""
        if not self._budget.take(growth):
            return False
        self.weight += growth
        return True

    def admit(self, growth: int) -> None:
        """As ``Budget.admit``. Raises ApiError 409."""
        if self.weight + growth <= SMALL:
            self._budget.grow(growth)
        else:
            self._budget.require(growth)
        self.weight += growth

    def require(self, growth: int) -> None:
        """As ``take``. Raises ApiError 409."""
        self._budget.require(growth)
        self.weight += growth

    def release(self) -> None:
        """It is over, or begins anew."""
        self.weight = 0


def too_much(limit: int) -> ApiError:
    size = f"{limit // 2**20} MiB" if limit >= 2**20 else f"{limit} bytes"
    text = f"this practice cluster holds at most {size} in memory"
    return ApiError(409, f"{text}: remove some containers, images or services first")


def weigh(value: Any) -> int:
    """Bytes that a value of JSON takes in memory, about."""
    total, left = 0, [value]
    while left:
        match left.pop():
            case str() | bytes() as text:
                total += VALUE + len(text)
            case Mapping() as named:
                total += VALUE + _ENTRY * len(named) + sum(map(len, named))
                left += named.values()
            case list() | tuple() as several:
                total += VALUE
                left += several
            case _:
                total += 8
    return total


#: Where nothing is counted.
UNBOUNDED = Budget(2**62)


# Programs

_CHARGED = UNBOUNDED  # of the program that makes its step now; all run on one thread


class NoMemory(Exception):
    """A program asked for more than there is."""


def charge(budget: Budget) -> Budget:
    """Count what programs ask for in a budget from now on; returns the one before."""
    global _CHARGED
    before, _CHARGED = _CHARGED, budget
    return before


def charged() -> Budget:
    """What the program that makes its step now counts in."""
    return _CHARGED


def overrun() -> bool:
    """Whether a container with a limit holds the present program, which now asks for too much."""
    if not isinstance(_CHARGED, Confined):
        return False
    _CHARGED.overrun = True
    return True


def require_ram(size: int) -> None:
    """Raises NoMemory if so many bytes of a tmpfs are too much for the present program."""
    if isinstance(_CHARGED, Confined) and size > _CHARGED.limit:
        _CHARGED.overrun = True
        raise NoMemory


def allocated(size: int = 0) -> Reservation:
    """Bytes for the present program, for as long as it keeps the answer. Raises NoMemory."""
    room = Reservation(_CHARGED)
    if size and not room.take(size):
        raise NoMemory
    return room
