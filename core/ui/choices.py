"""What a viewer has chosen, such as the language: kept in one cookie of the browser.

The browser's part writes it (``choices.js``), so that a choice needs no new page from the server.
Streamlit knows the cookies of the page as it was loaded: later choices are in its session.
"""

from __future__ import annotations

from urllib.parse import parse_qsl

import streamlit as st

#: Its value is a query: ``lang=fr&role=learn``.
COOKIE = "essaim_choices"
#: Who a viewer may be; the choice ``role``. Who chose none is kept as "look".
ROLES = ("learn", "teach", "operate")
#: In the session: all choices by name, and those of this session alone.
_ALL, _MADE = "choices", "choices_made"


def choice(name: str) -> str:
    """What was chosen, now or at an earlier visit; '' for nothing.

    Anybody may write a cookie: check the value.
    """
    if _ALL not in st.session_state:  # Streamlit takes its time to read cookies
        st.session_state[_ALL] = dict(parse_qsl(str(st.context.cookies.get(COOKIE, ""))))
    return str(st.session_state[_ALL].get(name, ""))


def choose(name: str, value: str) -> None:
    """Keep the choice, in place of an earlier one of this name."""
    if choice(name) != value:
        st.session_state[_ALL] = st.session_state[_ALL] | {name: value}
        st.session_state[_MADE] = made() | {name: value}


def made() -> dict[str, str]:
    """The choices of this session."""
    return dict(st.session_state.get(_MADE, {}))
