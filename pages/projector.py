"""The projector page: the live cluster in large type for a whole room, led by keys."""

import streamlit as st

from core.ui.live import status
from core.ui.mishaps import told
from core.ui.projector import projector
from core.ui.session import _
from core.ui.shell import swarm_missing

with st.container(key="projector_head"):
    st.subheader(_("Projector"), anchor=False)
    status("shape")
    told()
if not swarm_missing():
    projector()
