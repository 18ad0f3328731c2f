"""Each lesson, played on a practice Swarm, shows what it is to teach."""

from __future__ import annotations

import pytest

from core.commands.registry import parse
from core.control.access import Access
from core.control.control import Control
from core.control.rights import NONE, Right
from core.errors import NotAllowed
from core.lessons import lesson as lessons
from core.lessons.lesson import Lesson
from core.lessons.placement import Placement, spread, to_drain
from core.lessons.results import KINDS, Kind, Load
from tests.cluster import raw
from tests.cluster.test_collector import until
from tests.cluster.test_history import snapshot
from tests.pages.conftest import Open, fine
from tests.pages.test_traffic import web


def played(cluster: Control, kind: Kind, node: str = "node2") -> Lesson:
    """To its end."""
    there = cluster.snapshot.service("web")
    service = there.id if there else web(cluster)
    cluster.traffic._watched = lambda: True  # else a run would end by itself
    lesson = Lesson(kind, cluster, service, node, "somebody", NONE)
    assert lesson.wait(300)
    assert lesson.error is None
    assert not lesson.stuck
    return lesson


def placements(lesson: Lesson) -> list[Placement]:
    return [each for each in lesson.results if isinstance(each, Placement)]


def loads(lesson: Lesson) -> list[Load]:
    return [each for each in lesson.results if isinstance(each, Load)]


def said(cluster: Control, line: str) -> None:
    cluster.submit(parse(line), "test", NONE)
    cluster.collector.refresh(60)


def available(cluster: Control) -> set[str]:
    return {node.availability for node in cluster.snapshot.nodes}


def test_on_a_node_that_is_down_no_replica_is_counted() -> None:
    nodes = [raw.node("node1"), raw.node("node2", state="down")]
    tasks = [raw.task(at, slot=at, node=f"node{at}") for at in (1, 2)]
    shown = snapshot(nodes=nodes, services=[raw.service(replicas=2)], tasks=tasks)
    assert spread(shown, shown.services[0]) == (("node1", 1), ("node2", 0))


def test_a_drained_node_stays_empty_until_the_service_is_forced(cluster: Control) -> None:
    before, drained, activated, forced = placements(played(cluster, "rebalance"))
    assert dict(before.spread) == {"node1": 1, "node2": 1, "node3": 1}
    assert (dict(drained.spread)["node2"], drained.drained) == (0, ("node2",))
    assert (activated.spread, activated.drained) == (drained.spread, ())
    assert dict(forced.spread)["node2"] > 0
    assert [each.line for each in (before, drained, activated, forced)] == [
        "",
        "docker node update --availability drain node2",
        "docker node update --availability active node2",
        "docker service update --force web",
    ]
    lines = [entry.line for entry in cluster.journal.records()][-3:]
    assert lines == [drained.line, activated.line, forced.line]


def test_drain_leaves_a_plain_container_alone(cluster: Control) -> None:
    started, drained = placements(played(cluster, "plain", "node1"))
    assert started.line == "docker container run -d --name alone nginx:latest"
    assert (started.plain, dict(started.spread)["node1"]) == ("node1", 1)
    assert (drained.plain, dict(drained.spread)["node1"]) == ("node1", 0)
    assert available(cluster) == {"active"}
    assert "alone" not in [container.name for container in cluster.snapshot.containers]


def test_a_node_that_was_paused_is_paused_again(cluster: Control) -> None:
    cluster.submit(parse("docker node update --availability pause node1"), "test", Right())
    started, drained = placements(played(cluster, "plain", "node1"))
    assert (started.drained, drained.drained) == ((), ("node1",))
    assert {n.hostname: n.availability for n in cluster.snapshot.nodes}["node1"] == "pause"


def test_it_drains_a_node_that_is_active(cluster: Control) -> None:
    service = cluster.snapshot.service(web(cluster))
    said(cluster, "docker node update --availability drain node2")
    node = to_drain("rebalance", cluster.snapshot, service)
    assert node == "node3"
    lesson = played(cluster, "rebalance", node)
    assert [each.step for each in lesson.results] == [*lesson.steps]
    before, drained, activated, _forced = placements(lesson)
    assert [each.drained for each in (before, drained, activated)] == [
        ("node2",),
        ("node2", "node3"),
        ("node2",),
    ]
    assert drained.on("node1") == 3
    # As it was before.
    assert {n.name: n.availability for n in cluster.snapshot.nodes} == {
        "node1": "active",
        "node2": "drain",
        "node3": "active",
    }


def test_where_all_others_are_drained_it_begins_with_one_of_them(cluster: Control) -> None:
    service = cluster.snapshot.service(web(cluster))
    said(cluster, "docker node update --availability drain node2")
    said(cluster, "docker node update --availability pause node3")
    node = to_drain("rebalance", cluster.snapshot, service)
    assert node == "node2"
    lesson = played(cluster, "rebalance", node)
    assert [each.step for each in lesson.results] == [*lesson.steps]
    drained, activated, forced = placements(lesson)
    assert (drained.line, drained.drained, dict(drained.spread)["node2"]) == ("", ("node2",), 0)
    assert (activated.drained, dict(activated.spread)["node2"]) == ((), 0)
    assert dict(forced.spread)["node2"] > 0


def test_a_plain_container_runs_on_a_node_that_is_drained_already(cluster: Control) -> None:
    web(cluster)
    said(cluster, "docker node update --availability drain node1")
    (started,) = placements(played(cluster, "plain", "node1"))
    assert (started.plain, started.drained) == ("node1", ("node1",))
    assert {n.hostname: n.availability for n in cluster.snapshot.nodes}["node1"] == "drain"


def test_a_paused_node_is_paused_again_after_a_rebalance(cluster: Control) -> None:
    web(cluster)
    said(cluster, "docker node update --availability pause node2")
    played(cluster, "rebalance")
    assert {n.hostname: n.availability for n in cluster.snapshot.nodes}["node2"] == "pause"


def test_a_lesson_waits_for_the_prediction(cluster: Control) -> None:
    lesson = Lesson("rebalance", cluster, web(cluster), "node2", "somebody", NONE, waits=True)
    for step, shown in (("drained", 1), ("activated", 2), ("forced", 3)):
        until(lambda step=step: lesson.asked == step, 60)
        assert len(lesson.results) == shown
        assert "drain" not in available(cluster) or step == "activated"
        lesson.reveal()
    assert lesson.wait(300)
    assert len(lesson.results) == 4


def test_who_left_does_not_keep_the_node_drained(
    cluster: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lessons, "PAUSE", 0.1)
    lesson = Lesson("rebalance", cluster, web(cluster), "node2", "somebody", NONE, waits=True)
    assert lesson.wait(300)
    assert available(cluster) == {"active"}


def test_fifteen_replicas_share_what_one_did(
    cluster: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(lessons.LOADS, "many", (100, 2))
    one, many = loads(played(cluster, "many"))
    assert [len(load.status.by_task) for load in (one, many)] == [1, 15]
    for load in (one, many):
        totals = load.status.totals
        assert (totals.sent, totals.answered, totals.unknown) == (200, 200, 0)
    assert cluster.snapshot.services[0].replicas == 3


def test_a_kept_connection_stays_with_its_replica(
    cluster: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(lessons.LOADS, "kept", (50, 1))
    new, kept = loads(played(cluster, "kept"))
    assert sorted(new.status.by_task.values()) == [16, 17, 17]
    assert list(kept.status.by_task.values()) == [50]


def test_without_the_right_nothing_happens(real: Control) -> None:
    service = web(real)
    real.access = Access({"ESSAIM_PASSWORD": "another"})
    for kind in KINDS:
        lesson = Lesson(kind, real, service, "node2", "somebody", NONE)
        assert lesson.wait(60)
        assert isinstance(lesson.error, NotAllowed)
    assert available(real) == {"active"}
    assert real.snapshot.services[0].replicas == 3


def test_with_the_right_a_lesson_ends_and_puts_back_what_it_changed(real: Control) -> None:
    service, right = web(real), Right()
    lesson = Lesson("rebalance", real, service, "node2", "somebody", right)
    until(lambda: "drain" in available(real), 60)
    right.end()
    assert lesson.wait(60)
    assert isinstance(lesson.error, NotAllowed)
    assert len(lesson.results) < 3
    assert available(real) == {"active"}
    assert "--force" not in " ".join(entry.line for entry in real.journal.records())


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_page_plays_it_and_keeps_the_steps(
    cluster: Control, visit: Open, language: str
) -> None:
    web(cluster)
    app = fine(visit("lessons", language))
    app = fine(app.button(key="lesson_start").click().run())
    lesson = app.session_state["viewer"].lessons["rebalance"]
    for step, choice in (("drained", 1), ("activated", 0), ("forced", None)):
        until(lambda step=step: lesson.asked == step, 60)
        app = fine(app.run())
        if choice is not None:
            radio = app.radio(key=f"lesson_predicted_rebalance_{step}")
            app = radio.set_value(radio.options[choice]).run()
        app = fine(app.button(key=f"lesson_reveal_{step}").click().run())
    assert lesson.wait(300)
    app = fine(app.run())
    verdicts = [text.value[2] for text in app.markdown if text.value[2:3] in ("✓", "✕")]
    assert verdicts == ["✓", "✕"]
    assert [code.value for code in app.code] == [
        placement.line for placement in placements(lesson)[1:]
    ]
    assert app.success
    assert not app.button(key="lesson_start").disabled


@pytest.mark.parametrize("language", ["en", "fr"])
def test_it_speaks_of_the_node_that_was_drained_before(
    cluster: Control, visit: Open, language: str
) -> None:
    web(cluster)
    said(cluster, "docker node update --availability drain node2")
    said(cluster, "docker node update --availability pause node3")
    app = fine(visit("lessons", language))
    assert any("node2" in text.value and "node3" not in text.value for text in app.markdown)
    app = fine(app.button(key="lesson_start").click().run())
    lesson = app.session_state["viewer"].lessons["rebalance"]
    for step in ("activated", "forced"):
        until(lambda step=step: lesson.asked == step, 60)
        lesson.reveal()
    assert lesson.wait(300)
    app = fine(app.run())
    told = {"en": "node2 stays empty", "fr": "node2 reste vide"}[language]
    assert any(told in text.value for text in app.markdown)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_without_a_service_the_lessons_are_there_and_one_can_be_made(
    cluster: Control, visit: Open, language: str
) -> None:
    app = fine(visit("lessons", language))
    first = [text.value for text in app.markdown]
    app = fine(visit("lessons", language, lesson="many"))
    assert [text.value for text in app.markdown] != first
    app = fine(app.button(key="traffic_create").click().run())
    until(lambda: cluster.snapshot.service("web") is not None, 30)
    app = fine(app.run())
    assert not app.button(key="lesson_start").disabled


def test_with_nowhere_to_drain_to_the_button_says_so(cluster: Control, visit: Open) -> None:
    web(cluster)
    said(cluster, "docker node update --availability pause node1")
    said(cluster, "docker node update --availability pause node3")
    app = fine(visit("lessons"))
    assert app.button(key="lesson_start").disabled
    assert "second node" in app.button(key="lesson_start").help
