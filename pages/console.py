"""Console: typed docker lines, terminals, and the cluster's picture beside them."""

import streamlit as st

from core.ui.console import console, picture
from core.ui.frame import engine_missing, head, locked_hint
from core.ui.session import _

head(_("Console"), watch="shape")
if not engine_missing():
    locked_hint()
    left, right = st.columns([7, 5])
    with left:
        console()
    with right:
        picture()
