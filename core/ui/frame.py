"""What every page has around it: the navigation, the engine's line, the language and the lock."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from core.i18n import LANGUAGES, number
from core.ui.engine import failed_to_answer, how_found, no_answer
from core.ui.live import status
from core.ui.script_runs import caught, show_callback_error, uninterrupted
from core.ui.session import (
    _,
    control,
    forget,
    language,
    lock,
    read_only_notice,
    unlock,
    unlocked,
    viewer,
)
from core.ui.share import full, not_found, share
from core.ui.style import own_words, sheet
from core.ui.swarm import first_swarm

#: Seconds between two looks of an unlocked page at its right.
WATCH = 5.0
PAGES = Path(__file__).parents[2] / "pages"


@uninterrupted()
def run() -> None:
    """One run of the script for one browser: the page that its address names."""
    st.set_page_config(page_title="Essaim", page_icon="🐝", layout="wide")
    page = st.navigation(
        {
            "": [
                st.Page(
                    PAGES / "cluster.py", title=_("Cluster"), icon=":material/hub:", default=True
                ),
                st.Page(PAGES / "services.py", title=_("Services"), icon=":material/layers:"),
                st.Page(PAGES / "nodes.py", title=_("Nodes"), icon=":material/dns:"),
                st.Page(PAGES / "images.py", title=_("Images"), icon=":material/album:"),
                st.Page(
                    PAGES / "containers.py", title=_("Containers"), icon=":material/deployed_code:"
                ),
                st.Page(PAGES / "build.py", title=_("Build"), icon=":material/construction:"),
            ],
            _("Demonstrate"): [
                st.Page(PAGES / "traffic.py", title=_("Traffic"), icon=":material/moving:"),
                st.Page(PAGES / "lessons.py", title=_("Lessons"), icon=":material/compare:"),
                st.Page(PAGES / "timeline.py", title=_("Timeline"), icon=":material/timeline:"),
                st.Page(PAGES / "projector.py", title=_("Projector"), icon=":material/cast:"),
                st.Page(PAGES / "vote.py", title=_("Vote"), icon=":material/how_to_vote:"),
            ],
            _("Learn"): [
                st.Page(PAGES / "labs.py", title=_("Labs"), icon=":material/school:"),
                st.Page(PAGES / "board.py", title=_("Board"), icon=":material/groups:"),
                st.Page(PAGES / "console.py", title=_("Console"), icon=":material/terminal:"),
            ],
        },
        position="top",
    )
    st.html(sheet() + own_words())
    if not full():
        page.run()


def head(title: str, watch: str = "all") -> None:
    """The page's title, the engine's line beside it, and the viewer's own switches.

    watch: what the page is made of, see ``core.ui.live.status``.
    """
    with st.container(
        horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"
    ):
        with st.container(width="content", key="title"):
            st.subheader(title, anchor=False)
        with st.container(width="stretch", key="status_line"):
            status(watch)
        how_found()
        with st.container(horizontal=True, width="content", vertical_alignment="center"):
            share()
            _lock()
            _languages()
    show_callback_error()
    not_found()
    failed_to_answer()


def engine_missing() -> bool:
    """Say so where no engine has answered yet; whether that is so."""
    snapshot = control().snapshot
    if snapshot.engine is not None:
        return False
    st.warning(no_answer(control().connection, snapshot.outage), icon=":material/hourglass_top:")
    return True


def swarm_missing() -> bool:
    """Where there is no Swarm to show, say so and what to do; whether that is so."""
    if engine_missing():
        return True
    engine = control().snapshot.engine
    if engine is None or engine.manager:
        return engine is None
    first_swarm(engine)
    return True


def locked_hint() -> None:
    """Tell a viewer who may only look how to get the right to act."""
    if told := read_only_notice():
        st.caption(f":material/visibility: {told}")
        return
    if not control().practice and not unlocked():
        told = _("This is a real engine: unlock with the password at the top to change anything.")
        if viewer().right.why == "idle":
            told = _("Nothing was done for long, so the page was locked. {told}").format(told=told)
        st.caption(f":material/lock: {told}")


def _languages() -> None:
    def choose() -> None:
        st.session_state["language"] = st.session_state["language_choice"] or language()

    st.session_state["language_choice"] = language()
    st.segmented_control(
        _("Language"),
        list(LANGUAGES),
        format_func=str.upper,
        key="language_choice",
        on_change=caught(choose),
        label_visibility="collapsed",
    )


def _watch() -> None:
    """Draw the page anew when its right has ended by itself, or by another tab's Lock."""
    if not unlocked():
        st.rerun()


def _lock() -> None:
    if control().practice:
        return
    if unlocked():
        told = _(
            "Locks all tabs of this browser, and ends what runs from there. By itself it locks "
            "after {minutes} minutes without an act."
        ).format(minutes=number(viewer().right.idle / 60, _))
        if st.button(_("Lock"), icon=":material/lock_open:", key="lock", help=told):
            lock()
            st.rerun()
        st.fragment(_watch, run_every=WATCH)()
        return
    forget()
    with st.popover(_("Unlock"), icon=":material/lock:"):
        with st.form("unlock", border=False):
            attempt = st.text_input(_("Password"), type="password")
            tried = st.form_submit_button(_("Unlock"), type="primary")
        if tried:
            if unlock(attempt):
                st.rerun()
            st.error(_("That is not the password."))
        st.caption(_("It is the one set by whoever started Essaim, or printed at its start."))
