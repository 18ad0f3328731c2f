"""Timeline: the past of each replica, played back, saved, and opened again."""

import streamlit as st

from core.ui.empty import empty
from core.ui.forms import row
from core.ui.frame import engine_missing, head
from core.ui.places import leads_to
from core.ui.session import _
from core.ui.timeline import nothing_yet, open_file, save_button, timeline

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
if not opened and not missing and nothing_yet():
    empty(
        "timeline",
        _("What happens to each replica is drawn here, and can be played back: make a service."),
        lambda: leads_to("cluster", _("To the cluster")),
    )
if opened or not missing:
    timeline(opened, name)
