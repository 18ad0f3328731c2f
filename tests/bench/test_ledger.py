"""The ledger of the crash bench finds what is lost, torn or overtaken, and nothing else."""

from __future__ import annotations

import pytest

from bench import ledger
from bench.ledger import Fault, Ledger, Tally
from bench.work import content, number_in


class Clock:
    """Each look at it takes a hundredth of a second."""

    def __init__(self) -> None:
        self.now = 1000.0

    def time(self) -> float:
        self.now += 0.01
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(ledger, "time", clock)
    return clock


def wrote(clock: Clock, *writes: tuple[str, str | None]) -> Ledger:
    """A ledger in which these were written, two seconds from one to the next."""
    made = Ledger()
    for thing, value in writes:
        with made.write(thing, value):
            pass
        clock.now += 2
    return made


def kinds(faults: list[Fault]) -> list[str]:
    return [fault.kind for fault in faults]


def test_all_is_there(clock: Clock) -> None:
    made = wrote(clock, ("service web", "1"), ("service web", "2"), ("volume v", ""))
    assert made.faults({"service web": "2", "volume v": ""}, clock.now) == []


def test_what_is_gone_or_as_it_was_before_is_lost(clock: Clock) -> None:
    made = wrote(clock, ("service web", "1"), ("service web", "2"), ("volume v", ""))
    [fault] = made.faults({"service web": "1", "volume v": ""}, clock.now)
    assert fault.kind == "lost"
    assert fault.sentence == "service web is 1: it became 2 4.02 s before"
    assert kinds(made.faults({"service web": "2"}, clock.now)) == ["lost"]


def test_what_came_back_is_lost_work(clock: Clock) -> None:
    made = wrote(clock, ("service web", "1"), ("service web", None))
    assert kinds(made.faults({"service web": "1"}, clock.now)) == ["lost"]


def test_what_nobody_made_is_torn(clock: Clock) -> None:
    made = wrote(clock, ("service web", "1"))
    assert kinds(made.faults({"service web": "7"}, clock.now)) == ["torn"]
    assert kinds(made.faults({"service web": "1", "volume v": ""}, clock.now)) == ["torn"]


def test_the_last_second_may_be_there_or_not(clock: Clock) -> None:
    made = wrote(clock, ("service web", "1"), ("service web", "2"))
    crash = clock.now - 1.5  # half a second after the second write
    assert made.faults({"service web": "1"}, crash) == []
    assert made.faults({"service web": "2"}, crash) == []
    assert kinds(made.faults({}, crash)) == ["lost"]


def test_nobody_knows_of_an_act_that_failed(clock: Clock) -> None:
    made = wrote(clock, ("service web", "1"))
    with pytest.raises(OSError, match="gone"), made.write("service web", "2"):
        raise OSError("gone")
    clock.now += 10
    assert made.faults({"service web": "1"}, clock.now) == []
    assert made.faults({"service web": "2"}, clock.now) == []


def test_what_came_later_may_not_be_there_alone(clock: Clock) -> None:
    made = wrote(clock, ("volume v", "1"), ("service web", "1"))
    crash = 1000.5  # both in the last second
    assert kinds(made.faults({"service web": "1"}, crash)) == ["overtaken"]
    assert made.faults({"volume v": "1"}, crash) == []


def test_it_goes_on_from_what_is_there(clock: Clock) -> None:
    made = wrote(clock, ("volume v", "1"), ("service web", "1"))
    made.settle({"volume v": "1"})
    assert made.things("volume") == ["volume v"]
    assert made.things("service") == []
    assert made.faults({"volume v": "1"}, 1000.0) == []
    assert kinds(made.faults({}, 1000.0)) == ["lost"]


def test_numbers_only_grow(clock: Clock) -> None:
    made = Tally()
    made.reached("votes", 3)
    clock.now += 5
    made.reached("votes", 4)
    assert made.faults({"votes": 4}, clock.now) == []
    assert made.faults({"votes": 3}, clock.now) == []  # the fourth came in the last second
    assert kinds(made.faults({"votes": 2}, clock.now)) == ["lost"]
    assert kinds(made.faults({}, clock.now)) == ["lost"]


def test_a_file_tells_whether_it_is_whole() -> None:
    for number in (1, 7, 123):
        assert number_in(content(number)) == str(number)
        assert number_in(content(number)[:-1]).startswith("torn")
    assert number_in(b"").startswith("torn")
