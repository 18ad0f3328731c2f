"""Timeline: the past of each replica, played back, saved, and opened again."""

import streamlit as st

from core.ui.forms import row
from core.ui.frame import engine_missing, head
from core.ui.session import _
from core.ui.timeline import open_file, save_button, timeline

head(_("Timeline"), watch="shape")
# A saved timeline needs no engine.
missing = engine_missing()
with row():
    if not missing:
        save_button()
    with st.popover(_("Open a file"), icon=":material/folder_open:"):
        opened, name = open_file()
    if opened:
        st.caption(
            ":material/history: "
            + _("You look at the file {name}. Take it out of the box to see the cluster.").format(
                name=name.rsplit(" ", 1)[0]
            )
        )
if opened or not missing:
    timeline(opened, name)
