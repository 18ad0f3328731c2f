"""How evenly the running replicas share the requests, since the set of them last changed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from core.traffic.attribution import Replica
from core.traffic.ledger import Request, fairness


@dataclass(frozen=True, slots=True)
class Shares:
    """The answers of each running replica, (name, count) by name, and their Jain's index."""

    since: float  # seconds since the epoch: sent from then on
    counts: tuple[tuple[str, int], ...]
    index: float | None  # None before the first answer
    anew: bool = False  # the replicas changed: the counts are not the whole run's


class Fairness:
    """Counts anew whenever the running replicas change."""

    def __init__(self) -> None:
        self._since = 0.0
        self._members: dict[str, Replica] = {}  # by task id
        self._counts: Counter[str] = Counter()
        self._anew = False

    def members(self, now: float, running: tuple[Replica, ...]) -> None:
        """These run now."""
        by_task = {replica.task: replica for replica in running}
        if by_task.keys() != self._members.keys():
            self._anew = self._anew or bool(self._members)
            self._members, self._since, self._counts = by_task, now, Counter()

    def count(self, request: Request) -> None:
        replica = request.replica
        if replica and replica.task in self._members and request.sent >= self._since:
            self._counts[replica.task] += 1

    @property
    def shares(self) -> Shares:
        counts = [(each.name, self._counts[task]) for task, each in self._members.items()]
        return Shares(
            self._since,
            tuple(sorted(counts)),
            fairness([count for _name, count in counts]),
            self._anew,
        )
