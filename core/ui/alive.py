"""The health of services on a page, and warnings before a drain."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core.cluster.snapshot import Node
from core.commands.nodes import UpdateNode
from core.presentation.health import drain_warning, health
from core.ui import faults
from core.ui.confirmation import confirmation_button, drains, own
from core.ui.forms import escaped
from core.ui.lines import asking_button, button
from core.ui.session import _, control, seen


def not_alive() -> None:
    """A warning for each service that is not healthy, with the reason."""
    snapshot = seen()
    found = [health(snapshot, service, _) for service in snapshot.services]
    told = sorted((each for each in found if each.summary), key=lambda each: not each.down)
    if told:
        lines = (f"{'✕' if each.down else '▲'} {each.summary}" for each in told)
        st.warning("\n\n".join(map(escaped, lines)))


def not_known() -> None:
    """A note that managers miss a dead node late, so that counts may be too high."""
    known = faults.conditions()
    if len(control().snapshot.nodes) < 2 or (known and faults.not_noticed(known)):
        return
    st.caption(
        _(
            "Replicas are counted as the managers last heard of them. A node that dies is missed "
            "after three heartbeats, 8 to 17 seconds: until then, nobody knows."
        )
    )


def not_noticed() -> None:
    """The same on a live page, only while the managers have not noticed a lost machine."""
    known = faults.conditions()
    if known and faults.unnoticed(known):
        st.fragment(_until_noticed, run_every=1.0)()


def _until_noticed() -> None:
    known = faults.conditions()
    if not (known and faults.not_noticed(known)):
        st.rerun()


def drain_button(label: str, node: Node, *, key: str, icon: str | None = None) -> None:
    """A button that drains a node; asks first if a service would lose all replicas."""
    disabled = node.availability == "drain"
    make = partial(UpdateNode, availability="drain", node=node.reference)
    warning = drain_warning(control().whole, node, _)  # labels count, and are not shown
    if own(node.id):
        told = f"{drains(node.name)} {warning}".strip()
        icon = icon or ":material/water_drop:"
        confirmation_button(label, told, make, UpdateNode, key=key, icon=icon, disabled=disabled)
    elif warning:
        asking_button(label, warning, make, UpdateNode, key=key, icon=icon, disabled=disabled)
    else:
        button(label, make, UpdateNode, key=key, icon=icon, disabled=disabled)


def warn_of_drain(node: str) -> None:
    """The same warning, for another action that drains the node of this name."""
    snapshot = control().whole
    found = snapshot.find_node(node)
    if warning := drain_warning(snapshot, found, _) if found else "":
        st.warning(warning, icon=":material/warning:")
