"""Every shown number, computed a second time in another way."""

from __future__ import annotations

import statistics
from collections import Counter
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.i18n import translation
from core.traffic import sentences
from core.traffic.attribution import Replica
from core.traffic.fairness import Fairness
from core.traffic.ledger import Ledger, Request, fairness, percentile

BEGUN = 1000.0
REPLICAS = [Replica(f"task{n}", f"web.{n % 3 + 1}", f"node{n % 2 + 1}") for n in range(5)]


@dataclass(frozen=True)
class Fate:
    """What becomes of one request."""

    after: float  # sent so many seconds after the beginning
    entry: str
    ends: str  # waiting, answered, failed, error500
    seconds: float
    replica: int | None


fates = st.builds(
    Fate,
    after=st.integers(0, 20_000).map(lambda n: n / 1024),  # exact when added to BEGUN
    entry=st.sampled_from(["node1", "node2", "node3"]),
    ends=st.sampled_from(["waiting", "answered", "answered", "failed", "error500"]),
    seconds=st.floats(0.001, 5),
    replica=st.none() | st.integers(0, 4),
)


def play(story: list[Fate]) -> Ledger:
    """All are sent, and end in the opposite order."""
    ledger = Ledger(BEGUN)
    numbers = [ledger.send(BEGUN + fate.after, fate.entry) for fate in story]
    for number, fate in reversed(list(zip(numbers, story, strict=True))):
        if fate.ends == "answered":
            ledger.answer(number, fate.seconds, 200)
        elif fate.ends == "failed":
            ledger.fail(number, fate.seconds, "timeout")
        elif fate.ends == "error500":
            ledger.answer(number, fate.seconds, 503)
        if fate.replica is not None:
            ledger.attribute(number, REPLICAS[fate.replica])
            ledger.attribute(number, REPLICAS[0])  # a second word changes nothing
    return ledger


@given(st.lists(fates, max_size=60))
def test_totals_add_up_at_every_moment(story: list[Fate]) -> None:
    ledger = Ledger(BEGUN)

    def holds() -> None:
        totals = ledger.totals
        assert totals.sent == totals.answered + totals.failed + totals.waiting
        assert totals.answered == sum(ledger.by_task.values()) + totals.unknown
        assert totals.sent == sum(ledger.by_entry.values())
        assert totals.failed == sum(ledger.errors.values())
        assert ledger.errors["HTTP 503"] == sum(ledger.by_culprit.values()) + len(ledger.unblamed)

    for fate in story:
        number = ledger.send(BEGUN + fate.after, fate.entry)
        holds()
        if fate.ends == "waiting":
            continue
        if fate.ends == "failed":
            ledger.fail(number, fate.seconds, "refused")
        else:
            ledger.answer(number, fate.seconds, 503 if fate.ends == "error500" else 200)
        holds()
        if fate.replica is not None:
            ledger.attribute(number, REPLICAS[fate.replica])
        holds()


@given(st.lists(fates, max_size=60))
def test_every_figure_follows_from_the_single_requests(story: list[Fate]) -> None:
    ledger = play(story)
    answered = [fate for fate in story if fate.ends == "answered"]
    known = [REPLICAS[f.replica] for f in answered if f.replica is not None]
    totals = ledger.totals
    assert totals.sent == len(story)
    assert totals.answered == len(answered)
    assert totals.failed == sum(fate.ends in ("failed", "error500") for fate in story)
    assert totals.waiting == sum(fate.ends == "waiting" for fate in story)
    assert totals.unknown == sum(fate.replica is None for fate in answered)
    assert ledger.by_task == Counter(replica.task for replica in known)
    assert ledger.by_place == Counter((replica.name, replica.node) for replica in known)
    blamed = [
        REPLICAS[f.replica].name for f in story if f.ends == "error500" and f.replica is not None
    ]
    assert ledger.by_culprit == Counter(("HTTP 503", name) for name in blamed)
    assert ledger.by_entry == Counter(fate.entry for fate in story)
    assert sum(second.answered for second in ledger.seconds()) == len(answered)
    assert sum(second.failed for second in ledger.seconds()) == totals.failed
    for second in ledger.seconds():
        within = [f for f in story if int(f.after) == second.start - BEGUN]
        assert second.answered == sum(f.ends == "answered" for f in within)
        assert second.failed == sum(f.ends in ("failed", "error500") for f in within)
        times = [f.seconds for f in within if f.ends == "answered"]
        assert second.p50 == (statistics.median_low(times) if times else None)
    times = [fate.seconds for fate in answered]
    for percent, shown in zip((50, 95, 99), ledger.percentiles(), strict=True):
        if times:
            assert shown is not None
            # So many percent take no longer than it, and fewer take less than it.
            assert sum(t <= shown for t in times) >= len(times) * percent / 100
            assert sum(t < shown for t in times) < len(times) * percent / 100
        else:
            assert shown is None


@given(st.lists(fates, max_size=60), st.floats(990, 1030), st.floats(0, 30))
def test_what_ended_in_a_time(story: list[Fate], start: float, length: float) -> None:
    ends = [
        (BEGUN + fate.after + fate.seconds, fate.ends) for fate in story if fate.ends != "waiting"
    ]
    within = [outcome for at, outcome in ends if start <= at <= start + length]
    failed = sum(outcome != "answered" for outcome in within)
    assert play(story).ended_between(start, start + length) == (len(within), failed)


def test_a_request_ends_once() -> None:
    ledger = Ledger(BEGUN)
    number = ledger.send(BEGUN, "node1")
    ledger.fail(number, 5.0, "timeout")
    with pytest.raises(ValueError, match="ended already"):
        ledger.answer(number, 6.0, 200)


def test_percentiles_by_nearest_rank() -> None:
    ordered = [15.0, 20.0, 35.0, 40.0, 50.0]
    assert [percentile(ordered, p) for p in (5, 30, 40, 50, 100)] == [15, 20, 20, 35, 50]


@pytest.mark.parametrize(
    ("counts", "index"),
    [([100, 100, 100], 1.0), ([300, 0, 0], 1 / 3), ([0, 0], None), ([], None), ([2, 1], 0.9)],
)
def test_fairness_is_jains_index(counts: list[int], index: float | None) -> None:
    assert fairness(counts) == (index if index is None else pytest.approx(index))


def test_fairness_begins_anew_when_the_replicas_change() -> None:
    shared = Fairness()

    def answered(sent: float, replica: Replica) -> None:
        shared.count(Request(0, sent, "node1", "answered", replica=replica))

    one, two, three = REPLICAS[:3]
    shared.members(10.0, (one, two))
    for at in (11.0, 12.0, 13.0):
        answered(at, one)
    answered(13.5, two)
    assert shared.shares.counts == (("web.1", 3), ("web.2", 1))
    shared.members(20.0, (two, one))  # the same, in another order
    assert shared.shares.since == 10.0
    shared.members(30.0, (two, three))
    answered(29.0, two)  # sent before
    answered(31.0, one)  # no longer one of them
    answered(31.0, three)
    assert shared.shares.counts == (("web.2", 0), ("web.3", 1))
    assert shared.shares.index == 0.5


def test_fairness_says_from_when_it_counts_where_the_replicas_changed() -> None:
    shared = Fairness()
    one, two = Replica("task-1", "web.1", "node1"), Replica("task-2", "web.2", "node2")
    told = translation("fr").gettext
    shared.members(0.0, (one,))
    shared.members(1.0, (one,))
    shared.count(Request(1, 1.5, "node1", replica=one))
    assert "dernier changement" not in sentences.fairness(shared.shares, False, told)
    shared.members(2.0, (one, two))
    for replica in (one, two):
        shared.count(Request(2, 3.0, "node1", replica=replica))
    assert "dernier changement de réplicas" in sentences.fairness(shared.shares, False, told)
