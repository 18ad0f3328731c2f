"""The button that begins a practice cluster anew."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core.control import reset
from core.ui.forms import close, popover
from core.ui.lines import practice_button
from core.ui.session import Viewer, _, control, record, who


def reset_button() -> None:
    """Asks first; on a real engine, nothing."""
    if not control().practice:
        return
    label, icon = _("Reset the cluster"), ":material/restart_alt:"
    with popover(label, icon=icon, key="reset_ask", disabled=control().read_only):
        st.write(
            _(
                "Practice only, no docker command: services, containers, images, networks, "
                "volumes and the files of the machines are forgotten, the nodes are as on the "
                "first day. For everyone who uses this cluster."
            )
        )
        practice_button(label, partial(_reset, formed=True), key="reset", icon=icon, type="primary")
        practice_button(
            _("Begin with three empty instances"),
            partial(_reset, formed=False),
            key="reset_empty",
            icon=":material/computer:",
            help=_("Three machines that are no Swarm yet: you make one of them."),
        )


def _reset(here: Viewer, formed: bool) -> None:
    cluster = control()
    close("reset_ask")
    record(here, *reset.lines(cluster, formed), partial(reset.reset, cluster, who(), formed))
    cluster.collector.refresh()
