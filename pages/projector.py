"""Projector: the live cluster in large type for a whole room, operated by keys."""

import streamlit as st

from core.ui.frame import swarm_missing
from core.ui.live import status
from core.ui.projector import projector
from core.ui.script_runs import show_callback_error
from core.ui.session import _

with st.container(key="projector_head"):
    st.title(_("Projector"), anchor=False)
    status("shape")
    show_callback_error()
if not swarm_missing():
    projector()
