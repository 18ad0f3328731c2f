"""The clusters that a classroom holds: those with a Control, and those not woken yet."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from core.board.learner import Learner
from core.control.control import Control
from core.control.keeping import KeptCluster
from core.labs.kept import KeptLabs


@dataclass(slots=True)
class Held:
    """A cluster, and when it was last used."""

    control: Control
    used: float
    code: str  # for viewers who may only look; '' where the cluster is shared
    read_only: Control  # the same cluster, for them
    kept: KeptCluster  # as it was last written down
    ended: bool = False
    #: One for each: no request waits for another learner's cluster.
    lock: threading.Lock = field(default_factory=threading.Lock)

    def learner(self) -> Learner:
        labs, kept = self.control.labs, self.kept
        return Learner(kept.number, self.code, labs.name, self.control.watched, labs.begun())


@dataclass(frozen=True, slots=True)
class Asleep:
    """A cluster that nobody has looked at since the restart, and so without a Control."""

    kept: KeptCluster
    used: float  # by the monotonic clock
    labs: KeptLabs

    def learner(self) -> Learner:
        kept = self.kept
        return Learner(kept.number, kept.code, self.labs.name, False, self.labs.begun())


def untouched(cluster: Held, age: float = 0.0) -> bool:
    """Whether nobody has used the cluster, by a page or by the docker command.

    age: seconds that the last answer of its worker may be old.
    """
    here = cluster.control
    learnt = here.labs.begun() or here.labs.name
    done = here.journal.records() or learnt or here.votes.poll.question
    return not (done or cluster.kept.touched) and here.connection.untouched(age)
