"""What leads to the console, and what it takes along."""

from __future__ import annotations

import pytest
from streamlit.elements.lib import policies

from core.console.consoles import CONSOLES
from core.control.control import Control
from tests.pages.conftest import Open, fine


def test_the_files_to_build_from_are_kept_when_the_page_is_left(real: Control, visit: Open) -> None:
    app = fine(visit("build"))
    app.text_area(key="file_app.py").set_value("print(1)").run()
    viewer = app.session_state["viewer"]
    assert dict(viewer.files)["app.py"] == "print(1)"
    again = fine(visit("build", viewer=viewer))
    assert again.text_area(key="file_app.py").value == "print(1)"
    fine(again.button(key="reset_files").click().run())
    assert "streamlit" in str(again.text_area(key="file_app.py").value)
    assert "streamlit" in viewer.files["app.py"]


def test_the_courses_files_come_back_without_a_warning_in_the_servers_log(
    real: Control, visit: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    warned = "_shown_default_value_warning"  # Streamlit logs it once for each process
    monkeypatch.setattr(policies, warned, False)
    app = fine(visit("build"))
    app.text_area(key="file_app.py").set_value("print(1)").run()
    fine(app.button(key="reset_files").click().run())
    assert "streamlit" in str(app.text_area(key="file_app.py").value)
    assert not getattr(policies, warned)


def test_what_was_done_leads_to_the_console(cluster: Control, visit: Open) -> None:
    app = fine(visit("cluster"))
    fine(app.button(key="create").click().run())
    (link,) = app.get("page_link")
    assert "line=docker" in link.proto.query_string


def test_a_ticket_waits_until_it_is_used(cluster: Control, visit: Open) -> None:
    app = fine(visit("console"))
    first = app.session_state["console_ticket"]
    assert fine(app.run()).session_state["console_ticket"] == first
    redeemed = CONSOLES.grants.redeem(first[0])
    assert redeemed is not None
    assert redeemed.control is cluster
    assert fine(app.run()).session_state["console_ticket"] != first
