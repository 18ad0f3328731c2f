"""The projector's page, without Streamlit's frame: its component, and the commands of its keys."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Literal
from urllib.parse import urlencode

import streamlit as st

from core.cluster.snapshot import ClusterSnapshot
from core.commands.command import Command
from core.commands.nodes import UpdateNode
from core.commands.services import CreateService, ScaleServices, UpdateService
from core.control.classroom import classroom
from core.presentation import qr
from core.ui.links import free_port
from core.ui.live import component, tile_words
from core.ui.session import _, act, control, may, read_only_notice, viewer
from core.ui.session import key as cluster_key
from core.ui.share import reached_at

#: Only while the projector is drawn: its absence brings the frame back.
STYLE = """<style>
header[data-testid="stHeader"], section[data-testid="stSidebar"] { display: none; }
/* For who hears the page. */
.st-key-projector_head [data-testid="stHeading"] { position: absolute; width: 1px; height: 1px;
  overflow: hidden; clip-path: inset(50%); }
.stMainBlockContainer { padding: 0.8rem 1.2rem 0; }
.st-key-projector_head { position: fixed; inset-block-start: 0.5rem; inset-inline-end: 1.2rem;
  width: auto; max-width: 40vw; z-index: 10; }
@media (max-width: 900px) { .st-key-projector_head { position: static; max-width: none; } }
</style>"""

LEADS_TO = ("cluster", "vote")

_projector = component("projector", "board.css", "projector.css")


def projector() -> None:
    """The live cluster in large type; its keys give commands."""
    # A callback may not switch pages. A plain link would begin a new session, without the right.
    if left := st.session_state.pop("projector_left", None):
        st.switch_page(f"pages/{left}.py")
    done = viewer().done
    st.html(STYLE)
    _projector(
        may=may(ScaleServices),
        last={
            "line": done.line if done else "",
            "error": done.refused.said(_) if done and done.refused else "",
        },
        codes=[class_code("vote"), class_code("look")],
        words={**tile_words(), **_words()},
        on={"wish": _act},
    )


def _act(request: dict[str, Any] | None) -> None:
    """Run the command of a key, or note the page that the key leads to."""
    request = request or {}
    if make := command(request, control().snapshot):
        act(make)
    elif request.get("kind") == "leave" and request.get("page") in LEADS_TO:
        st.session_state["projector_left"] = request["page"]


def command(request: dict[str, Any], snapshot: ClusterSnapshot) -> Callable[[], Command] | None:
    """The command of a key; None where its service or node is gone."""
    service = snapshot.service(str(request.get("service")))
    node = snapshot.node(str(request.get("node")))
    match request.get("kind"):
        case "scale" if (
            service and isinstance(count := request.get("replicas"), int) and count >= 0
        ):
            return lambda: ScaleServices(replicas=((service.name, count),))
        case "create" if not any(not each.dashboard for each in snapshot.services):
            port = free_port(80, snapshot)
            return lambda: CreateService(
                name="web", image="nginx:latest", publish=(f"{port}:80",), replicas=3
            )
        case "rebalance" if service:
            return lambda: UpdateService(service=service.name, force=True)
        case "availability" if node and request.get("availability") in ("active", "drain"):
            return lambda: UpdateNode(availability=request["availability"], node=node.reference)
    return None


def class_code(use: Literal["vote", "look"]) -> dict[str, str]:
    """A QR code for the phones of the class: its title, address and picture."""
    title, address = {
        "vote": (_("Vote"), class_address("vote", {"as": "voter"})),
        "look": (_("Look"), class_address("")),
    }[use]
    return {"title": title, "address": address, "svg": qr.svg(address)}


def class_address(page: str, query: Mapping[str, str] = MappingProxyType({})) -> str:
    """The address at which phones in the room see a page of this viewer's cluster."""
    shared = {} if classroom().shared else {"cluster": classroom().viewing_code(cluster_key())}
    full = urlencode({**query, **shared})
    return f"{reached_at()}/{page}" + (f"?{full}" if full else "")


def _words() -> dict[str, Any]:
    return {
        "bars": _("Replicas per node, now"),
        "none": _("No service yet"),
        "create": _("create web"),
        "+": _("one replica more"),
        "-": _("one replica fewer"),
        "help": _("keys"),
        # As French keyboards have them, where French is read.
        "names": {"PgUp": _("PgUp"), "PgDn": _("PgDn"), "Esc": _("Esc")},
        "hint": [
            ["v", _("Vote")],
            ["q", _("QR code")],
            ["?", _("keys")],
            ["h", _("Cluster")],
        ],
        "yes": _("Yes (Enter)"),
        "no": _("No (Esc)"),
        "close": _("Close (Esc)"),
        "next": _("then:"),
        "locked": read_only_notice()
        or _("This is a real engine: unlock it on the Cluster page first (key h)."),
        "to_zero": _("Scale {service} to 0 replicas?"),
        "to_drain": _("Drain {node}? Its {count} replicas move to other nodes."),
        "to_drain_anyway": _("Drain {node}? {warning}"),
        "to_rebalance": _("Rebalance {service}? Its replicas are replaced one by one."),
        "keys": [
            ["↑ ↓ + -", _("one replica more, one fewer")],
            ["PgUp PgDn", _("five more, five fewer")],
            ["← →", _("another service")],
            ["1…9", _("drain this node, or activate it again")],
            ["c", _("create web, where there is no service: nginx, 3 replicas")],
            ["r", _("rebalance: a forced update")],
            ["q", _("QR codes for phones, one after the other: vote, look")],
            ["v", _("to the vote")],
            ["f", _("full screen")],
            ["h", _("back to the Cluster page")],
            ["? Esc", _("these keys, and away again")],
        ],
    }
