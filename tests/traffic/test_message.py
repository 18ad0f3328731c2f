"""What is pushed to browsers says the same as the ledger."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from core.cluster.history import Mark
from core.engine.way import Way
from core.i18n import LANGUAGES, translation
from core.traffic import sentences
from core.traffic.attribution import Replica
from core.traffic.endpoints import Endpoint
from core.traffic.fairness import Shares
from core.traffic.ledger import Ledger, Totals
from core.traffic.message import charts, traffic
from core.traffic.plan import Plan
from core.traffic.status import Status
from core.traffic.story import Report, Step
from tests.cluster.test_history import snapshot

BEGUN = 1000.0
ONE, TWO = Replica("task-1", "web.1", "node1"), Replica("task-2", "web.10", "node2")


def same(text: str) -> str:
    return text


def status() -> Status:
    """Ten requests: six by ONE, two by TWO, one failed, one by nobody knows whom."""
    book = Ledger(BEGUN)
    for number in range(10):
        book.send(BEGUN + number / 4, "node1" if number % 2 else "node2")
        if number == 8:
            book.fail(number, 5.0, "timeout")
            continue
        book.answer(number, 0.001 * (number + 1), 200)
        if number < 8:
            book.attribute(number, ONE if number < 6 else TWO)
    drained = Mark(1001.0, "availability", "node2", "active", "drain")
    report = Report(
        1001.0,
        (Step(1001.0, "mark", mark=drained), Step(1001.4, "told", ("web.10",), "node2")),
        well=1003.5,
    )
    return Status(
        id="ab",
        plan=Plan("id-web", 8080, 4, 2.5),
        service="web",
        endpoints=(
            Endpoint("id-node1", "node1", Way("h", 1)),
            Endpoint("id-node2", "node2", Way("h", 1)),
        ),
        state="ended",
        why="done",
        now=1004.0,
        begun=BEGUN,
        active=2.5,
        totals=book.totals,
        by_task=dict(book.by_task),
        by_place=dict(book.by_place),
        by_entry=dict(book.by_entry),
        errors=dict(book.errors),
        culprits={("timeout", "web.10"): 1},
        percentiles=book.percentiles(),
        shares=Shares(BEGUN, (("web.1", 6), ("web.10", 2)), 0.8),
        seconds=tuple(book.seconds()),
        dots=tuple(enumerate(book.requests, 1)),
        latest=book.requests[7],
        reports=((report, 6, 1),),
    )


def test_the_counts_are_the_ledgers() -> None:
    said = json.loads(traffic(status(), snapshot(), same))
    assert said["totals"] == {"sent": 10, "answered": 9, "failed": 1, "waiting": 0, "unknown": 1}
    assert said["tasks"] == {"task-1": 6, "task-2": 2}
    assert said["entries"] == [{"node": "node1", "count": 5}, {"node": "node2", "count": 5}]
    assert said["percentiles"] == pytest.approx([5, 10, 10])
    assert said["latest"] == "Entered by node1, answered by web.10 on node2 in 8.0 ms."
    assert said["failures"] == "1 × no answer within 5 s from web.10 (1)"
    assert said["dots"][0] == [1, "node2", "task-1", "answered"]
    assert said["dots"][8] == [9, "node2", "", "failed"]
    assert said["dots"][9] == [10, "node1", "", "answered"]
    [report] = said["reports"]
    assert report["outcome"] == "1 of 6 requests failed. All was well after 2.5 s."
    assert report["steps"] == [[0.0, "node2 drain"], [0.4, "web.10 on node2: told to stop"]]


def test_the_charts_draw_the_ledgers_counts() -> None:
    marks = [Mark(1001.0, "replicas", "web", "3", "15"), Mark(900.0, "created", "web")]
    figures = json.loads(charts(status(), snapshot(), marks, same))["figures"]
    bars = {
        bar["name"]: dict(zip(bar["x"], bar["y"], strict=True))
        for bar in figures["answered"]["data"]
    }
    assert bars == {"node1": {"web.1": 6, "web.10": 0}, "node2": {"web.1": 0, "web.10": 2}}
    failed, p50, p95, p99 = figures["latency"]["data"]
    assert failed["x"] == [1_000_000, 1_001_000, 1_002_000]
    assert failed["y"] == [0, 0, 1]
    assert (p50["y"], p95["y"], p99["y"]) == ([2, 6, 10], [4, 8, 10], [4, 8, 10])
    marks = figures["latency"]["layout"]["meta"]["marks"]
    assert [mark["text"] for mark in marks] == ["web 3 → 15"]


def test_runs_are_compared_line_by_line() -> None:
    before = replace(status(), plan=Plan("id-web", 8080, 4, 2.5, keep_alive=True, entry="id-node1"))
    before_line, line = json.loads(traffic(status(), snapshot(), same, [before]))["runs"]
    figures = ["10", "1", "6 · 2", "0.80", "5.0 / 10.0 ms"]
    assert before_line == ["web · 4/s · kept alive · node1", *figures]
    assert line == ["web · 4/s · new for each request · every node in turn", *figures]


def test_a_figure_that_is_not_about_the_whole_run_says_so_in_the_table() -> None:
    anew = replace(status(), shares=Shares(BEGUN, (("web.1", 3),), 1.0, anew=True))
    assert json.loads(traffic(anew, snapshot(), same))["runs"][0][4] == "1.00 since the last change"


def test_nothing_is_said_before_the_first_run() -> None:
    assert json.loads(traffic(None, snapshot(), same)) == {"topic": "traffic", "run": None}
    assert json.loads(charts(None, snapshot(), (), same))["run"] is None


def test_a_run_that_has_only_begun_has_charts() -> None:
    empty = Ledger(BEGUN)
    begun = replace(
        status(),
        totals=Totals(),
        seconds=(),
        by_place={},
        latest=None,
        percentiles=empty.percentiles(),
    )
    assert json.loads(charts(begun, snapshot(), (), same))["figures"]["latency"]["data"]
    assert json.loads(traffic(begun, snapshot(), same))["latest"] == ""


def test_many_replicas_have_short_names_below_their_bars() -> None:
    many = replace(status(), by_place={(f"web.{n}", "node1"): n for n in range(1, 16)})
    figures = json.loads(charts(many, snapshot(), (), same))["figures"]
    axis = figures["answered"]["layout"]["xaxis"]
    assert axis["ticktext"] == [str(n) for n in range(1, 16)]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("counts", "kept", "index"),
    [
        ((("web.1", 5),), False, 1.0),
        ((("web.1", 5), ("web.2", 5)), False, 1.0),
        ((("web.1", 0), ("web.2", 9)), True, 0.5),
        ((("web.1", 0), ("web.2", 9)), False, 0.5),
        ((("web.1", 10), ("web.2", 9)), False, 0.997),
        ((("web.1", 2), ("web.2", 9)), False, 0.71),
    ],
)
def test_every_fairness_has_a_sentence(
    language: str, counts: tuple[tuple[str, int], ...], kept: bool, index: float
) -> None:
    text = sentences.fairness(Shares(0, counts, index), kept, translation(language).gettext)
    assert text.endswith(".")
    assert "{" not in text


def test_no_address_leaves_by_the_socket() -> None:
    """A viewer without rights sees the counts, not where the nodes are."""
    hidden = replace(status(), endpoints=(Endpoint("id-node1", "node1", Way("192.0.2.44", 1)),))
    assert "192.0.2.44" not in traffic(hidden, snapshot(), same)


@pytest.mark.parametrize(
    ("detail", "told"),
    [
        ("paused: update paused due to failure", "Mise à jour en pause: update paused due to fail"),
        ("completed", "Mise à jour terminée"),
        ("rollback_completed", "Mise à jour annulée"),
    ],
)
def test_the_state_of_an_update_is_said_in_french(detail: str, told: str) -> None:
    step = Step(1.0, "update", detail=detail)
    assert sentences.step(step, translation("fr").gettext).startswith(told)
    assert sentences.step(step, same) == f"Update {detail}"
