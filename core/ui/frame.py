"""The frame of every page: the navigation, the engine's line, the language and the lock."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from core.i18n import LANGUAGES, number
from core.ui.choices import ROLES, choice, choose
from core.ui.engine import failed_to_answer, how_found, no_answer, not_kept
from core.ui.forms import row
from core.ui.lab_link import back_to_step
from core.ui.live import keep_choices, status
from core.ui.pictures import picture
from core.ui.places import place, sections
from core.ui.script_runs import caught, show_callback_error, uninterrupted
from core.ui.session import (
    _,
    control,
    forget,
    key,
    language,
    lock,
    own_key,
    read_only_notice,
    unlock,
    unlocked,
    viewer,
)
from core.ui.share import full, not_found, share
from core.ui.style import own_words, sheet
from core.ui.swarm import first_swarm

#: Seconds between two checks of an unlocked page's right.
WATCH = 5.0
FACE = Path(__file__).parent / "face"


@uninterrupted()
def run() -> None:
    """One run of the script for one browser: the page of its address."""
    shown = st.navigation(sections(), position="top")
    st.set_page_config(f"{shown.title} · Essaim", str(FACE / "icon.svg"), layout="wide")
    st.logo(str(FACE / "logo.svg"), size="medium")
    st.html(sheet() + own_words())
    if (wish := st.query_params.get("lang")) in LANGUAGES:
        choose("lang", wish)  # for the next pages, whose addresses do not say so
    if not full():
        if _first_visit(shown):
            st.switch_page(place("welcome"))
        shown.run()
    keep_choices()  # at the end: where it comes and goes, it moves nothing


def _first_visit(shown: StreamlitPage) -> bool:
    """Whether the viewer has just come, without a choice of an earlier visit, and to no page.

    Who then goes on to the cluster is not asked again.
    """
    come, st.session_state["come"] = "come" in st.session_state, True
    if shown.url_path or choice("role") or key() != own_key():  # or to somebody else's cluster
        return False
    if come:
        choose("role", "look")
    return not come and set(st.query_params) <= {"lang"}


def head(title: str, watch: str = "all", back: bool = True) -> None:
    """The page's title, the engine's line beside it, and the viewer's own switches.

    watch: the changes that redraw the page; see ``core.ui.live.status``. back: whether a link leads
    to the lab's step that the viewer was at.
    """
    with row(horizontal_alignment="distribute"):
        with st.container(width="content", key="title"):
            st.title(title, anchor=False)
        with st.container(width="stretch", key="status_line"):
            status(watch)
        how_found()
        with row(width="content"):
            with st.container(width="content", key="back_to_step"):  # empty or not: see below
                if back:
                    back_to_step()
            share()
            _lock()
            _where_to_begin()
            _languages()
    # In one place, empty or not: what comes and goes moves no component below, which would begin
    # anew and lose what it holds.
    with st.container(key="notices"):
        show_callback_error()
        not_found()
        failed_to_answer()
        not_kept()
        if said := control().notice.text:
            st.info(said.said(_), icon=":material/power:")


def engine_missing() -> bool:
    """Whether no engine has answered yet; if so, draws a warning."""
    snapshot = control().snapshot
    if snapshot.engine is not None:
        return False
    with st.container(horizontal_alignment="center"):
        picture("engine")
    st.warning(no_answer(control().connection, snapshot.outage), icon=":material/hourglass_top:")
    return True


def swarm_missing() -> bool:
    """Whether there is no Swarm to show; if so, draws what to do."""
    if engine_missing():
        return True
    engine = control().snapshot.engine
    if engine is None or engine.manager:
        return engine is None
    first_swarm(engine)
    return True


def locked_hint() -> None:
    """A note for a viewer who may only look: how to get the right to act."""
    if told := read_only_notice():
        st.caption(f":material/visibility: {told}")
        return
    if not control().practice and not unlocked():
        told = _("This is a real engine: unlock with the password at the top to change anything.")
        if viewer().right.why == "idle":
            told = _("Nothing was done for long, so the page was locked. {told}").format(told=told)
        st.caption(f":material/lock: {told}")


def _where_to_begin() -> None:
    """A question mark that leads back to the welcome."""
    role = choice("role")
    with st.container(width="content", key="where_to_begin"):
        st.page_link(
            place("welcome"),
            label=_("Where to begin"),
            icon=":material/help:",
            query_params={"role": role} if role in ROLES else None,
        )


def _languages() -> None:
    def chosen() -> None:
        wish = st.session_state["language_choice"] or language()
        choose("lang", wish)
        if "lang" in st.query_params:
            st.query_params["lang"] = wish  # else a reload would be in the other language

    st.session_state["language_choice"] = language()
    st.segmented_control(
        _("Language"),
        list(LANGUAGES),
        format_func=str.upper,
        key="language_choice",
        on_change=caught(chosen),
        label_visibility="collapsed",
    )


def _watch() -> None:
    """Draw the page again when its right has ended by itself, or by another tab's Lock."""
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
        password_form(border=False)


def password_form(**layout: Any) -> None:
    """A form for the password; the right one draws the page again, unlocked."""
    with st.form("unlock", **layout):
        attempt = st.text_input(_("Password"), type="password")
        tried = st.form_submit_button(_("Unlock"), type="primary")
    if tried:
        if unlock(attempt):
            st.rerun()
        st.error(_("That is not the password."))
    st.caption(_("It is the one set by whoever started Essaim, or printed at its start."))
