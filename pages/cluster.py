"""The home page: the cluster's live picture, and the actions that move its replicas."""

from functools import partial

import streamlit as st

from core.commands.nodes import UpdateNode
from core.traffic.endpoints import open_ports
from core.traffic.plan import Plan
from core.ui.alive import not_noticed
from core.ui.frame import head, locked_hint, swarm_missing
from core.ui.lines import journal, last_action
from core.ui.reset import reset_button
from core.ui.session import _, control, may
from core.ui.steering import create, looked_at, steer
from core.ui.tiles import board
from core.ui.traffic import strip

head(_("Cluster"), watch="shape")
if not swarm_missing():
    left, right = st.columns([7, 5], vertical_alignment="bottom")
    with left:
        chosen = looked_at() if control().snapshot.workloads else None
        if chosen:
            steer(chosen)
        else:
            create()
        locked_hint()
    with right:
        last_action()
    board(chosen.id if chosen else "", may(UpdateNode))
    not_noticed()
    if chosen and (ports := open_ports(chosen)):
        strip(partial(Plan, chosen.id, ports[0].published, rate=10, seconds=60))
    journal()
reset_button()
