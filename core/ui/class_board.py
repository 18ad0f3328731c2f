"""The parts of the teacher's board: the live grid, the names, the files, a look over a shoulder."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from core.board.grid import (
    Held,
    Row,
    begun,
    by_labs,
    by_steps,
    finished,
    held,
    most_waiting_first,
)
from core.board.learner import Learner
from core.board.settings import SETTINGS
from core.control.classroom import classroom
from core.labs.catalogue import BY_NAME, LABS
from core.labs.lab import Lab
from core.labs.texts import texts
from core.ui import labs
from core.ui.empty import empty
from core.ui.live import component
from core.ui.places import leads_to
from core.ui.script_runs import caught
from core.ui.selection import segments
from core.ui.session import _, language, plural, teaching
from core.ui.share import show_large

REFRESH = 2  # seconds; one viewer looks
ALL = "all"
NUMBERS = {lab.name: number for number, lab in enumerate(LABS, 1)}

_grid = component("grid", "grid.css")


def choices() -> tuple[str, str]:
    """The choices above the grid: the lab, or ALL, and the order."""
    labels = {ALL: _("All"), **{name: str(number) for name, number in NUMBERS.items()}}
    shown = segments(_("Lab"), list(labels), "board_lab", _busiest(), labels.__getitem__)
    orders = {"came": _("As they came"), "waiting": _("Longest wait first")}
    order = segments(_("Order"), list(orders), "board_order", "came", orders.__getitem__)
    return shown, order


def grid(shown: str, order: str) -> None:
    """The grid of a lab's steps, or of all labs; draws itself again as long as it is shown."""
    with st.container(key="board_live"):
        st.fragment(_live, run_every=REFRESH)(shown, order)


def _live(shown: str, order: str) -> None:
    # The right ended after the page was drawn, or a dialog is to open.
    if not teaching() or st.session_state.pop("board_whole", False):
        st.rerun()
    labs.shared_hint()
    now, class_ = time.time(), begun(map(_without_me, classroom().learners()))
    if not class_:
        empty(
            "board",
            _("Here will be a row for each learner, as soon as the first one begins a lab."),
            _invite,
        )
        return
    holding = held(class_, now)
    _summary(class_, holding)
    lab = BY_NAME.get(shown)
    rows = by_steps(class_, lab, now) if lab else by_labs(class_, LABS, now)
    if order == "waiting":
        rows = most_waiting_first(rows)
    _grid(
        view=f"{shown} {language()}",
        wide=lab is None,  # its marks have fractions beside them
        caption=_caption(lab),
        columns=_steps(lab, holding) if lab else _labs(holding),
        rows=[_row(row, lab) for row in rows],
        words=_words(),
        on={"look": _look_at},
    )


def _without_me(learner: Learner) -> Learner:
    """The learner: whoever is looked at over the shoulder does not count as here for that alone."""
    looked_at: tuple[str, bool] = st.session_state.get("board_look_here", ("", False))
    code, here = looked_at
    return replace(learner, here=here) if code and learner.code == code else learner


def _invite() -> None:
    """What fills an empty board: the way in, for the whole class."""

    def show() -> None:
        show_large("own")
        st.session_state["board_whole"] = True

    if classroom().shared:
        leads_to("labs")
        return
    st.button(
        _("Show the class the way in"),
        key="look_invite",
        icon=":material/qr_code:",
        type="primary",
        on_click=caught(show),
    )


def _summary(class_: Sequence[Learner], holding: Sequence[Held]) -> None:
    """How many there are, and the step that holds most of them, which is one click away."""
    stuck = sum(step.stuck for step in holding)
    told = [
        plural("{count} learner", "{count} learners", len(class_)),
        _("{count} stuck").format(count=stuck),
        plural("{count} lab finished", "{count} labs finished", finished(class_)),
    ]
    st.markdown(" · ".join(f"**{each}**" for each in told))
    if not holding:
        st.caption(_("Nobody is at work on a step just now."))
        return
    first = holding[0]
    where = title(first.lab, first.step)
    there = plural("{count} learner", "{count} learners", first.learners)
    if minutes := int(first.longest // 60):
        there += ", " + plural("up to {count} minute", "up to {count} minutes", minutes)
    label = _("Where most of the class is: {step} · {learners}")
    with st.container(key="board_most"):
        leads_to(
            "labs",
            label.format(step=where, learners=there),
            **_place(BY_NAME[first.lab], first.step),
        )


def title(lab: str, step: str) -> str:
    """The name of a step, such as ``Lab 3, step 1: three empty instances``."""
    number = [each.name for each in BY_NAME[lab].steps].index(step) + 1
    return _("Lab {lab}, step {step}: {title}").format(
        lab=NUMBERS[lab], step=number, title=texts(lab, language()).steps[step].title
    )


def named(learner: Learner) -> str:
    return SETTINGS.name(learner) or _("Learner {number}").format(number=learner.number)


def _caption(lab: Lab | None) -> str:
    if lab is None:
        return _("All labs, by steps done")
    name = texts(lab.name, language()).title
    return _("Lab {number}: {title}").format(number=NUMBERS[lab.name], title=name)


def _minutes(seconds: float) -> str:
    return str(int(seconds // 60)) if seconds >= 60 else "<1"


def _place(lab: Lab, step: str) -> dict[str, str]:
    """The query of the address that opens a step."""
    number = [each.name for each in lab.steps].index(step) + 1
    return {"lab": lab.name, "step": str(number)}


def _steps(lab: Lab, holding: Sequence[Held]) -> list[dict[str, Any]]:
    """The columns of a lab."""
    at = {each.step: each.learners for each in holding if each.lab == lab.name}
    most, words = max(at.values(), default=0), texts(lab.name, language()).steps
    return [
        {
            "short": str(number),
            "title": words[step.name].title,
            "link": f"labs?{urlencode(_place(lab, step.name))}",
            "here": at.get(step.name, 0),
            "most": bool(most) and at.get(step.name) == most,
        }
        for number, step in enumerate(lab.steps, 1)
    ]


def _labs(holding: Sequence[Held]) -> list[dict[str, Any]]:
    at = {lab.name: sum(e.learners for e in holding if e.lab == lab.name) for lab in LABS}
    most = max(at.values(), default=0)
    return [
        {
            "short": str(NUMBERS[lab.name]),
            "title": texts(lab.name, language()).title,
            "link": f"labs?{urlencode({'lab': lab.name})}",
            "here": at[lab.name],
            "most": bool(most) and at[lab.name] == most,
        }
        for lab in LABS
    ]


def _row(row: Row, lab: Lab | None) -> dict[str, Any]:
    """A row as the browser draws it. lab: whose steps are the columns; None where labs are."""
    learner, minutes = row.learner, _minutes(row.waiting)
    if lab:
        since = f"{minutes}′" if row.waiting >= 60 else ""
        told = [since if mark in ("at", "stuck") else "" for mark in row.marks]
    else:
        told = [
            f"{done}/{len(each.steps)}" if mark != "open" else ""
            for mark, done, each in zip(row.marks, row.done, LABS, strict=True)
        ]
    return {
        "id": learner.code or str(learner.number),
        "name": named(learner),
        "looks": bool(learner.code),
        "marks": row.marks,
        "texts": told,
        "now": _now(row, lab),
    }


def _now(row: Row, lab: Lab | None) -> str:
    """Where the learner is now, in a few words."""
    latest = row.learner.latest
    if not row.learner.here:
        return _("away")
    if latest is None:
        return ""
    number = NUMBERS[latest.lab.name]
    if latest.current is None:
        return _("lab {number} done").format(number=number)
    minutes = _("{count} min").format(count=_minutes(row.waiting))
    if lab is latest.lab:
        return minutes
    step = len(latest.done) + 1
    return _("lab {lab}, step {step}").format(lab=number, step=step) + f" · {minutes}"


def _words() -> dict[str, str]:
    return {
        "learner": _("Learner"),
        "now": _("Now"),
        "leads": _("{title}: opens this step in another tab"),
        "here": _("{count} here now"),
        "look": _("Look over the shoulder of {name}"),
        "mark_done": _("done"),
        "mark_given": _("was so already"),
        "mark_skipped": _("left out"),
        "mark_at": _("at work on it, for so many minutes"),
        "mark_stuck": _("stuck: for five minutes or longer"),
        "mark_left": _("not there now: away, or at another lab"),
        "mark_open": _("not begun"),
    }


def _busiest() -> str:
    """The lab where most learners are, for who comes first; ALL where nobody is at one."""
    holding = held(classroom().learners(), time.time())
    return holding[0].lab if holding else ALL


def _look_at(code: object) -> None:
    there = next((each.here for each in classroom().learners() if each.code == code), False)
    st.session_state["board_look"] = str(code)
    st.session_state["board_look_here"] = (str(code), there)
    st.session_state["board_whole"] = True  # the dialog opens in a run of the whole page
