"""A table as tall as its rows, or a sentence if it has none."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core.ui.empty import empty

_ROW = 36  # pixels
_MOST_ROWS = 16


def table(
    rows: pd.DataFrame, nothing: str, key: str, most: int = _MOST_ROWS, drawn: str = ""
) -> None:
    """Show the rows; times in the browser's zone, decimals in its language.

    nothing: the sentence without rows. drawn: the picture above it, where the table is what its
    page shows. most: rows that are shown without scrolling.
    """
    if rows.empty and drawn:
        empty(drawn, nothing)
        return
    if rows.empty:
        st.info(nothing, icon=":material/inbox:")
        return
    times = {
        name: st.column_config.DatetimeColumn(
            format="YYYY-MM-DD HH:mm:ss", timezone=st.context.timezone
        )
        for name in rows.columns
        if isinstance(rows[name].dtype, pd.DatetimeTZDtype)
    }
    numbers = {
        name: st.column_config.NumberColumn(format="localized")
        for name in rows.columns
        if pd.api.types.is_float_dtype(rows[name].dtype)
    }
    st.dataframe(
        rows,
        hide_index=True,
        column_config=times | numbers,
        height=_ROW * (1 + min(len(rows), most)) + 2,
        row_height=_ROW,
        placeholder="",  # else a missing time is shown as None
        key=key,
    )
