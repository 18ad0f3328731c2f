"""The pages by name: their titles and signs, for the navigation and for links between them."""

from __future__ import annotations

from pathlib import Path

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from core.i18n import later as _
from core.ui import session

PAGES = Path(__file__).parents[2] / "pages"

_PLACES = {
    "welcome": (_("Welcome"), "waving_hand"),
    "cluster": (_("Cluster"), "hub"),
    "services": (_("Services"), "layers"),
    "nodes": (_("Nodes"), "dns"),
    "images": (_("Images"), "album"),
    "containers": (_("Containers"), "deployed_code"),
    "build": (_("Build"), "construction"),
    "traffic": (_("Traffic"), "moving"),
    "lessons": (_("Lessons"), "compare"),
    "timeline": (_("Timeline"), "timeline"),
    "projector": (_("Projector"), "cast"),
    "vote": (_("Vote"), "how_to_vote"),
    "labs": (_("Labs"), "school"),
    "board": (_("Board"), "groups"),
    "console": (_("Console"), "terminal"),
}

_SECTIONS = {
    "": ("welcome", "cluster", "services", "nodes", "images", "containers", "build"),
    _("Demonstrate"): ("traffic", "lessons", "timeline", "projector", "vote"),
    _("Learn"): ("labs", "board", "console"),
}


def sections() -> dict[str, list[StreamlitPage]]:
    """The pages of the navigation, by the title of their section."""
    return {
        session._(title) if title else "": [place(name) for name in names]
        for title, names in _SECTIONS.items()
    }


def place(name: str) -> StreamlitPage:
    """The page of this name, for the navigation and as the target of links."""
    title, icon = _PLACES[name]
    return st.Page(
        PAGES / f"{name}.py",
        title=session._(title),
        icon=f":material/{icon}:",
        default=name == "cluster",
        visibility="hidden" if name == "welcome" else "visible",
    )


def leads_to(name: str, label: str = "", *, icon: str = "", **query: str) -> None:
    """A link to a page. label, icon: by default the page's. query: what else its address says."""
    sign = f":material/{icon}:" if icon else None
    st.page_link(place(name), label=label or None, icon=sign, query_params=query)
