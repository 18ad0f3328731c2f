from __future__ import annotations

import pytest

from core.cluster import parse
from core.presentation.phases import PHASES, phase, tiles
from tests.cluster import raw
from tests.cluster.test_history import snapshot


@pytest.mark.parametrize(
    ("state", "desired", "node_down", "expected"),
    [
        ("running", "running", False, "running"),
        ("running", "shutdown", False, "stopping"),
        ("running", "remove", False, "stopping"),
        ("pending", "running", False, "pending"),
        ("preparing", "running", False, "starting"),
        ("ready", "ready", False, "starting"),
        ("pending", "complete", False, "pending"),  # a job's tasks
        ("preparing", "complete", False, "starting"),
        ("running", "complete", False, "running"),
        ("complete", "complete", False, "done"),
        ("failed", "shutdown", False, "failed"),
        ("rejected", "shutdown", False, "failed"),
        ("running", "shutdown", True, "lost"),
        ("orphaned", "shutdown", False, "lost"),
        ("shutdown", "shutdown", False, "done"),
        ("complete", "shutdown", False, "done"),
    ],
)
def test_phase(state: str, desired: str, node_down: bool, expected: str) -> None:
    [task] = parse.tasks([raw.task(1, state=state, desired=desired)])
    assert phase(task, node_down).key == expected


def test_each_phase_has_its_own_color_and_sign() -> None:
    assert len({phase.color for phase in PHASES}) == len(PHASES)
    assert len({phase.sign for phase in PHASES}) == len(PHASES)


def test_a_replica_that_stops_stays_beside_its_successor() -> None:
    shown = tiles(
        snapshot(
            tasks=[
                raw.task(1, desired="shutdown", node="node2", at=1),
                raw.task(2, state="preparing", node="node1", at=2),
            ]
        )
    )
    assert sorted((tile.task.id, tile.phase.key) for tile in shown) == [
        ("task-1", "stopping"),
        ("task-2", "starting"),
    ]


def test_history_gets_no_tile() -> None:
    shown = tiles(
        snapshot(tasks=[raw.task(1, state="shutdown", desired="shutdown"), raw.task(2, at=5)])
    )
    assert [tile.task.id for tile in shown] == ["task-2"]


def test_the_newest_failure_shows_until_its_successor_runs() -> None:
    failed = [
        raw.task(n, state="rejected", desired="shutdown", error=f"No such image: {n}", at=n)
        for n in (1, 2)
    ]
    waiting = raw.task(3, state="ready", desired="ready", at=3)
    shown = {t.task.id: t for t in tiles(snapshot(tasks=[*failed, waiting]))}
    assert set(shown) == {"task-2", "task-3"}
    assert (shown["task-3"].failures, shown["task-3"].last_error) == (2, "No such image: 2")
    recovered = raw.task(3, at=3)
    [tile] = tiles(snapshot(tasks=[*failed, recovered]))
    assert (tile.task.id, tile.failures) == ("task-3", 2)


def test_what_ran_on_a_lost_node_is_shown_as_lost() -> None:
    shown = tiles(
        snapshot(
            nodes=[raw.node("node1"), raw.node("node2", state="down")],
            tasks=[raw.task(1, node="node2", desired="shutdown"), raw.task(2, node="node1", at=2)],
        )
    )
    assert sorted(tile.phase.key for tile in shown) == ["lost", "running"]
