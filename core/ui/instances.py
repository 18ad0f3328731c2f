"""The instances of a practice cluster, as a cloud has them: one more, joining, one less."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from core.commands.swarm import JoinSwarm, LeaveSwarm
from core.control import instances
from core.control.faults import Conditions
from core.engine.practice import Machine, calls
from core.errors import EssaimError
from core.ui.faults import do
from core.ui.script_runs import caught
from core.ui.session import Done, Viewer, _, control, key, viewer, who
from core.web.published import address


def panel(known: Conditions) -> None:
    """A row for each machine, with what can be done with it."""
    swarm = any(machine.manages for machine in known.machines.values())
    most = control().connection.most_machines
    full = most is not None and len(known.machines) >= most
    with st.container(border=True, key="instances", gap="small"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(
                f":material/computer: **{_('Instances')}**",
                help=_(
                    "Practice only: machines with a Docker engine each. A new one is empty and in "
                    "no Swarm. It joins with the token and the address that a manager gives."
                ),
                width="stretch",
            )
            st.button(
                _("Add an instance"),
                key="instance_add",
                icon=":material/add:",
                on_click=caught(do),
                args=(calls.add_machine(), viewer()),
                disabled=full or control().read_only,
            )
        if full:
            st.caption(
                _("There are {most} instances, as many as there may be: remove one first.").format(
                    most=most
                )
            )
        for machine in known.machines.values():
            _row(machine, known, swarm)


def _row(machine: Machine, known: Conditions, swarm: bool) -> None:
    name, press = machine.name, partial(_button, machine=machine)
    with st.container(
        horizontal=True, vertical_alignment="center", gap="small", key=f"machine_instance_{name}"
    ):
        st.markdown(
            f"**{name}** · {machine.address} · {_standing(machine)}",
            help=_host(machine),
            width="stretch",
        )
        for port in machine.ports:
            st.link_button(
                _("Open port {port}").format(port=port),
                address(name, port, key()),
                icon=":material/open_in_new:",
            )
        if swarm and machine.up and machine.swarm == "inactive":
            for role, label in (("worker", _("Join")), ("manager", _("Join as a manager"))):
                press(label, f"join_{role}", partial(_join, machine, known, role))
        if machine.up and machine.swarm != "inactive" and not _answers(machine):
            press(_("Leave"), "leave", partial(_leave, machine))
        if not _answers(machine):
            asking = f"instance_remove_ask_{name}"
            with st.popover(_("Remove"), key=asking, disabled=control().read_only):
                st.write(
                    _(
                        "{node} is taken away, with all that is on it. If it is a node, the Swarm "
                        "is told nothing: it misses it, then lists it as down."
                    ).format(node=name)
                )
                press(
                    _("Remove {node}").format(node=name),
                    "remove",
                    partial(do, calls.remove_machine(name)),
                )


def _button(label: str, what: str, act: Callable[[Viewer], None], machine: Machine) -> None:
    st.button(
        label,
        key=f"instance_{what}_{machine.name}",
        on_click=caught(act),
        args=(viewer(),),
        disabled=control().read_only,
    )


def _host(machine: Machine) -> str | None:
    """How a shell on this server reaches its engine: for who may change it."""
    known = machine.host and not control().read_only
    return f"`export DOCKER_HOST={machine.host}`" if known else None


def _standing(machine: Machine) -> str:
    if not machine.up:
        return _("✕ no power")
    if machine.swarm == "inactive":
        return _("in no Swarm")
    return machine.role if machine.swarm == "active" else machine.swarm


def _answers(machine: Machine) -> bool:
    """Whether it is the one that answers Essaim: without it, nobody would."""
    engine = control().snapshot.engine
    return engine is not None and engine.name == machine.name


def _join(machine: Machine, known: Conditions, role: str, here: Viewer) -> None:
    try:
        command = instances.invitation(control(), known.machines.values(), role)
    except EssaimError as refusal:
        here.done = Done("", "", refusal)
        return
    _say(command, machine, here)


def _leave(machine: Machine, here: Viewer) -> None:
    _say(LeaveSwarm(force=machine.role == "manager"), machine, here)


def _say(command: JoinSwarm | LeaveSwarm, machine: Machine, here: Viewer) -> None:
    refused: EssaimError | None = None
    try:
        instances.run(control(), command, machine, who())
    except EssaimError as refusal:
        refused = refusal
    here.done = Done(*instances.lines(command, machine), refused)
    control().collector.refresh()
