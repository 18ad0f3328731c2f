"""The Share popover, where each learner has a cluster of their own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

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
    links = [code.value for code in fine(visit("services")).code if "cluster=" in code.value]
    assert len(links) == 2
    assert all(link.startswith("https://swarm.example/class/?cluster=") for link in links)
    monkeypatch.delenv("ESSAIM_URL")
    monkeypatch.setattr("core.ui.share._own_host", lambda: "192.0.2.7")
    links = [code.value for code in fine(visit("services")).code if "cluster=" in code.value]
    assert all(link.startswith("http://192.0.2.7:") for link in links)


def test_a_real_engine_is_not_shared(cluster: object, visit: Open) -> None:
    app = fine(visit("services"))
    assert not [each for each in app.markdown if each.value.startswith("### ")]
