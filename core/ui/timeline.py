"""The timeline on a page: the live recording, or a saved one, drawn in the browser."""

from __future__ import annotations

import time

import streamlit as st

from core.errors import InvalidFile
from core.timeline import files
from core.timeline.recording import Action, Recording, ReplicaState
from core.timeline.view import picture
from core.ui.live import component, tile_words
from core.ui.session import _, control

MAX_MEGABYTES = 20

_timeline = component("timeline", "board.css", "timeline.css")


def timeline(opened: Recording | None = None, name: str = "") -> None:
    """The component. opened: a recording to show instead of the live one; name: its unique name."""
    _timeline(
        opened={"name": name, **picture(opened, _)} if opened else None,
        words={
            **tile_words(),
            "play": _("▶ Play again"),
            "pause_playing": _("⏸ Stop"),
            "live": _("● Live"),
            "slider": _("Time"),
            "all": _("All"),
            "actions": _("What was done"),
            "nothing": _("Nothing yet."),
            "now": _("now"),
            "hint": _("Press anywhere on the bars, or move the slider, to go back in time."),
        },
    )


def nothing_yet() -> bool:
    """Whether no replica was seen, and nothing was done, since the recording began."""
    if control().snapshot.services:
        return False
    changes = control().timeline.recording().changes
    return not any(isinstance(change.value, ReplicaState | Action) for change in changes)


def save_button() -> None:
    """A button that downloads the recording, as it is when pressed."""
    recorder = control().timeline  # the download runs on a thread that has no viewer
    packed = files.large(recorder.recording())
    st.download_button(
        _("Save"),
        lambda: files.save(recorder.recording(), packed),
        file_name=time.strftime("essaim-%Y-%m-%d-%H%M.json") + (".gz" if packed else ""),
        mime="application/gzip" if packed else "application/json",
        icon=":material/download:",
        on_click="ignore",
        key="timeline_save",
    )


def open_file() -> tuple[Recording | None, str]:
    """A field for a saved timeline: its recording and a unique name, or an error."""
    file = st.file_uploader(
        _("Open a file"),
        type=["json", "gz"],
        key="timeline_file",
        max_upload_size=MAX_MEGABYTES,
        label_visibility="collapsed",
    )
    if file is None:
        return None, ""
    try:
        return files.load(file.getvalue()), f"{file.name} {file.file_id}"
    except InvalidFile as error:
        st.error(error.said(_), icon=":material/block:")
        return None, ""
