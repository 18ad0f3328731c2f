"""Script runs that are not cut short, and whose unexpected errors leave a page that works.

Streamlit may stop a callback between two of its lines. After one that raised, it draws a red box
with a traceback, and nothing else of the page; here the traceback goes to the log.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from core.cluster.failures import unforeseen
from core.control.jobs import LongAction
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


#: The method that Streamlit calls wherever it may stop a run.
_YIELD = "on_scriptrunner_yield"


@contextmanager
def uninterrupted() -> Iterator[None]:
    """The block runs to its end before the page is drawn again.

    Streamlit may stop a script, callbacks included, wherever it draws or reads the session, for a
    run requested meanwhile, such as by a live component. A command would then be run by half.
    """
    context = get_script_run_ctx()
    requests = context.script_requests if context else None
    if requests is None or vars(requests).get(_YIELD):  # the latter: in such a block
        yield
        return
    setattr(requests, _YIELD, lambda: None)
    try:
        yield
    finally:
        delattr(requests, _YIELD)  # the class's own again


def show_callback_error() -> None:
    """Show the last callback's unexpected error, once; each page calls this at its head."""
    here = viewer()
    if here.callback_error is not None:
        st.error(here.callback_error.said(_), icon=":material/block:")
        here.callback_error = None


def show_script_error(error: Exception) -> bool:
    """Streamlit's handler for a script or a fragment that raised."""
    st.error(unforeseen(error).said(_), icon=":material/block:")
    return True  # shown: no red box


def until_done(key: str, work: LongAction, draw: Callable[[], None]) -> None:
    """Draw this part twice a second while the work runs; then draw the page again, once."""

    def part() -> None:
        draw()
        was, st.session_state[key] = st.session_state.get(key), work.running
        if was and not work.running:
            st.rerun()

    st.fragment(part, run_every=0.5 if work.running else None)()
