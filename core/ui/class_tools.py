"""The names that the board calls learners by, and the files of the class to take away."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import streamlit as st

from core.board import gradebook
from core.board.learner import Learner
from core.board.settings import SETTINGS, Naming
from core.control.classroom import classroom
from core.control.rights import Right
from core.labs.catalogue import LABS
from core.labs.texts import texts
from core.ui.class_board import named
from core.ui.script_runs import caught
from core.ui.session import _, control, language, lock, teaching, viewer


def tools() -> None:
    """The names, the files to take away, and Lock."""
    with st.popover(_("Names"), icon=":material/badge:"):
        _names()
    with st.popover(_("Export"), icon=":material/download:"):
        _files(viewer().right)
    if control().practice:  # on a real engine, Lock stands at the top
        st.button(_("Lock"), icon=":material/lock_open:", key="board_lock", on_click=caught(lock))


def _names() -> None:
    def chosen() -> None:
        if teaching():  # the page may be old
            SETTINGS.naming = st.session_state["naming"]

    kinds: dict[Naming, str] = {
        "numbers": _("Numbers"),
        "asked": _("First names that they are asked for"),
        "own": _("Names that I give"),
    }
    st.session_state["naming"] = SETTINGS.naming
    st.radio(
        _("Learners are called by"),
        list(kinds),
        format_func=kinds.__getitem__,
        key="naming",
        on_change=caught(chosen),
    )
    if SETTINGS.naming == "own":
        _own_names()
    st.caption(_("This is kept as long as the clusters: export it, if you need it for longer."))


def _own_names() -> None:
    """One name a line, in the order of the numbers: a list can be pasted."""
    class_ = classroom().learners()
    last = max((each.number for each in class_), default=0)
    by_number = {each.number: SETTINGS.given.get(each.code, "") for each in class_}
    lines = [by_number.get(number, "") for number in range(1, last + 1)]

    def given() -> None:
        typed = str(st.session_state["own_names"]).split("\n")
        names = {each.code: name for each, name in _paired(class_, typed)}
        if teaching():
            SETTINGS.give(names, {each.code for each in class_})

    st.session_state["own_names"] = "\n".join(lines).rstrip()
    st.text_area(
        _("One name a line: the first is learner 1"),
        key="own_names",
        height=220,
        on_change=caught(given),
        help=_(
            "For a gradebook, an address or an ID number finds a learner for sure. Each learner "
            "reads their number under Share."
        ),
    )


def _paired(class_: Sequence[Learner], lines: Sequence[str]) -> list[tuple[Learner, str]]:
    """Each learner with the line of their number; '' where there is none."""
    return [(each, lines[each.number - 1] if each.number <= len(lines) else "") for each in class_]


def _files(right: Right) -> None:
    titles = [
        f"{number}. {texts(lab.name, language()).title}" for number, lab in enumerate(LABS, 1)
    ]
    name = {each.code: named(each) for each in classroom().learners()}

    def called(learner: Learner) -> str:
        return SETTINGS.name(learner) or name.get(learner.code, str(learner.number))

    def moodle() -> str:
        return gradebook.moodle(classroom().learners(), LABS, titles, called)

    def details() -> str:
        return gradebook.details(classroom().learners(), time.time(), called)

    _file(_("For Moodle (CSV)"), "essaim-moodle.csv", right.before(moodle), "moodle")
    st.caption(
        _(
            "In Moodle: Grades › Import › CSV file. Map the email address, or the ID number, to "
            "the same, and each lab to its grade item, of 100 points. Names that you give may be "
            "addresses or ID numbers."
        )
    )
    _file(_("All there is (CSV)"), "essaim.csv", right.before(details), "details")


def _file(label: str, name: str, make: Callable[[], str], key: str) -> None:
    """A button that makes the file when it is pressed."""
    st.download_button(
        label,
        make,
        file_name=name,
        mime="text/csv",
        key=f"export_{key}",
        on_click="ignore",
        icon=":material/download:",
    )
