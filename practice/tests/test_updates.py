"""Rolling updates: order, parallelism, failure actions, rollback, and what needs no update."""

from __future__ import annotations

from typing import Any

import pytest

from essaim_practice.store.objects import State, UpdateStatus
from essaim_practice.swarm.records import respec

from .simulation import Simulation


def _image(name: str) -> dict[str, Any]:
    return {"ContainerSpec": {"Image": name}}


def _status(swarm: Simulation) -> tuple[str, str]:
    status = swarm.service().update_status
    assert status is not None
    return status.state, status.message


def test_one_by_one_stop_first() -> None:
    swarm = Simulation()
    swarm.create(replicas=3)
    swarm.settle()
    old = {task.id for task in swarm.live()}
    swarm.update_template(**_image("nginx:2"))
    assert _status(swarm) == ("updating", "update in progress")
    fewest = 3
    for _ in range(100):
        swarm.settle(0.1)
        replaced = [task for task in swarm.tasks() if task.id not in old]
        busy = [task for task in replaced if task.state < State.RUNNING]
        assert len(busy) <= 1
        fewest = min(fewest, len(swarm.live()))
    assert fewest == 2
    assert not old & {task.id for task in swarm.live()}
    swarm.settle()
    assert _status(swarm) == ("completed", "update completed")
    assert len(swarm.live()) == 3


def test_start_first_never_has_fewer() -> None:
    swarm = Simulation()
    swarm.create(replicas=3, UpdateConfig={"Parallelism": 1, "Order": "start-first"})
    swarm.settle()
    swarm.update_template(**_image("nginx:2"))
    for _ in range(300):
        swarm.settle(0.1)
        running = [task for task in swarm.tasks() if task.state == State.RUNNING]
        assert len(running) >= 3
    assert _status(swarm)[0] == "completed"
    assert {task.spec["ContainerSpec"]["Image"] for task in swarm.live()} == {"nginx:2"}


def test_delay_and_parallelism() -> None:
    swarm = Simulation()
    swarm.create(replicas=4, UpdateConfig={"Parallelism": 2, "Delay": 20 * 10**9})
    swarm.settle()
    swarm.update_template(**_image("nginx:2"))

    def updated() -> int:
        return sum(t.spec["ContainerSpec"]["Image"] == "nginx:2" for t in swarm.live())

    swarm.settle(10)
    assert updated() == 2
    swarm.settle(10)
    assert updated() == 2
    swarm.settle(10)
    assert updated() == 4


def test_force_spreads_again() -> None:
    swarm = Simulation()
    swarm.set_availability("node2", "drain")
    swarm.create(replicas=9)
    swarm.settle()
    swarm.set_availability("node2", "active")
    swarm.force()
    swarm.settle(120)
    assert swarm.per_node() == {"node1": 3, "node2": 3, "node3": 3}


def test_a_bad_image_pauses_the_update() -> None:
    swarm = Simulation()
    swarm.create(replicas=3)
    swarm.settle()
    swarm.update_template(**_image("missing:1"))
    swarm.settle(60)
    state, message = _status(swarm)
    failed = next(task for task in swarm.tasks() if task.state == State.REJECTED)
    assert state == "paused"
    assert message.startswith("update paused due to failure or early termination of task ")
    assert failed.error == "No such image: missing:1"
    assert len(swarm.live()) == 2


def test_a_bad_image_rolls_back_by_itself_if_told_so() -> None:
    swarm = Simulation()
    swarm.create(replicas=3, UpdateConfig={"FailureAction": "rollback", "Parallelism": 1})
    swarm.settle()
    good = swarm.service().spec
    swarm.update_template(**_image("missing:1"))
    seen = set()
    for _ in range(300):
        swarm.settle(0.1)
        seen.add(_status(swarm)[0])
    assert seen == {"updating", "rollback_started", "rollback_completed"}
    assert swarm.service().spec == good
    assert swarm.service().previous_spec is None
    assert len(swarm.live()) == 3


def test_a_rollback_that_fails_pauses() -> None:
    swarm = Simulation()
    swarm.create(replicas=2, image="missing:1")
    swarm.settle()
    bad = swarm.service().spec
    swarm.update_template(**_image("nginx:2"))
    swarm.settle(60)
    service = swarm.service()
    status = UpdateStatus("rollback_started", "manually requested rollback", swarm.clock.now())
    respec(swarm.store, service, bad, previous_spec=service.spec, update_status=status)
    swarm.settle(60)
    assert _status(swarm)[0] == "rollback_paused"


def test_continue_goes_on_whatever_happens() -> None:
    swarm = Simulation()
    swarm.create(replicas=3, UpdateConfig={"FailureAction": "continue", "Parallelism": 1})
    swarm.settle()
    swarm.update_template(**_image("missing:1"))
    swarm.settle(60)
    assert _status(swarm)[0] == "completed"
    assert swarm.live() == []


def test_some_failures_may_be_borne() -> None:
    swarm = Simulation()
    config = {"FailureAction": "pause", "Parallelism": 1, "MaxFailureRatio": 0.5}
    swarm.create(replicas=4, UpdateConfig=config)
    swarm.settle()
    swarm.update_template(**_image("missing:1"))
    swarm.settle(60)
    assert _status(swarm)[0] == "paused"
    assert len(swarm.live()) == 1  # the third failure of four was one too many


def test_a_new_update_takes_over_from_a_paused_one() -> None:
    swarm = Simulation()
    swarm.create(replicas=3)
    swarm.settle()
    swarm.update_template(**_image("missing:1"))
    swarm.settle(60)
    swarm.update_template(**_image("nginx:3"))
    swarm.settle(60)
    assert _status(swarm)[0] == "completed"
    assert {task.spec["ContainerSpec"]["Image"] for task in swarm.live()} == {"nginx:3"}
    assert len(swarm.live()) == 3


def test_scaling_during_an_update() -> None:
    swarm = Simulation()
    swarm.create(replicas=4)
    swarm.settle()
    swarm.update_template(**_image("nginx:2"))
    swarm.settle(1.5)
    swarm.scale(6)
    swarm.settle(60)
    assert _status(swarm)[0] == "completed"
    assert {task.spec["ContainerSpec"]["Image"] for task in swarm.live()} == {"nginx:2"}
    assert len(swarm.live()) == 6


@pytest.mark.parametrize(
    "change",
    [
        {"Labels": {"a": "b"}},
        {"UpdateConfig": {"Parallelism": 2}},
        {"Mode": {"Replicated": {"Replicas": 4}}},
    ],
)
def test_what_does_not_concern_tasks_restarts_none(change: dict[str, Any]) -> None:
    swarm = Simulation()
    swarm.create(replicas=3)
    swarm.settle()
    before = {task.id for task in swarm.live()}
    swarm.update(**change)
    swarm.settle()
    assert before <= {task.id for task in swarm.live()}
    assert swarm.service().update_status is None


def test_new_constraints_move_only_the_tasks_that_break_them() -> None:
    swarm = Simulation()
    swarm.create(replicas=3)
    swarm.settle()
    stays = {task.id for task in swarm.live() if swarm.engine_of(task) != "node1"}
    swarm.update_template(Placement={"Constraints": ["node.hostname!=node1"]})
    swarm.settle(60)
    assert stays <= {task.id for task in swarm.live()}
    assert set(swarm.per_node()) == {"node2", "node3"}


def test_explicit_defaults_are_another_template() -> None:
    """So does the real Swarm; it is why docker-py's Service.scale restarts every replica."""
    swarm = Simulation()
    swarm.create(replicas=2)
    swarm.settle()
    before = {task.id for task in swarm.live()}
    policy = {"Condition": "any", "Delay": 5 * 10**9, "MaxAttempts": 0}
    swarm.update_template(RestartPolicy=policy)
    swarm.settle(60)
    assert not before & {task.id for task in swarm.live()}


def test_a_global_service_is_updated_node_by_node() -> None:
    swarm = Simulation()
    swarm.create(replicas=None)
    swarm.settle()
    swarm.update_template(**_image("nginx:2"))
    swarm.settle(60)
    assert _status(swarm)[0] == "completed"
    assert swarm.per_node() == {"node1": 1, "node2": 1, "node3": 1}
    assert {task.spec["ContainerSpec"]["Image"] for task in swarm.live()} == {"nginx:2"}
