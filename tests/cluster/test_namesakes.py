"""A machine that left the Swarm and joined it again: two nodes of one hostname."""

from __future__ import annotations

from dataclasses import replace

from core.cluster import parse
from core.cluster.history import History, marks_between
from core.console.completion import complete
from core.engine.practice import PublishedPort
from core.engine.way import Way
from core.lessons.placement import room_beside, spread, to_drain
from core.live import messages
from core.presentation import charts, tables
from core.traffic.endpoints import practice, real
from core.votes.model import question
from tests.cluster import raw
from tests.cluster.test_history import snapshot

GONE, BACK = "9wcrqdddd44sti7", "3k1f0aaa8p2xk01"


def node(id: str, state: str = "ready", name: str = "node3") -> raw.Json:
    return raw.node(name, state=state) | {"ID": id}


def task(number: int, node_id: str, slot: int) -> raw.Json:
    return raw.task(number, slot=slot) | {"NodeID": node_id}


BOTH = snapshot(
    nodes=[raw.node("node1", manager=True), node(GONE, "down"), node(BACK)],
    tasks=[task(1, GONE, 1), task(2, BACK, 2), task(3, BACK, 3), task(4, "id-node1", 4)],
)
BEFORE = snapshot(
    nodes=[raw.node("node1", manager=True), node(GONE)],
    tasks=[task(1, GONE, 1), task(4, "id-node1", 4)],
)
NAMES = ["node1", "node3 (3k1f0)", "node3 (9wcrq)"]


def test_only_where_a_hostname_is_ambiguous_is_there_more_than_it() -> None:
    assert [node.name for node in BOTH.nodes] == NAMES
    assert [node.reference for node in BOTH.nodes] == ["node1", BACK, GONE]
    assert [node.hostname for node in BOTH.nodes] == ["node1", "node3", "node3"]
    assert [node.name for node in BEFORE.nodes] == ["node1", "node3"]


def test_ids_that_begin_alike_are_told_apart_all_the_same() -> None:
    nodes = parse.nodes([node("abcdefg1x"), node("abcdefg2x"), node("zzzzzzzzz")])
    assert [each.id_prefix for each in nodes] == ["abcdefg1", "abcdefg2", "zzzzz"]


def test_a_node_is_found_by_any_of_its_names_and_the_living_first() -> None:
    for reference, id in (
        ("node1", "id-node1"),
        (GONE, GONE),
        ("node3 (9wcrq)", GONE),
        ("node3 (3k1f0)", BACK),
        ("node3", BACK),
    ):
        found = BOTH.find_node(reference)
        assert found is not None
        assert found.id == id
    assert BOTH.find_node("node4") is None


def test_every_picture_keeps_them_apart() -> None:
    bars = charts.replicas_per_node(BOTH, str)["data"]
    assert [list(trace["x"]) for trace in bars] == [NAMES] * len(bars)
    [running] = [trace["y"] for trace in bars if trace["name"] == "running"]
    assert running == [1, 2, 0]
    assert list(tables.nodes(BOTH, str)["Node"]) == NAMES
    assert list(tables.nodes(BOTH, str)["State"]) == ["ready", "ready", "down"]
    assert set(tables.tasks(BOTH, BOTH.services[0], str)["Node"]) == set(NAMES)
    drawn = messages.cluster(BOTH, str)
    assert [each["name"] for each in drawn["nodes"]] == NAMES
    assert messages.shape(BOTH) != messages.shape(BEFORE)
    assert dict(spread(BOTH, BOTH.services[0])) == dict(zip(NAMES, (1, 2, 0), strict=True))
    asked = question("drain", BOTH.services[0], BOTH, 1.0, node=BACK)
    assert [node.name for node in asked.nodes] == NAMES
    assert asked.node_name == "node3 (3k1f0)"


def test_the_past_goes_on_under_the_new_name() -> None:
    history = History()
    history.add(BEFORE)
    history.add(replace(BOTH, time=BOTH.time + 1))
    first, then = history.samples
    assert [(name, count) for _id, name, count in first.running] == [
        ("node1", 1),
        ("node3 (9wcrq)", 1),
    ]
    lines = charts.replicas_over_time(history.samples, (), NAMES, BOTH.time + 2, str)["data"]
    assert [line["name"] for line in lines] == NAMES
    assert [line["y"][0] for line in lines] == [1, 0, 1]
    assert {name for _id, name, _count in then.running} <= set(NAMES)
    marks = {(mark.kind, mark.subject) for mark in marks_between(BEFORE, BOTH)}
    assert {("joined", "node3 (3k1f0)"), ("state", "node3 (9wcrq)")} <= marks


def test_traffic_goes_in_by_the_one_that_is_there() -> None:
    service = BOTH.services[0]
    assert [entry.name for entry in real(BOTH, service, service.ports[0], "")] == NAMES[:2]
    listing = [PublishedPort("node3", 8080, 80, "web", "", False, "http://127.0.0.1:1/")]
    [entry] = practice(BOTH, service, service.ports[0], Way.to("tcp://127.0.0.1:2"), listing)
    assert (entry.node, entry.name, entry.machine) == (BACK, "node3 (3k1f0)", "node3")
    assert entry.way.prefix == "/_practice/open/node3/8080"


def test_a_lesson_drains_the_one_that_is_there() -> None:
    assert to_drain("rebalance", BOTH, BOTH.services[0]) == "node3 (3k1f0)"
    assert room_beside(BOTH, "node3 (3k1f0)")
    assert to_drain("plain", BOTH, None) == "node1"


def test_the_console_completes_to_what_docker_takes() -> None:
    found = complete("docker node inspect ", BOTH, str)
    assert [choice.word for choice in found.choices] == ["node1", "id-node1", BACK, GONE]
    assert "down" in found.choices[-1].hint
