from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import docker.errors
import pytest
import requests

from core.cluster.collector import Collector, Pace
from core.cluster.snapshot import ClusterSnapshot
from tests.cluster import raw

QUICK = Pace(moving=0.01, idle=0.05, rest=0.2, retry=0.02, restless=0.2)


class FakeEngine:
    """What the collector sees of docker-py, with a switch to take it away."""

    def __init__(self) -> None:
        self.up = True
        self.info_answer = raw.INFO
        self.tasks_answer = [raw.task(1)]
        self.asked: list[str] = []
        self.streams: list[queue.Queue[Any]] = []

    def connect(self) -> FakeEngine:
        self._check()
        return self

    def close(self) -> None: ...

    def _check(self) -> None:
        if not self.up:
            raise requests.exceptions.ConnectionError("Connection refused")

    def _answer(self, part: str, answer: Any) -> Any:
        self._check()
        self.asked.append(part)
        return answer

    def info(self) -> Any:
        return self._answer("info", self.info_answer)

    def version(self) -> Any:
        return self._answer("version", raw.VERSION)

    def nodes(self) -> Any:
        return self._answer("nodes", [raw.node("node1", manager=True)])

    def services(self) -> Any:
        return self._answer("services", [raw.service(replicas=1)])

    def tasks(self) -> Any:
        return self._answer("tasks", self.tasks_answer)

    def containers(self, all: bool) -> Any:
        return self._answer("containers", [])

    def images(self) -> Any:
        return self._answer("images", [])

    def events(self, decode: bool) -> Any:
        self._check()
        events: queue.Queue[Any] = queue.Queue()
        self.streams.append(events)

        class Stream:
            def __iter__(self) -> Iterator[Any]:
                return iter(events.get, None)

            def close(self) -> None:
                events.put(None)

        return Stream()


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def collector(engine: FakeEngine) -> Iterator[Collector]:
    collector = Collector(engine.connect, QUICK)
    collector.start()
    yield collector
    collector.stop()


def until(holds: Callable[..., object], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.005)


def test_it_learns_the_cluster(collector: Collector) -> None:
    until(lambda: collector.snapshot.engine)
    snapshot = collector.snapshot
    assert [node.hostname for node in snapshot.nodes] == ["node1"]
    assert (snapshot.services[0].running, snapshot.services[0].desired) == (1, 1)


def test_it_tells_each_change_once(engine: FakeEngine, collector: Collector) -> None:
    until(lambda: collector.snapshot.engine)
    heard: list[ClusterSnapshot] = []
    collector.subscribe(heard.append)
    engine.tasks_answer = [raw.task(1), raw.task(2, slot=2)]
    until(lambda: len(collector.snapshot.tasks) == 2)
    assert collector.refresh(60)
    assert len(heard) == 1


def test_a_subscriber_that_fails_stops_nobody(engine: FakeEngine, collector: Collector) -> None:
    def fail(snapshot: ClusterSnapshot) -> None:
        raise RuntimeError("no")

    heard: list[ClusterSnapshot] = []
    collector.subscribe(fail)
    collector.subscribe(heard.append)
    engine.tasks_answer = []
    until(lambda: heard)


@pytest.fixture
def sleepy(engine: FakeEngine) -> Iterator[Collector]:
    """One that has asked once, and asks again only when it is woken."""
    collector = Collector(engine.connect, Pace(idle=60.0, rest=60.0, moving=60.0))
    collector.start()
    try:
        until(lambda: collector.snapshot.engine and engine.streams)
        assert collector.refresh(60)
        yield collector
    finally:
        collector.stop()


def test_an_event_wakes_it(engine: FakeEngine, sleepy: Collector) -> None:
    engine.tasks_answer = []
    engine.streams[0].put({"Type": "service", "Action": "update"})
    until(lambda: not sleepy.snapshot.tasks)


def test_a_container_that_takes_up_its_networks_asks_nothing_dear(
    engine: FakeEngine, sleepy: Collector
) -> None:
    """A real daemon starts programs to answer GET /version, and others for GET /info."""
    assert sleepy.refresh(60)
    assert engine.asked.count("version") == 1
    before = engine.asked.count("info")
    for _ in range(50):
        engine.streams[0].put({"Type": "network", "Action": "connect"})
    engine.tasks_answer = []
    engine.streams[0].put({"Type": "service", "Action": "update"})
    until(lambda: not sleepy.snapshot.tasks)
    assert engine.asked.count("info") == before


def test_health_checks_do_not_wake_it(engine: FakeEngine, collector: Collector) -> None:
    until(lambda: engine.streams and collector.refresh())
    sent = engine.asked.count("images")
    for _ in range(50):
        engine.streams[0].put({"Type": "container", "Action": "exec_die"})
    time.sleep(0.1)
    assert engine.asked.count("images") <= sent + 1


def test_a_lost_engine_leaves_the_last_good_picture(
    engine: FakeEngine, collector: Collector
) -> None:
    until(lambda: collector.snapshot.nodes)
    engine.up = False
    until(lambda: collector.snapshot.outage)
    snapshot = collector.snapshot
    assert snapshot.outage is not None
    assert "Connection refused" in snapshot.outage.message
    assert [node.hostname for node in snapshot.nodes] == ["node1"]
    heard = snapshot.time
    time.sleep(0.1)
    assert collector.snapshot.time == heard

    engine.up = True
    engine.tasks_answer = []
    until(lambda: collector.snapshot.outage is None)
    assert collector.snapshot.tasks == ()
    assert collector.snapshot.time > heard


def test_an_engine_that_is_not_there_yet(engine: FakeEngine) -> None:
    engine.up = False
    collector = Collector(engine.connect, QUICK)
    collector.start()
    try:
        until(lambda: collector.snapshot.outage)
        assert collector.snapshot.engine is None
        engine.up = True
        until(lambda: collector.snapshot.engine)
    finally:
        collector.stop()


def test_an_engine_without_a_swarm_is_asked_no_cluster_questions(engine: FakeEngine) -> None:
    engine.info_answer = {"Name": "alone", "Swarm": {"LocalNodeState": "inactive"}}
    collector = Collector(engine.connect, QUICK)
    collector.start()
    try:
        until(lambda: collector.snapshot.engine)
        assert collector.refresh(60)
        assert not {"nodes", "services", "tasks"} & set(engine.asked)
        assert collector.snapshot.nodes == ()
    finally:
        collector.stop()


def test_the_daemons_refusal_is_kept_in_its_words(engine: FakeEngine, collector: Collector) -> None:
    until(lambda: collector.snapshot.nodes)
    response = requests.Response()
    response.status_code = 500

    def refuse() -> Any:
        raise docker.errors.APIError("500", response, "The swarm does not have a leader.")

    engine.nodes = refuse  # type: ignore[method-assign]
    until(lambda: collector.snapshot.outage)
    assert collector.snapshot.outage is not None
    assert collector.snapshot.outage.message == "The swarm does not have a leader."
    assert collector.snapshot.nodes


def test_an_answer_it_does_not_understand_is_survived(
    engine: FakeEngine, collector: Collector, caplog: pytest.LogCaptureFixture
) -> None:
    until(lambda: collector.snapshot.nodes)
    engine.tasks_answer = [{"no": "id"}]
    until(lambda: collector.snapshot.outage)
    assert collector.snapshot.nodes
    engine.tasks_answer = []
    until(lambda: collector.snapshot.outage is None)


def test_a_collector_that_fails_says_so_in_the_picture(
    engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_self: Collector) -> float:
        raise KeyError("a part")

    monkeypatch.setattr(Collector, "_pause", fail)
    collector = Collector(engine.connect, QUICK)
    collector.start()
    until(lambda: collector.snapshot.outage, 30)
    assert collector.snapshot.outage
    assert "KeyError: 'a part'" in str(collector.snapshot.outage.why)
    collector.stop()


def test_refresh_waits_for_a_question_asked_after_it(
    engine: FakeEngine, collector: Collector
) -> None:
    until(lambda: collector.snapshot.engine)
    for count in (2, 5, 3):
        engine.tasks_answer = [raw.task(n, slot=n) for n in range(count)]
        assert collector.refresh(60)
        assert len(collector.snapshot.tasks) == count


def test_it_rests_when_nothing_moves(engine: FakeEngine) -> None:
    pace = Pace(moving=0.01, idle=0.3, rest=0.3, restless=0.0)
    collector = Collector(engine.connect, pace)
    collector.start()
    try:
        until(lambda: collector.snapshot.engine)
        time.sleep(1.2)  # a change counts as moving for a second
        before, began = engine.asked.count("tasks"), time.monotonic()
        threading.Event().wait(1.0)
        asked = engine.asked.count("tasks") - before
        assert asked <= (time.monotonic() - began) / pace.idle + 2
    finally:
        collector.stop()


# An engine that hints at each change

SLEEPY = Pace(moving=60.0, idle=60.0, rest=60.0, gather=0.02)


@pytest.fixture
def hinted(engine: FakeEngine) -> Iterator[Collector]:
    """It would ask once a minute by itself."""
    collector = Collector(engine.connect, SLEEPY, hinted=True)
    collector.start()
    assert collector.current(30)
    yield collector
    collector.stop()


def test_a_hint_is_enough(engine: FakeEngine, hinted: Collector) -> None:
    assert engine.streams == []
    engine.asked.clear()
    engine.tasks_answer = []
    hinted.hint("tasks")
    until(lambda: not hinted.snapshot.tasks, 30)
    assert set(engine.asked) == {"tasks"}


def test_a_swarm_of_hints_is_one_question(engine: FakeEngine, hinted: Collector) -> None:
    with hinted._rounds:  # it cannot ask meanwhile
        before = hinted.questions
        for _ in range(1000):
            hinted.hint("tasks")
    until(lambda: hinted.questions > before, 30)
    assert hinted.refresh(30)
    assert hinted.questions <= before + 1 + 6  # the refresh asks for all six parts


def test_no_change_is_lost_between_hint_and_question(engine: FakeEngine, hinted: Collector) -> None:
    for count in (2, 5, 3, 8, 1):
        engine.tasks_answer = [raw.task(n, slot=n) for n in range(count)]
        hinted.hint("tasks")
        until(lambda wanted=count: len(hinted.snapshot.tasks) == wanted, 30)


# Rest


def test_a_rest_ends_where_it_began(engine: FakeEngine, collector: Collector) -> None:
    assert collector.current(30)
    collector.rest()
    until(lambda: collector._client is None, 30)
    asked, known = collector.questions, collector.snapshot
    collector.hint("tasks")
    engine.tasks_answer = []
    assert not collector.refresh(0.05)
    assert (collector.questions, collector.snapshot) == (asked, known)
    collector.resume()
    assert collector.current(30)
    assert collector.snapshot.tasks == ()
    assert collector.snapshot.revision == known.revision + 1


def test_a_short_rest_is_followed_by_a_fresh_question(
    engine: FakeEngine, collector: Collector
) -> None:
    for count in (2, 5, 3):
        collector.rest()
        engine.tasks_answer = [raw.task(n, slot=n) for n in range(count)]
        collector.resume()
        assert collector.current(30)
        assert len(collector.snapshot.tasks) == count


def test_a_collector_that_rests_can_be_stopped(engine: FakeEngine) -> None:
    collector = Collector(engine.connect, QUICK)
    collector.start()
    assert collector.current(30)
    collector.rest()
    collector.stop()
    until(lambda: collector._client is None, 30)
