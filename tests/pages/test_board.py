"""The teacher's board: the password, the grid, names, files, and a look over a shoulder."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.board.settings import SETTINGS
from core.commands.registry import parse
from core.control.access import Access
from core.control.classroom import Classroom
from core.control.control import Control
from core.control.rights import NONE, Right
from core.engine import keys
from core.engine.connection import Practice
from core.i18n import LANGUAGES, translation
from core.labs.catalogue import LABS
from core.ui.session import Viewer
from core.ui.shoulder import plain_words
from tests.pages.conftest import PASSWORD, Open, fine
from tests.practising import Lent

ANNE = "abcdefgh"


@pytest.fixture(autouse=True)
def settings() -> Iterator[None]:
    SETTINGS.restore("numbers", {})
    yield
    SETTINGS.restore("numbers", {})


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch) -> Iterator[Classroom]:
    """A class of the teacher, who has begun no lab, and of one learner."""
    room = Classroom(Practice(most=3, workers=Lent()), Access({"ESSAIM_PASSWORD": PASSWORD}))
    monkeypatch.setattr("core.control.classroom._current", room)
    monkeypatch.setattr("core.control.control.Control.watched", property(lambda _self: True))
    room.control()
    room.control(ANNE).labs.progress("lab1")
    room.control(ANNE).labs.name = "Anne"
    yield room
    room.stop()


def teacher(visit: Open, language: str = "en", **state: object) -> AppTest:
    return fine(visit("board", language, viewer=Viewer(right=Right()), **state))


def grid(app: AppTest) -> dict[str, Any]:
    """What the browser is given to draw."""
    found = [json.loads(each.proto.json) for each in app.get("bidi_component")]
    [data] = [each for each in found if "columns" in each]
    return dict(data)


@pytest.mark.parametrize("generated", [False, True])
def test_the_board_is_the_teachers(cluster: Control, visit: Open, generated: bool) -> None:
    cluster.access.generated = generated  # nobody has set a password: still it is not for all
    cluster.labs.progress("lab3")
    app = fine(visit("board"))
    assert "grid" not in [each.key for each in app.get("bidi_component")]
    app.text_input[0].set_value(PASSWORD)
    app = fine(next(b for b in app.button if b.form_id == "unlock").click().run())
    assert [row["name"] for row in grid(app)["rows"]] == ["Learner 1"]


def test_a_reload_of_the_board_asks_for_no_password_until_lock(
    cluster: Control, visit: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.ui.session.browser", lambda: "ada")
    app = visit("board")
    app.text_input[0].set_value(PASSWORD)
    fine(next(b for b in app.button if b.form_id == "unlock").click().run())
    again = fine(visit("board"))
    assert not [field for field in again.text_input if field.label == "Password"]
    fine(again.button(key="board_lock").click().run())
    assert fine(visit("board")).text_input[0].label == "Password"


def test_a_real_engine_remembers_nobody(
    real: Control, visit: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.ui.session.browser", lambda: "ada")
    teacher(visit)
    assert not fine(visit("board")).radio


def test_a_cluster_that_everybody_shares_says_so_and_is_looked_at_already(
    cluster: Control, visit: Open
) -> None:
    cluster.labs.progress("lab3")
    app = teacher(visit)
    assert any("Everybody shares this cluster" in caption.value for caption in app.caption)
    assert [row["looks"] for row in grid(app)["rows"]] == [False]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_grid_shows_the_lab_where_most_are_and_leads_to_its_steps(
    room: Classroom, visit: Open, language: str
) -> None:
    said = translation(language).gettext
    app = teacher(visit, language)
    shown = grid(app)
    lab1 = LABS[0]
    assert [column["link"] for column in shown["columns"]] == [
        f"labs?lab=lab1&step={number}" for number in range(1, len(lab1.steps) + 1)
    ]
    assert [column["here"] for column in shown["columns"]] == [1] + [0] * (len(lab1.steps) - 1)
    [row] = shown["rows"]  # the teacher's own cluster is none
    assert row["name"] == said("Learner {number}").format(number=2)
    assert row["marks"] == ["at"] + ["open"] * (len(lab1.steps) - 1)
    links = [each.proto.query_string for each in app.get("page_link")]
    assert "lab=lab1&step=1" in links
    every = grid(teacher(visit, language, board_lab="all"))
    assert len(every["columns"]) == len(LABS)
    assert every["rows"][0]["texts"] == [f"0/{len(lab1.steps)}"] + [""] * (len(LABS) - 1)


def test_learners_are_called_as_the_teacher_chooses(room: Classroom, visit: Open) -> None:
    app = teacher(visit)
    app = fine(app.radio(key="naming").set_value("asked").run())
    assert [row["name"] for row in grid(app)["rows"]] == ["Anne"]
    app = fine(app.radio(key="naming").set_value("own").run())
    assert [row["name"] for row in grid(app)["rows"]] == ["Learner 2"]
    app = fine(app.text_area(key="own_names").set_value("me\nA. Lovelace\nnobody").run())
    assert [row["name"] for row in grid(app)["rows"]] == ["A. Lovelace"]
    assert app.text_area(key="own_names").value == "me\nA. Lovelace"


def test_first_names_are_asked_for_when_the_teacher_wants_them(
    room: Classroom, visit: Open
) -> None:
    labels = [field.label for field in fine(visit("labs")).text_input]
    SETTINGS.naming = "asked"
    asking = [field for field in fine(visit("labs")).text_input if field.label not in labels]
    fine(asking[0].set_value(" Anne ").run())
    assert room.control().labs.name == "Anne"


def test_a_look_over_a_shoulder_shows_the_step_and_the_last_lines_and_changes_nothing(
    room: Classroom, visit: Open
) -> None:
    theirs = room.control(ANNE)
    code = room.viewing_code(ANNE)
    theirs.submit(parse("docker service create --name web nginx:latest"), "anne", NONE)
    app = teacher(visit, board_look=code)
    assert any("Lab 1, step 1" in each.value for each in app.markdown)
    assert any("docker service create --name web" in each.value for each in app.code)
    found = [json.loads(each.proto.json) for each in app.get("bidi_component")]
    [picture] = [each for each in found if each.get("swarm") is True]
    assert (picture["cluster"], picture["may"]) == (code, False)
    assert code != ANNE
    assert not any(ANNE in each.proto.json for each in app.get("bidi_component"))
    room.end(ANNE)
    fine(app.run())  # it is gone, and so is the look


def test_what_a_learner_typed_is_no_markdown_on_the_teachers_page(
    room: Classroom, visit: Open
) -> None:
    theirs, image = room.control(ANNE), "![x](http://elsewhere/x.png)"
    theirs.labs.name, SETTINGS.naming = image, "asked"
    theirs.submit(parse("docker service create --name web nginx:latest"), "anne", NONE)
    app = teacher(visit, board_look=room.viewing_code(ANNE))
    [title] = [each.proto.dialog.title for each in app.get("dialog")]
    assert title == r"\!\[x\](http\://elsewhere/x.png)"


def test_a_remark_keeps_its_code_and_no_other_mark() -> None:
    assert plain_words("Take `my_app`: *now*") == r"Take `my_app`\: \*now\*"
    for typed in ("` ![x](http://a/b) ``", "a ` ![x](http://a/b)", "`a` ![x](http://a/b)"):
        assert "![x](" not in plain_words(typed)


def test_a_name_is_one_short_line_without_hidden_marks(room: Classroom, visit: Open) -> None:
    SETTINGS.naming = "asked"
    typed = "\u202e Anne\tde\x00 La\u200b Tour"
    app = fine(visit("labs"))
    fine(app.text_input(key="first_name").set_value(typed).run())
    assert room.control().labs.name == "Anne de La Tour"
    SETTINGS.give({"code": "Zoé\t\u202eRoy\r"}, {"code"})
    assert SETTINGS.given == {"code": "Zoé Roy"}


def test_who_was_locked_out_meanwhile_changes_no_name(room: Classroom, visit: Open) -> None:
    app = teacher(visit)
    app.session_state["viewer"].right.end()
    app.radio(key="naming").set_value("asked").run()
    assert SETTINGS.naming == "numbers"
    SETTINGS.naming = "own"
    app = teacher(visit)
    app.session_state["viewer"].right.end()
    app.text_area(key="own_names").set_value("me\nAnne").run()
    assert not SETTINGS.given
    app = teacher(visit, board_look=room.viewing_code(ANNE))
    app.session_state["viewer"].right.end()
    app.text_input(key="own_name").set_value("Anne").run()
    assert not SETTINGS.given


def test_who_is_no_teacher_sees_over_no_shoulder(room: Classroom, visit: Open) -> None:
    app = fine(visit("board", board_look=room.viewing_code(ANNE)))
    assert not [each for each in app.markdown if "Lab 1" in each.value]
    assert keys.DEFAULT not in [each.value for each in app.code]


def test_an_empty_board_shows_the_class_the_way_in(
    monkeypatch: pytest.MonkeyPatch, visit: Open
) -> None:
    room = Classroom(Practice(most=3, workers=Lent()), Access({"ESSAIM_PASSWORD": PASSWORD}))
    monkeypatch.setattr("core.control.classroom._current", room)
    try:
        app = teacher(visit)
        assert any("a row for each learner" in each.value for each in app.markdown)
        app = fine(app.button(key="look_invite").click().run())
        [dialog] = app.get("dialog")
        assert dialog.proto.dialog.title == "A cluster of your own"
    finally:
        room.stop()


def test_who_is_looked_at_is_not_here_for_that_alone(
    room: Classroom, visit: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = room.viewing_code(ANNE)
    app = teacher(visit, board_look=code, board_look_here=(code, False))
    assert grid(app)["rows"][0]["now"] == "away"
    assert grid(app)["rows"][0]["marks"][0] == "left"
