from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.cluster.history import Mark
from core.cluster.snapshot import ClusterSnapshot, Outage
from core.commands.journal import Record
from core.errors import EngineRejected, EngineUnreachable
from core.presentation.phases import tiles
from core.timeline import files
from core.timeline.recorder import Recorder
from core.timeline.recording import Action, NodeState
from tests.cluster import raw
from tests.cluster.test_history import snapshot as snapshot_of
from tests.timeline.moments import Moment, moment_at
from tests.timeline.pictures import lives, patient, picture, running


def record(life: list[ClusterSnapshot], most: int = 8000) -> Recorder:
    recorder = Recorder(most)
    for snapshot in life:
        recorder.add(snapshot)
    return recorder


def runs(moment: Moment) -> Counter[str]:
    """The running replicas of a moment, by hostname."""
    found: Counter[str] = Counter()
    for (node, phase), count in moment.counts().items():
        if phase == "running":
            found[moment.nodes[node].name if node else ""] += count
    return found


@patient
@given(lives())
def test_every_instant_counts_what_the_engine_said(life: list[ClusterSnapshot]) -> None:
    recording = record(life).recording()
    seen: dict[float, ClusterSnapshot] = {}
    for snapshot in life:
        seen[snapshot.time] = snapshot  # while the engine is not heard, time stands still
    for time, snapshot in seen.items():
        moment = moment_at(recording, time)
        assert runs(moment) == running(snapshot)
        shown = {(t.task.id, t.phase.key, t.failures) for t in tiles(snapshot)}
        assert {(i, r.phase, r.failures) for i, r in moment.replicas.items() if r.tile} == shown
        assert [node.name for node in moment.nodes.values()] == [n.hostname for n in snapshot.nodes]
        assert moment.outage == (snapshot.outage.message if snapshot.outage else "")


@patient
@given(lives(), st.floats(90, 120))
def test_saved_and_opened_it_is_the_same_at_every_instant(
    life: list[ClusterSnapshot], time: float
) -> None:
    recording = record(life).recording()
    opened = files.load(files.save(recording))
    assert opened == recording
    assert moment_at(opened, time).counts() == moment_at(recording, time).counts()


@patient
@given(lives(20), st.integers(5, 40))
def test_what_is_forgotten_leaves_the_rest_whole(life: list[ClusterSnapshot], most: int) -> None:
    recorder = record(life, most)
    short, long = recorder.recording(), record(life).recording()
    for snapshot in life:
        if snapshot.time >= short.start:
            assert replace(moment_at(short, snapshot.time)) == moment_at(long, snapshot.time)
    assert len(recorder._changes) <= most


@patient
@given(lives(20), st.integers(1, 19), st.integers(5, 100))
def test_a_follower_that_asks_now_and_then_has_it_all(
    life: list[ClusterSnapshot], when: int, most: int
) -> None:
    recorder = Recorder(most)
    recorder.add(life[0])
    first = recorder.after("")
    for number, snapshot in enumerate(life[1:]):
        recorder.add(snapshot)
        if number == when:
            first = recorder.after("")
    then = recorder.after(first.cursor)
    had = () if then.whole else first.recording.changes
    now = recorder.recording()
    rebuilt = replace(then.recording, changes=(*had, *then.recording.changes))
    assert moment_at(rebuilt, now.end) == moment_at(now, now.end)
    again = recorder.after(then.cursor)
    assert (again.whole, again.recording.changes) == (False, ())


@pytest.mark.parametrize(
    "cursor", ["", "x", "/", "1/2", "100.0/99", "100.0/-1", "100.0/" + "9" * 50]
)
def test_a_strange_cursor_gets_everything(cursor: str) -> None:
    news = record([picture(100.0, 1, [raw.task(1)])]).after(cursor)
    assert news.whole
    assert len(news.recording.changes) == 6


def test_another_record_is_told_apart() -> None:
    old = record([picture(100.0, 1, [raw.task(1)])])
    new = record([picture(200.0, 1, [raw.task(1)])])
    assert new.after(old.after("").cursor).whole


def test_nothing_new_writes_nothing() -> None:
    life = [picture(100.0, 1, [raw.task(1)]), picture(101.0, 2, [raw.task(1)])]
    recorder = record(life)
    assert len(recorder.recording().changes) == 6  # three nodes, two services, a replica
    assert recorder.recording().end == 101.0


def test_what_ended_before_anybody_looked_has_no_bar() -> None:
    ended = raw.task(1, state="shutdown", desired="shutdown")
    assert moment_at(record([picture(1.0, 1, [ended])]).recording(), 1.0).replicas == {}


def test_the_end_of_a_replica_is_kept_but_is_no_tile() -> None:
    ended = raw.task(1, state="shutdown", desired="shutdown")
    recording = record([picture(1.0, 1, [raw.task(1)]), picture(2.0, 2, [ended])]).recording()
    [replica] = moment_at(recording, 2.0).replicas.values()
    assert (replica.name, replica.phase, replica.tile) == ("web.1", "done", False)
    assert moment_at(recording, 1.5).tiles("id-node1") == ["task-1"]
    assert moment_at(recording, 2.0).tiles("id-node1") == []


def test_tiles_stand_by_service_and_slot() -> None:
    tasks = [raw.task(n, slot=slot) for n, slot in ((1, 10), (2, 9))]
    tasks.append(raw.task(3, slot=11, service="api"))
    moment = moment_at(record([picture(1.0, 1, tasks)]).recording(), 1.0)
    assert moment.tiles("id-node1") == ["task-3", "task-2", "task-1"]


def test_marks_and_actions_stand_in_the_stream() -> None:
    recorder = Recorder()
    first = Record(90.0, "10.0.0.7", "docker pull nginx", "", "ok", None, 1.0)
    no = EngineRejected("no such node")
    second = Record(101.0, "10.0.0.7", "docker node update x", "", "refused", no, 0.1)
    recorder.add(picture(100.0, 1, []), [first])
    drained = picture(102.0, 2, [], node2="drain")
    recorder.add(drained, [first, second])
    recorder.add(drained, [first, second])
    once = [c.value for c in recorder.recording().changes if c.kind in ("action", "mark")]
    assert once == [
        Action("docker pull nginx", ""),
        Action("docker node update x", "no such node"),
        Mark(102.0, "availability", "node2", "active", "drain"),
    ]


def test_an_engine_that_is_not_heard_is_said_and_what_was_stays() -> None:
    life = [picture(1.0, 1, [raw.task(1)])]
    life.append(replace(life[0], outage=Outage(EngineUnreachable("no answer"), 1.0), revision=2))
    life.append(replace(life[0], time=5.0, revision=3))
    recording = record(life).recording()
    assert moment_at(recording, 3.0).outage == "no answer"
    assert len(moment_at(recording, 3.0).replicas) == 1
    assert moment_at(recording, 5.0).outage == ""


def test_before_the_first_answer_there_is_nothing() -> None:
    recorder = record([ClusterSnapshot(time=1.0, revision=0, engine=None)])
    assert recorder.recording().changes == ()


def test_a_node_that_left_is_gone() -> None:
    whole = picture(1.0, 1, [])
    fewer = replace(picture(2.0, 2, []), nodes=whole.nodes[:2])
    moment = moment_at(record([whole, fewer]).recording(), 2.0)
    assert list(moment.nodes.values()) == [
        NodeState("node1", "worker", False, "active", "ready"),
        NodeState("node2", "worker", False, "active", "ready"),
    ]


def test_of_a_job_no_wanted_replicas_are_told_as_it_ends_with_none() -> None:
    job = raw.service(Mode={"ReplicatedJob": {"TotalCompletions": 3, "MaxConcurrent": 2}})
    recording = record([snapshot_of(services=[job], tasks=[])]).recording()
    (service,) = moment_at(recording, recording.end).services.values()
    assert service.replicas is None
