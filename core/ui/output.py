"""The answers of commands that only look, such as logs: asked for when a viewer opens them."""

from __future__ import annotations

import streamlit as st

from core.cluster.failures import unforeseen
from core.commands.command import Command
from core.commands.terminal_output import plain
from core.ui.session import _, look, may


def answer(command: Command, height: int = 320) -> None:
    """What the docker CLI would print; a hint to unlock for who may not see it."""
    if not may(type(command)):
        st.info(_("Unlock to see this: it may show secrets."), icon=":material/lock:")
        return
    try:
        st.code(plain(look(command)) or _("nothing yet"), language=None, height=height)
    except Exception as error:
        st.error(unforeseen(error).said(_))


def on_opening(title: str, command: Command, key: str) -> None:
    """The same behind a title: the engine is asked only while it is open."""
    with st.expander(title, key=key, on_change="rerun") as part:
        if part.open:
            answer(command)
