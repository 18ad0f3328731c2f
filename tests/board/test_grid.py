"""The class by steps and by labs: marks, waits, who is stuck, and the step that holds most."""

from __future__ import annotations

from core.board.grid import (
    STUCK,
    Held,
    begun,
    by_labs,
    by_steps,
    finished,
    held,
    most_waiting_first,
)
from core.board.learner import Learner
from core.labs.catalogue import BY_NAME
from core.labs.facts import Verdict
from core.labs.kept import LabProgress, Way

NOW = 10_000.0
LAB1, LAB3 = BY_NAME["lab1"], BY_NAME["lab3"]


def at(lab: str, *ways: Way, for_: float = 60.0) -> LabProgress:
    """A lab with so many steps done, seconds ago."""
    steps = BY_NAME[lab].steps
    done = tuple(step.name for step in steps[: len(ways)])
    return LabProgress(BY_NAME[lab], NOW - for_, Verdict(False), done, ways)


def learner(number: int, *labs: LabProgress, here: bool = True, called: str = "") -> Learner:
    return Learner(number, f"code{number}", called, here, labs)


def whole(lab: str, for_: float = 60.0) -> LabProgress:
    done: Way = "done"
    return at(lab, *(done for _step in BY_NAME[lab].steps), for_=for_)


def test_a_row_tells_how_each_step_was_done_and_which_is_current() -> None:
    [row] = by_steps([learner(1, at("lab3", "given", "skipped", "done"))], LAB3, NOW)
    assert row.marks[:5] == ("given", "skipped", "done", "at", "open")
    assert len(row.marks) == len(LAB3.steps)
    assert sum(row.done) == 2  # what was left out is not done
    assert row.waiting == 60


def test_who_waits_long_is_stuck_unless_at_another_lab_or_away() -> None:
    long = at("lab3", "done", for_=STUCK)
    rows = by_steps(
        [
            learner(1, long),
            learner(2, at("lab3", "done", for_=STUCK - 1)),
            learner(3, long, at("lab1", for_=1)),
            learner(4, long, here=False),
            learner(5, at("lab1", for_=STUCK)),
        ],
        LAB3,
        NOW,
    )
    assert [row.marks[1] for row in rows] == ["stuck", "at", "left", "left", "open"]
    ordered = [row.learner.number for row in most_waiting_first(rows)]
    assert ordered == [1, 2, 4, 3, 5]


def test_all_labs_of_a_learner_are_there_and_not_the_latest_alone() -> None:
    class_ = [learner(1, whole("lab1"), whole("lab3"), at("lab2", "done", for_=1)), learner(2)]
    rows = by_labs(class_, [LAB1, BY_NAME["lab2"], LAB3], NOW)
    assert rows[0].marks == ("done", "at", "done")
    assert rows[0].done == (len(LAB1.steps), 1, len(LAB3.steps))
    assert rows[1].marks == ("open", "open", "open")
    assert finished(class_) == 2
    assert [each.number for each in begun(class_)] == [1]


def test_the_step_with_most_learners_comes_first_then_the_longest_wait() -> None:
    class_ = (
        learner(1, at("lab3", "done", for_=30)),
        learner(2, at("lab3", "done", "done", for_=100)),
        learner(3, at("lab3", "done", for_=STUCK)),
        learner(4, whole("lab3", for_=1000)),  # held up by nothing
        learner(5, at("lab3", for_=200)),
        learner(6, at("lab3", for_=900), here=False),  # has gone
    )
    first, second, third = (step.name for step in LAB3.steps[:3])
    assert held(class_, NOW) == (
        Held("lab3", second, 2, 1, STUCK),
        Held("lab3", first, 1, 0, 200),
        Held("lab3", third, 1, 0, 100),
    )
