"""The beginning of a lab: made by itself where nothing is lost, else offered."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, get_args

import streamlit as st

from core.control import beginning
from core.control.beginning import Beginning
from core.control.classroom import classroom
from core.errors import EssaimError
from core.labs.kept import LabProgress
from core.labs.lab import Lab
from core.ui.forms import row
from core.ui.lab_link import leave, step_wanted
from core.ui.lines import practice_button
from core.ui.session import Viewer, _, control, key, own_key, plural, who


def prepare(lab: Lab) -> None:
    """Begin the lab as it should begin, or as the address says, where that costs nobody anything.

    An address alone forgets nothing: see ``offer`` for a cluster where somebody has done something.
    """
    cluster = control()
    wanted = _said() or (lab.start if _new(lab) else None)
    if wanted is None or cluster.snapshot.engine is None or beginning.there(cluster, wanted):
        return
    mine = key() == own_key() and not classroom().shared and not cluster.read_only
    if not mine or not cluster.practice:
        return
    try:
        if beginning.pristine(cluster):
            beginning.begin(cluster, wanted, who(), lab.name)
    except EssaimError as error:
        st.error(error.said(_), icon=":material/block:")


def _said() -> Beginning | None:
    """The beginning that the address names."""
    wish = st.query_params.get("begin", "")
    return next((each for each in get_args(Beginning) if each == wish), None)


def _new(lab: Lab) -> bool:
    """Whether the lab is opened for the first time, and at its first step."""
    begun = any(progress.lab.name == lab.name for progress in control().labs.begun())
    return not begun and not step_wanted(lab)


def offer(lab: Lab, progress: LabProgress) -> None:
    """What the lab should begin with, where the cluster is something else, and the way there."""
    cluster = control()
    wanted = _said() or lab.start
    untouched = "done" not in progress.ways and "skipped" not in progress.ways
    late = wanted == "apart" and not _said() and not untouched
    if wanted == "engine" or late or beginning.there(cluster, wanted):
        st.query_params.pop("begin", None)
        return
    with st.container(border=True, key="lab_begin", gap="small"):
        if wanted == "swarm":
            st.markdown(f":material/hub: **{_('This lab begins with a Swarm of three nodes.')}**")
        else:
            told = _("This lab begins with three machines that are no Swarm yet.")
            st.markdown(f":material/computer: **{told}**")
        if not cluster.practice:
            _by_hand(wanted)
            return
        st.markdown(_lost(wanted))
        with row():
            anew = partial(beginning.begin, cluster, wanted, lab=lab.name)
            three = _("Begin with three empty machines")
            label = _("Begin with a new Swarm") if wanted == "swarm" else three
            _button(label, anew, "anew", type="primary", icon=":material/restart_alt:")
            if wanted == "apart":
                _button(
                    _("Take the Swarm apart"),
                    partial(beginning.take_apart, cluster, lab=lab.name),
                    "take_apart",
                    icon=":material/call_split:",
                    help=_(
                        "Every machine leaves the Swarm, and its services end. Images, containers "
                        "and files stay."
                    ),
                )


def _button(label: str, act: Callable[..., None], name: str, **layout: Any) -> None:
    def press(here: Viewer) -> None:
        here.right.acted()
        act(who=who())
        leave()

    practice_button(label, press, key=f"lab_{name}", **layout)


def _lost(wanted: Beginning) -> str:
    """A sentence about what a new beginning forgets."""
    lost = beginning.loss(control())
    parts = []
    if lost.services:
        names = ", ".join(f"`{name}`" for name in lost.services)
        parts.append(_("the services {names}").format(names=names))
    if lost.containers:
        parts.append(plural("{count} container", "{count} containers", lost.containers))
    parts.append(_("images and the files of the machines"))
    told = _("There is none yet. A new beginning forgets what is here: {parts}.")
    if wanted == "apart":
        told = _("Here is a Swarm already. A new beginning forgets it, and {parts}.")
    return told.format(parts=", ".join(parts))


def _by_hand(wanted: Beginning) -> None:
    if wanted == "apart":
        st.markdown(
            _(
                "Here is a Swarm already, so its first steps are done. To do them, type "
                "`docker swarm leave --force` on each machine, the managers last. The services end."
            )
        )
    else:
        st.markdown(_("There is none yet: lab 3 makes one."))
