"""The fields of a form: where they stand, and what was typed into one."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Literal

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.errors import InvalidCommand
from core.ui.session import _


def cells(across: int = 3) -> Iterator[DeltaGenerator]:
    """Places for fields, row by row: on a phone, too, they follow each other as in the code."""
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
    """A field for a whole number, which sends all that can be typed, and ``within`` judges it.

    With bounds, with a value to fall back on or for whole numbers alone, a browser would keep to
    itself what it does not like, 99999 or nothing or 80.5, and send what stood there before.
    """
    if key not in st.session_state:
        st.session_state[key] = float(value)
    return (place or st).number_input(
        label, value=None, step=1.0, format="%.15g", key=key, width=width
    )


def within(label: str, value: float | None, least: int, most: int) -> int:
    """The whole number that was typed.

    Raises InvalidCommand where it is none, or lies outside.
    """
    if value is None:
        raise InvalidCommand(
            _("{field}: write a whole number from {least} to {most}."),
            field=label,
            least=least,
            most=most,
        )
    if value != int(value) or not least <= value <= most:
        raise InvalidCommand(
            _("{field}: a whole number from {least} to {most}, not {value}."),
            field=label,
            least=least,
            most=most,
            value=f"{value:.15g}",
        )
    return int(value)


def port(value: float | None) -> int:
    """The port of a machine that was typed. Raises InvalidCommand."""
    return within(_("Port"), value, 1, 65535)


def words(text: str) -> tuple[str, ...]:
    """Words by blanks, quotes respected.

    Raises InvalidCommand where a quote is not closed.
    """
    try:
        return tuple(shlex.split(text))
    except ValueError:
        raise InvalidCommand(_("A quote is not closed in: {text}"), text=text) from None
