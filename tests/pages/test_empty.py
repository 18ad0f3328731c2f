"""What stands where there is nothing yet."""

from __future__ import annotations

from html import escape
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.commands.services import CreateService
from core.control.control import Control
from core.control.rights import Right
from core.ui.pictures import HEIGHT, PICTURES, WIDTH, source
from tests.pages.conftest import Open, fine
from tests.pages.test_every_page import NAMES


def drawn(app: AppTest) -> set[str]:
    """The pictures on a page."""
    bodies = "".join(each.proto.body for each in app.get("html"))
    return {name for name in PICTURES if escape(source(name)) in bodies}


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_svg_in_the_colours_of_both_themes(name: str) -> None:
    drawing = unquote(source(name).removeprefix("data:image/svg+xml,"))
    root = ElementTree.fromstring(drawing)
    assert root.attrib["viewBox"] == f"0 0 {WIDTH} {HEIGHT}"
    light, dark = (st.get_option(f"theme.{scheme}.greenColor") for scheme in ("light", "dark"))
    assert light in drawing.partition("@media")[0]
    assert dark in drawing.partition("@media")[2]


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_has_no_class_without_a_colour(name: str) -> None:
    drawing = ElementTree.fromstring(unquote(source(name).removeprefix("data:image/svg+xml,")))
    style = drawing[0].text or ""
    named = {each for part in drawing.iter() for each in part.get("class", "").split()}
    assert [each for each in named if f".{each}{{" not in style] == []


def test_it_says_what_will_be_there_and_has_the_action() -> None:
    def script() -> None:
        import streamlit as st

        from core.ui.empty import empty

        empty("board", "Nobody has *begun* yet.", lambda: st.button("Begin", key="begin"))

    app = AppTest.from_function(script, default_timeout=30).run()
    assert not app.exception
    assert app.markdown[0].value == "Nobody has *begun* yet."
    assert app.button(key="begin").label == "Begin"
    [drawn] = app.get("html")
    assert 'alt=""' in drawn.proto.body


@pytest.mark.parametrize("page", ["services", "traffic", "lessons", "vote"])
def test_a_page_without_a_service_shows_what_will_be_there(
    cluster: Control, visit: Open, page: str
) -> None:
    app = fine(visit(page))
    assert drawn(app) == {page}
    made_by = (
        "Create the service" if page == "services" else "Create web: nginx, 3 replicas, port 80"
    )
    assert [each.disabled for each in app.button if each.label == made_by] == [False]


def test_a_timeline_without_a_past_leads_to_the_cluster(cluster: Control, visit: Open) -> None:
    app = fine(visit("timeline"))
    assert drawn(app) == {"timeline"}
    assert "To the cluster" in [each.proto.label for each in app.get("page_link")]
    cluster.submit(CreateService(name="web", image="nginx", replicas=1), "test", Right())
    assert drawn(fine(visit("timeline"))) == set()


@pytest.mark.parametrize("page", ["containers", "images"])
def test_a_machine_without_anything_shows_what_will_be_there(
    alone: Control, visit: Open, page: str
) -> None:
    assert drawn(fine(visit(page))) == {page}


@pytest.mark.parametrize("page", ["cluster", "services", "traffic", "vote"])
def test_an_engine_without_a_swarm_shows_one(alone: Control, visit: Open, page: str) -> None:
    app = fine(visit(page))
    assert drawn(app) == {"swarm"}
    assert not app.button(key="init_swarm").disabled


@pytest.mark.parametrize("page", [name for name in NAMES if name != "welcome"])
def test_no_engine_is_no_blank_page(gone: Control, visit: Open, page: str) -> None:
    assert "engine" in drawn(fine(visit(page)))
