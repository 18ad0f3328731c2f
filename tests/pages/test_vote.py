"""What the teacher asks on the vote page, and that only who may change things can ask it."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from core.commands.services import CreateService
from core.control.control import Control
from core.control.rights import Right
from core.votes.model import question
from core.votes.texts import ask_text
from tests.cluster.test_collector import until
from tests.pages.conftest import PAGES, Open, fine
from tests.pages.test_actions import line, running


def with_nine(cluster: Control) -> None:
    cluster.submit(CreateService(name="web", replicas=9, image="nginx:latest"), "test", Right())
    until(lambda: running(cluster) == {"node1": 3, "node2": 3, "node3": 3}, 30)


def test_asked_done_and_revealed(cluster: Control, visit: Open) -> None:
    with_nine(cluster)
    app = fine(visit("vote", vote_kind="drain"))
    fine(app.button(key="vote_ask").click().run())
    poll = cluster.votes.poll
    assert poll.question is not None
    assert ask_text(poll.question, str) == "We drain node2: where will the 9 replicas of web be?"
    assert [place.before for place in poll.question.nodes] == [3, 3, 3]
    assert cluster.votes.vote("anna", poll.question.asked, [4, 0, 5])

    fine(app.button(key="vote_do").click().run())
    assert line(app) == "docker node update --availability drain node2"
    until(lambda: cluster.votes.poll.phase == "revealed", 60)
    truth = cluster.votes.poll.truth
    assert truth == tuple(running(cluster).values())
    assert sorted(truth) == [0, 4, 5]
    assert cluster.votes.poll.right == 1

    app = fine(app.run())
    fine(app.selectbox(key="vote_kind").set_value("activate").run())
    fine(app.button(key="vote_ask").click().run())
    assert cluster.votes.poll.question is not None
    assert cluster.votes.poll.question.kind == "activate"
    fine(app.button(key="vote_forget").click().run())
    assert cluster.votes.poll.phase == "none"


def test_what_the_engine_refuses_leaves_the_vote_open(cluster: Control, visit: Open) -> None:
    with_nine(cluster)
    app = fine(visit("vote"))
    fine(app.button(key="vote_ask").click().run())
    [service] = cluster.snapshot.services
    cluster.connection.api().remove_service(service.id)
    app.button(key="vote_do").click().run()
    assert cluster.votes.poll.phase == "open"
    assert "web" in app.error[0].value


def test_who_came_to_vote_meets_no_button_of_the_teachers(cluster: Control, visit: Open) -> None:
    with_nine(cluster)
    app = AppTest.from_file(str(PAGES / "vote.py"), default_timeout=30)
    app.query_params["as"] = "voter"
    app = fine(app.run())
    assert not [button for button in app.button if (button.key or "").startswith("vote_")]
    app.query_params.clear()  # as a way through other pages leaves it
    app = fine(app.run())
    assert not [button for button in app.button if (button.key or "").startswith("vote_")]


def test_without_the_password_one_may_vote_but_not_ask(real: Control, visit: Open) -> None:
    with_nine(real)
    app = fine(visit("vote"))
    assert not [button for button in app.button if (button.key or "").startswith("vote_")]
    [service] = real.snapshot.services
    real.votes.ask(question("scale", service, real.snapshot, 1.0, replicas=9))
    fine(app.run())
    assert not [button for button in app.button if (button.key or "").startswith("vote_")]
    assert real.votes.vote("anna", 1.0, [3, 3, 3])
