"""What is pressed is done whole; what nobody foresaw in it ends in a sentence on a page that works.

Streamlit may break a callback off between two of its lines. After one that raised it draws a red
box with a traceback, and nothing else of the page; here the traceback goes to the log.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from core.cluster.failures import unforeseen
from core.ui.session import _, viewer


def caught(callback: Callable[..., object]) -> Callable[..., None]:
    """Make a callback whose exceptions break no page: ``show_callback_error`` shows them."""

    def call(*args: object, **kwargs: object) -> None:
        with uninterrupted():
            try:
                callback(*args, **kwargs)
            except Exception as error:
                viewer().callback_error = unforeseen(error)

    return call


#: What Streamlit asks of a run's requests wherever it may break the run off.
_YIELD = "on_scriptrunner_yield"


@contextmanager
def uninterrupted() -> Iterator[None]:
    """What is done in here is done to its end, before the page is drawn again.

    Wherever a script reads the session or draws, callbacks included, Streamlit may break it off for
    a run that was asked for meanwhile: by what is live on the page, say. What somebody pressed
    would then be done by half, or not at all.
    """
    context = get_script_run_ctx()
    requests = context.script_requests if context else None
    if requests is None or vars(requests).get(_YIELD):  # the latter: we are inside already
        yield
        return
    setattr(requests, _YIELD, lambda: None)
    try:
        yield
    finally:
        delattr(requests, _YIELD)  # the class's own again


def show_callback_error() -> None:
    """What the last callback met, said once; each page has a place for it at its head."""
    here = viewer()
    if here.callback_error is not None:
        st.error(here.callback_error.said(_), icon=":material/block:")
        here.callback_error = None


def show_script_error(error: Exception) -> bool:
    """What Streamlit asks when the script of a page, or of a part of one, has raised."""
    st.error(unforeseen(error).said(_), icon=":material/block:")
    return True  # it is said: no red box
