"""Streamlit runs this for each browser: it runs the learner's script of the connection."""

import linecache
import os
from pathlib import Path
from types import TracebackType

import streamlit as st

from essaim_practice.programs.script_check import refusal

HEADER = "Essaim-App"  # the script's digest; the relay puts it on the connection, nobody else can
PATH = "/app/app.py"  # of the script, in its container


def of_the_script(met: TracebackType | None) -> TracebackType | None:
    """The lines of a traceback in the learner's script; the others would show our paths."""
    whole: list[TracebackType] = []
    while met is not None:
        whole.append(met)
        met = met.tb_next
    kept = None
    for part in reversed(whole):
        if part.tb_frame.f_code.co_filename == PATH:
            kept = TracebackType(kept, part.tb_frame, part.tb_lasti, part.tb_lineno)
    return kept


name = st.context.headers.get(HEADER, "")
kept = Path(os.environ["ESSAIM_APPS"]) / f"{name}.py"
if not (name.isalnum() and kept.is_file()):
    st.error("This app has no script.")
    st.stop()
source = kept.read_text(encoding="utf-8")
if refusal(source) is not None:
    st.error("This script is not one that runs here.")
    st.stop()
linecache.cache[PATH] = (len(source), None, source.splitlines(keepends=True), PATH)
# Nothing but what a plain script has names for; `import` must find Streamlit and pandas.
names = {"__name__": "__main__", "__builtins__": {"__import__": __import__}}
try:
    exec(compile(source, PATH, "exec"), names)  # noqa: S102
except Exception as error:  # what Streamlit stops and reruns with is none
    st.exception(error.with_traceback(of_the_script(error.__traceback__)))
