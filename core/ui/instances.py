"""The instances of a practice cluster: add, join, leave and remove machines."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

import streamlit as st

from core.commands.swarm import JoinSwarm, LeaveSwarm
from core.control import instances
from core.control.faults import Conditions
from core.engine.practice import Machine, calls
from core.errors import EssaimError
from core.ui.faults import do
from core.ui.forms import row
from core.ui.lines import practice_button
from core.ui.links import port_link
from core.ui.session import Done, Viewer, _, answers_here, control, key, record, who
from core.web.published import address


def panel(known: Conditions) -> None:
    """A row for each machine, with its buttons."""
    swarm = any(machine.manages for machine in known.machines.values())
    most = control().connection.most_machines
    full = most is not None and len(known.machines) >= most
    with st.container(border=True, key="instances", gap="small"):
        with row(gap="small"):
            st.markdown(
                f":material/computer: **{_('Instances')}**",
                help=_(
                    "Practice only: machines with a Docker engine each. A new one is empty and in "
                    "no Swarm. It joins with the token and the address that a manager gives."
                ),
                width="stretch",
            )
            practice_button(
                _("Add an instance"),
                partial(do, calls.add_machine()),
                key="instance_add",
                icon=":material/add:",
                disabled=full,
            )
        if full:
            st.caption(
                _("There are {most} instances, as many as there may be: remove one first.").format(
                    most=most
                )
            )
        for machine in known.machines.values():
            _row(machine, known, swarm)


def joins() -> None:
    """A button for each instance that is in no Swarm yet, by which it joins as a worker."""
    known = control().machines.current()
    if not any(machine.manages for machine in known):
        return
    with row(key="joins"):
        for machine in known:
            if machine.up and machine.swarm == "inactive":
                label = _("Join {machine}").format(machine=machine.name)
                act = partial(_join, machine, known, "worker")
                practice_button(label, act, key=f"join_{machine.name}", icon=":material/login:")


def _row(machine: Machine, known: Conditions, swarm: bool) -> None:
    name, answers = machine.name, answers_here(machine.name)

    def press(label: str, what: str, act: Callable[[Viewer], None]) -> None:
        practice_button(label, act, key=f"instance_{what}_{name}")

    with row(gap="small", key=f"machine_instance_{name}"):
        # How a shell on this server reaches its engine: for viewers who may change it.
        host = control().connection.at(machine).base_url if not control().read_only else ""
        st.markdown(
            f"**{name}** · {machine.address} · {_state(machine)}",
            help=f"`export DOCKER_HOST={host}`" if host else None,
            width="stretch",
        )
        for port in machine.ports:
            port_link(port, address(name, port, key()))
        if swarm and machine.up and machine.swarm == "inactive":
            for role, label in (("worker", _("Join")), ("manager", _("Join as a manager"))):
                press(label, f"join_{role}", partial(_join, machine, known.machines.values(), role))
        if machine.up and machine.swarm != "inactive" and not answers:
            leave = LeaveSwarm(force=machine.role == "manager")
            press(_("Leave"), "leave", partial(_run, leave, machine))
        if not answers:
            asking = f"instance_remove_ask_{name}"
            with st.popover(_("Remove"), key=asking, disabled=control().read_only):
                st.write(
                    _(
                        "{node} is taken away, with all that is on it. If it is a node, the Swarm "
                        "is told nothing: it misses it, then lists it as down."
                    ).format(node=name)
                )
                remove = partial(do, calls.remove_machine(name))
                press(_("Remove {node}").format(node=name), "remove", remove)


def _state(machine: Machine) -> str:
    if not machine.up:
        return _("✕ no power")
    if machine.swarm == "inactive":
        return _("in no Swarm")
    return machine.role if machine.swarm == "active" else machine.swarm


def _join(machine: Machine, known: Iterable[Machine], role: str, here: Viewer) -> None:
    try:
        command = instances.join_command(control(), known, role)
    except EssaimError as refusal:
        here.done = Done("", "", refusal)
    else:
        _run(command, machine, here)


def _run(command: JoinSwarm | LeaveSwarm, machine: Machine, here: Viewer) -> None:
    cluster = control()
    run = partial(instances.run, cluster, command, machine, who())
    record(here, *instances.lines(cluster, command, machine), run)
    cluster.collector.refresh()
