"""The teacher's board: places, the step that holds the class up, and what is exported."""

from __future__ import annotations

from core.labs.board import Hold, Place, export, holds, places
from core.labs.catalogue import BY_NAME

from .playing import practice


def place(number: int, step: str, waiting: float, name: str = "") -> Place:
    return Place(number, name, "lab3", step, 2, 11, waiting)


def test_most_learners_come_first_then_the_longest_wait() -> None:
    class_ = (
        place(1, "drain", 30),
        place(2, "scale", 100),
        place(3, "drain", 50),
        place(4, "", 1000),  # all done: held up by nothing
        place(5, "create", 200),
    )
    assert holds(class_) == (
        Hold("lab3", "drain", 2, 50),
        Hold("lab3", "create", 1, 200),
        Hold("lab3", "scale", 1, 100),
    )


def test_names_show_only_where_the_teacher_wants_them() -> None:
    with practice(BY_NAME["lab3"]) as control:
        assert places([control.labs], 0.0, named=True) == ()
        control.labs.name = "Anne"
        standing = control.labs.standing("lab3")
        (anonymous,) = places([control.labs], standing.since + 60, named=False)
        (named,) = places([control.labs], standing.since + 60, named=True)
    assert (anonymous.name, named.name) == ("", "Anne")
    assert (named.lab, named.step, named.done, named.waiting) == ("lab3", "init", 0, 60)


def test_what_is_exported_is_text_for_a_spreadsheet_and_no_formula() -> None:
    text = export([place(1, "drain", 12.4, "=HYPERLINK()"), place(2, "scale", 3, "Zoé, b")])
    assert text.splitlines() == [
        "learner,first name,lab,step,done,steps,seconds at step",
        "1,'=HYPERLINK(),lab3,drain,2,11,12",
        '2,"Zoé, b",lab3,scale,2,11,3',
    ]
