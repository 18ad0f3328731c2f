"""Every page, in both languages, in every state that a cluster can be in."""

from __future__ import annotations

import pytest

from core.control.control import Control
from core.i18n import LANGUAGES, translation
from tests.pages.conftest import PAGES, Open, fine

NAMES = sorted(path.stem for path in PAGES.glob("*.py"))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", NAMES)
def test_it_paints(cluster: Control, visit: Open, page: str, language: str) -> None:
    app = fine(visit(page, language))
    assert app.title[0].value == translation(language).gettext(page.capitalize())


@pytest.mark.parametrize("page", NAMES)
def test_without_a_swarm(alone: Control, visit: Open, page: str) -> None:
    fine(visit(page))


@pytest.mark.parametrize("page", NAMES)
def test_without_an_engine(gone: Control, visit: Open, page: str) -> None:
    app = fine(visit(page))
    assert "No engine answers" in app.warning[0].value


@pytest.mark.parametrize("page", NAMES)
def test_a_real_engine_lets_strangers_only_look(real: Control, visit: Open, page: str) -> None:
    """Whatever could be pressed without the password must change nothing."""
    app = fine(visit(page))
    harmless = {"unlock", "reset_files"}
    enabled = {b.key for b in app.button if b.key and not b.disabled and not b.form_id}
    enabled = {key for key in enabled if not key.startswith("look_")}  # leads to what is only read
    assert enabled <= harmless
    assert all(b.disabled for b in app.button if b.form_id and b.form_id != "unlock")
    assert all(slider.disabled for slider in app.slider)


def test_the_first_swarm_is_made_at_a_click(alone: Control, visit: Open) -> None:
    app = fine(visit("cluster"))
    fine(app.button(key="init_swarm").click().run())
    assert alone.snapshot.engine is not None
    assert alone.snapshot.engine.manager
    assert [node.hostname for node in alone.snapshot.nodes] == ["node1"]
