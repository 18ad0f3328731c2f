"""The Share popover, where each learner has a cluster of their own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from streamlit.testing.v1 import AppTest

from core.control.access import Access
from core.control.classroom import Classroom
from core.engine import keys
from core.engine.connection import Practice
from core.i18n import LANGUAGES, translation
from tests.pages.conftest import PASSWORD, Open, fine
from tests.practising import Lent


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch) -> Iterator[Classroom]:
    room = Classroom(Practice(most=2, workers=Lent()), Access({"ESSAIM_PASSWORD": PASSWORD}))
    monkeypatch.setattr("core.control.classroom._current", room)
    yield room
    room.stop()


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_shows_the_code_and_refuses_one_that_nobody_has(
    room: Classroom, visit: Open, language: str
) -> None:
    said = translation(language).gettext
    app = fine(visit("services", language))
    assert [key for key, _ in room.controls()] == [keys.DEFAULT]
    app = fine(app.button_group(key="share_way").set_value("together").run())
    assert f"### {keys.DEFAULT}" in [each.value for each in app.markdown]
    assert any(f"?cluster={keys.DEFAULT}" in code.value for code in app.code)
    [field] = [
        each
        for each in app.text_input
        if each.label == said("Code of a neighbour, or of the teacher")
    ]
    field.set_value("nobo-dyes")
    look = next(button for button in app.button if button.label == said("Look at it"))
    app = look.click().run()
    assert [each.value for each in app.error] == [said("No practice cluster has this code.")]
    assert [key for key, _ in room.controls()] == [keys.DEFAULT]


def test_its_links_lead_where_others_reach_essaim(
    room: Classroom, visit: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ESSAIM_URL", "https://swarm.example/class/")
    links = [link(visit, way) for way in ("look", "together", "own")]
    assert all(each.startswith("https://swarm.example/class/?cluster=") for each in links)
    assert links[1:] == [
        f"https://swarm.example/class/?cluster={keys.DEFAULT}",
        "https://swarm.example/class/?cluster=",
    ]
    assert len(set(links)) == 3
    monkeypatch.delenv("ESSAIM_URL")
    monkeypatch.setattr("core.ui.share._own_host", lambda: "192.0.2.7")
    assert link(visit, "look").startswith("http://192.0.2.7:")


def link(visit: Open, way: str) -> str:
    """The one address that Share shows for this way in."""
    app = fine(visit("services", share_way=way))
    [found] = [code.value for code in app.code if "cluster=" in code.value]
    return str(found)


def test_one_code_at_a_time_is_shown_large_until_it_is_closed(room: Classroom, visit: Open) -> None:
    app = fine(visit("services", share_way="together"))
    app = fine(app.button(key="look_large").click().run())
    assert dialogs(app) == ["Work together"]
    assert [each.value for each in app.markdown].count(f"### {keys.DEFAULT}") == 2
    app = fine(app.run())  # the cluster has changed meanwhile
    assert dialogs(app) == ["Work together"]


def dialogs(app: AppTest) -> list[str]:
    return [str(each.proto.dialog.title) for each in app.get("dialog")]


def test_a_learner_reads_the_own_number_on_the_board(room: Classroom, visit: Open) -> None:
    room.control("abcdefgh")
    told = [each.value for each in fine(visit("services")).caption]
    assert "On the teacher's board you are learner 2." in told


def test_a_real_engine_is_not_shared(cluster: object, visit: Open) -> None:
    app = fine(visit("services"))
    assert not [each for each in app.markdown if each.value.startswith("### ")]
