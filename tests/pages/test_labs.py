"""The page of labs: from the list to a step that turns green, and what helps on the way."""

from __future__ import annotations

import json
from itertools import cycle
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.board.settings import SETTINGS
from core.commands.services import CreateService
from core.commands.swarm import InitSwarm
from core.control.classroom import Classroom
from core.control.control import Control
from core.control.rights import NONE
from core.i18n import LANGUAGES
from core.labs.catalogue import LABS
from core.labs.lab import Lab
from core.labs.texts import texts
from tests.cluster.test_collector import until
from tests.pages.conftest import PAGES, Open, fine


def opened(lab: str, language: str = "en", at: int | str | None = None, begin: str = "") -> AppTest:
    """at: a step, counted from 0, or its name."""
    app = AppTest.from_file(str(PAGES / "labs.py"), default_timeout=30)
    app.query_params["lab"] = lab
    app.query_params["lang"] = language
    if at is not None:
        app.query_params["step"] = at if isinstance(at, str) else str(at + 1)
    if begin:
        app.query_params["begin"] = begin
    return fine(app.run())


def shown(app: AppTest) -> list[dict[str, Any]]:
    """The lines to type, those that do the step before those that look."""
    found = [json.loads(each.proto.json) for each in app.get("bidi_component")]
    return [line for data in found if "lines" in data for line in data["lines"]]


def step_of(app: AppTest) -> str:
    """The number of the step that is shown, from 1."""
    return str(app.session_state["lab_here"][1] + 1)


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
    assert step_of(app) == "3"
    assert "docker service create" in shown(app)[0]["text"]


def test_an_address_names_a_lab_and_a_step_by_number_or_by_name(cluster: Control) -> None:
    title = texts("lab3", "en").steps["reach"].title
    for lab, step in (("3", 3), ("lab3", 3), ("3", "reach")):
        assert title in told(opened(lab, at=step))
    for odd in ("99", "0", "²", "-1", "x", "9" * 50):
        assert texts("lab3", "en").steps["init"].title in told(opened("3", at=odd)) or (
            step_of(opened("3", at=odd)) == "3"
        )


@pytest.mark.parametrize("sharing", [False, True])
def test_lab_three_begins_by_itself_with_three_empty_machines(
    cluster: Control, monkeypatch: pytest.MonkeyPatch, sharing: bool
) -> None:
    """Where nothing is lost by it, and nobody else looks on."""
    until(lambda: len(cluster.snapshot.nodes) == 3)
    monkeypatch.setattr(Classroom, "shared", property(lambda self: sharing))
    app = opened("lab3")
    assert step_of(app) == ("3" if sharing else "1")
    if not sharing:
        assert {m.swarm for m in cluster.machines.current()} == {"inactive"}
        address = cluster.machines.current()[0].address
        (line,) = shown(app)
        assert line["text"] == f"docker swarm init --advertise-addr {address}"
        assert line["machine"] == line["where"] == "node1"
        assert line["runs"]


@pytest.mark.parametrize("begin", ["", "apart"])
def test_an_address_forgets_nothing_that_somebody_did(
    cluster: Control, monkeypatch: pytest.MonkeyPatch, begin: str
) -> None:
    until(lambda: len(cluster.snapshot.nodes) == 3)
    monkeypatch.setattr(Classroom, "shared", property(lambda self: False))
    cluster.submit(CreateService(name="shop", image="nginx"), "tester", NONE)
    until(lambda: cluster.snapshot.service("shop"))
    app = opened("lab3", begin=begin)
    assert cluster.snapshot.service("shop")
    assert "`shop`" in told(app)  # what a new beginning would forget
    app = fine(app.button(key="lab_anew").click().run())
    assert {m.swarm for m in cluster.machines.current()} == {"inactive"}
    assert step_of(app) == "1"
    assert not [button for button in app.button if button.key == "lab_anew"]


def test_the_swarm_can_be_taken_apart_by_a_button(cluster: Control) -> None:
    until(lambda: len(cluster.snapshot.nodes) == 3)
    app = fine(opened("lab3").button(key="lab_take_apart").click().run())
    assert {m.swarm for m in cluster.machines.current()} == {"inactive"}
    assert step_of(app) == "1"
    assert cluster.labs.progress("lab3").done == ()


def test_a_lab_that_wants_a_swarm_offers_one_where_there_is_none(alone: Control) -> None:
    app = opened("lab5")
    assert "begins with a Swarm" in told(app)
    assert not any("begins with a Swarm" in told(opened(lab)) for lab in ("lab1", "lab3"))
    app = fine(app.button(key="lab_anew").click().run())
    assert len(alone.snapshot.nodes) == 3
    assert "begins with a Swarm" not in told(app)


def test_join_lines_carry_the_token_to_who_may_see_it(alone: Control) -> None:
    alone.submit(InitSwarm(), "tester", NONE)
    until(lambda: alone.snapshot.nodes)
    lines = shown(opened("lab3", at="join"))
    assert [line["where"] for line in lines[:2]] == ["node2", "node3"]
    assert all("SWMTKN-1-" in line["text"] and line["runs"] for line in lines[:2])


def test_a_lab_on_a_real_engine_has_its_console(
    real: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.ui.machines.there", lambda: False)
    app = opened("lab1", at="shell")
    lines = shown(app)
    assert not any(line["runs"] for line in lines)  # without the right
    assert [tab.label for tab in app.tabs] == ["Console", "Cluster"]
    assert lines[0]["where"] == "node1"
    assert lines[1]["text"] == "ls -l"
    assert lines[1]["where"] == "node1, in a terminal of its own"


def test_a_new_beginning_of_the_cluster_begins_its_labs_anew(cluster: Control, visit: Open) -> None:
    """What they had found done is no more; and the question is closed once it is answered."""
    until(lambda: len(cluster.snapshot.nodes) == 3)
    assert cluster.labs.progress("lab3").ways == ("given", "given")
    app = fine(visit("cluster"))
    fine(app.button(key="reset_empty").click().run())
    assert cluster.labs.progress("lab3").done == ()
    assert app.session_state["reset_ask"] is False


def test_one_click_leads_back_to_the_step(cluster: Control) -> None:
    assert not back(cluster, "")
    app = opened("lab3", at="scale")
    assert app.session_state["lab_here"] == ("lab3", 4)
    (link,) = back(cluster, "lab3", ("lab3", 4))
    assert link.proto.query_string == "lab=lab3&step=5"
    assert link.proto.label == "Lab 3, step 5"


def back(cluster: Control, lab: str, here: tuple[str, int] | None = None) -> list[Any]:
    def script() -> None:
        from core.ui.lab_link import back_to_step

        back_to_step()

    app = AppTest.from_function(script, default_timeout=30)
    if here:
        app.session_state["lab_here"] = here
    return list(fine(app.run()).get("page_link"))


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
    # The step that is green stays, and no address holds it: a reload goes on with the open one.
    assert step_of(app) == "3"
    assert "step" not in app.query_params
    app = fine(app.button(key="look_next").click().run())
    assert step_of(app) == "4"
    assert "step" not in app.query_params
    app = fine(app.button(key="look_back").click().run())
    assert step_of(app) == "3"
    assert "step" in app.query_params  # looked at on purpose


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
    assert step_of(opened("lab3")) == "4"
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


def test_each_line_is_typed_on_its_machine(cluster: Control) -> None:
    lines = shown(opened("lab1", at=4))
    assert [line["text"] for line in lines] == list(LABS[0].steps[4].lines())
    assert {line["machine"] for line in lines} == {"node1"}
    assert all(line["runs"] for line in lines)
