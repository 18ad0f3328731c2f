"""Who is where in the labs, and which step holds the class up: for the teacher, kept nowhere."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass

from core.labs.progress import Labs


class ClassSettings:
    """What the teacher has chosen for this class: whether learners give their first names."""

    def __init__(self) -> None:
        self.named = False


#: One class a process. It is forgotten with the process, names included.
SETTINGS = ClassSettings()


@dataclass(frozen=True, slots=True)
class Learner:
    """Where one learner stands, in the lab that moved last."""

    number: int  # by which the learner is told from others
    name: str  # '' for who has given none, and while names are off
    lab: str
    step: str  # its name; '' when the lab is done
    done: int  # steps
    steps: int
    waiting: float  # seconds since the step before was done


@dataclass(frozen=True, slots=True)
class Bottleneck:
    """A step at which learners are, and for how long."""

    lab: str
    step: str
    learners: int
    longest: float  # seconds


def learners(everybody: Iterable[Labs], now: float, named: bool) -> tuple[Learner, ...]:
    """Those who have begun a lab, in the order in which they came."""
    found = []
    for number, labs in enumerate(everybody, 1):
        begun = labs.begun()
        if not begun:
            continue
        latest = max(begun, key=lambda progress: progress.since)
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
    """The steps that somebody is at: those with most learners first, then the longest wait."""
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
