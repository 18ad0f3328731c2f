"""What the labs' page is made of: the live check, the scene, the quick check, Do it for me."""

from __future__ import annotations

import streamlit as st

from core.commands.nodes import UpdateNode
from core.commands.services import CreateService
from core.control.classroom import classroom
from core.labs.board import SETTINGS
from core.labs.lab import Lab, Step
from core.labs.progress import LabProgress, remark
from core.labs.texts import Quiz, StepText
from core.lessons.solutions import Play
from core.ui.console import link
from core.ui.live import address, component, set_availability, tile_words
from core.ui.script_runs import caught
from core.ui.session import Viewer, _, control, may, viewer, who

_check = component("check", '<div class="essaim-check" role="status"></div>', "labs.css")

_scene = component(
    "scene",
    """
    <div class="essaim-board essaim-scene">
      <div data-part="nodes"></div><div data-part="engine"></div>
    </div>
    """,
    "board.css",
    "labs.css",
)


def check(progress: LabProgress, number: int, text: StepText) -> None:
    """Whether the step of this number is done, live; the page is drawn again when one is."""
    current = number == len(progress.done)
    green = {
        "given": _("It was so already when this lab began: there is nothing to do here."),
        "done": _("Done: the cluster is as it should be."),
        "skipped": _("This step was left out."),
    }
    way = progress.ways[number] if number < len(progress.ways) else "done"
    _check(
        key=f"check_{progress.lab.name}",  # one for all steps: two at once would say two things
        data={
            **address(),
            "lab": progress.lab.name,
            "step": number,
            "done": len(progress.done),
            "remark": remark(text.remarks, progress.verdict) if current else "",
            "words": {
                "green": green[way],
                "waiting": _("Not yet. This line turns green by itself, as soon as it is so."),
                "later": _("The steps before this one come first."),
            },
        },
        on_done_change=lambda: None,
    )


def scene(swarm: bool) -> None:
    """The cluster, live: a Swarm's nodes, which can be drained right there, or one engine."""
    key = "scene"

    def pressed() -> None:
        if refused := set_availability(st.session_state[key].availability):
            raise refused  # no last action is shown here

    _scene(
        key=key,
        data={
            **address(),
            "swarm": swarm and bool(control().snapshot.nodes),
            "may": may(UpdateNode),
            "words": {
                **tile_words(),
                "containers": _("Containers of this engine"),
                "images": _("Its images"),
                "no_container": _("no container"),
                "no_image": _("no image"),
            },
        },
        on_availability_change=caught(pressed),
    )


def swarm_wanted(lab: Lab) -> None:
    """Say so where the lab begins with a Swarm, and there is none."""
    engine = control().snapshot.engine
    if lab.start == "swarm" and engine and not engine.manager:
        st.warning(
            _("This lab begins with a Swarm, and there is none yet: lab 3 makes one."),
            icon=":material/hub:",
        )


def typed(lines: tuple[str, ...], key: str) -> None:
    """What to type, a line each; those that the console knows lead there."""
    for number, line in enumerate(lines):
        name = f"typed_{key}_{number}"
        with st.container(horizontal=True, vertical_alignment="center", gap="small", key=name):
            st.code(line, language="shell", wrap_lines=True)
            if line.startswith("docker "):
                link(line, small=True)


def hints(text: StepText, key: str) -> None:
    """One more each time one is asked for."""
    shown = min(int(st.session_state.get(key, 0)), len(text.hints))
    for hint in text.hints[:shown]:
        st.info(hint, icon=":material/lightbulb:")
    if shown < len(text.hints):
        label = _("A hint") if not shown else _("Another hint")
        st.button(
            label,
            key=f"look_{key}",
            icon=":material/lightbulb:",
            type="tertiary",
            on_click=caught(lambda: st.session_state.update({key: shown + 1})),
        )


def quick_check(question: Quiz, key: str) -> None:
    """Predict, then see why; nobody counts."""
    chosen = st.radio(
        question.ask,
        range(len(question.answers)),
        index=None,
        format_func=lambda number: question.answers[number],
        key=key,
    )
    if chosen is None:
        return
    if chosen == question.right:
        st.success(f"{_('Yes.')} {question.because}", icon=":material/check_circle:")
    else:
        st.info(f"{_('Think again.')} {question.because}", icon=":material/school:")


def play_button(lab: Lab, step: Step) -> None:
    """Do it for me: the solution is played, and each of its lines shown."""
    here = viewer()
    # One of an earlier step may still be pausing: nobody redraws this button when it ends.
    mine = here.played == f"{lab.name}/{step.name}"
    running = mine and here.play is not None and here.play.running
    st.button(
        _("Do it for me"),
        key="play",
        icon=":material/play_circle:",
        disabled=running or not may(CreateService),
        on_click=caught(_start),
        args=(lab, step, here, who()),
    )


def _start(lab: Lab, step: Step, here: Viewer, name: str) -> None:
    if not may(CreateService):
        return
    here.right.acted()
    moves = step.moves(control().labs.facts(lab.name))
    here.play = Play(control(), moves, name, here.right)
    here.played = f"{lab.name}/{step.name}"


def played(lab: Lab, step: Step) -> None:
    """What Do it for me has typed so far, where it was for this step."""
    here = viewer()
    if here.play is not None and here.played == f"{lab.name}/{step.name}":
        st.fragment(_played, run_every=0.5 if here.play.running else None)(here.play)


def _played(play: Play) -> None:
    if play.log:
        st.code(play.log, language=None, wrap_lines=True, height="content")
    if play.error:
        st.error(play.error.said(_), icon=":material/block:")
    was, st.session_state["play_runs"] = st.session_state.get("play_runs"), play.running
    if was and not play.running:
        st.rerun()


def shared_hint() -> None:
    """On a cluster that is everybody's, so is what has been done in its labs."""
    if classroom().shared:
        st.caption(
            ":material/group: "
            + _(
                "Everybody shares this cluster, and how far its labs are: what one of you does is "
                "done for all."
            )
        )


def first_name() -> None:
    """Who this is, where the teacher asks: kept in memory, for the board."""
    if not SETTINGS.named or control().read_only:
        return
    mine = control().labs
    said = st.text_input(
        _("Your first name, for the teacher's board"), mine.name, max_chars=30, width=320
    )
    mine.name = said.strip()


def skip_button(lab: Lab) -> None:
    """On without a step that the machine cannot do."""

    def skip() -> None:
        if may(CreateService):
            control().labs.skip(lab.name)

    st.button(
        _("Skip this step"),
        key="skip",
        type="tertiary",
        on_click=caught(skip),
        disabled=not may(CreateService),
    )
