"""A long action on a page: started by a button, watched while it runs, kept until it is read."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from core.cluster.failures import unforeseen
from core.commands.command import Command, Progress
from core.commands.terminal_output import plain
from core.control.jobs import Job
from core.i18n import number
from core.ui.session import _, control, viewer, who


def start(key: str, make: Callable[[], Command]) -> None:
    """Begin a long action of what the viewer entered; a session has one of each key."""
    try:
        command = make()
    except Exception as error:
        st.error(unforeseen(error).said(_))
        return
    here, cluster = viewer(), control()
    here.right.acted()
    rights = (who(), here.right)
    here.jobs[key] = Job(command, lambda report: cluster.submit(command, *rights, report))


def running(key: str) -> bool:
    found = viewer().jobs.get(key)
    return found is not None and found.running


def show(key: str) -> None:
    """The job's line, progress and log; live while it runs, then its end."""
    watched = viewer().jobs.get(key)
    if watched is None:
        return
    st.fragment(_show, run_every=0.5 if watched.running else None)(key)


def _show(key: str) -> None:
    watched = viewer().jobs.get(key)
    if watched is None:
        return
    st.code(watched.command.line(), language="shell")
    if watched.error:  # what is read first; how far it came is below
        st.error(watched.error.said(_), icon=":material/block:")
    _progress(watched)
    if watched.log:
        st.code(plain(watched.log), language=None, height=320, wrap_lines=True)
    elif watched.answer:
        st.code(plain(watched.answer), language=None, wrap_lines=True)
    if not watched.running and not watched.error:
        seconds = (watched.ended or watched.began) - watched.began
        st.success(_("Done in {seconds} s.").format(seconds=number(seconds, _, 1)))
    shown_as_running = st.session_state.get(f"{key}_running")
    st.session_state[f"{key}_running"] = watched.running
    if shown_as_running and not watched.running:
        st.rerun()  # the page around may offer what comes next


def _progress(watched: Job) -> None:
    steps = watched.steps
    main = next((step for step in steps if not step.step and step.total), None)
    if main and main.total and main.current is not None:
        share = (
            1.0 if not watched.running and not watched.error else (main.current - 1) / main.total
        )
        st.progress(
            min(max(share, 0.0), 1.0),
            _("Step {current} of {total}").format(current=main.current, total=main.total),
        )
    if watched.running or watched.error:
        for step in steps:
            if step.step:
                _layer(step)


def _layer(step: Progress) -> None:
    """One layer's bar; its bytes are known only while they come."""
    if step.total and step.current is not None:
        st.progress(min(step.current / step.total, 1.0), f"{step.step}  {step.text}")
    elif step.text in ("Pull complete", "Already exists", "Download complete"):
        st.progress(1.0, f"{step.step}  {step.text}")
    else:
        st.caption(f"{step.step}  {step.text}")
