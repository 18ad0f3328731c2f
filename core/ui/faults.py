"""Faults of a practice cluster: switches for what no docker command does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.control import faults
from core.control.faults import Conditions
from core.engine.practice import Call, Machine, calls
from core.errors import EssaimError
from core.i18n import number
from core.ui.script_runs import caught
from core.ui.session import Done, Viewer, _, control, viewer, who

RATES = (16_000_000.0, 1_000_000.0, 100_000.0)  # bytes per second
SWITCH = 98  # pixels: three fit on a phone
FACTORS = (1.0, 5.0, 20.0, 100.0)


def conditions() -> Conditions | None:
    """How the practice cluster fares; None on a real one, and where nobody answers."""
    engine = control().snapshot.engine
    if not (control().practice and engine and engine.practice):
        return None
    try:
        return faults.conditions(control())
    except EssaimError:
        return None  # the line at the top of the page says that nobody answers


def states(known: Conditions) -> dict[str, str]:
    """What is wrong with each machine, by its name, in the viewer's language."""
    return {name: _state(machine) for name, machine in known.machines.items()}


def _state(machine: Machine) -> str:
    wrong = (
        (not machine.up, _("✕ no power")),
        (machine.cut, _("✕ off the network")),
        (machine.full, _("✕ disk full")),
    )
    return ", ".join(text for so, text in wrong if so) or _("✓ sound")


def image(place: DeltaGenerator) -> str:
    """One of the catalogue's images that misbehave, if the viewer wants one."""
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
    """The switches: a row for each machine, one for what they share."""
    with st.container(border=True, key="faults", gap="small"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(
                f":material/bolt: **{_('Faults')}**",
                help=_explained(),
                width="stretch",
            )
            st.button(
                _("Mend everything"),
                key="mend",
                icon=":material/healing:",
                on_click=caught(do),
                args=(calls.mend(), viewer()),
                disabled=control().read_only
                or (
                    known.registry_up
                    and known.registry_rate == RATES[0]
                    and all(machine.sound for machine in known.machines.values())
                ),
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
    engine = control().snapshot.engine
    answers = engine is not None and engine.name == machine.name
    name = machine.name
    with st.container(
        horizontal=True, vertical_alignment="center", gap="small", key=f"machine_{name}"
    ):
        st.markdown(f"**{name}**", width=64)
        _switch(
            _("Power"),
            f"power_{name}",
            machine.up,
            lambda on: faults.power(name, on),
            disabled=answers,
        )
        _switch(
            _("Network"),
            f"cable_{name}",
            not machine.cut,
            lambda on: faults.cable(name, on),
        )
        _switch(
            _("Disk"),
            f"disk_{name}",
            not machine.full,
            lambda on: faults.disk(name, on),
        )


def _switch(
    label: str,
    key: str,
    on: bool,
    fault: Callable[[bool], Call[None]],
    disabled: bool = False,
) -> None:
    """A switch that is as the machine is: whoever turned it, and even if a turn was refused."""
    st.session_state[key] = on
    st.toggle(
        label,
        key=key,
        disabled=disabled or control().read_only,
        width=SWITCH,
        on_change=caught(do),
        args=(fault(not on), viewer()),
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

    def choose(here: Viewer) -> None:
        rate = st.session_state["registry"]
        do(calls.set_registry(rate, up=True) if rate else calls.set_registry(up=False), here)

    st.session_state["registry"] = now
    st.selectbox(
        _("Registry"),
        list(names),
        format_func=lambda rate: names[rate],
        key="registry",
        on_change=caught(choose),
        args=(viewer(),),
        width=220,
        disabled=control().read_only,
        help=_("How fast images are pulled. A pull that is under way goes on as it began."),
    )


def _clock(known: Conditions) -> None:
    names = {0.0: _("stopped")} | {factor: f"× {factor:g}" for factor in FACTORS}
    now = 0.0 if known.paused else known.factor
    names.setdefault(now, f"× {now:g}")

    def choose(here: Viewer) -> None:
        factor = st.session_state["clock"]
        do(calls.set_clock(factor, False) if factor else calls.set_clock(paused=True), here)

    st.session_state["clock"] = now
    st.selectbox(
        _("Simulated time"),
        sorted(names),
        format_func=lambda factor: names[factor],
        key="clock",
        on_change=caught(choose),
        args=(viewer(),),
        width=220,
        disabled=control().read_only,
        help=_("How many times as fast as a real clock the cluster lives."),
    )


def not_noticed(known: Conditions) -> bool:
    """What the managers do not know yet; whether there is something."""
    if gone := unnoticed(known):
        st.caption(
            _(
                "{node}: out of reach, and the managers do not know it yet. They wait for three "
                "heartbeats, 8 to 17 seconds. Then it is down, and its replicas are replaced."
            ).format(node=", ".join(gone))
        )
    return bool(gone)


def unnoticed(known: Conditions) -> list[str]:
    """The machines that are gone, and count as ready."""
    gone = {m.name for m in known.machines.values() if not m.up or m.cut}
    return sorted(gone & {n.hostname for n in control().snapshot.nodes if n.state == "ready"})


def do(call: Call[Any], here: Viewer) -> None:
    """Let it happen, as the viewer's last action."""
    refused: EssaimError | None = None
    try:
        faults.do(control(), call, who())
    except EssaimError as refusal:
        refused = refusal
    here.done = Done(*faults.lines(control(), call), refused)
