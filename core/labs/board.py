"""The progress of the class in the labs, for the teacher."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from core.labs.kept import KeptLabs
from core.labs.progress import Labs


class ClassSettings:
    """The teacher's settings. changed: called after each change."""

    def __init__(self) -> None:
        self._named = False
        self.changed: Callable[[], None] = lambda: None

    @property
    def named(self) -> bool:
        """Whether learners are asked for their first names."""
        return self._named

    @named.setter
    def named(self, named: bool) -> None:
        self._named = named
        self.changed()


#: One class per process.
SETTINGS = ClassSettings()


@dataclass(frozen=True, slots=True)
class Learner:
    """The progress of one learner in the lab of the latest progress."""

    number: int  # from 1, in the order in which they came
    name: str  # '' where none was given, and while names are off
    lab: str
    step: str  # its name; '' when the lab is done
    done: int  # steps
    steps: int
    waiting: float  # seconds since the step before was done


@dataclass(frozen=True, slots=True)
class Bottleneck:
    """A step at which learners are now."""

    lab: str
    step: str
    learners: int
    longest: float  # wait there, in seconds


def learners(everybody: Iterable[Labs | KeptLabs], now: float, named: bool) -> tuple[Learner, ...]:
    """The learners who have begun a lab, in the order in which they came."""
    found = []
    for number, labs in enumerate(everybody, 1):
        latest = max(labs.begun(), key=lambda progress: progress.since, default=None)
        if latest is None:
            continue
        step = latest.current
        found.append(
            Learner(
                number,
                labs.name if named else "",
                latest.lab.name,
                step.name if step else "",
                len(latest.done),
                len(latest.lab.steps),
                now - latest.since,
            )
        )
    return tuple(found)


def bottlenecks(learners: Iterable[Learner]) -> tuple[Bottleneck, ...]:
    """The current steps: those with most learners first, then those with the longest wait."""
    at: dict[tuple[str, str], list[float]] = {}
    for learner in learners:
        if learner.step:
            at.setdefault((learner.lab, learner.step), []).append(learner.waiting)
    found = [Bottleneck(lab, step, len(times), max(times)) for (lab, step), times in at.items()]
    return tuple(sorted(found, key=lambda step: (-step.learners, -step.longest)))


def export(learners: Iterable[Learner]) -> str:
    """The class as CSV, for the teacher to keep."""
    file = io.StringIO()
    rows = csv.writer(file, lineterminator="\n")
    rows.writerow(("learner", "first name", "lab", "step", "done", "steps", "seconds at step"))
    for learner in learners:
        # A name that begins like a formula would be run as one by a spreadsheet.
        name = f"'{learner.name}" if learner.name[:1] in ("=", "+", "-", "@") else learner.name
        waiting = round(learner.waiting)
        rows.writerow(
            (learner.number, name, learner.lab, learner.step, learner.done, learner.steps, waiting)
        )
    return file.getvalue()
