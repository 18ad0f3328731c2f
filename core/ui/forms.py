"""The fields of a form: where they stand, and what was typed into one."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.errors import InvalidCommand
from core.ui.session import _


def cells(across: int = 3) -> Iterator[DeltaGenerator]:
    """Places for fields, row by row: on a phone, too, they follow each other as in the code."""
    while True:
        yield from st.columns(across)


def words(text: str) -> tuple[str, ...]:
    """Words by blanks, quotes respected.

    Raises InvalidCommand where a quote is not closed.
    """
    try:
        return tuple(shlex.split(text))
    except ValueError:
        raise InvalidCommand(_("A quote is not closed in: {text}"), text=text) from None
