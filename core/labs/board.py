"""Who is where in the labs, and which step holds the class up: for the teacher, kept nowhere."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass

from core.labs.progress import Progress


class Roll:
    """What the teacher has chosen for this class: whether learners give their first names."""

    def __init__(self) -> None:
        self.named = False


#: One class a process. It is forgotten with the process, names included.
ROLL = Roll()


@dataclass(frozen=True, slots=True)
class Place:
    """Where one learner stands, in the lab that moved last."""

    number: int  # by which the learner is told from others
    name: str  # '' for who has given none, and while names are off
    lab: str
    step: str  # its name; '' when the lab is done
    done: int  # steps
    steps: int
    waiting: float  # seconds since the step before was done


@dataclass(frozen=True, slots=True)
class Hold:
    """A step at which learners are, and for how long."""

    lab: str
    step: str
    learners: int
    longest: float  # seconds


def places(learners: Iterable[Progress], now: float, named: bool) -> tuple[Place, ...]:
    """Those who have begun a lab, in the order in which they came."""
    found = []
    for number, progress in enumerate(learners, 1):
        standings = progress.standings()
        if not standings:
            continue
        latest = max(standings, key=lambda standing: standing.since)
        step = latest.current
        found.append(
            Place(
                number,
                progress.name if named else "",
                latest.lab.name,
                step.name if step else "",
                len(latest.done),
                len(latest.lab.steps),
                now - latest.since,
            )
        )
    return tuple(found)


def holds(class_: Iterable[Place]) -> tuple[Hold, ...]:
    """The steps that somebody is at: those with most learners first, then the longest wait."""
    at: dict[tuple[str, str], list[float]] = {}
    for place in class_:
        if place.step:
            at.setdefault((place.lab, place.step), []).append(place.waiting)
    found = [Hold(lab, step, len(times), max(times)) for (lab, step), times in at.items()]
    return tuple(sorted(found, key=lambda hold: (-hold.learners, -hold.longest)))


def export(class_: Iterable[Place]) -> str:
    """The class as CSV, for the teacher to keep."""
    file = io.StringIO()
    rows = csv.writer(file, lineterminator="\n")
    rows.writerow(("learner", "first name", "lab", "step", "done", "steps", "seconds at step"))
    for place in class_:
        # A name that begins like a formula would be run as one by a spreadsheet.
        name = f"'{place.name}" if place.name[:1] in ("=", "+", "-", "@") else place.name
        waiting = round(place.waiting)
        rows.writerow((place.number, name, place.lab, place.step, place.done, place.steps, waiting))
    return file.getvalue()
