"""The folder of a practice instance that the Build page builds, with the course's files in it."""

from __future__ import annotations

import streamlit as st

from core.commands.folder import FOLDER as COURSE
from core.errors import EssaimError
from core.machines.files import HOME, MachineFiles
from core.ui.files import files_panel
from core.ui.forms import close, escaped, popover
from core.ui.lines import practice_button
from core.ui.session import Viewer, _, control

FOLDER = f"{HOME}/demo"
FILES = ("app.py", "Dockerfile")
ASKED = "put_back_ask"


def on_machine() -> bool:
    """Whether a machine's folder is built: a real engine's machine is not ours to write on."""
    return control().practice and control().connection.practice


def edit() -> None:
    """The folder's files to edit; the course's are put there on first use."""
    if control().read_only:
        return
    machine = MachineFiles(control().connection.way)
    try:
        if not machine.is_there(FOLDER):
            machine.make(FOLDER)
            _put(machine)
    except EssaimError as error:
        st.warning(error.said(_), icon=":material/block:")
    files_panel(control().connection.machine, FOLDER, unsaved=_note, first=f"{FOLDER}/app.py")


def put_back_button() -> None:
    """Writes the course's files over those of the folder; it asks first."""
    with popover(_("Back to the course's files"), key=ASKED, disabled=control().read_only):
        st.write(_("What app.py and Dockerfile hold now is lost. Other files stay."))
        practice_button(_("Write them over"), _put_back, key="put_back", type="primary")


def unsaved_hint() -> None:
    """That what is only typed is not built."""
    if names := st.session_state.get("unsaved_files"):
        told = _("Not saved yet: {names}. The image gets what is saved.")
        st.caption(f":material/edit: {told.format(names=escaped(', '.join(names)))}")


def written(name: str) -> str:
    """The course's own text of a file."""
    return (COURSE / name).read_text(encoding="utf-8")


def _note(names: list[str] | None) -> None:
    st.session_state["unsaved_files"] = [str(name)[:100] for name in names or ()][:20]


def _put_back(viewer: Viewer) -> None:
    close(ASKED)
    machine = MachineFiles(control().connection.way)
    if not machine.is_there(FOLDER):
        machine.make(FOLDER)
    _put(machine)


def _put(machine: MachineFiles) -> None:
    for name in FILES:
        machine.write(f"{FOLDER}/{name}", written(name).encode())
