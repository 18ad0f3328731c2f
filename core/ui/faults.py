"""Switches for the faults of a practice cluster: power, network, disk, registry and clock."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.control import faults
from core.control.faults import Conditions
from core.engine.practice import Call, Machine, calls
from core.errors import EssaimError
from core.i18n import number
from core.ui.forms import row
from core.ui.lines import practice_button
from core.ui.script_runs import caught
from core.ui.session import Viewer, _, answers_here, control, record, viewer, who

RATES = (16_000_000.0, 1_000_000.0, 100_000.0)  # bytes per second
SWITCH = 98  # pixels: three fit on a phone
FACTORS = (1.0, 5.0, 20.0, 100.0)


def conditions() -> Conditions | None:
    """The faults of the practice cluster; None on a real one, and where nobody answers."""
    engine = control().snapshot.engine
    if not (control().practice and engine and engine.practice):
        return None
    try:
        return faults.conditions(control())
    except EssaimError:
        return None  # the line at the top of the page says that nobody answers


def states(known: Conditions) -> dict[str, str]:
    """The state of each machine by its name, in the viewer's language."""

    def state(machine: Machine) -> str:
        wrong = (
            (not machine.up, _("✕ no power")),
            (machine.cut, _("✕ off the network")),
            (machine.full, _("✕ disk full")),
        )
        return ", ".join(text for so, text in wrong if so) or _("✓ sound")

    return {name: state(machine) for name, machine in known.machines.items()}


def image(place: DeltaGenerator) -> str:
    """A field for one of the images that misbehave; '' where none is chosen."""
    try:
        found = faults.misbehaving(control())
    except EssaimError:
        found = {}
    chosen = place.selectbox(
        _("or one that misbehaves"),
        list(found),
        index=None,
        format_func=lambda name: f"{name}: {found[name]}",
        placeholder=_("none: the image beside this"),
    )
    return chosen or ""


def panel(known: Conditions) -> None:
    """The switches: a row for each machine, and one for the registry and the clock."""
    sound = known.registry_up and known.registry_rate == RATES[0]
    with st.container(border=True, key="faults", gap="small"):
        with row(gap="small"):
            st.markdown(f":material/bolt: **{_('Faults')}**", help=_explained(), width="stretch")
            practice_button(
                _("Mend everything"),
                partial(do, calls.mend()),
                key="mend",
                icon=":material/healing:",
                disabled=sound and all(machine.sound for machine in known.machines.values()),
            )
        # In a place of their own: one machine more leaves an open list below them open.
        with st.container(gap="small"):
            for machine in known.machines.values():
                _machine(machine)
        with st.container(horizontal=True, gap="medium"):
            _registry(known)
            _clock(known)
        not_noticed(known)


def _explained() -> str:
    said = _(
        "Practice only, no docker command: on real machines, somebody pulls the plug. "
        "The Swarm is told nothing and has to notice."
    )
    parts = (
        (_("Power"), _("Off: its containers end at once.")),
        (_("Network"), _("Off: its containers run on, and no other machine hears of it.")),
        (
            _("Disk"),
            _("Off: pulls, new containers and writes find no space left on the device."),
        ),
    )
    listed = [f"- **{part}.** {text}" for part, text in parts]
    engine = control().snapshot.engine
    mine = _("This node answers Essaim: without it, nobody would.")
    return "\n".join([said, "", *listed, f"- **{engine.name if engine else ''}.** {mine}"])


def _machine(machine: Machine) -> None:
    name = machine.name
    with row(gap="small", key=f"machine_{name}"):
        st.markdown(f"**{name}**", width=64)
        _switch(_("Power"), f"power_{name}", machine.up, faults.power, machine)
        _switch(_("Network"), f"cable_{name}", not machine.cut, faults.cable, machine)
        _switch(_("Disk"), f"disk_{name}", not machine.full, faults.disk, machine)


def _switch(
    label: str, key: str, on: bool, fault: Callable[[str, bool], Call[None]], machine: Machine
) -> None:
    """A switch that shows the machine's state, even after a refused turn or another's."""
    st.session_state[key] = on
    st.toggle(
        label,
        key=key,
        disabled=control().read_only or (fault is faults.power and answers_here(machine.name)),
        width=SWITCH,
        on_change=caught(do),
        args=(fault(machine.name, not on), viewer()),
    )


def _registry(known: Conditions) -> None:
    names = {
        0.0: _("down"),
        RATES[0]: _("fast"),
        RATES[1]: _("slow (1 MB/s)"),
        RATES[2]: _("very slow (100 kB/s)"),
    }
    now = known.registry_rate if known.registry_up else 0.0
    names.setdefault(now, _("{rate} MB/s").format(rate=number(now / 1e6, _, 1)))
    _choice(
        _("Registry"),
        "registry",
        names,
        now,
        lambda rate: calls.set_registry(rate, up=True) if rate else calls.set_registry(up=False),
        _("How fast images are pulled. A pull that is under way goes on as it began."),
    )


def _clock(known: Conditions) -> None:
    now = 0.0 if known.paused else known.factor
    factors = sorted({*FACTORS, now} - {0.0})
    _choice(
        _("Simulated time"),
        "clock",
        {0.0: _("stopped")} | {factor: f"× {factor:g}" for factor in factors},
        now,
        lambda factor: calls.set_clock(factor, False) if factor else calls.set_clock(paused=True),
        _("How many times as fast as a real clock the cluster lives."),
    )


def _choice(
    label: str,
    key: str,
    names: dict[float, str],
    now: float,
    fault: Callable[[float], Call[Any]],
    help: str,
) -> None:
    """A list that shows the present value; choosing another one makes its fault."""
    st.session_state[key] = now
    st.selectbox(
        label,
        list(names),
        format_func=lambda value: names[value],
        key=key,
        on_change=caught(lambda here: do(fault(st.session_state[key]), here)),
        args=(viewer(),),
        width=220,
        disabled=control().read_only,
        help=help,
    )


def not_noticed(known: Conditions) -> bool:
    """Name the unnoticed machines; whether there are any."""
    if gone := unnoticed(known):
        st.caption(
            _(
                "{node}: out of reach, and the managers do not know it yet. They wait for three "
                "heartbeats, 8 to 17 seconds. Then it is down, and its replicas are replaced."
            ).format(node=", ".join(gone))
        )
    return bool(gone)


def unnoticed(known: Conditions) -> list[str]:
    """The machines out of reach that the managers still count as ready."""
    gone = {m.name for m in known.machines.values() if not m.up or m.cut}
    return sorted(gone & {n.hostname for n in control().snapshot.nodes if n.state == "ready"})


def do(call: Call[Any], here: Viewer) -> None:
    """Make a call of the practice engine's own, as the viewer's last action."""
    cluster = control()
    record(here, *faults.lines(cluster, call), partial(faults.do, cluster, call, who()))
