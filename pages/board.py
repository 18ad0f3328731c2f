"""The teacher's board: the class by steps and by labs, live."""

import streamlit as st

from core.ui import class_board
from core.ui.class_tools import tools
from core.ui.forms import row
from core.ui.frame import engine_missing, head, locked_hint, password_form
from core.ui.session import _, control, teaching
from core.ui.shoulder import over_the_shoulder


def locked_page() -> None:
    """The page without the password: a form for it, unless the line at the top has one."""
    st.info(_("This page is for the teacher: it shows how far each learner is."))
    if not control().practice:
        locked_hint()
        return
    password_form(width=420)


head(_("Board"), watch="shape")
if not engine_missing():
    if teaching():
        with row(horizontal_alignment="distribute"):
            with row(width="content"):
                shown, order = class_board.choices()
            with row(width="content"):
                tools()
        class_board.grid(shown, order)
        over_the_shoulder()
    else:
        locked_page()
