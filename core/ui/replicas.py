"""The slider for the wanted replicas of a service."""

from __future__ import annotations

import time

import streamlit as st

from core.cluster.snapshot import Service
from core.commands.services import ScaleServices
from core.ui.session import Slider, _, act, may, viewer

#: The slider reaches at least this far; the Services page takes any number.
SLIDER_REACH = 30
#: Seconds in which a browser may still send the value from before a change.
LATE_SECONDS = 2.0


def slider(service: Service) -> None:
    """A slider that scales the service, and follows changes made elsewhere.

    It compares values instead of using a callback, which Streamlit may stop half-way.
    """
    key, here = f"replicas_{service.id}", viewer()
    mine = here.sliders.setdefault(service.id, Slider())
    shows, now = st.session_state.get(key), time.monotonic()
    elsewhere = mine.known != service.replicas
    # A browser that has not heard of a change yet sends its slider's old value.
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
    new, mine.known = mine.known is None, service.replicas
    if new and wanted != service.replicas:
        # What the browser showed before Essaim was started again: nobody has moved this one yet.
        mine.left, mine.followed = wanted, now
        st.rerun()
    if wanted != service.replicas:
        mine.known = wanted
        act(lambda: ScaleServices(replicas=((service.name, wanted),)), here)
        st.rerun()
