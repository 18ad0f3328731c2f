"""Labs: exercises that turn green by themselves, once the cluster is as it should be."""

import streamlit as st

from core.commands.services import CreateService
from core.labs.catalogue import BY_NAME, LABS
from core.labs.kept import LabProgress
from core.labs.lab import Lab
from core.labs.texts import LabText, StepText, texts
from core.ui import labs
from core.ui.forms import row
from core.ui.frame import engine_missing, head, locked_hint
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


def go(lab: str, step: int | None = None) -> None:
    """Go to a step of a lab, by default the learner's last one; '' is the list of labs."""
    st.query_params.update({"lab": lab} if lab else {})
    if not lab:
        st.query_params.pop("lab", None)
    st.session_state["lab_at"] = step


def again(lab: str) -> None:
    if may(CreateService):
        control().labs.reset(lab)
        st.session_state["lab_at"] = None


def lab_page(lab: Lab) -> None:
    progress, text = control().labs.progress(lab.name), texts(lab.name, language())
    last = len(lab.steps) - 1
    at = st.session_state.get("lab_at")
    if at is None or at > last:  # the first open step, until the learner goes on
        at = st.session_state["lab_at"] = min(len(progress.done), last)
    overview(lab, text, progress, at)
    labs.swarm_wanted(lab)
    left, right = st.columns([7, 5], gap="medium")
    with left:
        step(lab, progress, at, text.steps[lab.steps[at].name])
        if progress.current is None and at == last:
            st.success(text.end, icon=":material/celebration:")
    with right, st.container(key="lab_side"):
        labs.picture(lab.start != "engine")


def overview(lab: Lab, text: LabText, progress: LabProgress, at: int) -> None:
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
        with st.popover(_("Begin anew"), icon=":material/restart_alt:", type="tertiary"):
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


def step(lab: Lab, progress: LabProgress, at: int, text: StepText) -> None:
    """One step: its reason, what to do, the live check, and what to see."""
    this, key = lab.steps[at], f"{lab.name}_{at}"
    st.markdown(f"## {at + 1}. {text.title}")
    st.markdown(text.why)
    st.markdown(f":material/keyboard: **{_('What to do')}.** {text.do}")
    labs.typed(this.lines(), "do")
    labs.check(progress, at, text)
    navigate(lab, progress, at)
    labs.played(lab, this)
    st.markdown(f":material/visibility: **{_('What you should see')}.** {text.see}")
    labs.typed(this.look, "look")
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
    done = len(progress.done) > at
    with row():
        if at:
            back = _("Previous step")
            st.button(back, key="look_back", on_click=caught(go), args=(lab.name, at - 1))
        if not done:
            labs.play_button(lab, lab.steps[at])
        if at < len(lab.steps) - 1:
            st.button(
                _("Next step"),
                key="look_next",
                type="primary" if done else "secondary",
                icon=":material/arrow_forward:",
                on_click=caught(go),
                args=(lab.name, at + 1),
            )


head(_("Labs"), watch="shape")
if not engine_missing():
    chosen = BY_NAME.get(st.query_params.get("lab", ""))
    if chosen:
        lab_page(chosen)
    else:
        catalogue()
