"""Where a viewer is in the labs: what an address says, and the link that leads back there."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from core.control.classroom import classroom
from core.labs.catalogue import BY_NAME, LABS
from core.labs.lab import Lab
from core.labs.placeholders import PLACEHOLDER
from core.ui.session import _, control

PAGE = Path(__file__).parents[2] / "pages" / "labs.py"

#: The lab's name and the step's number that the viewer was at last, in the session's state.
HERE = "lab_here"


def lab_wanted() -> Lab | None:
    """The lab that the address names, by its name or its number from 1; None for the list."""
    wish = st.query_params.get("lab", "")
    found = BY_NAME.get(wish)
    if found is None and (number := _number(wish, len(LABS))):
        found = LABS[number - 1]
    return found


def step_wanted(lab: Lab) -> int | None:
    """The step that the address names, by its name or its number from 1; counted from 0."""
    wish = st.query_params.get("step", "")
    names = [step.name for step in lab.steps]
    if wish in names:
        return names.index(wish)
    number = _number(wish, len(names))
    return number - 1 if number else None


def step_shown(lab: Lab, done: int) -> int:
    """The same; else the step that this viewer saw turn green, or the first open one."""
    wanted = step_wanted(lab)
    if wanted is not None:
        return wanted
    name, at = st.session_state.get(HERE) or ("", 0)
    return min(at if name == lab.name else done, done, len(lab.steps) - 1)


def _number(text: str, most: int) -> int:
    """The number from 1 to ``most`` that a text is; else 0."""
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 4 else 0
    return number if number <= most else 0


def go(lab: str, step: int | None = None) -> None:
    """Go to a step of a lab, by default the first open one; '' is the list of labs."""
    leave()
    st.query_params.pop("lab", None)
    st.query_params.update({"lab": lab} if lab else {})
    if step is not None:
        st.query_params["step"] = str(step + 1)


def leave() -> None:
    """Leave the step that is shown, for the first open one."""
    st.session_state.pop(HERE, None)
    for said in ("step", "begin"):
        st.query_params.pop(said, None)


def watched(lab: Lab | None) -> str:
    """The changes that redraw the page: all, where a line has a value that any may change."""
    if lab is None:
        return "shape"
    done = (len(p.done) for p in control().labs.begun() if p.lab.name == lab.name)
    step = lab.steps[step_shown(lab, next(done, 0))]
    held = any(PLACEHOLDER.search(line) for line in (*step.lines(), *step.look))
    return "all" if held or lab.start == "engine" else "shape"


def here(lab: Lab, at: int, done: int) -> None:
    """Remember the step that is shown.

    The address names it only while it is not the open one: who has done a step goes on with the
    next after a reload, or a restart of the server, and who looks at another step finds that one.
    """
    st.session_state[HERE] = (lab.name, at)
    if at == done:
        st.query_params.pop("step", None)


def back_to_step() -> None:
    """A link to the step that this viewer was at; without one, nothing."""
    found = st.session_state.get(HERE) or _open()
    if found is None:
        return
    name, at = found
    lab = BY_NAME.get(name)
    if lab is None:
        return
    numbers = {"lab": LABS.index(lab) + 1, "step": at + 1}
    st.page_link(
        st.Page(PAGE, title=_("Labs"), icon=":material/school:"),
        label=_("Lab {lab}, step {step}").format(**numbers),
        icon=":material/undo:",
        query_params={"lab": name, "step": str(at + 1)},
    )


def _open() -> tuple[str, int] | None:
    """The open step of the learner's latest lab, for who has just opened the page."""
    if classroom().shared:
        return None
    begun = [progress for progress in control().labs.begun() if progress.current and progress.done]
    latest = max(begun, key=lambda progress: progress.since, default=None)
    return (latest.lab.name, len(latest.done)) if latest else None
