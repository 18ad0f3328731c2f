"""What stands where there is nothing yet."""

from __future__ import annotations

from urllib.parse import unquote
from xml.etree import ElementTree

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.ui.pictures import HEIGHT, PICTURES, WIDTH, source


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
