"""Live browser components: the page passes them data, and runs their events as callbacks."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import streamlit as st

from core.commands.nodes import UpdateNode
from core.control.classroom import classroom
from core.errors import EssaimError
from core.live.messages import shape
from core.live.routes import BROWSER, FILES, INSTANCE, edition
from core.presentation.phases import PHASES
from core.ui import choices
from core.ui.script_runs import caught
from core.ui.session import _, act, control, key, language

# The scripts are modules of our own server, so that they can import one another and be cached.
LOADER = """
export default async (component) => {
  const part = await import(`${location.origin}${component.data.files}/%s.js`);
  return part.default(component);
};
"""


Callbacks = Mapping[str, Callable[[Any], object]]
NO_CALLBACKS: Callbacks = {}


def component(name: str, *styles: str, script: str = "") -> Callable[..., Any]:
    """A live component, of the browser files ``name``.html and ``name``.js, or ``script``.js.

    Returns the function that mounts it. Its arguments are the component's data, except ``key`` and
    ``on``, which takes a callback for each event: it gets the value that the browser sent.
    """
    mounted: Callable[..., Any] = st.components.v2.component(
        f"essaim_{name}",
        html=_markup(f"{name}.html"),
        css="\n".join(FILES[style].read_text(encoding="utf-8") for style in styles),
        js=LOADER % (script or name),
        isolate_styles=False,
    )

    def mount(*, key: str = name, on: Callbacks = NO_CALLBACKS, **data: Any) -> None:
        def call(event: str) -> None:
            on[event](getattr(st.session_state[key], event))

        callbacks = {f"on_{event}_change": caught(partial(call, event)) for event in on}
        mounted(key=key, data=address() | data, **callbacks)

    return mount


def _markup(file: str) -> str:
    """A browser file with markup, and with the files that it includes."""
    text = (BROWSER / file).read_text(encoding="utf-8")
    return re.sub(r"<!-- include (\S+) -->", lambda found: _markup(found[1]), text)


def ignore(value: object) -> None:
    """The callback of an event that only has the page drawn again."""


_status = component("status", "status.css")

_choices = component("choices")


def status(watch: str) -> None:
    """The engine's name and the age of the data; reruns the page when ``watch`` has changed.

    watch: ``shape``, for what nodes and services there are, or ``all``.
    """
    snapshot = control().snapshot
    waiting = _("waiting for the engine")
    stale = _("not heard for {seconds} s: what you see is old")
    kept = classroom().storage.path is not None
    _status(
        instance=INSTANCE,
        watch=watch,
        engine=" · ".join([engine_name(), *([] if kept else [_("nothing is kept")])]),
        revision=snapshot.revision,
        shape=shape(snapshot, control().notice.shown),
        words={
            "live": _("live"),
            "linking": _("connecting"),
            "waiting": waiting,
            "stale": stale if snapshot.engine else waiting,
            "unlinked": _("Essaim's server does not answer: what you see is old"),
            "again": _("Essaim was started again, so the page is drawn anew"),
        },
        names={
            "Main menu": _("Main menu"),
            "Sidebar": _("Sidebar"),
            "App pages": _("Pages"),
            "Expand sidebar": _("Open the menu of pages"),
            "Collapse sidebar": _("Close the menu of pages"),
            "Navigate to home page": _("To the first page"),
            "Clear value": _("Clear the value"),
            "Increment": _("One more"),
            "Decrement": _("One less"),
            "Show password": _("Show the password"),
            "Hide password": _("Hide the password"),
            "Skip to main content": _("Skip to main content"),
            "Help for ": _("Help: {widget}"),
            "Choose an option": _("Choose one"),
            "Copy to clipboard": _("Copy"),
            "Download as CSV": _("Download as CSV"),
            "Fullscreen": _("Full screen"),
            "Link to heading": _("Link to this heading"),
            "Search": _("Search"),
            "Show/hide columns": _("Show or hide columns"),
        },
        on={"changed": ignore},
    )


def keep_choices() -> None:
    """Have the browser keep the choices of this session."""
    if made := choices.made():
        _choices(cookie=choices.COOKIE, made=made)


def set_availability(request: dict[str, Any] | None) -> EssaimError | None:
    """Run the command that a node's button in a live picture asks for.

    request: {node: id, availability: word}. Returns the refusal, if any.
    """
    node = control().snapshot.node(str(request.get("node"))) if request else None
    word = str(request.get("availability")) if request else ""
    if node is None or word not in ("active", "pause", "drain"):
        return None
    return act(lambda: UpdateNode(availability=word, node=node.reference))


def require_availability(request: dict[str, Any] | None) -> None:
    """The same for pages that do not show the last action: raises the refusal."""
    if refused := set_availability(request):
        raise refused


def tile_words() -> dict[str, str]:
    """The texts of nodes and of their tiles."""
    return {
        "active": _("Active"),
        "pause": _("Pause"),
        "drain": _("Drain"),
        "active_help": _("The node takes new tasks"),
        "pause_help": _("The node keeps its tasks and takes no new ones"),
        "drain_help": _("The node's tasks move to other nodes"),
        "anyway": _("Drain anyway"),
        **{f"phase_{phase.key}": phase.name(_) for phase in PHASES},
        "empty": _("no replica here"),
        "nowhere": _("no node"),
        "nowhere_help": _("waiting for a node"),
        "failures": _("{count} failed before"),
        "menu_logs": _("Logs"),
        "menu_terminal": _("Terminal"),
        "menu_kill": _("Kill"),
        "menu_kill_sure": _("Kill it now"),
        "menu_why": _("Why here?"),
        "menu_elsewhere": _("only on {node}: the engine that answers reaches its own containers"),
        "menu_ended": _("it does not run"),
        "by_design": _(
            "{node} stays empty, by design: Swarm never moves replicas that run. New ones "
            "go there first, and Rebalance spreads them all again."
        ),
    }


def engine_name() -> str:
    """Practice or real, the engine's version, and the node that answers."""
    engine = control().snapshot.engine
    if engine is None:
        return _("No engine yet")
    if engine.practice:
        return _("Practice engine (simulation) {version}").format(version=engine.version)
    return _("Docker Engine {version} on {node}").format(version=engine.version, node=engine.name)


def address() -> dict[str, str]:
    """The path of our scripts and sockets, the language, and the key of the cluster."""
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    prefix = f"/{base}" if base else ""
    return {"files": f"{prefix}/live/{edition()}", "language": language(), "cluster": key()}
