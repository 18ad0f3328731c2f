"""Console: docker lines, terminals, the cluster's picture beside them, the machines' files."""

import streamlit as st

from core.ui.console import console, picture
from core.ui.files import files_panel
from core.ui.frame import engine_missing, head, locked_hint
from core.ui.machines import first, there
from core.ui.session import _, control

head(_("Console"), watch="shape")
if not engine_missing():
    locked_hint()
    left, right = st.columns([5, 2])
    with left:
        console()
    with right:
        picture()
    if there() and not control().read_only:
        st.header(_("Files"), anchor=False)
        files_panel(first(), follows=True)
