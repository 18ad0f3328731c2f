"""The layout of fields and buttons, and the values that were typed into fields."""

from __future__ import annotations

import shlex
import time
from collections.abc import Iterator
from typing import Any, Literal

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.errors import InvalidCommand
from core.ui.session import _

#: Seconds until a browser has surely drawn a field that is new on the page.
HEARD = 8.0


def row(align: Literal["center", "bottom"] = "center", **layout: Any) -> DeltaGenerator:
    """A container whose elements stand side by side, as far as there is room."""
    return st.container(horizontal=True, vertical_alignment=align, **layout)


def popover(label: str, *, key: str, **layout: Any) -> DeltaGenerator:
    """A popover that ``close`` closes: an answered question stays open no longer."""
    return st.popover(label, key=key, on_change="rerun", **layout)


def close(key: str) -> None:
    """Close a popover, from a callback."""
    st.session_state[key] = False


def cells(across: int = 3) -> Iterator[DeltaGenerator]:
    """Places for fields, row by row; on a phone, they keep the order of the code."""
    while True:
        yield from st.columns(across)


def number(
    label: str,
    value: int,
    *,
    key: str,
    width: int | Literal["stretch"] = "stretch",
    place: DeltaGenerator | None = None,
) -> float | None:
    """A field for a whole number; ``within`` checks its value.

    Without bounds, and for any number: else a browser would not send 99999, 80.5 or an empty field,
    but the value from before.
    """
    since, now = f"{key}_since", time.monotonic()
    if key not in st.session_state:
        st.session_state[key], st.session_state[since] = float(value), now
    elif now - st.session_state.get(since, 0.0) < HEARD:
        # A browser that still loads the field's script hears only the latest run's word of it.
        st.session_state[key] = st.session_state[key]
    return (place or st).number_input(
        label, value=None, step=1.0, format="%.15g", key=key, width=width
    )


def within(label: str, value: float | None, least: int, most: int) -> int:
    """The value as a whole number. Raises InvalidCommand if it is none, or out of bounds."""
    bounds = {"field": label, "least": least, "most": most}
    if value is None:
        raise InvalidCommand(_("{field}: write a whole number from {least} to {most}."), **bounds)
    if value != int(value) or not least <= value <= most:
        sentence = _("{field}: a whole number from {least} to {most}, not {value}.")
        raise InvalidCommand(sentence, **bounds, value=f"{value:.15g}")
    return int(value)


def port(value: float | None) -> int:
    """The value as a port. Raises InvalidCommand."""
    return within(_("Port"), value, 1, 65535)


def variables(text: str) -> tuple[str, ...]:
    """Words that give values to names. Raises InvalidCommand for others: no shell has a value."""
    found = words(text)
    for word in found:
        if "=" not in word:
            raise InvalidCommand(_("{word!r} should read KEY=VALUE"), word=word)
    return found


def words(text: str) -> tuple[str, ...]:
    """The words of a text, as a shell splits it. Raises InvalidCommand for an open quote."""
    try:
        return tuple(shlex.split(text))
    except ValueError:
        raise InvalidCommand(_("A quote is not closed in: {text}"), text=text) from None


def escaped(text: str) -> str:
    """Foreign words for Markdown, with all of its marks escaped."""
    return "".join(f"\\{c}" if c in "\\`*_[]<>#$~:|!{}" else c for c in text)
