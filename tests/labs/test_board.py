"""The teacher's board: the learners, the step that holds most of them up, and the export."""

from __future__ import annotations

from core.labs.board import Bottleneck, Learner, bottlenecks, export, learners
from core.labs.catalogue import BY_NAME

from .playing import practice


def learner(number: int, step: str, waiting: float, name: str = "") -> Learner:
    return Learner(number, name, "lab3", step, 2, 11, waiting)


def test_most_learners_come_first_then_the_longest_wait() -> None:
    class_ = (
        learner(1, "drain", 30),
        learner(2, "scale", 100),
        learner(3, "drain", 50),
        learner(4, "", 1000),  # all done: held up by nothing
        learner(5, "create", 200),
    )
    assert bottlenecks(class_) == (
        Bottleneck("lab3", "drain", 2, 50),
        Bottleneck("lab3", "create", 1, 200),
        Bottleneck("lab3", "scale", 1, 100),
    )


def test_names_show_only_where_the_teacher_wants_them() -> None:
    with practice(BY_NAME["lab3"]) as control:
        assert learners([control.labs], 0.0, named=True) == ()
        control.labs.name = "Anne"
        progress = control.labs.progress("lab3")
        (anonymous,) = learners([control.labs], progress.since + 60, named=False)
        (named,) = learners([control.labs], progress.since + 60, named=True)
    assert (anonymous.name, named.name) == ("", "Anne")
    assert (named.lab, named.step, named.done, named.waiting) == ("lab3", "init", 0, 60)


def test_what_is_exported_is_text_for_a_spreadsheet_and_no_formula() -> None:
    text = export([learner(1, "drain", 12.4, "=HYPERLINK()"), learner(2, "scale", 3, "Zoé, b")])
    assert text.splitlines() == [
        "learner,first name,lab,step,done,steps,seconds at step",
        "1,'=HYPERLINK(),lab3,drain,2,11,12",
        '2,"Zoé, b",lab3,scale,2,11,3',
    ]
