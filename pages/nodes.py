"""Nodes: their availability, role and labels, and how another one joins."""

from functools import partial

import streamlit as st

from core.cluster.snapshot import Node
from core.commands.nodes import InspectNodes, RemoveNodes, UpdateNode
from core.commands.swarm import JoinToken, LeaveSwarm
from core.presentation import tables
from core.ui import faults, instances
from core.ui.alive import drain_button
from core.ui.confirmation import confirmation_button, leaves, own
from core.ui.forms import row, words
from core.ui.frame import head, locked_hint, swarm_missing
from core.ui.lines import asking_button, button, last_action
from core.ui.output import answer, on_opening
from core.ui.selection import choose
from core.ui.session import _, act, control, may, seen
from core.ui.tables import table

AVAILABILITIES = {
    "active": ":material/play_arrow:",
    "pause": ":material/pause:",
    "drain": ":material/water_drop:",
}


def spelled(node: Node) -> str:
    """The node's name; with its state, where another node has the same hostname."""
    return f"{node.name} · {node.state}" if node.id_prefix else node.name


def detail(node: Node) -> None:
    with row():
        for availability, icon in AVAILABILITIES.items():
            if availability == "drain":
                drain_button(_("Drain"), node, key="node_drain", icon=icon)
                continue
            button(
                {"active": _("Activate"), "pause": _("Pause")}[availability],
                partial(UpdateNode, availability=availability, node=node.reference),
                UpdateNode,
                key=f"node_{availability}",
                icon=icon,
                disabled=node.availability == availability,
            )
        other = "worker" if node.role == "manager" else "manager"
        button(
            _("Make it a manager") if other == "manager" else _("Make it a worker"),
            lambda: UpdateNode(role=other, node=node.reference),
            UpdateNode,
            key="node_role",
            icon=":material/swap_vert:",
        )
        asking_button(
            _("Remove {node}").format(node=node.name),
            _("The Swarm forgets this node. It must have left, or be down, first."),
            lambda: RemoveNodes(nodes=(node.reference,)),
            RemoveNodes,
            key="node_remove",
            icon=":material/delete:",
        )
    if node.message:
        st.caption(node.message)
    with st.form(f"labels_{node.id}", border=False):
        left, right = st.columns(2)
        add = left.text_input(_("Set labels"), placeholder="disk=ssd zone=a")
        remove = right.text_input(_("Remove labels"), placeholder="zone")
        sent = st.form_submit_button(_("Update labels"), disabled=not may(UpdateNode))
    if sent:
        act(lambda: UpdateNode(label_add=words(add), label_rm=words(remove), node=node.reference))
        st.rerun()
    on_opening(_("Inspect"), InspectNodes(nodes=(node.reference,)), "node_inspect")


def join() -> None:
    """The docker lines by which another machine joins."""
    st.write(
        _(
            "On a machine with Docker, type one of these lines: it joins this Swarm. Keep them to "
            "yourself: whoever has the manager's line can take over the cluster."
        )
    )
    for title, role in ((_("As a worker"), "worker"), (_("As a manager"), "manager")):
        st.caption(title)
        answer(JoinToken(role=role), height=150)


head(_("Nodes"))
known = faults.conditions()
if swarm_missing():
    if known:
        instances.panel(known)
else:
    locked_hint()
    last_action()
    nodes = seen().nodes
    shown = tables.nodes(seen(), _, faults.states(known) if known else None)
    table(shown, _("No node answers."), "nodes")
    if known:
        instances.panel(known)
        faults.panel(known)
    called = {node.name: node for node in nodes}
    if called:
        detail(called[choose(_("Node"), list(called), "node", lambda name: spelled(called[name]))])
    with st.expander(_("Join commands"), key="join", on_change="rerun") as joining:
        if joining.open:
            join()
    with st.expander(_("Leave the Swarm"), key="leave"):
        engine = control().snapshot.engine
        assert engine is not None  # a Swarm is shown
        mine = own(engine.node_id)
        (confirmation_button if mine else asking_button)(
            _("Leave the Swarm"),
            leaves(engine.name)
            if mine
            else _("{node} leaves. If it is the last manager, every service is forgotten.").format(
                node=engine.name
            ),
            lambda: LeaveSwarm(force=True),
            LeaveSwarm,
            key="leave_swarm",
            icon=":material/logout:",
        )
