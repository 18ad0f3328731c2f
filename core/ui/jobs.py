"""A long action on a page: started by a button, shown while it runs and afterwards."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from core.cluster.failures import unforeseen
from core.commands.command import Command, Progress
from core.commands.terminal_output import plain
from core.control.jobs import Job
from core.i18n import number
from core.ui.script_runs import until_done
from core.ui.session import _, control, viewer, who


def start(key: str, make: Callable[[], Command]) -> None:
    """Begin a long action; a session has one of each key."""
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
    return key in viewer().jobs and viewer().jobs[key].running


def show(key: str) -> None:
    """The job's line, progress and log; live while it runs."""
    if job := viewer().jobs.get(key):
        until_done(f"{key}_running", job, partial(_show, job))


def _show(job: Job) -> None:
    st.code(job.command.line(), language="shell")
    if job.error:  # above its progress, to be read first
        st.error(job.error.said(_), icon=":material/block:")
    _progress(job)
    if job.log:
        st.code(plain(job.log), language=None, height=320, wrap_lines=True)
    elif job.answer:
        st.code(plain(job.answer), language=None, wrap_lines=True)
    if not job.running and not job.error:
        seconds = (job.ended or job.began) - job.began
        st.success(_("Done in {seconds} s.").format(seconds=number(seconds, _, 1)))


def _progress(job: Job) -> None:
    busy = job.running or bool(job.error)
    main = next((step for step in job.steps if not step.step and step.total), None)
    if main and main.total and main.current is not None:
        share = (main.current - 1) / main.total if busy else 1.0
        st.progress(
            min(max(share, 0.0), 1.0),
            _("Step {current} of {total}").format(current=main.current, total=main.total),
        )
    if busy:
        for step in job.steps:
            if step.step:
                _layer(step)


def _layer(step: Progress) -> None:
    """One layer's bar; its size is known only while its bytes come in."""
    if step.total and step.current is not None:
        st.progress(min(step.current / step.total, 1.0), f"{step.step}  {step.text}")
    elif step.text in ("Pull complete", "Already exists", "Download complete"):
        st.progress(1.0, f"{step.step}  {step.text}")
    else:
        st.caption(f"{step.step}  {step.text}")
