"""The answers of read-only commands, such as logs, which run when a viewer opens them."""

from __future__ import annotations

import streamlit as st

from core.cluster.failures import unforeseen
from core.commands.command import Command
from core.commands.terminal_output import plain
from core.ui.session import _, control, may, viewer


def answer(command: Command, height: int = 320) -> None:
    """The output of the docker CLI, or a hint to unlock where the viewer may not see it."""
    if not may(type(command)):
        st.info(_("Unlock to see this: it may show secrets."), icon=":material/lock:")
        return
    try:
        text = plain(control().look(command, viewer().right))
        st.code(text or _("nothing yet"), language=None, height=height)
    except Exception as error:
        st.error(unforeseen(error).said(_))


def on_opening(title: str, command: Command, key: str) -> None:
    """The same in an expander: the command runs only while it is open."""
    with st.expander(title, key=key, on_change="rerun") as part:
        if part.open:
            answer(command)
