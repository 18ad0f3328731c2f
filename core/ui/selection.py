"""Choosing one of several by name: the choice lasts as long as that one exists."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import streamlit as st

T = TypeVar("T", bound=str)


def remembered(names: Sequence[T], key: str, default: str = "") -> T:
    """The initial name for a widget of this key.

    It must be passed to the widget at every run. A session state set once is not enough: a run may
    be cut short after it set the state, and before the browser heard of it.
    """
    chosen = st.session_state.get(key)
    if chosen not in names:
        st.session_state.pop(key, None)
        chosen = default if default in names else names[0]
    return names[names.index(chosen)]


def choose(label: str, names: Sequence[str], key: str, spelled: Callable[[str], str] = str) -> str:
    """A list to choose from. spelled: the text for a name."""
    first = names.index(remembered(names, key))
    return str(st.selectbox(label, names, index=first, key=key, format_func=spelled, width=420))


def segments(
    label: str,
    names: Sequence[T],
    key: str,
    default: str = "",
    spelled: Callable[[T], str] = str,
) -> T:
    """The same as buttons side by side; one of them is always chosen."""
    chosen: T = st.segmented_control(
        label,
        names,
        default=remembered(names, key, default),
        key=key,
        format_func=spelled,
        required=True,
        label_visibility="collapsed",
    )
    return chosen
