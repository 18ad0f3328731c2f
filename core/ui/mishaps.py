"""What nobody foresaw ends here: one sentence, a traceback in the log, and a page that works.

Streamlit draws a red box instead, with a traceback in it; after a callback that raised it draws
nothing else of the page.
"""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from core.cluster.failures import unforeseen
from core.ui.session import _, viewer


def caught(callback: Callable[..., object]) -> Callable[..., None]:
    """A widget's callback that breaks no page, whatever it raises: ``told`` says it."""

    def call(*args: object, **kwargs: object) -> None:
        try:
            callback(*args, **kwargs)
        except Exception as error:
            # Not fetched before: Streamlit may drop a callback there, and its action with it.
            viewer().mishap = unforeseen(error)

    return call


def told() -> None:
    """What the last callback met, said once; each page has a place for it at its head."""
    here = viewer()
    if here.mishap is not None:
        st.error(here.mishap.said(_), icon=":material/block:")
        here.mishap = None


def broken(error: Exception) -> bool:
    """What Streamlit asks when the script of a page, or of a part of one, has raised."""
    st.error(unforeseen(error).said(_), icon=":material/block:")
    return True  # it is said: no red box
