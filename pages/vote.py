"""Vote: learners predict where replicas will go, and then see it."""

import streamlit as st

from core.commands.services import ScaleServices
from core.ui.frame import head, locked_hint, swarm_missing
from core.ui.lines import last_action
from core.ui.session import _, control, may, viewer
from core.ui.vote import ballot, teacher

head(_("Vote"), watch="shape")
if not swarm_missing():
    # A learner who came by the QR code gets the ballot alone, from then on.
    if st.query_params.get("as") == "voter":
        viewer().voter = True
    if viewer().voter or control().read_only:
        ballot()
    else:
        locked_hint()
        if may(ScaleServices):
            teacher()
        ballot(teaching=True)
        if viewer().done is not None:
            last_action()
