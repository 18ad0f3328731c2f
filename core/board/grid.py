"""The class by steps of a lab, and by labs: who is where, for how long, and who is stuck."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from core.board.learner import Learner
from core.labs.kept import LabProgress
from core.labs.lab import Lab

#: Seconds at one step after which a learner counts as stuck. A step of our labs is meant to take
#: two to four minutes, its reading included.
STUCK = 5 * 60.0

#: What stands where a learner and a step, or a lab, meet. left: it is the learner's current step,
#: but their page is closed, or they are at another lab. open: they have not come to it.
Mark = Literal["done", "given", "skipped", "at", "stuck", "left", "open"]


@dataclass(frozen=True, slots=True)
class Row:
    """A learner's place in the class."""

    learner: Learner
    marks: tuple[Mark, ...]  # one for each column
    done: tuple[int, ...]  # by column, the number of steps: 0 or 1 for a step
    waiting: float  # seconds at the current step of the latest lab; 0 where that lab is done


@dataclass(frozen=True, slots=True)
class Held:
    """A step at which learners are now, and may be held up."""

    lab: str
    step: str
    learners: int
    stuck: int  # of them
    longest: float  # wait there, in seconds


def begun(learners: Iterable[Learner]) -> tuple[Learner, ...]:
    """Those who have begun a lab, in the order in which they came."""
    return tuple(sorted((each for each in learners if each.labs), key=lambda each: each.number))


def waiting(learner: Learner, now: float) -> float:
    """Seconds at the current step of the latest lab; 0 where that lab is done."""
    latest = learner.latest
    return max(0.0, now - latest.since) if latest and latest.current else 0.0


def by_steps(learners: Iterable[Learner], lab: Lab, now: float) -> tuple[Row, ...]:
    """The rows of a lab: one column for each of its steps."""
    rows = []
    for learner in learners:
        progress = learner.progress(lab.name)
        marks: list[Mark] = list(progress.ways) if progress else []
        if len(marks) < len(lab.steps):
            marks.append(_current(learner, progress, now))
        marks += ["open"] * (len(lab.steps) - len(marks))
        done = tuple(int(mark in ("done", "given")) for mark in marks)
        rows.append(Row(learner, tuple(marks), done, waiting(learner, now)))
    return tuple(rows)


def by_labs(learners: Iterable[Learner], labs: Sequence[Lab], now: float) -> tuple[Row, ...]:
    """The rows of all labs: one column for each lab."""
    rows = []
    for learner in learners:
        found = [learner.progress(lab.name) for lab in labs]
        marks = tuple(_whole(learner, progress, now) for progress in found)
        done = tuple(len(each.done) if each else 0 for each in found)
        rows.append(Row(learner, marks, done, waiting(learner, now)))
    return tuple(rows)


def most_waiting_first(rows: Iterable[Row]) -> tuple[Row, ...]:
    """Those who are stuck first, by their wait; then who is at work, who has left, who is done."""
    order: list[Mark] = ["stuck", "at", "left"]

    def place(row: Row) -> tuple[int, float]:
        now = [order.index(mark) for mark in row.marks if mark in order]
        return min(now, default=len(order)), -row.waiting

    return tuple(sorted(rows, key=place))


def held(learners: Iterable[Learner], now: float) -> tuple[Held, ...]:
    """The current steps of those who are here: with most learners first, then the longest wait."""
    at: dict[tuple[str, str], list[float]] = {}
    for learner in learners:
        latest = learner.latest
        if learner.here and latest and latest.current:
            at.setdefault((latest.lab.name, latest.current.name), []).append(waiting(learner, now))
    found = [
        Held(lab, step, len(times), sum(time >= STUCK for time in times), max(times))
        for (lab, step), times in at.items()
    ]
    return tuple(sorted(found, key=lambda step: (-step.learners, -step.longest)))


def finished(learners: Iterable[Learner]) -> int:
    """The number of labs that are done, over all learners."""
    return sum(not progress.current for learner in learners for progress in learner.labs)


def _current(learner: Learner, progress: LabProgress | None, now: float) -> Mark:
    """The mark of the current step of a lab that is not done."""
    if progress is None:
        return "open"
    if not learner.here or progress is not learner.latest:
        return "left"
    return "stuck" if waiting(learner, now) >= STUCK else "at"


def _whole(learner: Learner, progress: LabProgress | None, now: float) -> Mark:
    if progress is not None and progress.current is None:
        return "done"
    return _current(learner, progress, now)
