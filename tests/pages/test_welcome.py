"""The welcome: who gets it, what it leads to, and what it keeps."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.control.control import Control
from core.ui.choices import ROLES
from tests.pages.conftest import PAGES, Open, fine


def links(app: AppTest) -> dict[str, str]:
    """The links that lead to pages, by their label: page and query."""
    found: dict[str, Any] = {each.proto.label: each.proto for each in app.get("page_link")}
    return {
        label: f"{proto.page}?{proto.query_string}".rstrip("?") for label, proto in found.items()
    }


def test_the_three_roles_lead_to_their_beginnings(cluster: Control, visit: Open) -> None:
    leads = links(fine(visit("welcome")))
    assert leads["I learn"] == "welcome?role=learn"
    assert leads["I teach"] == "welcome?role=teach"
    assert leads["I operate"] == "welcome?role=operate"


@pytest.mark.parametrize(
    ("role", "pages"),
    [
        ("learn", {"labs?lab=lab1", "labs?lab=lab3", "console"}),
        ("teach", {"board", "projector"}),
        ("operate", {"", "services"}),
    ],
)
def test_a_role_begins_on_pages_of_its_own(role: str, pages: set[str], cluster: Control) -> None:
    app = AppTest.from_file(str(PAGES / "welcome.py"), default_timeout=30)
    app.query_params["role"] = role
    app.session_state["choices"] = {"lang": "en"}
    leads = links(fine(app.run()))
    assert pages <= set(leads.values())
    assert app.session_state["choices_made"] == {"role": role}
    others = {f"welcome?role={other}" for other in ROLES if other != role}
    assert others <= set(leads.values())


def test_the_class_is_sent_to_the_address_and_not_to_the_teachers_cluster(
    cluster: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ESSAIM_URL", "https://essaim.example.org/")
    app = AppTest.from_file(str(PAGES / "welcome.py"), default_timeout=30)
    app.query_params["role"] = "teach"
    fine(app.run())
    images = [each.proto.body for each in app.get("html") if "QR:" in each.proto.body]
    assert len(images) == 1
    assert 'alt="QR: https://essaim.example.org/"' in images[0]


@pytest.mark.parametrize("page", ["nodes", "labs", "board", "welcome"])
def test_a_question_mark_leads_back_to_it(cluster: Control, visit: Open, page: str) -> None:
    assert links(fine(visit(page)))["Where to begin"] == "welcome?role=operate"


def test_a_real_engine_says_who_may_change_it(real: Control) -> None:
    app = AppTest.from_file(str(PAGES / "welcome.py"), default_timeout=30)
    app.query_params["role"] = "operate"
    app.session_state["choices"] = {"lang": "en"}
    texts = [each.value for each in fine(app.run()).markdown]
    assert any("All may look at this engine" in text for text in texts)
