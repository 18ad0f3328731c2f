"""The welcome: who are you? And where each begins, in three pictures."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from core.control.classroom import classroom
from core.ui.choices import ROLES, choose
from core.ui.forms import row
from core.ui.live import engine_name
from core.ui.pictures import picture, qr_code
from core.ui.places import leads_to
from core.ui.session import _, control, read_only_notice, unlocked
from core.ui.share import reached_at


def welcome() -> None:
    """The three roles; where one is chosen, its three beginnings instead."""
    role = st.query_params.get("role", "")
    if role not in ROLES:
        st.write(_("Essaim shows a Docker Swarm live, and lets you steer it. Who are you?"))
        _roles()
        leads_to("cluster", _("I only want to look: to the cluster"))
        return
    choose("role", role)
    with row():
        st.header(_title(role), anchor=False, width="content")
        for other in ROLES:
            if other != role:
                leads_to("welcome", _title(other), icon=_ICONS[other], role=other)
    for place, draw in zip(st.columns(3), _BEGINNINGS[role], strict=True):
        with place:
            draw()


_ICONS = {"learn": "school", "teach": "co_present", "operate": "tune"}


def _title(role: str) -> str:
    return {"learn": _("I learn"), "teach": _("I teach"), "operate": _("I operate")}[role]


def _roles() -> None:
    said = {
        "learn": _("Labs that turn green by themselves, on machines of your own."),
        "teach": _("A code for the class, a board of who is where, a picture for the wall."),
        "operate": _("What runs, on which machine, and who may change it."),
    }
    for place, role in zip(st.columns(3), ROLES, strict=True):
        with place:
            _card(role, role, _title(role), said[role], "welcome", role=role)


def _lab1() -> None:
    said = _("Images, containers, and what is lost with them. About half an hour.")
    _card("lab1", "containers", _("Lab 1: a first container"), said, "labs", lab="lab1")


def _lab3() -> None:
    said = _("Make a Swarm, run a service on it, take a machine away. About half an hour.")
    _card("lab3", "swarm", _("Lab 3: three machines, one Swarm"), said, "labs", lab="lab3")


def _machines() -> None:
    said = _("The docker command, on the engine that answers here.")
    if control().practice:
        said = _("A terminal on each: type what you like, nothing is at risk.")
    _card("machines", "machines", _("Your machines"), said, "console")


def _share() -> None:
    said = _("Whoever scans it gets a cluster of their own. For yours, there is Share, at the top.")
    if classroom().shared:
        said = _("All see one cluster, this one: whoever scans it comes in.")
    with _frame("share", f"{said} `{reached_at()}`"):
        qr_code(f"{reached_at()}/")
        st.markdown(f"**{_('Share this code')}**", width="content")


def _board() -> None:
    said = _("How far each learner is, who is stuck, and since when.")
    _card("board", "board", _("The board"), said, "board")


def _projector() -> None:
    said = _("The live cluster in large type for the whole room, operated by keys.")
    _card("projector", "projector", _("The projector"), said, "projector")


def _engine() -> None:
    _card("engine", "engine", _("This engine"), engine_name(), "cluster")


def _rights() -> None:
    said = _("All may look at this engine; to change it takes the password, at the top.")
    if control().read_only:
        said = read_only_notice()
    elif control().practice:
        said = _("This is practice: who is here may change it. A real engine wants a password.")
    elif unlocked():
        said = _("You have given the password: you may change this engine.")
    with _frame("rights", said):
        picture("rights")
        st.markdown(f"**{_('These rights')}**", width="content")


def _services() -> None:
    said = _("Each service with its replicas, logs and settings.")
    _card("services", "services", _("What runs"), said, "services")


_BEGINNINGS = {
    "learn": (_lab1, _lab3, _machines),
    "teach": (_share, _board, _projector),
    "operate": (_engine, _rights, _services),
}


@contextmanager
def _frame(key: str, said: str) -> Iterator[None]:
    """A card: what the block draws, and a sentence."""
    with st.container(
        border=True, key=f"card_{key}", height="stretch", horizontal_alignment="center"
    ):
        yield
        st.markdown(said, text_alignment="center")


def _card(key: str, drawn: str, title: str, said: str, to: str, **query: str) -> None:
    """A picture and its words; a click anywhere on it leads there."""
    with _frame(key, said):
        picture(drawn)
        leads_to(to, title, **query)
