"""The files for a gradebook: Moodle's columns, and no formula."""

from __future__ import annotations

import pytest

from core.board.gradebook import details, moodle
from core.labs.catalogue import BY_NAME

from .test_grid import NOW, at, learner, whole

LABS = [BY_NAME["lab1"], BY_NAME["lab3"]]
TITLES = ["Lab 1", "Lab 3"]


def test_moodle_gets_a_grade_in_percent_for_each_lab() -> None:
    steps = len(BY_NAME["lab3"].steps)
    names = {1: "Anne de La Tour", 2: "zoe@example.org", 3: "22104567", 4: "=HYPERLINK()", 5: ""}
    class_ = [
        learner(1, whole("lab1"), at("lab3", "given", "done", "skipped")),
        *(learner(number, at("lab1")) for number in (2, 3, 4, 5)),
        learner(6),
    ]
    text = moodle(class_, LABS, TITLES, lambda each: names[each.number])
    assert text.splitlines() == [
        "First name,Last name,ID number,Email address,Lab 1,Lab 3",
        f"Anne,de La Tour,,,100,{200 / steps:.0f}",
        ",,,zoe@example.org,0,",
        ",,22104567,,0,",
        "'=HYPERLINK(),,,,0,",
        ",,,,0,",
    ]


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("=1+1", "'=1+1"),
        ("\uff1d1+1", "'\uff1d1+1"),
        ("a;=1+1", "a;'=1+1"),
        ("a; @x", "a;' @x"),
        ("Anne-Marie", "Anne-Marie"),
        ("a=b", "a=b"),
    ],
)
def test_no_part_of_a_name_is_a_formula(name: str, field: str) -> None:
    text = details([learner(1, at("lab1"))], NOW, lambda _learner: name)
    assert text.splitlines()[1].startswith(f"1,{field},lab1")


def test_all_there_is_has_a_row_for_each_lab_of_a_learner() -> None:
    class_ = [learner(1, whole("lab1", for_=500), at("lab3", "skipped", for_=12.4))]
    count = len(BY_NAME["lab1"].steps)
    second, all_ = BY_NAME["lab3"].steps[1].name, len(BY_NAME["lab3"].steps)
    text = details(class_, NOW, lambda _learner: "Zoé, b")
    assert text.splitlines() == [
        "learner,name,lab,step,done,skipped,steps,seconds at step",
        f'1,"Zoé, b",lab1,,{count},0,{count},',
        f'1,"Zoé, b",lab3,{second},0,1,{all_},12',
    ]
