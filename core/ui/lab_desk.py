"""What a lab's step has beside it: the terminals or the console, the live cluster, the files."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core.cluster.snapshot import Service
from core.commands.execs import ExecContainer
from core.control.instances import worker_token
from core.labs.lab import Lab, Step
from core.labs.lines import ELSEWHERE, Line, lines, look
from core.traffic.endpoints import open_ports
from core.traffic.plan import Plan
from core.ui import machines
from core.ui.console import console
from core.ui.files import files_panel
from core.ui.forms import row
from core.ui.instances import joins
from core.ui.labs import picture
from core.ui.lines import last_action
from core.ui.links import node_links, open_links
from core.ui.live import component
from core.ui.session import _, control, may, viewer
from core.ui.steering import create, looked_at, steer
from core.ui.swarm import first_swarm
from core.ui.traffic import strip

_lines = component("lines", "labs.css")


def step_lines(lab: Lab, step: Step) -> tuple[tuple[Line, ...], tuple[Line, ...]]:
    """The lines of a step that do it, and those that only look."""
    facts = control().labs.facts(lab.name)

    def token() -> str:
        return worker_token(control(), viewer().right)

    return lines(step, facts, token), look(step, facts, token)


def typed(shown: tuple[Line, ...], key: str) -> None:
    """Lines to type, each with a button that types it on its machine."""
    first, practice = machines.first(), machines.there()
    _lines(
        key=f"lines_{key}",
        lines=[
            {
                "text": line.text,
                "machine": line.machine or first,
                "where": _where(line, first, practice),
                "runs": _runs(line, practice),
            }
            for line in shown
        ],
        words={
            "run": _("Run"),
            "run_line": _("Run on {machine}: {line}"),
            "copy": _("Copy"),
            "copied": _("Copied."),
            "up": _("The step") if key == "do" else "",
        },
    )


def _where(line: Line, first: str, practice: bool) -> str:
    machine = _("another machine") if line.machine == ELSEWHERE else line.machine or first
    if practice or (line.text.startswith("docker ") and not line.machine):
        return machine
    return _("{machine}, in a terminal of its own").format(machine=machine)


def _runs(line: Line, practice: bool) -> bool:
    if not line.ready or not may(ExecContainer):
        return False
    # The console beside the step reads docker lines, on the engine that answers.
    return practice or (not line.machine and line.text.startswith("docker "))


def desk(lab: Lab) -> None:
    """The tabs beside the step. They stay as they are while the steps change."""
    practice = machines.there()
    names = [_("Terminals") if practice else _("Console"), _("Cluster")]
    if practice and not control().read_only:
        names.append(_("Files"))
    tabs = st.tabs(names)
    with tabs[0]:
        console(lab.name)
    with tabs[1]:
        _live(lab)
    if len(tabs) > 2:
        with tabs[2]:
            files_panel(machines.first(), follows=True)


def _live(lab: Lab) -> None:
    """The cluster, live, with the buttons that do what a lab asks for."""
    now = control().snapshot
    swarm = bool(now.nodes)
    picture(lab.start != "engine", leads=False)
    if lab.start == "engine":
        _open_containers()
        return
    # In places of their own, empty or not: a form that moves loses what was typed into it.
    with st.container(key="lab_joins"):
        joins()
    with st.container(key="lab_service", gap="small"):
        if not swarm and now.engine:
            first_swarm(now.engine)
        elif swarm and now.workloads:
            service = looked_at()
            steer(service)
            _reach(service)
        elif swarm:
            create()
    if swarm:
        last_action()


def _reach(service: Service) -> None:
    """Links to what the service publishes, and requests to it."""
    with row():
        node_links(service)
    if ports := open_ports(service):
        strip(partial(Plan, service.id, ports[0].published, rate=10, seconds=60))


def _open_containers() -> None:
    """Links to what containers of this engine publish."""
    ports = {
        port.published: port
        for container in control().snapshot.containers
        if container.state == "running" and not container.service
        for port in container.ports
    }
    with row():
        open_links(ports.values())
