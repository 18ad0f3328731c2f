"""Every request of a run, and their sums: all sums are made from the requests, so they add up."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right, insort
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from core.traffic.attribution import Replica

Outcome = Literal["waiting", "answered", "failed"]


@dataclass(frozen=True, slots=True)
class Request:
    """One request, as of now."""

    number: int
    sent: float  # seconds since the epoch
    entry: str  # the name of the node that took it in
    outcome: Outcome = "waiting"
    seconds: float = 0.0  # from sent to answered or failed
    status: int = 0  # HTTP
    error: str = ""  # why it failed: refused, timeout, broken, unreachable, HTTP 503
    replica: Replica | None = None  # it answered; None where that is not known


@dataclass(frozen=True, slots=True)
class Totals:
    """sent = answered + failed + waiting. unknown: answered, by a replica that is not known."""

    sent: int = 0
    answered: int = 0
    failed: int = 0
    waiting: int = 0
    unknown: int = 0


@dataclass(frozen=True, slots=True)
class Second:
    """The requests that were sent within one second of the run."""

    start: float  # seconds since the epoch
    answered: int
    failed: int
    p50: float | None  # seconds, of the answered
    p95: float | None
    p99: float | None


class Ledger:
    """Written and read on one thread, that of the run. begun: seconds since the epoch."""

    def __init__(self, begun: float) -> None:
        self.begun = begun
        self.requests: list[Request] = []
        self.by_task: Counter[str] = Counter()  # answered, by task id
        self.by_place: Counter[tuple[str, str]] = Counter()  # answered, by (web.3, node1)
        self.by_entry: Counter[str] = Counter()  # sent, by node
        self.errors: Counter[str] = Counter()  # failed, by reason
        self.by_culprit: Counter[tuple[str, str]] = Counter()  # failed, by (HTTP 503, web.3)
        self.unknown: dict[int, None] = {}  # numbers of the answered without replica, oldest first
        self.unblamed: dict[int, None] = {}  # the same of those that failed by their status
        self._answered = 0
        self._failed = 0
        self._times: list[float] = []  # of the answered, sorted
        self._seconds: dict[int, tuple[list[float], list[int]]] = {}
        self._figured: dict[int, Second] = {}
        self._ends: tuple[list[float], list[float]] = [], []  # of all, and of the failed; sorted

    def send(self, now: float, entry: str) -> int:
        """Write down a request that is sent; its number."""
        number = len(self.requests)
        self.requests.append(Request(number, now, entry))
        self.by_entry[entry] += 1
        return number

    def answer(self, number: int, seconds: float, status: int) -> None:
        """Write down an answer. HTTP status 500 and above is a failure."""
        if status >= 500:
            self.fail(number, seconds, f"HTTP {status}", status)
            self.unblamed[number] = None
            return
        request = self._ended(number, "answered", seconds, status)
        self._answered += 1
        self.unknown[number] = None
        insort(self._times, seconds)
        self._second(request)[0].append(seconds)

    def fail(self, number: int, seconds: float, error: str, status: int = 0) -> None:
        request = self._ended(number, "failed", seconds, status, error)
        self._failed += 1
        self.errors[error] += 1
        self._second(request)[1].append(number)

    def attribute(self, number: int, replica: Replica) -> None:
        """Name the replica that answered, or gave the error. The first call for a number counts."""
        request = self.requests[number]
        if number not in self.unknown and number not in self.unblamed:
            return
        self.requests[number] = replace(request, replica=replica)
        if number in self.unblamed:
            del self.unblamed[number]
            self.by_culprit[request.error, replica.name] += 1
            return
        del self.unknown[number]
        self.by_task[replica.task] += 1
        self.by_place[replica.name, replica.node] += 1

    @property
    def totals(self) -> Totals:
        sent = len(self.requests)
        waiting = sent - self._answered - self._failed
        return Totals(sent, self._answered, self._failed, waiting, len(self.unknown))

    def percentiles(self) -> tuple[float | None, float | None, float | None]:
        """Median, 95th and 99th percentile of all answered, in seconds."""
        return quantiles(self._times)

    def ended_between(self, start: float, end: float) -> tuple[int, int]:
        """How many requests ended in that time, and how many of them failed."""
        every, failed = (bisect_right(e, end) - bisect_left(e, start) for e in self._ends)
        return every, failed

    def seconds(self) -> list[Second]:
        """The run second by second; one in which nothing ended yet is left out."""
        return [self._figures(index) for index in sorted(self._seconds)]

    def _figures(self, index: int) -> Second:
        times, failed = self._seconds[index]
        known = self._figured.get(index)
        if known is None or (known.answered, known.failed) != (len(times), len(failed)):
            figures = quantiles(sorted(times))
            known = Second(self.begun + index, len(times), len(failed), *figures)
            self._figured[index] = known
        return known

    def _second(self, request: Request) -> tuple[list[float], list[int]]:
        return self._seconds.setdefault(int(request.sent - self.begun), ([], []))

    def _ended(
        self, number: int, outcome: Outcome, seconds: float, status: int, error: str = ""
    ) -> Request:
        before = self.requests[number]
        if before.outcome != "waiting":
            raise ValueError(f"request {number} has ended already")
        ended = replace(before, outcome=outcome, seconds=seconds, status=status, error=error)
        self.requests[number] = ended
        for ends in self._ends if outcome == "failed" else self._ends[:1]:
            insort(ends, ended.sent + seconds)
        return ended


def quantiles(ordered: Sequence[float]) -> tuple[float | None, float | None, float | None]:
    return percentile(ordered, 50), percentile(ordered, 95), percentile(ordered, 99)


def percentile(ordered: Sequence[float], percent: float) -> float | None:
    """By nearest rank: the smallest value that so many percent do not exceed. None of no values."""
    if not ordered:
        return None
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def fairness(counts: Sequence[int]) -> float | None:
    """Jain's index: 1 where all are equal, 1/n where one of n has everything. None of no counts."""
    total = sum(counts)
    if not total:
        return None
    return total * total / (len(counts) * sum(count * count for count in counts))
