"""Build: the course's demo app, from two files to an image, a container and an open page."""

from contextlib import suppress

import streamlit as st

from core.cluster.snapshot import Container
from core.commands.build import BuildImage
from core.commands.container_logs import ContainerLogs
from core.commands.containers import RemoveContainers, StopContainers
from core.commands.runs import RunContainer
from core.errors import InvalidCommand
from core.ui import build_folder, jobs
from core.ui.build_folder import FILES, written
from core.ui.forms import number, port, row
from core.ui.frame import engine_missing, head, locked_hint
from core.ui.lines import asking_button, button, last_action
from core.ui.links import free_port, open_links
from core.ui.output import on_opening
from core.ui.script_runs import caught
from core.ui.session import _, control, may, viewer

#: What the demo app listens on inside its container.
APP_PORT = 8080


def edit() -> tuple[tuple[str, str], ...]:
    """Fields for the two files, with the viewer's last texts."""
    # Kept in the viewer: a widget's state ends with its page, and the console builds them too.
    kept = viewer().files
    columns = st.columns(2)
    for name, column in zip(FILES, columns, strict=True):
        key = f"file_{name}"
        st.session_state.setdefault(key, kept.get(name, written(name)))
        kept[name] = str(column.text_area(name, key=key, height=260))
    return tuple((name, kept[name]) for name in FILES)


def reset() -> None:
    for name in FILES:
        st.session_state[f"file_{name}"] = written(name)


def build() -> None:
    there = build_folder.on_machine()
    files: tuple[tuple[str, str], ...] = ()
    if there:
        build_folder.edit()
    else:
        files = edit()
    form = st.form("build_image", border=False)
    with form.container(horizontal=True, vertical_alignment="bottom"):
        tag = st.text_input(_("Image name"), "my-streamlit-app", key="tag", width=280)
        if st.form_submit_button(
            _("Build the image"),
            key="build",
            type="primary",
            icon=":material/construction:",
            disabled=not may(BuildImage) or jobs.running("building"),
        ):
            here = build_folder.FOLDER if there else ""
            jobs.start(
                "building",
                lambda: BuildImage(tag=(tag.strip(),), path=".", files=files, here=here),
            )
    if there:
        build_folder.unsaved_hint()
        build_folder.put_back_button()
    else:
        st.button(_("Back to the course's files"), key="reset_files", on_click=caught(reset))
    jobs.show("building")


def run(image: str) -> None:
    """Start the image on a port, and list its containers."""
    # Always a free port: pressed twice, it makes two containers.
    with suppress(InvalidCommand):
        wanted = port(st.session_state.get("run_port", APP_PORT))
        st.session_state["run_port"] = float(free_port(wanted))
    form = st.form("run_image", border=False)
    with form.container(horizontal=True, vertical_alignment="bottom"):
        number(_("Port on this machine"), APP_PORT, key="run_port", width=180)
        button(
            _("Run it"),
            lambda: RunContainer(
                detach=True,
                publish=(f"{port(st.session_state['run_port'])}:{APP_PORT}",),
                image=image,
            ),
            RunContainer,
            key="run",
            icon=":material/play_arrow:",
            primary=True,
            form=True,
        )
    mine = [c for c in control().snapshot.containers if c.image == image]
    if not mine:
        st.caption(_("Nothing runs from this image yet."))
    for container in mine:
        running(container)


def running(container: Container) -> None:
    one = (container.name,)
    with st.container(border=True):
        with row():
            st.markdown(f"**{container.name}** · {container.status}")
            if container.state == "running":
                open_links(container.ports)
            button(
                _("Stop"),
                lambda: StopContainers(containers=one),
                StopContainers,
                key=f"stop_{container.id}",
                icon=":material/stop:",
                disabled=container.state != "running",
            )
            asking_button(
                _("Remove"),
                _("What it wrote in its own file system is lost."),
                lambda: RemoveContainers(force=True, containers=one),
                RemoveContainers,
                key=f"remove_{container.id}",
                icon=":material/delete:",
            )
        logs = ContainerLogs(tail="100", container=container.name)
        on_opening(_("Logs"), logs, f"logs_{container.id}")


head(_("Build"))
if not engine_missing():
    locked_hint()
    last_action()
    st.write(
        _(
            "An image is made from a Dockerfile and the files beside it. Change app.py, build "
            "again, and run the new image: the old container keeps the old one."
        )
    )
    build()
    built = st.session_state.get("tag", "").strip() or "my-streamlit-app"
    tags = {tag for image in control().snapshot.images for tag in image.tags}
    if built in tags or f"{built}:latest" in tags:
        st.header(_("Run it"), anchor=False)
        run(built)
