"""Lessons: surprises of Swarm, played step by step, with the results side by side."""

import streamlit as st

from core.traffic.endpoints import open_ports
from core.ui.forms import row
from core.ui.frame import head, locked_hint, swarm_missing
from core.ui.labs import picture
from core.ui.lessons import choose as choose_lesson
from core.ui.lessons import introduce, results, start_button
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
.essaim-lesson-step { margin: 0; padding: 0; font-size: 1.15rem; font-weight: 700; }
.essaim-lesson-step[data-coming="true"] { opacity: 0.75; font-weight: 400; }
.st-key-lesson_said { min-height: 4.6rem; }
@media (min-width: 640px) { .st-key-lesson_cards [data-testid="stColumn"] { min-height: 27.5rem; } }
.st-key-lesson_cards [data-testid="stRadio"] p { font-size: 1.1rem; }
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
        results(kind, there[name])
        if kind in ("rebalance", "plain"):
            picture(swarm=True)
    else:
        introduce(kind, None)
        nothing(
            "lessons",
            _("The lessons play on a service that publishes a port: there is none yet, make one."),
        )
        last_action()
