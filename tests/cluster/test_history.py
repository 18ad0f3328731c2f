from __future__ import annotations

from dataclasses import replace
from typing import Any

from core.cluster import parse
from core.cluster.history import MAX_SAMPLES, SPAN_SECONDS, History, Mark, marks_between
from core.cluster.snapshot import ClusterSnapshot, Outage
from core.errors import EngineUnreachable
from tests.cluster import raw


def snapshot(time: float = 100.0, **parts: Any) -> ClusterSnapshot:
    tasks = parse.tasks(parts.get("tasks", [raw.task(1), raw.task(2, slot=2, node="node2")]))
    return ClusterSnapshot(
        time=time,
        revision=1,
        engine=parse.engine(raw.INFO, raw.VERSION),
        nodes=parse.nodes(parts.get("nodes", [raw.node("node1"), raw.node("node2")])),
        services=parse.services(parts.get("services", [raw.service()]), tasks),
        tasks=tasks,
    )


def test_a_sample_counts_what_runs_by_service_and_node() -> None:
    history = History()
    history.add(snapshot())
    [sample] = history.samples
    assert sample.running == (("id-web", "node1", 1), ("id-web", "node2", 1))


def test_the_tasks_of_a_job_run_too() -> None:
    history = History()
    tasks = [raw.task(1, desired="complete"), raw.task(2, desired="shutdown")]
    history.add(snapshot(tasks=tasks))
    [sample] = history.samples
    assert [count for _service, _node, count in sample.running] == [1]


def test_nothing_new_makes_no_sample() -> None:
    history = History()
    history.add(snapshot(time=1.0))
    history.add(snapshot(time=2.0))
    assert len(history.samples) == 1


def test_a_stale_snapshot_is_not_history() -> None:
    history = History()
    history.add(replace(snapshot(), outage=Outage(EngineUnreachable("gone"), 1.0)))
    history.add(ClusterSnapshot(time=1.0, revision=0, engine=None))
    assert history.samples == ()


def test_it_forgets_but_keeps_what_still_holds() -> None:
    history = History()
    history.add(snapshot(time=0.0))
    history.add(snapshot(time=10.0, tasks=[raw.task(1)]))
    history.add(snapshot(time=SPAN_SECONDS + 20.0, tasks=[]))
    times = [sample.time for sample in history.samples]
    assert times == [10.0, SPAN_SECONDS + 20.0]


def test_it_is_bounded() -> None:
    history = History()
    for n in range(MAX_SAMPLES + 50):
        history.add(snapshot(time=n / 1000, tasks=[raw.task(1)] * (1 + n % 2)))
    assert len(history.samples) == MAX_SAMPLES


def test_marks_of_services() -> None:
    before = snapshot()
    after = snapshot(time=101.0, services=[raw.service(replicas=15), raw.service("api")])
    assert marks_between(before, after) == [
        Mark(101.0, "created", "api"),
        Mark(101.0, "replicas", "web", "3", "15"),
    ]
    assert marks_between(after, before)[-1] == Mark(100.0, "removed", "api")


def test_a_forced_update_is_marked() -> None:
    template = {"ContainerSpec": {"Image": "nginx:latest@sha256:6bc4"}, "ForceUpdate": 1}
    after = snapshot(services=[raw.service(TaskTemplate=template)])
    assert [mark.kind for mark in marks_between(snapshot(), after)] == ["forced"]


def test_marks_of_nodes() -> None:
    drained = snapshot(nodes=[raw.node("node1"), raw.node("node2", availability="drain")])
    assert marks_between(snapshot(), drained) == [
        Mark(100.0, "availability", "node2", "active", "drain")
    ]
    down = snapshot(nodes=[raw.node("node1", state="down")])
    assert marks_between(snapshot(), down) == [
        Mark(100.0, "state", "node1", "ready", "down"),
        Mark(100.0, "left", "node2"),
    ]


def test_a_node_has_joined_once_its_name_is_known() -> None:
    """Until then an engine tells its id alone, which means nothing to anybody."""
    bare = raw.node("node3", state="unknown") | {"Description": {}}
    nodes = [raw.node("node1"), raw.node("node2")]
    coming, there = snapshot(nodes=[*nodes, bare]), snapshot(nodes=[*nodes, raw.node("node3")])
    assert marks_between(snapshot(), coming) == []
    assert marks_between(coming, there) == [Mark(100.0, "joined", "node3")]
    assert marks_between(coming, snapshot()) == []


def test_the_first_look_marks_nothing() -> None:
    assert (
        marks_between(ClusterSnapshot(time=0.0, revision=0, engine=None), snapshot(services=[]))
        == []
    )
