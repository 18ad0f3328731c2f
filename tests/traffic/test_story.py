"""What Swarm did, told from snapshots."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from core.cluster.snapshot import ClusterSnapshot
from core.traffic import sentences
from core.traffic.story import CALM, Report, Story
from tests.cluster import raw
from tests.cluster.test_history import snapshot
from tests.live.test_hub import same


def at(time: float, tasks: list[Any], drained: bool = False, replicas: int = 2) -> ClusterSnapshot:
    nodes = [raw.node("node1"), raw.node("node2", availability="drain" if drained else "active")]
    there = snapshot(time=time, tasks=tasks, nodes=nodes, services=[raw.service(replicas=replicas)])
    return replace(there, revision=round(time * 10))


def told(report: Report) -> list[str]:
    return [sentences.step(step, same) for step in report.steps]


ONE, TWO = raw.task(1), raw.task(2, slot=2, node="node2")


def test_a_drain_from_calm_to_calm() -> None:
    story = Story("id-web")
    story.see(at(10.0, [ONE, TWO]), 10.0)
    assert story.reports == ()
    leaving = raw.task(2, slot=2, node="node2", desired="shutdown")
    coming = raw.task(3, slot=2, node="node1", state="preparing")
    story.see(at(11.0, [ONE, leaving, coming], drained=True), 11.0)
    gone = raw.task(2, slot=2, node="node2", state="shutdown", desired="shutdown")
    here = raw.task(3, slot=2, node="node1")
    story.see(at(11.5, [ONE, gone, coming], drained=True), 11.5)
    last = at(13.0, [ONE, gone, here], drained=True)
    story.see(last, 13.0)
    assert story.open
    story.see(last, 13.0 + CALM)
    assert not story.open
    [report] = story.reports
    assert (report.began, report.well) == (11.0, 13.0)
    assert sentences.title(report, same) == "node2 drain"
    assert told(report) == [
        "node2 drain",
        "web.2 on node2: told to stop",
        "web.2: new, placed on node1",
        "web.2 on node2: stopped",
        "web.2 on node1: running",
    ]


def test_a_replica_that_fails_begins_a_report_by_itself() -> None:
    story = Story("id-web")
    story.see(at(10.0, [ONE, TWO]), 10.0)
    dead = raw.task(2, slot=2, node="node2", state="failed", desired="shutdown", error="exit (137)")
    story.see(at(11.0, [ONE, dead]), 11.0)
    [report] = story.reports
    assert report.well is None
    assert told(report) == ["web.2 on node2: failed, exit (137)"]


def test_two_shakes_before_the_calm_are_one_report() -> None:
    story = Story("id-web")
    story.see(at(10.0, [ONE, TWO]), 10.0)
    more = [raw.task(n, slot=n, state="preparing") for n in (3, 4, 5)]
    story.see(at(11.0, [ONE, TWO, *more], replicas=5), 11.0)
    story.see(at(11.2, [ONE, TWO, *more], replicas=5, drained=True), 11.2)
    story.see(at(11.2, [ONE, TWO, *more], replicas=5, drained=True), 60.0)  # long, and not calm
    [report] = story.reports
    assert told(report) == [
        "web 2 → 5",
        "web.3, web.4, web.5: new, placed on node1",
        "node2 drain",
    ]
    assert (report.running, report.wanted) == (2, 5)


def test_what_happens_to_others_is_no_story() -> None:
    story = Story("id-web")
    story.see(at(10.0, [ONE, TWO]), 10.0)
    story.see(at(11.0, [ONE, TWO, raw.task(9, service="api")]), 11.0)
    assert story.reports == ()
