"""Buttons that run commands, and the docker line and the Python line of the last one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st
from pandas import DataFrame

from core.commands.command import Command
from core.commands.journal import Record
from core.i18n import Translate
from core.presentation import tables
from core.ui.console import link
from core.ui.forms import close, popover
from core.ui.script_runs import caught
from core.ui.session import Viewer, _, act, control, may, viewer
from core.ui.tables import table


def last_action() -> None:
    """The last action's two lines to copy, and its refusal if there is one."""
    done = viewer().done
    if done is None and control().read_only:
        return
    # Of one height whatever it says, so that nothing below moves: pages.css.
    with st.container(key="last_action", horizontal=True, gap="xxsmall"):
        if done is None:
            st.caption(
                _("Press something: the docker line and the Python line behind it appear here.")
            )
            return
        if done.refused:
            st.error(done.refused.said(_), icon=":material/block:")
        elif done.line:
            st.code(done.line, language="shell", wrap_lines=True)
        if done.line:
            with st.popover(_("The same in Python"), icon=":material/code:", type="tertiary"):
                if done.refused:
                    st.code(done.line, language="shell", wrap_lines=True)
                st.code(done.python, language="python")
            link(done.line)


def button(
    label: str,
    make: Callable[[], Command],
    command: type[Command],
    *,
    key: str,
    help: str | None = None,
    icon: str | None = None,
    primary: bool = False,
    disabled: bool = False,
    form: bool = False,
    **layout: Any,
) -> None:
    """A button that runs a command; disabled for a viewer who has no right to it.

    make: runs when the button is pressed, before the page is drawn again: it reads the widgets'
    values from ``st.session_state``. form: the button submits a form, as Enter in its fields does.
    """
    press = st.form_submit_button if form else st.button
    press(
        label,
        key=key,
        help=help,
        icon=icon,
        type="primary" if primary else "secondary",
        disabled=disabled or not may(command),
        on_click=caught(act),
        args=(make, viewer()),
        **layout,
    )


def asking_button(
    label: str,
    question: str,
    make: Callable[[], Command],
    command: type[Command],
    *,
    key: str,
    icon: str | None = None,
    disabled: bool = False,
) -> None:
    """A button for a command that cannot be undone: it asks first."""
    asked = f"{key}_ask"

    def answered() -> Command:
        close(asked)
        return make()

    with popover(label, icon=icon, disabled=disabled or not may(command), key=asked):
        st.write(question)
        button(label, answered, command, key=key, icon=icon, primary=True)


def practice_button(
    label: str,
    act: Callable[[Viewer], object],
    *,
    key: str,
    disabled: bool = False,
    **layout: Any,
) -> None:
    """A button for an action that only practice has; disabled for a viewer who may only look."""
    st.button(
        label,
        key=key,
        on_click=caught(act),
        args=(viewer(),),
        disabled=disabled or control().read_only,
        **layout,
    )


def journal() -> None:
    """The journal in an expander, at the end of a page."""
    with st.expander(_("Journal"), key="journal", on_change="rerun") as part:
        if part.open:
            rows = journal_table(control().journal.records(), _)
            table(rows, _("Nothing has been done since Essaim started."), "journal_rows")


def journal_table(records: Sequence[Record], _: Translate) -> DataFrame:
    """One row an action, the newest first."""
    return DataFrame(
        {
            _("Time"): tables.moment(record.time),
            _("Who"): record.who,
            _("Line"): record.line,
            _("Result"): record.refusal.said(_) if record.refusal else record.outcome,
            _("Seconds"): round(record.seconds, 1),
        }
        for record in reversed(records)
    )
