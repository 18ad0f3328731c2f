"""The classroom: a cluster for each learner, which rests and ends; a real one is for everybody."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from core.commands.execs import ExecContainer
from core.commands.service_logs import ServiceLogs
from core.commands.service_views import ListServices
from core.commands.services import CreateService, RemoveServices, ScaleServices
from core.commands.swarm import JoinToken, LeaveSwarm
from core.control import classroom as rules
from core.control import faults, held, instances, memory, reset
from core.control.access import READ_ONLY, Access, Action
from core.control.admission import Admission
from core.control.classroom import Classroom
from core.control.control import Control
from core.control.rights import NONE, Right
from core.engine import keys
from core.engine.connection import Connection, Practice, choose
from core.engine.practice import calls
from core.engine.worker import PracticeCluster
from core.errors import (
    Crowded,
    EngineUnreachable,
    EssaimError,
    InvalidValue,
    NoRoom,
    NotAllowed,
    NotBegun,
    NoWorker,
)
from core.traffic.plan import Plan
from essaim_practice.hosting.server import PracticeServer
from tests.cluster.test_collector import until
from tests.practising import Lent, practice_cluster

ADA, BOB, EVE = "adaadaad", "bcbbcbbb", "eveeveev"
ACCESS = Access({"ESSAIM_PASSWORD": "a password for tests"})


class Clock:
    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def room(clock: Clock) -> Iterator[Classroom]:
    """Room for two."""
    classroom = Classroom(Practice(most=2, workers=Lent()), ACCESS, clock)
    yield classroom
    classroom.stop()


def names(control: Control) -> list[str]:
    return [service.name for service in control.snapshot.services]


def create(control: Control, name: str) -> None:
    control.submit(CreateService(name=name, replicas=1, image="nginx:latest"), "test", NONE)
    assert control.collector.refresh(30)


def asked(control: Control) -> Callable[[], int]:
    return lambda: control.collector.questions


def test_each_learner_has_a_cluster_and_finds_it_again(room: Classroom) -> None:
    ada, bob = room.control(ADA), room.control(BOB)
    create(ada, "web")
    assert bob.collector.refresh(30)
    assert (names(ada), names(bob)) == (["web"], [])
    assert room.control(ADA) is ada
    assert [key for key, _ in room.controls()] == [ADA, BOB]
    assert room.known(ADA)
    assert not room.known(EVE)


def test_the_first_picture_is_there_at_once(room: Classroom) -> None:
    engine = room.control(ADA).snapshot.engine
    assert engine is not None
    assert engine.practice


def test_a_real_engine_is_one_for_everybody(clock: Clock) -> None:
    with PracticeServer.start(bind_ports=False) as elsewhere:
        room = Classroom(Connection(elsewhere.urls[0]), ACCESS, clock)
        room.start()
        try:
            assert room.shared
            assert room.control(ADA) is room.control(BOB) is room.control()
            clock.time += 2 * rules.END_AFTER
            room.tend()
            questions = asked(room.control())
            before = questions()
            until(lambda: questions() > before, 30)  # it never rests
        finally:
            room.stop()


def test_when_it_is_full_it_says_so(room: Classroom) -> None:
    room.control(ADA), room.control(BOB)
    with pytest.raises(NoRoom, match="at most 2 practice clusters"):
        room.control(EVE)
    assert room.control(ADA)


def test_one_in_which_nothing_was_done_makes_room(room: Classroom, clock: Clock) -> None:
    room.control(ADA), room.control(BOB)
    clock.time += rules.SPARE_AFTER
    room.control(BOB)
    room.control(EVE)
    assert [key for key, _ in room.controls()] == [BOB, EVE]


def test_who_comes_while_a_worker_is_asked_keeps_the_cluster(
    room: Classroom, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is asked whether nothing was done there, to make room for somebody else."""
    ada = room.control(ADA)
    room.control(BOB)
    clock.time += rules.SPARE_AFTER
    room.control(BOB)

    def asked_meanwhile(cluster: held.Held, age: float = 0.0) -> bool:
        return room.control(ADA) is ada

    with monkeypatch.context() as slow:
        slow.setattr(rules, "untouched", asked_meanwhile)
        with pytest.raises(NoRoom):
            room.control(EVE)
    assert room.control(ADA) is ada


def in_the_dashboard(control: Control) -> None:
    create(control, "web")


def undone(control: Control) -> None:
    create(control, "web")
    control.submit(RemoveServices(services=("web",)), "test", NONE)


def refused(control: Control) -> None:
    with pytest.raises(EssaimError):
        control.submit(RemoveServices(services=("web",)), "test", NONE)


def by_the_docker_command(control: Control) -> None:
    client = control.connection.client()
    CreateService(name="web", replicas=1, image="nginx:latest").run(client)
    client.close()


def a_volume(control: Control) -> None:
    client = control.connection.client()
    client.volumes.create("data")
    client.close()


def a_lab(control: Control) -> None:
    control.labs.progress("lab3")


def a_name(control: Control) -> None:
    control.labs.name = "Ada"


WORK = (in_the_dashboard, undone, refused, by_the_docker_command, a_volume, a_lab, a_name)


@pytest.mark.parametrize("work", WORK, ids=lambda work: work.__name__)
def test_no_work_is_given_up_for_a_newcomer(
    room: Classroom, clock: Clock, work: Callable[[Control], None]
) -> None:
    """A class had a break, of any length that still counts as one."""
    work(room.control(ADA))
    work(room.control(BOB))
    clock.time += rules.END_AFTER - 1
    for _ in range(3):
        with pytest.raises(NoRoom, match="at most 2"):
            room.control(EVE)
    assert [key for key, _ in room.controls()] == [ADA, BOB]


def test_of_two_the_one_without_work_makes_room(room: Classroom, clock: Clock) -> None:
    in_the_dashboard(room.control(ADA))
    clock.time += 600
    room.control(BOB)
    clock.time += rules.SPARE_AFTER
    room.control(EVE)
    assert [key for key, _ in room.controls()] == [ADA, EVE]


def test_one_that_is_looked_at_makes_no_room(
    room: Classroom, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    room.control(ADA), room.control(BOB)
    monkeypatch.setattr(Control, "watched", property(lambda self: True))
    clock.time += 10 * rules.SPARE_AFTER
    with pytest.raises(NoRoom):
        room.control(EVE)


def test_one_begins_as_if_nothing_had_been_done(room: Classroom) -> None:
    for key in (ADA, BOB):
        assert held.untouched(room._clusters[key]) if room.control(key) else None
    time.sleep(1.5)  # nor does it become so by itself
    assert all(held.untouched(seat) for seat in room._clusters.values())


def test_a_route_makes_none(room: Classroom) -> None:
    with pytest.raises(NotBegun):
        room.found(ADA)
    assert room.controls() == ()
    ada = room.control(ADA)
    assert room.found(ADA) is ada
    assert room.found(room.viewing_code(ADA)) is room.control(room.viewing_code(ADA))


def test_from_one_address_come_a_class_at_once_and_then_only_some(clock: Clock) -> None:
    """Places that cost nothing here: only the rate is looked at."""
    admission = Admission(60, clock)
    waits = [admission.wait("203.0.113.7") for _ in range(60)]
    assert waits[:40] == [0.0] * 40
    assert all(0 < wait <= 60 for wait in waits[40:])
    assert admission.wait("203.0.113.8") == 0.0  # others come in
    clock.time += 60
    assert [admission.wait("203.0.113.7") for _ in range(60)].count(0.0) == 10
    clock.time += 3600
    assert [admission.wait("203.0.113.7") for _ in range(60)].count(0.0) == 40


def test_an_ipv6_network_is_one_address(clock: Clock) -> None:
    admission = Admission(60, clock)
    waits = [admission.wait(f"2001:db8::{number:x}") for number in range(60)]
    assert waits.count(0.0) == 40
    assert admission.wait("2001:db8:0:1::1") == 0.0


@pytest.mark.parametrize("places", [1, 10, 30, 60, 500])
def test_thirty_come_in_within_a_minute_however_many_places_there_are(
    places: int, clock: Clock
) -> None:
    admission = Admission(places, clock)
    assert [admission.wait("local") for _ in range(30)] == [0.0] * 30


def test_who_must_wait_is_told_how_long(clock: Clock) -> None:
    room = Classroom(Practice(most=2, workers=Lent()), ACCESS, clock)
    try:
        for number in range(30):
            key = f"ada{'abcdefghjkmnpqrstuvwxyz23456789'[number]}{'a' * 4}"
            assert room.control(key, "203.0.113.7")
            room.end(key)
        with pytest.raises(Crowded, match=r"in \d+ s"):
            room.control(EVE, "203.0.113.7")
        assert room.control(EVE, "203.0.113.8")
    finally:
        room.stop()


def test_it_rests_without_viewers_and_goes_on_where_it_was(room: Classroom, clock: Clock) -> None:
    ada = room.control(ADA)
    create(ada, "web")
    revision = ada.snapshot.revision
    clock.time += rules.REST_AFTER
    room.tend()
    until(lambda: rests(ada), 30)
    before = ada.collector.questions
    client = ada.connection.client()
    ScaleServices(replicas=(("web", 4),)).run(client)  # the docker command, with no page open
    client.close()
    assert ada.connection.send(calls.machines())
    assert ada.collector.questions == before
    assert names(ada) == ["web"]

    assert room.control(ADA) is ada
    until(lambda: ada.snapshot.services[0].replicas == 4, 30)
    assert ada.snapshot.revision > revision


def rests(control: Control) -> bool:
    """It has no thread, and no connection."""
    return (
        control.collector._client is None
        and not control.collector._collecting
        and control._beat._thread is None
    )


def test_a_cluster_at_rest_has_no_thread_and_wakes_as_often_as_one_comes(
    room: Classroom, clock: Clock
) -> None:
    others = set(threading.enumerate())
    ada = room.control(ADA)

    def own() -> list[str]:
        there = {each.name for each in set(threading.enumerate()) - others}
        return sorted(there & {"essaim_beat", "essaim_collect"})

    for _ in range(3):
        assert own() == ["essaim_beat", "essaim_collect"]
        clock.time += rules.REST_AFTER
        room.tend()
        until(lambda: own() == [])
        revision = ada.snapshot.time
        assert room.control(ADA).snapshot.time > revision


@pytest.mark.skipif(memory._trim is None, reason="no malloc_trim in this C library")
def test_free_memory_goes_back_to_the_system(
    room: Classroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "ROUND", 0.01)
    monkeypatch.setattr(memory, "EVERY", 0.0)

    def used() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    before = used()
    blocks = [bytes(3000) for _ in range(30_000)]
    assert used() - before > 60e6
    del blocks[1::2], blocks[1::2], blocks[1::2], blocks[1::2]  # one of sixteen stays
    room._thread.start()
    until(lambda: used() - before < 30e6, 60)
    assert len(blocks) > 1800


def test_whoever_comes_waits_for_a_fresh_picture(room: Classroom, clock: Clock) -> None:
    ada = room.control(ADA)
    for number in range(5):
        clock.time += rules.REST_AFTER
        room.tend()
        client = ada.connection.client()
        CreateService(name=f"web{number}", replicas=1, image="nginx:latest").run(client)
        client.close()
        control = room.control(ADA)
        assert control.collector.current(30 + 1e9)
        assert f"web{number}" in names(control)


def test_one_that_is_looked_at_neither_rests_nor_ends(
    room: Classroom, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = room.control(ADA)
    monkeypatch.setattr(Control, "watched", property(lambda self: True))
    for _ in range(3):
        clock.time += rules.END_AFTER
        room.tend()
    assert room.known(ADA)
    before = ada.collector.questions
    until(lambda: ada.collector.questions > before, 30)


def test_one_that_nobody_wants_for_hours_is_ended(room: Classroom, clock: Clock) -> None:
    ada = room.control(ADA)
    create(ada, "web")
    clock.time += rules.END_AFTER
    room.tend()
    assert room.controls() == ()
    with pytest.raises(EngineUnreachable):
        ada.connection.send(calls.machines())
    again = room.control(ADA)
    assert again is not ada
    assert names(again) == []


def test_what_is_under_way_counts_as_a_viewer(room: Classroom) -> None:
    ada = room.control(ADA)
    assert not ada.watched
    with ada._act():
        assert ada.watched
    assert not ada.watched


def test_stopping_twice_does_no_harm(room: Classroom) -> None:
    room.control(ADA)
    room.stop()
    room.stop()
    assert room.controls() == ()


@pytest.mark.parametrize("most", ["0", "-1", "many", "1.5"])
def test_a_limit_that_is_none_stops_the_start(most: str) -> None:
    with pytest.raises(ValueError, match="ESSAIM_CLUSTERS"):
        choose({"ESSAIM_ENGINE": "practice", "ESSAIM_CLUSTERS": most})


def test_the_limit_is_read_from_the_environment() -> None:
    found = choose({"ESSAIM_ENGINE": "practice", "ESSAIM_CLUSTERS": "7"})
    assert isinstance(found, Practice)
    assert found.most == 7
    found.close()


def test_clusters_may_begin_as_empty_instances() -> None:
    found = choose({"ESSAIM_ENGINE": "practice", "ESSAIM_SWARM": "empty"})
    assert isinstance(found, Practice)
    room = Classroom(found, ACCESS)
    try:
        engine = room.control(ADA).snapshot.engine
        assert engine is not None
        assert not engine.in_swarm
    finally:
        room.stop()


@pytest.mark.parametrize(("wish", "version"), [("", "29.8.0"), ("28.5", "28.5.2")])
def test_clusters_play_the_engine_that_is_chosen(wish: str, version: str) -> None:
    found = choose({"ESSAIM_ENGINE": "practice", "ESSAIM_PRACTICE_ENGINE": wish})
    assert isinstance(found, Practice)
    room = Classroom(found, ACCESS)
    try:
        engine = room.control(ADA).snapshot.engine
        assert engine is not None
        assert engine.version == version
    finally:
        room.stop()


def test_an_engine_that_is_not_played_stops_the_start() -> None:
    with pytest.raises(ValueError, match="ESSAIM_PRACTICE_ENGINE"):
        choose({"ESSAIM_ENGINE": "practice", "ESSAIM_PRACTICE_ENGINE": "27"})


def test_a_beginning_that_is_none_stops_the_start() -> None:
    with pytest.raises(ValueError, match="ESSAIM_SWARM"):
        choose({"ESSAIM_ENGINE": "practice", "ESSAIM_SWARM": "swarmed"})


@pytest.mark.parametrize("early", [True, False])
def test_what_is_wrong_at_the_start_is_said_whenever_it_is_asked_for(
    early: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(rules, "_current", None)
    monkeypatch.setenv("ESSAIM_ENGINE", "practice")
    monkeypatch.setenv("ESSAIM_WORKERS", "none")
    monkeypatch.setenv("ESSAIM_DATA", str(tmp_path))
    monkeypatch.setattr(keys, "_secret", keys._secret)  # put back at the end
    if early:
        rules.begin()
        until(lambda: not [each for each in threading.enumerate() if each.name == "essaim_begin"])
    for _ in range(2):
        with pytest.raises(InvalidValue, match="ESSAIM_WORKERS is 'none'"):
            rules.classroom()
    assert caplog.records == []


def test_the_classroom_is_there_however_early_it_was_begun(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rules, "_current", None)
    monkeypatch.setattr(rules, "choose", lambda data: Practice(most=1, workers=Lent()))
    rules.begin()
    room = rules.classroom()
    assert rules.classroom() is room
    room.stop()


class Slow(Lent):
    """The worker of one cluster is lost until ``found`` is set."""

    def __init__(self, key: str) -> None:
        super().__init__()
        self._slow = keys.cluster_id(key)
        self.asked, self.found = threading.Event(), threading.Event()

    def open(self, id: str, settings: Mapping[str, Any]) -> PracticeCluster:
        if id == self._slow:
            self.asked.set()
            assert self.found.wait(120)
        return super().open(id, settings)


@pytest.fixture
def slow() -> Iterator[Slow]:
    slow = Slow(ADA)
    yield slow
    slow.found.set()


@pytest.fixture
def others() -> Iterator[ThreadPoolExecutor]:
    others = ThreadPoolExecutor()
    yield others
    others.shutdown(wait=False)


def test_nobody_waits_for_the_lost_worker_of_another(
    slow: Slow, clock: Clock, others: ThreadPoolExecutor
) -> None:
    room = Classroom(Practice(most=2, workers=slow), ACCESS, clock)
    first, again = (others.submit(room.control, ADA) for _ in range(2))
    assert slow.asked.wait(30)
    assert others.submit(room.control, BOB).result(30)
    with pytest.raises(NoRoom):  # she has her place already
        others.submit(room.control, EVE).result(30)
    others.submit(room.tend).result(30)
    clock.time += rules.SPARE_AFTER
    assert others.submit(room.control, EVE).result(30)
    others.submit(room.end, EVE).result(30)
    assert not first.done()
    slow.found.set()
    assert first.result(30) is again.result(30)
    assert [key for key, _ in room.controls()] == [ADA]
    room.stop()


def test_a_cluster_that_comes_after_the_end_is_let_go(
    slow: Slow, others: ThreadPoolExecutor
) -> None:
    room = Classroom(Practice(most=2, workers=slow), ACCESS)
    late = others.submit(room.control, ADA)
    assert slow.asked.wait(30)
    others.submit(room.stop).result(30)
    slow.found.set()
    with pytest.raises(NoWorker, match="Essaim is ending"):
        late.result(30)
    assert room.controls() == ()
    slow.stop()


def test_a_second_code_leads_to_the_same_cluster_without_the_right_to_change_it(
    room: Classroom,
) -> None:
    ada = room.control(ADA)
    code = room.viewing_code(ADA)
    assert code not in ("", ADA)
    assert keys.read(code) == code
    assert room.known(code)
    assert room.viewing_code(code) == code  # who looks on may tell others how, and learns no more
    seen = room.control(code)
    assert room.control(code) is seen
    assert [key for key, _ in room.controls()] == [ADA]
    create(ada, "web")
    assert names(seen) == ["web"]
    assert seen.hub is ada.hub
    actions: list[type[Action]] = [ScaleServices, ServiceLogs, JoinToken, ExecContainer, Plan]
    for action in actions:
        assert ada.may(action)
        assert not seen.may(action)
        assert not seen.may(action, Right())  # the password is for real engines
    assert seen.may(ListServices)
    assert seen.look(ListServices(), NONE) == ada.look(ListServices(), NONE)


def test_what_changes_a_cluster_or_shows_its_secrets_is_refused_to_who_looks_on(
    room: Classroom,
) -> None:
    ada = room.control(ADA)
    create(ada, "web")
    seen, who = room.control(room.viewing_code(ADA)), "eve"
    [machine, *others] = faults.conditions(seen).machines.values()
    shell = ExecContainer(interactive=True, tty=True, container="any", command=("sh",))
    attempts: dict[str, Callable[[], object]] = {
        "command": lambda: seen.submit(RemoveServices(services=("web",)), who, Right()),
        "secret": lambda: seen.look(JoinToken(role="worker"), Right()),
        "terminal": lambda: seen.attach(shell, who, Right()),
        "traffic": lambda: seen.send(Plan(seen.snapshot.services[0].id, 80), who, Right()),
        "fault": lambda: faults.do(seen, faults.power("node2", on=False), who),
        "machine": lambda: faults.do(seen, calls.add_machine(), who),
        "invitation": lambda: instances.join_command(seen, [machine], "worker"),
        "instance": lambda: instances.run(seen, LeaveSwarm(), others[0], who),
        "named instance": lambda: instances.run_at(seen, others[0].name, LeaveSwarm(), who),
        "reset": lambda: reset.reset(seen, who),
    }
    for what, attempt in attempts.items():
        with pytest.raises(NotAllowed) as refused:
            attempt()
        assert refused.value.text == READ_ONLY, what
    assert ada.collector.refresh(30)
    assert names(ada) == ["web"]
    assert all(machine.sound for machine in faults.conditions(ada).machines.values())
    assert len(ada.snapshot.nodes) == len(faults.conditions(ada).machines) == 3


def test_the_code_to_look_on_ends_with_the_cluster(room: Classroom) -> None:
    room.control(ADA)
    code = room.viewing_code(ADA)
    room.end(ADA)
    assert not room.known(code)
    assert room.viewing_code(ADA) == ""
    room.control(ADA)
    assert room.viewing_code(ADA) not in ("", code)


def test_on_a_cluster_for_everybody_nobody_only_looks_on() -> None:
    with practice_cluster() as connection:
        classroom = Classroom(connection, ACCESS)
        try:
            shared = classroom.control(ADA)
            assert classroom.viewing_code(keys.DEFAULT) == ""
            assert shared.may(ScaleServices)
        finally:
            classroom.stop()
