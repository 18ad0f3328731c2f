"""A class that looks on at the teacher's cluster: every page shows it, and none changes it."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from streamlit.testing.v1 import AppTest

from core.board.settings import SETTINGS
from core.commands.services import CreateService
from core.control.access import READ_ONLY, Access
from core.control.classroom import Classroom, classroom
from core.control.control import Control
from core.control.rights import NONE, Right
from core.engine import keys
from core.engine.connection import Practice
from core.i18n import LANGUAGES, translation
from core.ui import session
from tests.cluster.test_collector import until
from tests.pages.conftest import PASSWORD, Open, fine
from tests.pages.test_every_page import NAMES
from tests.practising import Lent


@pytest.fixture
def taught(monkeypatch: pytest.MonkeyPatch) -> Iterator[Control]:
    """The teacher's cluster with a service; whoever visits a page comes with the second code."""
    room = Classroom(Practice(most=1, workers=Lent()), Access({"ESSAIM_PASSWORD": PASSWORD}))
    control = room.control()
    web = CreateService(name="web", replicas=3, publish=("80:80",), image="nginx:latest")
    control.submit(web, "teacher", NONE)
    until(lambda: bool(control.snapshot.services), 30)
    code = room.viewing_code(keys.DEFAULT)
    monkeypatch.setattr("core.control.classroom._current", room)
    monkeypatch.setattr("core.engine.keys.looked_at", lambda *_: code)
    yield control
    room.stop()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", NAMES)
def test_whatever_can_be_pressed_changes_nothing(
    taught: Control, visit: Open, page: str, language: str
) -> None:
    share = keys.spelled(classroom().viewing_code(keys.DEFAULT))
    # Not even for who has the password: it is for real engines.
    app = fine(visit(page, language, viewer=session.Viewer(right=Right())))
    harmless = {"reset_files", "share_home", "board_lock"}
    enabled = {b.key for b in app.button if b.key and not b.disabled and not b.form_id}
    enabled = {key for key in enabled if not key.startswith("look_")}
    assert enabled <= harmless
    assert all(b.disabled for b in app.button if b.form_id and b.form_id != "share_visit")
    assert all(slider.disabled for slider in app.slider)
    asking = [block.proto.popover for block in app.get("popover")]
    said = translation(language).gettext
    harmless = {share, said("Open a file"), said("Names"), said("Export")}  # the board's
    assert {each.label for each in asking if not each.disabled} <= harmless
    switches = [toggle for toggle in app.toggle if toggle.key != "all_containers"]
    assert all(switch.disabled for switch in switches)
    told = translation(language).gettext(READ_ONLY)
    if page not in ("board", "timeline", "projector", "vote", "welcome"):
        assert any(told in caption.value for caption in app.caption)


@pytest.mark.parametrize("language", LANGUAGES)
def test_share_gives_on_the_code_to_look_on_and_no_other(
    taught: Control, visit: Open, language: str
) -> None:
    app = fine(visit("services", language))
    codes = [each.value for each in app.markdown if each.value.startswith("### ")]
    assert codes == [f"### {keys.spelled(classroom().viewing_code(keys.DEFAULT))}"]


def test_a_lab_that_the_teacher_shows_keeps_its_marks_and_the_teachers_name(
    taught: Control, visit: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SETTINGS, "_naming", "asked")
    taught.labs.name = "Ada"
    assert [field.label for field in fine(visit("labs")).text_input] == [
        "Code of a neighbour, or of the teacher"
    ]
    begun = taught.labs.progress("lab3")
    app = visit("labs")
    app.query_params["lab"] = "lab3"
    app = fine(app.run())
    assert app.button(key="play").disabled
    assert app.button(key="skip").disabled
    assert app.button(key="lab_reset").disabled
    assert taught.labs.progress("lab3").since == begun.since
    assert taught.labs.name == "Ada"


def test_who_looks_on_at_the_vote_is_a_voter(taught: Control, visit: Open) -> None:
    app = fine(visit("vote"))
    assert not [button for button in app.button if str(button.key).startswith("vote_")]


def test_the_codes_that_a_room_reads_from_the_projector_are_to_look_on(
    taught: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    def address() -> None:
        import streamlit as st

        from core.ui.projector import class_address

        st.text(class_address("vote", {"as": "voter"}))

    monkeypatch.setattr(
        "core.engine.keys.looked_at", lambda *_: keys.DEFAULT
    )  # the teacher's own page
    app = fine(AppTest.from_function(address, default_timeout=30).run())
    query = parse_qs(urlsplit(app.text[0].value).query)
    assert query == {
        "as": ["voter"],
        "cluster": [classroom().viewing_code(keys.DEFAULT)],
    }
