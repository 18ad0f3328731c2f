"""Choosing one of several by name: the viewer's choice holds for as long as that one is there."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st


def remembered(names: Sequence[str], key: str, default: str = "") -> str:
    """The name that a widget of this key should start with.

    A widget gets what it starts with as its own argument at every run, never by a session state set
    once: a run that is cut short has set the state and never told the browser.
    """
    chosen = st.session_state.get(key)
    if chosen in names:
        return str(chosen)
    st.session_state.pop(key, None)
    return default if default in names else names[0]


def choose(label: str, names: Sequence[str], key: str, spelled: Callable[[str], str] = str) -> str:
    """A list to choose from. spelled: how a name is shown there."""
    first = names.index(remembered(names, key))
    return str(st.selectbox(label, names, index=first, key=key, format_func=spelled, width=420))
