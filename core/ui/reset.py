"""The button that begins a practice cluster anew."""

from __future__ import annotations

import streamlit as st

from core.control import reset
from core.errors import EssaimError
from core.ui.script_runs import caught
from core.ui.session import Done, Viewer, _, control, viewer, who


def reset_button() -> None:
    """Asks first; on a real engine, nothing."""
    if not control().practice:
        return
    with st.popover(
        _("Reset the cluster"),
        icon=":material/restart_alt:",
        key="reset_ask",
        disabled=control().read_only,
    ):
        st.write(
            _(
                "Practice only, no docker command: services, containers, images, networks and "
                "volumes are forgotten, the nodes are as on the first day. For everyone who "
                "uses this cluster."
            )
        )
        st.button(
            _("Reset the cluster"),
            key="reset",
            icon=":material/restart_alt:",
            type="primary",
            on_click=caught(_reset),
            args=(viewer(), True),
            disabled=control().read_only,
        )
        st.button(
            _("Begin with three empty instances"),
            key="reset_empty",
            icon=":material/computer:",
            help=_("Three machines that are no Swarm yet: you make one of them."),
            on_click=caught(_reset),
            args=(viewer(), False),
            disabled=control().read_only,
        )


def _reset(here: Viewer, formed: bool) -> None:
    line, python = reset.lines(control(), formed)
    refused: EssaimError | None = None
    try:
        reset.reset(control(), who(), formed)
    except EssaimError as refusal:
        refused = refusal
    here.done = Done(line, python, refused)
    control().collector.refresh()
