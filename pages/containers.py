"""Containers of the connected engine: run, look at, stop, start, kill, remove, prune."""

import streamlit as st

from core.cluster.snapshot import Container
from core.commands.container_logs import ContainerLogs
from core.commands.container_views import InspectContainers
from core.commands.containers import (
    KillContainers,
    PruneContainers,
    RemoveContainers,
    StopContainers,
)
from core.commands.execs import StartContainers
from core.commands.runs import RunContainer
from core.presentation import tables
from core.ui import jobs
from core.ui.console import terminal_button
from core.ui.forms import cells, row, variables, words
from core.ui.frame import engine_missing, head, locked_hint
from core.ui.lines import asking_button, button, last_action
from core.ui.links import open_links
from core.ui.output import answer, on_opening
from core.ui.selection import choose
from core.ui.session import _, control, may, seen, viewer
from core.ui.tables import table


def run() -> None:
    with st.form("run", border=False):
        cell = cells()
        image = next(cell).text_input(_("Image"), placeholder="nginx:latest")
        name = next(cell).text_input(_("Name"), placeholder=_("empty: Docker picks it"))
        publish = next(cell).text_input(_("Published ports"), placeholder="8080:80")
        command = next(cell).text_input(_("Command"), placeholder="echo hello")
        env = next(cell).text_input(_("Environment"), placeholder="COLOR=blue")
        detach = next(cell).checkbox(_("Leave it running (detached)"), value=True)
        sent = st.form_submit_button(
            _("Run a container"), type="primary", disabled=not may(RunContainer)
        )
    if sent:
        jobs.start(
            "running",
            lambda: RunContainer(
                detach=detach,
                name=name.strip(),
                publish=words(publish),
                env=variables(env),
                image=image.strip(),
                command=words(command),
            ),
        )
    jobs.show("running")
    printed()


def printed() -> None:
    """The output of the container just run in the background: docker run shows only its id."""
    job = viewer().jobs.get("running")
    if job is None or job.running or not isinstance(job.command, RunContainer):
        return
    id = job.answer.rpartition("\n")[2]  # the lines above it are of the pull
    made = next((c for c in control().snapshot.containers if c.id == id), None)
    if made and job.command.detach:
        st.caption(_("What {container} has printed so far").format(container=made.name))
        answer(ContainerLogs(tail="200", container=made.name), height=200)


def detail(container: Container) -> None:
    one = (container.name,)
    alive = container.state in ("running", "paused", "restarting")
    with row():
        button(
            _("Start"),
            lambda: StartContainers(containers=one),
            StartContainers,
            key="start",
            icon=":material/play_arrow:",
            disabled=alive,
        )
        button(
            _("Stop"),
            lambda: StopContainers(containers=one),
            StopContainers,
            key="stop",
            icon=":material/stop:",
            help=_("Asks its program to end, and waits up to ten seconds."),
            disabled=not alive,
        )
        asking_button(
            _("Kill"),
            _("It ends at once, whatever it is doing."),
            lambda: KillContainers(containers=one),
            KillContainers,
            key="kill",
            icon=":material/bolt:",
            disabled=not alive,
        )
        asking_button(
            _("Remove {container}").format(container=container.name),
            _("What it wrote in its own file system is lost."),
            lambda: RemoveContainers(force=alive, containers=one),
            RemoveContainers,
            key="remove_container",
            icon=":material/delete:",
        )
        terminal_button(container.name, disabled=container.state != "running")
        if alive:
            open_links(container.ports)
    if container.service:
        st.caption(
            _("It is a replica of {service}: Swarm replaces it when it ends.").format(
                service=container.service
            )
        )
    on_opening(_("Logs"), ContainerLogs(tail="200", container=container.name), "container_logs")
    on_opening(_("Inspect"), InspectContainers(containers=one), "container_inspect")


head(_("Containers"))
if not engine_missing():
    locked_hint()
    last_action()
    engine = control().snapshot.engine
    st.caption(
        _("What runs on {node}: Docker shows the containers of one machine at a time.").format(
            node=engine.name if engine else ""
        )
    )
    everything = st.toggle(_("Show stopped containers, too"), value=True, key="all_containers")
    shown = [c for c in seen().containers if everything or c.state == "running"]
    none = _("No container here yet: run one below.")
    table(tables.containers(shown, _), none, "containers", drawn="containers")
    names = [container.name for container in shown]
    if names:
        chosen = choose(_("Container"), names, "container")
        detail(next(c for c in shown if c.name == chosen))
    with st.expander(_("Run a container"), expanded=not names, key="run_expander"):
        run()
    asking_button(
        _("Prune"),
        _("This removes every stopped container."),
        lambda: PruneContainers(force=True),
        PruneContainers,
        key="prune_containers",
        icon=":material/cleaning_services:",
    )
