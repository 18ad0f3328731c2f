"""What Streamlit runs for each browser that opens an app: the script that its connection names."""

import linecache
import os
from pathlib import Path

import streamlit as st

from core.practice.apps.plain import refusal

HEADER = "Essaim-App"  # the script's digest; the relay puts it on the connection, nobody else can

name = st.context.headers.get(HEADER, "")
kept = Path(os.environ["ESSAIM_APPS"]) / f"{name}.py"
if not (name.isalnum() and kept.is_file()):
    st.error("This app has no script.")
    st.stop()
source = kept.read_text(encoding="utf-8")
if refusal(source) is not None:
    st.error("This script is not one that runs here.")
    st.stop()
path = "/app/app.py"
linecache.cache[path] = (len(source), None, source.splitlines(keepends=True), path)
# Nothing but what a plain script has names for; `import` must find Streamlit and pandas.
names = {"__name__": "__main__", "__builtins__": {"__import__": __import__}}
exec(compile(source, path, "exec"), names)  # noqa: S102
