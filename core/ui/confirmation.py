"""Commands that would stop the dashboard itself: a warning, and the password once more."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from core.commands.command import Command
from core.ui.session import _, act, control, may


def own(node: str) -> bool:
    """Whether this dashboard runs on the node of this id, on a real engine."""
    here = control()
    return not here.practice and here.own.on(node)


def drains(node: str) -> str:
    """The warning before the dashboard's node is drained."""
    if control().own.task:
        return _(
            "Essaim itself runs on {node}. Drained, it stops there, and this page with it. Swarm "
            "starts it again on another manager, if there is one that takes tasks; if not, it "
            "comes back only when somebody types this on a manager: "
            "`docker node update --availability active {node}`"
        ).format(node=node)
    return _(
        "Essaim itself runs on {node}, in a container that Swarm does not know: it goes on there, "
        "while the tasks of all services leave the node."
    ).format(node=node)


def leaves(node: str) -> str:
    """The warning before the dashboard's node leaves the Swarm."""
    if control().own.task:
        return _(
            "Essaim itself runs on {node}, as a task of this Swarm: when {node} leaves, it stops, "
            "and this page with it. If {node} is the last manager, Swarm forgets every service, "
            "Essaim among them, and it must be deployed anew."
        ).format(node=node)
    return _(
        "Essaim itself runs on {node}, and knows the Swarm through it: when {node} leaves, no page "
        "shows the Swarm any more. If {node} is the last manager, every service is forgotten."
    ).format(node=node)


def confirmation_button(
    label: str,
    told: str,
    make: Callable[[], Command],
    command: type[Command],
    *,
    key: str,
    icon: str,
    disabled: bool = False,
) -> None:
    """A button that warns, and asks for the password. told: the warning, in Markdown."""
    with (
        st.popover(label, icon=icon, disabled=disabled or not may(command), key=f"{key}_ask"),
        st.form(f"{key}_form", border=False),
    ):
        st.warning(told, icon=":material/warning:")
        again = st.text_input(_("The password, again"), type="password", key=f"{key}_password")
        if st.form_submit_button(label, icon=icon, type="primary"):
            act(make, again=again)
            st.rerun()
