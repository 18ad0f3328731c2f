"""The slider of a service's wanted replicas."""

from __future__ import annotations

import time

import streamlit as st

from core.cluster.snapshot import Service
from core.commands.services import ScaleServices
from core.ui.session import Slider, _, act, may, viewer

#: The slider reaches at least this far; the Services page takes any number.
SLIDER_REACH = 30
#: How long a browser may take to hear that its slider has followed.
LATE_SECONDS = 2.0


def slider(service: Service) -> None:
    """The wanted replicas: what the viewer sets, and what is done elsewhere.

    Compared with what is known, not told by a callback: Streamlit may drop a callback half-way.
    """
    key, here = f"replicas_{service.id}", viewer()
    mine = here.sliders.setdefault(service.id, Slider())
    shows, now = st.session_state.get(key), time.monotonic()
    elsewhere = mine.known != service.replicas
    # A browser that has not heard yet sends what its slider showed before: nobody's wish.
    late = shows == mine.left and now - mine.followed < LATE_SECONDS
    follow = shows not in (None, service.replicas) and (elsewhere or late)
    if follow:
        if elsewhere:
            mine.left, mine.followed = shows, now
        st.session_state[key] = service.replicas
    wanted = st.slider(
        (_("Completions of {service}") if service.job else _("Replicas of {service}")).format(
            service=service.name
        ),
        0,
        max(SLIDER_REACH, service.replicas or 0),
        value=None if follow else service.replicas,
        key=key,
        disabled=not may(ScaleServices),
        width=330,
    )
    mine.known = service.replicas
    if wanted != service.replicas:
        mine.known = wanted
        act(lambda: ScaleServices(replicas=((service.name, wanted),)), here)
        st.rerun()
