"""The page for an engine without a Swarm: an explanation, and a button that makes one."""

from __future__ import annotations

import streamlit as st

from core.cluster.snapshot import Engine
from core.commands.swarm import InitSwarm
from core.ui.lines import button, last_action
from core.ui.pictures import picture
from core.ui.session import _


def first_swarm(engine: Engine) -> None:
    """A form that makes a Swarm; or, on a worker, the reason why it cannot show its Swarm."""
    if engine.in_swarm:
        st.info(
            _("{node} is a worker of a Swarm: only a manager can show the cluster.").format(
                node=engine.name
            )
            + (f"\n\n{engine.swarm_error}" if engine.swarm_error else ""),
            icon=":material/info:",
        )
        return
    with st.container(border=True, width=720):
        picture("swarm")
        st.header(_("No Swarm yet"), anchor=False)
        st.write(
            _(
                "{node} is a Docker engine on its own. Make it the first manager of a Swarm: it "
                "will plan where containers run, and other machines can join it as workers."
            ).format(node=engine.name)
        )
        with st.form("first_swarm", border=False):
            st.text_input(
                _("Address that the other nodes will use"),
                value=engine.node_address,
                placeholder=_("empty: Docker picks it"),
                key="advertise",
            )
            button(
                _("Make a Swarm"),
                lambda: InitSwarm(advertise_addr=st.session_state["advertise"].strip()),
                InitSwarm,
                key="init_swarm",
                icon=":material/hub:",
                primary=True,
                form=True,
            )
        last_action()
