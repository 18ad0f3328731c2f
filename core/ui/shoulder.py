"""A look over a learner's shoulder: their step, their cluster and their last lines, live."""

from __future__ import annotations

import streamlit as st

from core.board.learner import Learner
from core.board.settings import SETTINGS
from core.control.classroom import classroom
from core.control.control import Control
from core.errors import Crowded, EssaimError
from core.labs.progress import remark
from core.labs.texts import texts
from core.ui.class_board import named, title
from core.ui.forms import escaped
from core.ui.live import component, tile_words
from core.ui.script_runs import caught
from core.ui.session import _, language, teaching

REFRESH = 2  # seconds
LINES = 6  # of the journal

_look = component("look", "board.css", "labs.css", "grid.css", script="picture")


def over_the_shoulder() -> None:
    """The dialog, while somebody is looked at. Nothing can be changed there."""
    code = st.session_state.get("board_look", "")
    learner = next((each for each in classroom().learners() if each.code == code), None)
    if not code or learner is None:
        return
    st.dialog(
        escaped(named(learner)),
        width="large",
        icon=":material/visibility:",
        on_dismiss=caught(_away),
    )(_shown)(learner)


def _away() -> None:
    st.session_state["board_look"], st.session_state["board_look_here"] = "", ("", False)


def _shown(learner: Learner) -> None:
    try:
        theirs = classroom().control(learner.code)  # by this code, which changes nothing
    except (Crowded, EssaimError) as refusal:
        st.warning(refusal.said(_))
        return
    st.fragment(_told, run_every=REFRESH)(learner.code, theirs)
    _look(
        key=f"look_{learner.code}",
        cluster=learner.code,
        swarm=bool(theirs.snapshot.nodes),
        may=False,
        words={
            **tile_words(),
            "containers": _("Containers of this engine"),
            "images": _("Its images"),
            "no_container": _("no container"),
            "no_image": _("no image"),
        },
    )
    if SETTINGS.naming == "own":
        _own_name(learner)
    st.link_button(
        _("Look on in their pages"),
        f"./?cluster={learner.code}",
        icon=":material/open_in_new:",
        help=_("In another tab. There, Share leads back to your own cluster."),
    )


def _told(code: str, theirs: Control) -> None:
    """Where they are and what they did last; in a place of one height."""
    learner = next((each for each in classroom().learners() if each.code == code), None)
    if learner is None or not teaching():
        st.rerun()
    with st.container(height=250, border=False):
        if (latest := learner.latest) and (step := latest.current):
            st.markdown(f"**{title(latest.lab.name, step.name)}**")
            remarks = texts(latest.lab.name, language()).steps[step.name].remarks
            if said := remark(remarks, latest.verdict):
                st.caption(f":material/info: {plain_words(said)}")
        lines = [
            " ".join(("✓" if each.outcome == "ok" else "✕", each.machine, each.line))
            for each in theirs.journal.records()[-LINES:]
        ]
        st.caption(_("The last lines, clicked or typed:"))
        st.code("\n".join(lines) or _("none yet"), language=None, wrap_lines=True)


def plain_words(remark: str) -> str:
    """A remark as Markdown in which only code between backticks is marked.

    It quotes what the learner typed, which draws no picture and leads nowhere on this page.
    """
    parts = remark.split("`")
    if len(parts) % 2 == 0 or "``" in remark:  # the learner typed some, too
        return escaped(remark)
    return "`".join(part if at % 2 else escaped(part) for at, part in enumerate(parts))


def _own_name(learner: Learner) -> None:
    def given() -> None:
        there = {each.code for each in classroom().learners()}
        if teaching():
            SETTINGS.give({learner.code: str(st.session_state["own_name"])}, there)

    st.session_state["own_name"] = SETTINGS.given.get(learner.code, "")
    st.text_input(_("Name that you give"), key="own_name", on_change=caught(given), width=320)
