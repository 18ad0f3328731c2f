"""The terminals on the machines of a practice cluster, and what leads to them."""

from __future__ import annotations

import hashlib
import re
import secrets

import streamlit as st

from core.commands.execs import ExecContainer
from core.live.routes import INSTANCE
from core.ui.live import component, ignore
from core.ui.session import _, control, key, may, own_key, read_only_notice

_terminals = component("machines", "xterm.css", "console.css", "machines.css")

#: What another page wants of the terminals, in the session's state: see Wish in machines.js.
WISH = "machines_wish"


def there() -> bool:
    """Whether the cluster's machines have terminals: those on our workers do."""
    return control().connection.practice


def wish(machine: str = "", **wanted: object) -> None:
    """Have the terminals do something once, when they are next shown; see Wish in machines.js."""
    machine = machine or first()
    st.session_state[WISH] = {"id": secrets.token_hex(8), "machine": machine, **wanted}


def first() -> str:
    """The machine whose engine the pages ask."""
    engine = control().snapshot.engine
    return engine.name if engine else control().connection.machine


def placed(line: str) -> tuple[str, str]:
    """The machine on which a docker line is to be typed, and the line as it is typed there."""
    here = control()
    machines = here.machines.current()
    if told := re.match(r"docker (?:-H|--host) (\S+) ", line):
        for machine in machines:
            hosts = (machine.name, machine.address, here.connection.at(machine).base_url)
            if told[1] in hosts:
                return machine.name, f"docker {line[told.end() :]}"
    if line.startswith("docker swarm join "):
        # Printed by a manager, and meant for another machine.
        outside = (m.name for m in machines if m.up and m.swarm == "inactive")
        return next(outside, first()), line
    return first(), line


def terminals(ticket: str, opened: str = "") -> None:
    """A tab for each machine, with its terminals; the journal below.

    ticket: for the socket. opened: the lab beside which they stand; another one begins on the
    machine whose engine the pages ask.
    """
    place = "" if key() == own_key() else key()
    _terminals(
        ticket=ticket,
        instance=INSTANCE,
        place=hashlib.sha256(place.encode()).hexdigest()[:12],
        may=may(ExecContainer),
        wish=st.session_state.get(WISH),
        opened=opened,
        first=first(),
        words={
            "machines": _("Machines"),
            "terminals": _("Terminals"),
            "waiting": _("Connecting…"),
            "open": _("Open another terminal on this machine"),
            "none": _("No terminal is open here: + opens one."),
            "look_on": read_only_notice(),
            "off": _("no power"),
            "cut": _("cut off"),
            "full": _("disk full"),
            "no_power": _("{machine} has no power. A terminal opens when it is back."),
            "keys": _(
                "What you select is copied, and so it is by Ctrl+Shift+C or Ctrl+Insert. Ctrl+V, "
                "Ctrl+Shift+V, Shift+Insert and the browser’s menu paste. F6 leads out of the "
                "terminal."
            ),
            "close": _("Close {title}"),
            "ended": _("It has ended, with exit code {code}"),
            "over": _("It has ended"),
            "idle": _("Hung up: nobody used it for long"),
            "enter": _("Enter closes this terminal."),
            "anew": _("Enter begins another shell."),
            "gone": _("{machine} does not answer: a fresh shell begins when it is back"),
            "lost": _("The connection is lost: trying again"),
            "again": _("Essaim was started again: this is a fresh shell."),
            "journal": _("Journal"),
            "shell": _("Copy as a shell script"),
            "python": _("Copy as a Python script"),
            "copied": _("Copied."),
            "nothing": _(
                "The docker lines of what you click on other pages and of what you type here "
                "appear in this list."
            ),
            "click": _("click"),
        },
        on={"again": ignore},
    )
