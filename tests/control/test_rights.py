"""A viewer's right: until when it holds, and what ends with it."""

from __future__ import annotations

import threading
from unittest.mock import MagicMock

import docker
import pytest

from core.commands.command import Command, Interrupt, Progress, Report
from core.commands.container_logs import ContainerLogs
from core.commands.registry import parse
from core.commands.transfers import PullImage
from core.control.access import Access
from core.control.control import Control
from core.control.jobs import Job
from core.control.rights import AWAY, IDLE, NONE, REMEMBERED, Right, Rights
from core.engine.connection import Connection
from core.errors import NotAllowed
from core.lessons.solutions import Play
from tests.cluster.test_collector import until


class Clock:
    """Seconds that pass when a test says so, and a page that is open or not."""

    def __init__(self) -> None:
        self.now, self.open = 0.0, True

    def right(self) -> Right:
        return Right(IDLE * 60, lambda: self.open, lambda: self.now)


def slow(_self: Command, _client: docker.DockerClient, report: Report) -> str:
    """Reports a step each time it is told to, and so never ends by itself."""
    while True:
        NEXT.acquire()
        STEPS.append(1)
        report(Progress("", "a step"))


def endless(
    _self: Command, _client: docker.DockerClient, _report: Report, interrupt: Interrupt
) -> str:
    """Goes on until it is let go."""
    let_go = threading.Event()
    interrupt.on_press(lambda presses: let_go.set() if presses > 1 else None)
    assert let_go.wait(60)
    return "heard until then"


PULL, FOLLOW = parse("docker pull alpine"), parse("docker logs -f web")
NEXT = threading.Semaphore(0)
STEPS: list[int] = []


@pytest.fixture
def real(monkeypatch: pytest.MonkeyPatch) -> Control:
    """An engine that counts as real, where each command meets a client of nobody's."""
    monkeypatch.setattr(Connection, "client", lambda _self: MagicMock())
    monkeypatch.setattr(PullImage, "_run", slow)
    monkeypatch.setattr(ContainerLogs, "_follow", endless)
    return Control(Connection("tcp://127.0.0.1:9"), Access({}))


def test_it_holds_until_it_is_taken_away_and_never_comes_back() -> None:
    right, ended = Right(), list[str]()
    assert right.held
    with right.during(lambda: ended.append("what was under way")):
        right.end()
        right.end("idle")
        until(lambda: ended)
    assert (right.held, right.why, ended) == (False, "locked", ["what was under way"])
    right.acted()
    assert not right.held
    with pytest.raises(NotAllowed, match="locked"):
        right.require()
    with right.during(lambda: ended.append("what came too late")):
        assert ended[1:] == ["what came too late"]


def test_it_ends_when_nobody_acts() -> None:
    clock = Clock()
    right = clock.right()
    clock.now = IDLE * 60 - 1
    right.acted()
    clock.now += IDLE * 60 - 1
    assert right.held  # that it is asked is no act
    clock.now += 2
    assert not right.held
    assert right.why == "idle"


def test_it_ends_when_its_page_is_gone_but_not_when_it_comes_back() -> None:
    clock = Clock()
    right = clock.right()
    for _ in range(3):
        clock.open = False
        clock.now += AWAY - 1
        assert right.held
        clock.open = True
        assert right.held
    clock.open = False
    assert right.held
    clock.now += AWAY + 1
    right.acted()  # what is typed by whoever has kept a socket is no act of the viewer
    assert not right.held
    clock.open = True
    assert not right.held
    assert right.why == "left"


def test_what_runs_under_it_ends_without_being_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.control.rights.LOOK", 0.01)
    clock, ended = Clock(), threading.Event()
    right = clock.right()
    right.covers(ended.set)
    with right.during(lambda: None):
        clock.now += IDLE * 60 + 1
        assert ended.wait(30)


def test_lock_ends_it_in_all_tabs_of_a_browser_and_in_no_other() -> None:
    rights = Rights({})
    tab, other, neighbour, unknown = (
        rights.give(browser, lambda: True) for browser in ("ada", "ada", "bob", "")
    )
    rights.lock(tab, "ada")
    assert [each.held for each in (tab, other, neighbour, unknown)] == [False, False, True, True]
    nameless = rights.give("", lambda: True)
    rights.lock(unknown, "")  # without cookies, tabs cannot be told to be one browser's
    assert (unknown.held, nameless.held) == (False, True)


def test_a_browser_is_remembered_for_a_while_and_until_lock() -> None:
    clock = Clock()
    rights = Rights({}, lambda: clock.now)
    assert not rights.remembered("ada")
    right = Right()
    rights.remember("ada", right)
    rights.remember("", right)
    clock.now += REMEMBERED
    assert rights.remembered("ada")
    assert not rights.remembered("bob")
    assert not rights.remembered("")  # all browsers without cookies
    rights.remember("ada", right)
    clock.now += REMEMBERED + 1
    assert not rights.remembered("ada")
    rights.remember("ada", right)
    rights.lock(NONE, "ada")
    assert not rights.remembered("ada")


def test_a_page_that_is_shown_while_another_locks_is_not_remembered() -> None:
    rights = Rights({})
    board = rights.give("ada", lambda: True)
    assert board.held  # and then, before it is noted:
    rights.lock(NONE, "ada")
    rights.remember("ada", board)
    assert not rights.remembered("ada")


def test_the_idle_time_is_a_setting() -> None:
    assert Rights({}).give("", lambda: True).idle == 1800
    assert Rights({"ESSAIM_IDLE": "2.5"}).give("", lambda: True).idle == 150
    for wrong in ("soon", "0", "-3", "inf", "nan"):
        with pytest.raises(NotAllowed, match="ESSAIM_IDLE"):
            Access({"ESSAIM_IDLE": wrong})


def test_without_the_password_there_is_none() -> None:
    assert not NONE.held
    with pytest.raises(NotAllowed, match="password first"):
        NONE.require()


def test_a_job_takes_no_further_step(real: Control) -> None:
    right = Right()
    STEPS.clear()
    job = Job(PULL, lambda report: real.submit(PULL, "teacher", right, report))
    NEXT.release()
    until(lambda: job.log == "a step")
    right.end()
    NEXT.release()
    until(lambda: not job.running)
    assert (len(STEPS), job.log) == (2, "a step")
    assert isinstance(job.error, NotAllowed)


def test_what_goes_on_is_let_go(real: Control) -> None:
    right = Right()
    ending = threading.Timer(0.05, right.end)
    ending.start()
    with pytest.raises(NotAllowed, match="locked"):
        real.submit(FOLLOW, "teacher", right, interrupt=Interrupt())
    ending.join()


def test_a_played_solution_makes_no_further_move(
    real: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    right, run = Right(), list[Command]()

    def made(self: Command, *_given: object) -> str:
        run.append(self)
        right.end()
        return ""

    monkeypatch.setattr(PullImage, "run", made)
    play = Play(real, [PULL] * 3, "teacher", right, 0)
    play.wait(30)
    assert len(run) == 1
    assert isinstance(play.error, NotAllowed)
