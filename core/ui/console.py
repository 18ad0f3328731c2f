"""The console, the small picture beside it, and links and buttons that open the console."""

from __future__ import annotations

import hashlib
import secrets

import streamlit as st

from core.commands.execs import ExecContainer
from core.commands.nodes import UpdateNode
from core.console.consoles import CONSOLES
from core.console.grant import Grant
from core.control import instances
from core.live.routes import INSTANCE
from core.ui import machines, tiles
from core.ui.live import component, ignore, require_availability, tile_words
from core.ui.places import place
from core.ui.session import _, browser, control, may, own_key, unlocked, viewer, who
from core.ui.session import key as cluster_key

_console = component("console", "xterm.css", "console.css")

_picture = component("picture", "board.css", "console.css")


def link(line: str, *, small: bool = False) -> None:
    """A link that opens the console with this line typed in. small: beside the line itself."""
    show = _("Show in the console")
    st.page_link(
        place("console"),
        label=_("Console") if small else show,
        icon=":material/terminal:",
        help=show if small else None,
        query_params={"line": line},
    )


def terminal_button(container: str, *, disabled: bool) -> None:
    """A button that opens a shell in a running container, on the console's page."""
    if st.button(
        _("Open a terminal"),
        key="open_terminal",
        icon=":material/terminal:",
        help=_("A shell inside this container, as by docker exec -it."),
        disabled=disabled or not may(ExecContainer),
    ):
        if machines.there():
            machines.wish(container=container)
            st.switch_page(place("console"))
        line = ExecContainer(interactive=True, tty=True, container=container, command=("sh",))
        # Not by the address: a link from elsewhere could then run something, too.
        st.session_state["console_run"] = {"id": secrets.token_hex(8), "line": line.line()}
        st.switch_page(place("console"))


def console(opened: str = "") -> None:
    """The terminals on the machines; else a prompt with its output, and the open terminals.

    opened: the lab beside which they stand.
    """
    if machines.there():
        if line := st.query_params.get("line", ""):
            # Out of the address with it: a reload types it no second time.
            del st.query_params["line"]
            machine, line = machines.placed(line)
            machines.wish(machine, line=line)
        machines.terminals(_ticket(), opened)
        return
    # A restart gives the viewer's own cluster a new key: without it, the console's past is kept.
    place = f"{'' if cluster_key() == own_key() else cluster_key()} {unlocked()}"
    _console(
        ticket=_ticket(),
        # Another cluster or other rights are another session.
        instance=INSTANCE,
        unlocked=unlocked(),
        place=hashlib.sha256(place.encode()).hexdigest()[:12],
        line=st.query_params.get("line", ""),
        run=st.session_state.get("console_run"),
        words={
            "console": _("Console"),
            "prompt": _("Docker line"),
            "placeholder": _("docker ps, or help"),
            "run": _("Run"),
            "complete": _("Complete (Tab)"),
            "clear": _("Clear"),
            "shell": _("Copy as a shell script"),
            "python": _("Copy as a Python script"),
            "copied": _("Copied."),
            "stop": _("Stop (Ctrl-C)"),
            "waiting": _("Connecting…"),
            "welcome": _(
                "Type docker lines as on a machine: this cluster answers. help lists them, Tab "
                "completes, ↑ and ↓ go through what you typed."
            ),
            "opened": _("{title} runs in a terminal of its own."),
            "close": _("Close {title}"),
            "ended": _("It has ended, with exit code {code}"),
            "over": _("It has ended"),
            "idle": _("Hung up: nobody used it for long"),
            "enter": _("Enter closes this terminal."),
            "lost": _("The connection is lost: trying again"),
            "skipped": _("left out: the line before it was refused"),
            "again": _("Essaim was started again. What stands above was answered before."),
        },
        on={"again": ignore},
    )


def picture() -> None:
    """A small live picture of the nodes and their tasks."""
    _picture(
        swarm=True,
        may=may(UpdateNode),
        menu=tiles.rights(),
        words={
            **tile_words(),
            "by_design": "",
            "alone": _("No Swarm yet: docker swarm init makes one, and its nodes appear here."),
        },
        on={"availability": require_availability, "tile": tiles.wanted},
    )
    tiles.shown(leads=False)


def _ticket() -> str:
    """An unused ticket for this viewer."""
    here, cluster, name, asking = viewer(), control(), who(), browser()
    held, owner = st.session_state.get("console_ticket", ("", None))
    if owner is not cluster or not CONSOLES.grants.waits(held):
        held = CONSOLES.grants.issue(
            Grant(
                cluster,
                name,
                lambda: here.right,
                lambda: tuple(here.files.items()),
                lambda host, command: instances.run_at(cluster, host, command, name),
                asking,
            ),
            asking,
        )
        st.session_state["console_ticket"] = (held, cluster)
    return str(held)
