"""The parts of the labs' page: the live check and picture, the quick check, Do it for me."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core.board.settings import SETTINGS, tidy
from core.commands.nodes import UpdateNode
from core.commands.services import CreateService
from core.control.classroom import classroom
from core.engine.keys import DEFAULT
from core.labs.kept import LabProgress
from core.labs.lab import Lab, Step
from core.labs.progress import remark
from core.labs.texts import Quiz, StepText
from core.lessons.solutions import Play
from core.ui import tiles
from core.ui.live import component, ignore, require_availability, tile_words
from core.ui.script_runs import caught, until_done
from core.ui.session import Viewer, _, control, key, may, own_key, viewer, who

_check = component("check", "labs.css")

_picture = component("lab_picture", "board.css", "labs.css", script="picture")


def check(progress: LabProgress, number: int, text: StepText) -> None:
    """Shows live whether the step of this number is done; draws the page again once one is."""
    current = number == len(progress.done)
    green = {
        "given": _("It was so already when this lab began: there is nothing to do here."),
        "done": _("Done: the cluster is as it should be."),
        "skipped": _("This step was left out."),
    }
    way = progress.ways[number] if number < len(progress.ways) else "done"
    _check(
        key=f"check_{progress.lab.name}",  # one key for all steps: never two checks on the page
        lab=progress.lab.name,
        step=number,
        done=len(progress.done),
        remark=remark(text.remarks, progress.verdict) if current else "",
        words={
            "green": green[way],
            "waiting": _("Not yet. This line turns green by itself, as soon as it is so."),
            "later": _("The steps before this one come first."),
        },
        on={"done": ignore},
    )


def picture(swarm: bool, *, leads: bool = True) -> None:
    """The cluster, live: a Swarm's nodes, which can be drained right there, or one engine.

    leads: see ``core.ui.tiles.shown``.
    """
    _picture(
        swarm=swarm and bool(control().snapshot.nodes),
        may=may(UpdateNode),
        menu=tiles.rights(),
        words={
            **tile_words(),
            "containers": _("Containers of this engine"),
            "images": _("Its images"),
            "no_container": _("no container"),
            "no_image": _("no image"),
        },
        on={"availability": require_availability, "tile": tiles.wanted},
    )
    tiles.shown(leads=leads)


def hints(text: StepText, key: str) -> None:
    """The hints that were asked for, and a button for one more."""
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
    """A question, its answers, and the explanation of the right one; no score is kept."""
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
    """A button that plays the step's solution."""
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
    """The lines of this step's solution that were played so far."""
    here = viewer()
    if here.play is not None and here.played == f"{lab.name}/{step.name}":
        until_done("play_runs", here.play, partial(_played, here.play))


def _played(play: Play) -> None:
    if play.log:
        st.code(play.log, language=None, wrap_lines=True, height="content")
    if play.error:
        st.error(play.error.said(_), icon=":material/block:")


def shared_hint() -> None:
    """A note that everybody shares the progress of the labs, where they share the cluster."""
    if classroom().shared:
        st.caption(
            ":material/group: "
            + _(
                "Everybody shares this cluster, and how far its labs are: what one of you does is "
                "done for all."
            )
        )
    elif key() == own_key() == DEFAULT:
        told = _(
            "This browser keeps no cookie here, so you share one cluster with everybody who has "
            "none. [Open the page in a tab of its own]({address})"
        ).format(address=str(st.context.url or "/labs"))
        st.caption(f":material/cookie_off: {told}")


def first_name() -> None:
    """A field for the name on the board, where the teacher asks for it; kept in memory."""
    if not SETTINGS.named or control().read_only:
        return
    mine, longest = control().labs, 30

    def keep() -> None:
        mine.name = tidy(str(st.session_state["first_name"]), longest)

    # By a callback: the run that follows may be of another page, at a press of "Begin".
    st.text_input(
        _("Your first name, for the teacher's board"),
        mine.name,
        max_chars=longest,
        width=320,
        key="first_name",
        on_change=caught(keep),
    )


def skip_button(lab: Lab) -> None:
    """A button that skips a step that this machine cannot do."""

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
