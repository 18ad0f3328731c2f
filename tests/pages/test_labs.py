"""The page of labs: from the list to a step that turns green, and what helps on the way."""

from __future__ import annotations

from itertools import cycle

import pytest
from streamlit.testing.v1 import AppTest

from core.board.settings import SETTINGS
from core.commands.swarm import LeaveSwarm
from core.control.control import Control
from core.control.rights import NONE
from core.i18n import LANGUAGES
from core.labs.catalogue import LABS
from core.labs.lab import Lab
from core.labs.texts import texts
from tests.cluster.test_collector import until
from tests.pages.conftest import PAGES, Open, fine


def opened(lab: str, language: str = "en", at: int | None = None) -> AppTest:
    app = AppTest.from_file(str(PAGES / "labs.py"), default_timeout=30)
    app.query_params["lab"] = lab
    app.query_params["lang"] = language
    if at is not None:
        app.session_state["lab_at"] = at
    return fine(app.run())


def told(app: AppTest) -> str:
    return "\n".join(str(each.value) for each in app.markdown)


@pytest.mark.parametrize("lab", LABS, ids=lambda lab: lab.name)
def test_every_step_paints(cluster: Control, lab: Lab) -> None:
    """In one language or the other, in turn: a page's own words are tested elsewhere."""
    for at, (this, language) in enumerate(zip(lab.steps, cycle(LANGUAGES), strict=False)):
        step = texts(lab.name, language).steps[this.name]
        app = opened(lab.name, language, at)
        assert step.title in told(app)
        assert step.why in told(app)


def test_a_cluster_that_everybody_shares_says_so(cluster: Control, visit: Open) -> None:
    shared = "Everybody shares this cluster"
    for app in (fine(visit("labs")), opened("lab1")):
        assert any(shared in caption.value for caption in app.caption)


def test_it_opens_where_the_cluster_stands(cluster: Control) -> None:
    """On a Swarm of three nodes, the two steps that make one are done."""
    until(lambda: len(cluster.snapshot.nodes) == 3)
    app = opened("lab3")
    assert app.session_state["lab_at"] == 2
    assert any("docker service create" in code.value for code in app.code)


def test_a_lab_that_wants_a_swarm_says_so_where_there_is_none(cluster: Control) -> None:
    until(lambda: len(cluster.snapshot.nodes) == 3)
    assert not opened("lab5").warning
    cluster.submit(LeaveSwarm(force=True), "tester", NONE)
    until(lambda: cluster.snapshot.engine and not cluster.snapshot.engine.manager)
    assert "begins with a Swarm" in opened("lab5").warning[0].value
    assert not opened("lab3").warning


def test_do_it_for_me_shows_its_line_and_turns_the_step_green(cluster: Control) -> None:
    until(lambda: len(cluster.snapshot.nodes) == 3)
    app = opened("lab3")
    fine(app.button(key="play").click().run())
    until(lambda: "create" in cluster.labs.progress("lab3").done, 60)
    app = fine(app.run())
    line = "docker service create --name web -p 80:80 nginx:latest"
    assert any(f"$ {line}" in code.value for code in app.code)
    assert cluster.journal.records()[-1].line == line
    assert not [button for button in app.button if button.key == "play"]
    app = fine(app.button(key="look_next").click().run())
    assert app.session_state["lab_at"] == 3


def test_hints_come_one_at_a_time(cluster: Control) -> None:
    hints = texts("lab3", "en").steps["create"].hints
    app = opened("lab3", at=2)
    assert [each.value for each in app.info] == []
    for shown in range(1, len(hints) + 1):
        app = fine(app.button(key="look_hint_lab3_2").click().run())
        assert [each.value for each in app.info] == list(hints[:shown])
    assert not [button for button in app.button if button.key == "look_hint_lab3_2"]


def test_a_quick_check_explains_either_answer(cluster: Control) -> None:
    question = texts("lab3", "en").steps["create"].questions[0]
    app = opened("lab3", at=2)
    app = fine(app.radio[0].set_value(question.right).run())
    assert question.because in app.success[0].value
    app = fine(app.radio[0].set_value(1 - question.right).run())
    assert question.because in app.info[0].value


def test_progress_is_kept_over_a_reload_and_begun_anew_at_a_wish(cluster: Control) -> None:
    until(lambda: len(cluster.snapshot.nodes) == 3)
    app = opened("lab3")
    fine(app.button(key="play").click().run())
    until(lambda: "create" in cluster.labs.progress("lab3").done, 60)
    assert opened("lab3").session_state["lab_at"] == 3
    services = cluster.snapshot.services
    app = opened("lab3")
    fine(app.button(key="lab_reset").click().run())
    assert cluster.snapshot.services == services  # the cluster stays as it is


def test_an_unknown_lab_is_the_list(cluster: Control) -> None:
    assert texts("lab3", "en").title in told(opened("lab99"))


def test_a_step_can_be_skipped(cluster: Control) -> None:
    until(lambda: len(cluster.snapshot.nodes) == 3)
    fine(opened("lab3").button(key="skip").click().run())
    assert "create" in cluster.labs.progress("lab3").done


def test_a_first_name_is_taken_without_enter(
    cluster: Control, visit: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A press of another widget sends the text along, and its page has no such field."""
    monkeypatch.setattr(SETTINGS, "_naming", "asked")
    app = fine(visit("labs"))
    app.text_input[0].set_value("Anne")
    fine(app.button(key="look_lab1").click().run())
    assert cluster.labs.name == "Anne"


def test_each_docker_line_leads_to_the_console(cluster: Control) -> None:
    app = opened("lab1", at=4)
    links = [each.proto.query_string for each in app.get("page_link")]
    assert links == [
        "line=docker+container+run+-it+alpine+%2Fbin%2Fsh"
    ]  # what follows is its shell's
    assert [each.value for each in app.code] == list(LABS[0].steps[4].lines())
