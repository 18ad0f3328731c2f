"""The teacher's board: each learner's place in the labs, and the steps where most of them are."""

import time

import pandas as pd
import streamlit as st

from core.control.classroom import classroom
from core.labs.board import SETTINGS, Learner, bottlenecks, export, learners
from core.labs.catalogue import LABS
from core.labs.texts import texts
from core.ui import labs
from core.ui.frame import engine_missing, head, locked_hint, password_form
from core.ui.script_runs import caught
from core.ui.session import _, control, language, lock, plural, teaching
from core.ui.tables import table

NUMBERS = {lab.name: number for number, lab in enumerate(LABS, 1)}
REFRESH = 3  # seconds; one viewer looks


def locked_page() -> None:
    """The page without the password: a form for it, unless the line at the top has one."""
    st.info(_("This page is for the teacher: it shows how far each learner is."))
    if not control().practice:
        locked_hint()
        return
    password_form(width=420)


def title(lab: str, step: str) -> str:
    """The name of a step, such as ``Lab 3: a web service``."""
    text = texts(lab, language())
    name = text.steps[step].title if step else _("all done")
    return _("Lab {number}: {step}").format(number=NUMBERS[lab], step=name)


def named(learner: Learner) -> str:
    return learner.name or _("Learner {number}").format(number=learner.number)


def rows(class_: tuple[Learner, ...]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                _("Learner"): named(learner),
                _("Step"): title(learner.lab, learner.step),
                _("Steps done"): f"{learner.done}/{learner.steps}",
                _("Minutes at it"): int(learner.waiting // 60) if learner.step else None,
            }
            for learner in class_
        ]
    )


def slowest(class_: tuple[Learner, ...]) -> None:
    """The step where most learners are, in large type, and then the next ones."""
    at = bottlenecks(class_)
    if not at:
        return
    first, *others = at
    waiting = plural("{count} learner", "{count} learners", first.learners)
    if minutes := int(first.longest // 60):
        waiting += ", " + plural("up to {count} minute", "up to {count} minutes", minutes)
    st.caption(_("Where most of the class is:"))
    st.markdown(f"### {title(first.lab, first.step)} · {waiting}")
    most = len(class_)
    for step in (first, *others[:5]):
        st.progress(step.learners / most, f"{title(step.lab, step.step)} · {step.learners}")


def show() -> None:
    if not teaching():  # the right ended after the page was drawn
        st.rerun()
    labs.shared_hint()  # one row, then
    class_ = learners(classroom().labs(), time.time(), SETTINGS.named)
    finished = sum(not learner.step for learner in class_)
    begun, done = st.columns(2)
    begun.metric(_("Learners who have begun"), len(class_))
    done.metric(_("Labs just finished"), finished)
    slowest(class_)
    table(rows(class_), _("Nobody has begun a lab yet."), "board_rows", most=60)
    st.download_button(
        _("Export as CSV"),
        export(class_),
        file_name="essaim.csv",
        mime="text/csv",
        icon=":material/download:",
        disabled=not class_,
    )


def choose_names() -> None:
    def chosen() -> None:
        SETTINGS.named = bool(st.session_state["named"])

    st.session_state["named"] = SETTINGS.named
    st.toggle(
        _("Ask for first names"),
        key="named",
        on_change=caught(chosen),
        help=_("Learners are then asked on the page of labs. Otherwise they are numbers."),
    )
    if control().practice:  # on a real engine, Lock stands at the top
        st.button(_("Lock"), icon=":material/lock_open:", key="board_lock", on_click=caught(lock))
    st.caption(_("This is kept as long as the clusters: export it, if you need it for longer."))


head(_("Board"), watch="shape")
if not engine_missing():
    if teaching():
        choose_names()
        st.fragment(show, run_every=REFRESH)()
    else:
        locked_page()
