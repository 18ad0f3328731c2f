"""What a tile's menu does: logs, a terminal, a kill, and why its task is on its node."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st
from pandas import DataFrame

from core.cluster.snapshot import ClusterSnapshot, Task
from core.commands.containers import KillContainers
from core.commands.execs import ExecContainer
from core.commands.service_logs import ServiceLogs
from core.control import instances
from core.engine.practice import Machine
from core.presentation.why_here import why_here
from core.ui import machines
from core.ui.forms import escaped
from core.ui.live import component, set_availability, tile_words
from core.ui.output import answer
from core.ui.session import _, act, control, may, read_only_notice, record, viewer, who

#: In the session's state: the task whose logs or placing are shown, and which of both.
SHOWN = "tile_shown"
#: Set where a page must lead to the console, which a callback cannot do.
LEADS = "tile_leads"

_board = component("board", "board.css")


def board(service: str, may_act: bool) -> None:
    """The cluster's picture.

    service: the id of the shown one, '' where there is none. may_act: whether the nodes' buttons
    work.
    """
    _board(
        service=service,
        may=may_act,
        menu=rights(),
        words={
            "bars": _("Replicas per node, now"),
            "past": _("Running replicas over time"),
            **tile_words(),
        },
        on={"availability": set_availability, "tile": wanted},
    )
    shown()


def rights() -> dict[str, str]:
    """What keeps this viewer from an entry of the menus, by entry; '' where nothing does.

    here: the id of the only node on which the engine can reach containers, '' for every node.
    """
    engine = control().snapshot.engine
    locked = read_only_notice() or _("This is a real engine: unlock it first.")
    return {
        "here": "" if control().practice or engine is None else engine.node_id,
        "logs": "" if may(ServiceLogs) else locked,
        "terminal": "" if may(ExecContainer) else locked,
        "kill": "" if may(KillContainers) else locked,
    }


def wanted(request: dict[str, Any] | None) -> None:
    """Do what a tile's menu asks for. request: {task: id, part: logs | why | terminal | kill}."""
    here = control().snapshot
    task = _task(here, str(request.get("task"))) if request else None
    part = str(request.get("part")) if request else ""
    if task is None:
        return
    if part in ("logs", "why"):
        st.session_state[SHOWN] = {"task": task.id, "part": part}
    elif part == "terminal" and task.container_id and may(ExecContainer):
        _terminal(here, task)
    elif part == "kill" and task.container_id and may(KillContainers):
        _kill(here, task)


def shown(*, leads: bool = True) -> None:
    """Show what a menu has asked for; a page that has menus calls it.

    leads: to the console where a terminal was asked for. Else this page shows terminals itself.
    """
    if st.session_state.pop(LEADS, False) and leads:
        st.switch_page("pages/console.py")
    asked = st.session_state.get(SHOWN)
    here = control().snapshot
    task = _task(here, asked["task"]) if asked else None
    if not asked or task is None:
        return
    node = here.hostname(task.node_id) if task.node_id else _("no node")
    titles = {"logs": _("Logs of {name} on {node}"), "why": _("Why is {name} on {node}?")}
    title = titles[asked["part"]].format(name=here.replica(task), node=node)
    draw = {"logs": _logs, "why": _why}[asked["part"]]
    st.dialog(title, width="medium", on_dismiss=_close)(partial(draw, task))()


def _close() -> None:
    st.session_state.pop(SHOWN, None)


def _task(snapshot: ClusterSnapshot, id: str) -> Task | None:
    return next((task for task in snapshot.tasks if task.id == id), None)


def _logs(task: Task) -> None:
    command = ServiceLogs(tail="200", raw=True, service=task.id)
    st.code(command.line(), language="shell", wrap_lines=True)
    answer(command, height=360)


def _why(task: Task) -> None:
    placing = why_here(control().snapshot, task, _)
    for sentence in placing.told:
        st.write(escaped(sentence))  # it quotes constraints, which anybody may have written
    rows = DataFrame(
        {
            _("Node"): f"{each.node}\u00a0◀" if each.here else each.node,
            _("Takes a task"): f"✕ {escaped(each.why_not)}" if each.why_not else _("✓ yes"),
            _("Replicas then"): each.before,
            _("Replicas now"): each.now,
        }
        for each in placing.candidates
    )
    st.table(rows.set_index(_("Node")))
    st.caption(
        _(
            "Then: the replicas that were there before this one and that Swarm still lists. "
            "Reserved memory and CPU, host ports, platforms and placement preferences count as "
            "well; this page does not see them."
        )
    )


def _machine(snapshot: ClusterSnapshot, task: Task) -> Machine | None:
    """The practice machine of the task's node; None where there is none."""
    node = snapshot.node(task.node_id)
    found = control().machines.current() if control().practice else ()
    return next((each for each in found if node and each.name == node.hostname), None)


def _terminal(snapshot: ClusterSnapshot, task: Task) -> None:
    shell = ExecContainer(
        interactive=True, tty=True, container=task.container_id[:12], command=("sh",)
    )
    node = snapshot.node(task.node_id)
    if machines.there():
        # A container is reached from its own machine: the line is typed there.
        machines.wish(node.hostname if node else "", line=shell.line(), run=True)
    else:
        st.session_state["console_run"] = {"id": secrets.token_hex(8), "line": shell.line()}
    st.session_state[LEADS] = True


def _kill(snapshot: ClusterSnapshot, task: Task) -> None:
    command = KillContainers(containers=(task.container_id[:12],))
    machine, engine = _machine(snapshot, task), snapshot.engine
    if machine is None or (engine and engine.name == machine.name):
        act(lambda: command)
        return
    line, python = instances.lines(control(), command, machine)
    run: Callable[[], str] = partial(instances.run, control(), command, machine, who())
    record(viewer(), line, python, run)
