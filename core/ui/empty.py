"""What a page shows while it has nothing to show: what will be there, and how it comes there."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from core.ui.forms import row
from core.ui.pictures import picture


def empty(name: str, sentence: str, *actions: Callable[[], object], key: str = "empty") -> None:
    """A picture, a sentence, and what fills the page: a link or a button or two.

    name: of the picture, one of ``core.ui.pictures.PICTURES``. actions: each draws one.
    key: where a page has several.
    """
    with st.container(key=key, horizontal_alignment="center"):
        picture(name)
        st.markdown(sentence, width="content", text_alignment="center")
        if actions:
            with row(horizontal_alignment="center"):
                for action in actions:
                    action()
