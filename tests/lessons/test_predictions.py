"""Each prediction of a lesson is borne out, or not, by what the step ended with."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import pytest

from core.lessons.placement import Placement
from core.lessons.predictions import options
from core.lessons.results import Kind, Load, Result
from core.traffic.status import Status


def at(*counts: int, drained: str = "", plain: str = "") -> Placement:
    """Replicas on node1, node2 and node3."""
    spread = tuple((f"node{number}", count) for number, count in enumerate(counts, start=1))
    return Placement("", "", spread, tuple(drained.split()), plain)


class _Status:
    """As much of a status as a prediction looks at."""

    def __init__(self, by_task: dict[str, int], median: float | None) -> None:
        self.by_task, self.percentiles = by_task, (median, None, None)


def load(*counts: int, median: float | None = 0.01) -> Load:
    """What each replica answered. median: seconds."""
    status: Any = _Status({str(number): count for number, count in enumerate(counts)}, median)
    return Load("", "", cast(Status, status))


@pytest.mark.parametrize(
    ("kind", "step", "before", "after", "borne_out"),
    [
        ("rebalance", "drained", at(2, 2, 2), at(3, 0, 3, drained="node2"), 1),
        ("rebalance", "drained", at(2, 2, 2), at(2, 0, 2, drained="node2"), 2),
        ("rebalance", "drained", at(2, 2, 2), at(2, 2, 2, drained="node2"), 0),
        ("rebalance", "activated", at(3, 0, 3), at(3, 0, 3), 1),
        ("rebalance", "activated", at(3, 0, 3), at(2, 2, 2), 0),
        ("rebalance", "activated", at(3, 0, 3), at(4, 1, 3), 2),
        ("rebalance", "forced", at(3, 0, 3), at(2, 2, 2), 2),
        ("rebalance", "forced", at(3, 0, 4), at(4, 0, 3, drained="node2"), 2),
        ("rebalance", "forced", at(3, 0, 3), at(3, 0, 3), 0),
        ("rebalance", "forced", at(3, 0, 3), at(0, 6, 0), 1),
        ("plain", "drained", at(1, 1, 1, plain="node2"), at(2, 0, 1, plain="node2"), 2),
        ("plain", "drained", at(1, 1, 1, plain="node2"), at(2, 0, 1), 1),
        ("plain", "drained", at(1, 1, 1, plain="node2"), at(2, 0, 1, plain="node1"), 0),
        ("many", "many", load(600), load(*[40] * 15), 1),
        ("many", "many", load(600), load(*[40] * 15, median=0.001), 0),
        ("many", "many", load(600), load(600), 2),
        ("kept", "kept", load(30, 30), load(60), 1),
        ("kept", "kept", load(60), load(30, 30), 0),
        ("kept", "kept", load(60), load(50, 10), 2),
    ],
)
def test_one_prediction_alone_holds(
    kind: Kind, step: str, before: Result, after: Result, borne_out: int
) -> None:
    node = "node2"
    held = [option.holds(before, after, node) for option in options(kind, step)]
    assert held == [number == borne_out for number in range(len(held))]


def test_nothing_is_asked_about_a_first_step() -> None:
    assert options("rebalance", "before") == ()


def test_a_container_is_no_replica() -> None:
    assert replace(at(1, 2, 0), plain="node3").replicas == 3
