"""Labs: exercises beside the machines, which turn green once the cluster is as it should be."""

import streamlit as st

from core.commands.services import CreateService
from core.labs.catalogue import LABS
from core.labs.kept import LabProgress
from core.labs.lab import Lab
from core.labs.texts import StepText, texts
from core.ui import labs
from core.ui.forms import close, popover, row
from core.ui.frame import engine_missing, head, locked_hint
from core.ui.lab_beginning import offer, prepare
from core.ui.lab_desk import desk, step_lines, typed
from core.ui.lab_link import go, here, lab_wanted, step_shown, watched
from core.ui.script_runs import caught
from core.ui.session import _, control, language, may, plural


def catalogue() -> None:
    """The labs, each with its progress."""
    locked_hint()
    labs.shared_hint()
    labs.first_name()
    begun = {progress.lab.name: progress for progress in control().labs.begun()}
    for number, lab in enumerate(LABS, 1):
        text = texts(lab.name, language())
        done = len(begun[lab.name].done) if lab.name in begun else 0
        with st.container(border=True):
            with row():
                st.markdown(f"## {number}. {text.title}", width="stretch")
                finished = done == len(lab.steps)
                st.button(
                    _("Look again") if finished else _("Go on") if done else _("Begin"),
                    key=f"look_{lab.name}",
                    icon=":material/check:" if finished else ":material/arrow_forward:",
                    type="secondary" if finished else "primary",
                    on_click=caught(go),
                    args=(lab.name,),
                )
            st.write(text.goal)
            steps = plural("{count} step", "{count} steps", len(lab.steps))
            minutes = plural("about {count} minute", "about {count} minutes", text.minutes)
            st.progress(done / len(lab.steps), f"{done}/{len(lab.steps)} · {steps} · {minutes}")


def again(lab: str) -> None:
    if may(CreateService):
        control().labs.reset(lab)
        close("lab_ask")
        go(lab)


def lab_page(lab: Lab) -> None:
    left, right = st.columns([5, 7], gap="medium")
    with left, st.container(key="lab_step"):
        prepare(lab)
        progress = control().labs.progress(lab.name)
        at = step_shown(lab, len(progress.done))
        here(lab, at, len(progress.done))
        overview(lab, progress, at)
        offer(lab, progress)
        step(lab, progress, at)
    with right, st.container(key="lab_desk"):
        desk(lab)


def overview(lab: Lab, progress: LabProgress, at: int) -> None:
    text = texts(lab.name, language())
    with row(gap="small"):
        st.button(
            _("All labs"),
            key="look_all",
            icon=":material/arrow_back:",
            type="tertiary",
            on_click=caught(go),
            args=("",),
        )
        st.markdown(f"**{text.title}**", width="stretch", help=text.goal)
        with popover(
            _("Begin anew"), key="lab_ask", icon=":material/restart_alt:", type="tertiary"
        ):
            st.write(_("The check marks of this lab go; the cluster stays as it is."))
            st.button(
                _("Begin anew"),
                key="lab_reset",
                on_click=caught(again),
                args=(lab.name,),
                disabled=not may(CreateService),
            )
    locked_hint()
    labs.shared_hint()
    done, steps = len(progress.done), len(lab.steps)
    said = _("Step {number} of {all} · {done} done").format(number=at + 1, all=steps, done=done)
    st.progress(done / steps, said)


def step(lab: Lab, progress: LabProgress, at: int) -> None:
    """One step: its reason, what to do, the live check, and what to see."""
    this, key, whole = lab.steps[at], f"{lab.name}_{at}", texts(lab.name, language())
    text: StepText = whole.steps[this.name]
    lines, look = step_lines(lab, this)
    st.markdown(f"## {at + 1}. {text.title}")
    st.markdown(text.why)
    st.markdown(f":material/keyboard: **{_('What to do')}.** {text.do}")
    typed(lines, "do")
    labs.check(progress, at, text)
    navigate(lab, progress, at)
    labs.played(lab, this)
    if progress.current is None and at == len(lab.steps) - 1:
        st.success(whole.end, icon=":material/celebration:")
    st.markdown(f":material/visibility: **{_('What you should see')}.** {text.see}")
    typed(look, "look")
    with st.expander(_("You see something else?"), icon=":material/help:"):
        st.markdown(text.otherwise)
        if at == len(progress.done):
            labs.skip_button(lab)
    labs.hints(text, f"hint_{key}")
    for number, question in enumerate(text.questions):
        with st.container(border=True):
            st.markdown(f":material/quiz: **{_('Quick check')}**")
            labs.quick_check(question, f"question_{key}_{number}")


def navigate(lab: Lab, progress: LabProgress, at: int) -> None:
    with row(key="lab_ways"):
        if at:
            back = _("Previous step")
            st.button(back, key="look_back", on_click=caught(go), args=(lab.name, at - 1))
        if at < len(lab.steps) - 1:
            # Of one type, and before what goes: who presses it as the step turns green presses the
            # same button. The style sheet shows that it is its turn.
            st.button(
                _("Next step"),
                key="look_next",
                icon=":material/arrow_forward:",
                on_click=caught(go),
                args=(lab.name, at + 1),
            )
        if len(progress.done) <= at:
            labs.play_button(lab, lab.steps[at])


asked = lab_wanted()
head(_("Labs"), watch=watched(asked), back=asked is None)
if not engine_missing():
    if asked:
        lab_page(asked)
    else:
        catalogue()
