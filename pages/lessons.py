"""Lessons: surprises of Swarm, played step by step, with the results side by side."""

import streamlit as st

from core.traffic.endpoints import open_ports
from core.ui.forms import row
from core.ui.frame import head, locked_hint, swarm_missing
from core.ui.labs import picture
from core.ui.lessons import choose as choose_lesson
from core.ui.lessons import introduce, results, start_button, under_way
from core.ui.lines import last_action
from core.ui.selection import choose
from core.ui.session import _, control
from core.ui.traffic import nothing

STYLE = """<style>
.essaim-lesson-node { display: grid; grid-template-columns: auto 1fr auto; gap: 0 0.6rem;
  align-items: center; padding: 0.1rem 0.5rem; margin-bottom: 0.3rem; border-radius: 0.5rem;
  border: 2px solid rgba(140, 140, 140, 0.5); font-size: 1.1rem; }
.essaim-lesson-node[data-drained="true"] { border-style: dashed; border-color: #e69f00; }
.essaim-lesson-node b { font-size: 1.7rem; line-height: 1.2; }
.essaim-lesson-tiles { color: #009e73; overflow-wrap: anywhere; }
.essaim-lesson-tiles i { color: #cc79a7; font-style: normal; }
.essaim-lesson-load { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
.essaim-lesson-load th { text-align: start; font-weight: 400; }
.essaim-lesson-load td { text-align: end; font-weight: 700; font-size: 1.25rem; }
</style>"""

head(_("Lessons"), watch="shape")
if not swarm_missing():
    locked_hint()
    there = {
        service.name: service
        for service in control().snapshot.workloads
        if open_ports(service) and service.mode == "replicated"
    }
    st.html(STYLE)
    kind = choose_lesson()
    if there:
        names = list(there)
        name = choose(_("Service"), names, "lesson_service") if names[1:] else names[0]
        with row():
            start_button(kind, there[name])
            introduce(kind, there[name])
        if kind in ("rebalance", "plain") and under_way(kind):
            picture(swarm=True)
    else:
        introduce(kind, None)
        nothing(
            _("The lessons play on a service that publishes a port: there is none yet, make one.")
        )
        last_action()
    results(kind)
