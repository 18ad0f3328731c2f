"""Jobs: tasks that are to end well, so many in all and so many at a time."""

from __future__ import annotations

from typing import Any

from essaim_practice.store.objects import State, Task
from essaim_practice.swarm.render import service_json

from .simulation import Simulation

ONCE = "once"  # ends with 0 a second after its start


def job(swarm: Simulation, concurrent: int, total: int, image: str = ONCE, **spec: Any) -> None:
    mode = {"ReplicatedJob": {"MaxConcurrent": concurrent, "TotalCompletions": total}}
    swarm.create("job", image=image, Mode=mode, **spec)


def current(swarm: Simulation) -> list[Task]:
    service = swarm.service("job")
    return [task for task in swarm.tasks("job") if task.job == service.iteration]


def status(swarm: Simulation) -> dict[str, int]:
    shown: dict[str, int] = service_json(swarm.store, swarm.service("job"), status=True)[
        "ServiceStatus"
    ]
    return shown


def test_a_job_runs_so_many_at_once_until_so_many_are_done() -> None:
    swarm = Simulation()
    job(swarm, concurrent=2, total=5)
    for _ in range(100):
        swarm.settle(0.1)
        active = [task for task in swarm.tasks("job") if task.state < State.COMPLETE]
        assert len(active) <= 2
    assert {(task.desired, task.state) for task in swarm.tasks("job")} == {
        (State.COMPLETE, State.COMPLETE)
    }
    assert sorted(task.slot for task in swarm.tasks("job")) == [0, 1, 2, 3, 4]
    assert status(swarm) == {"RunningTasks": 0, "DesiredTasks": 2, "CompletedTasks": 5}


def test_an_update_does_all_again() -> None:
    swarm = Simulation()
    job(swarm, concurrent=3, total=3)
    swarm.settle(10)
    swarm.force("job")
    swarm.settle(10)
    assert [task.state for task in current(swarm)] == [State.COMPLETE] * 3
    assert len(swarm.tasks("job")) == 6
    assert swarm.service("job").update_status is None
    shown = service_json(swarm.store, swarm.service("job"))
    assert shown["JobStatus"]["JobIteration"] == {"Index": 1}


def test_what_fails_is_tried_again_and_what_ends_well_is_not() -> None:
    swarm = Simulation()
    job(swarm, concurrent=1, total=1, image="crash")
    swarm.settle(5)
    failed, waiting = swarm.tasks("job")
    assert (failed.state, failed.desired) == (State.FAILED, State.SHUTDOWN)
    assert (waiting.slot, waiting.desired) == (failed.slot, State.READY)
    swarm.remove("job")
    swarm.settle(5)
    never = {"RestartPolicy": {"Condition": "none"}}
    job(swarm, concurrent=1, total=2, image="crash", template=never)
    swarm.settle(30)
    assert [task.state for task in swarm.tasks("job")] == [State.FAILED]


def test_a_lost_node_does_not_lose_the_work() -> None:
    swarm = Simulation()
    job(swarm, concurrent=3, total=3, image="nginx")
    swarm.settle(5)
    swarm.power("node3", up=False)
    swarm.settle(30)
    running = [t for t in swarm.tasks("job") if t.desired == State.COMPLETE]
    assert [task.state for task in running] == [State.RUNNING] * 3
    assert "node3" not in {swarm.engine_of(task) for task in running}


def test_a_global_job_is_done_once_on_each_node() -> None:
    swarm = Simulation()
    swarm.set_availability("node2", "drain")
    swarm.create("job", image=ONCE, Mode={"GlobalJob": {}})
    swarm.settle(10)
    assert {swarm.engine_of(task) for task in swarm.tasks("job")} == {"node1", "node3"}
    assert {task.state for task in swarm.tasks("job")} == {State.COMPLETE}
    assert status(swarm) == {"RunningTasks": 0, "DesiredTasks": 0, "CompletedTasks": 2}
    swarm.set_availability("node2", "active")
    swarm.settle(10)
    assert len(swarm.tasks("job")) == 3
    swarm.settle(60)
    assert len(swarm.tasks("job")) == 3


def test_a_job_is_removed_with_its_tasks() -> None:
    swarm = Simulation()
    job(swarm, concurrent=2, total=4, image="nginx")
    swarm.settle(5)
    swarm.remove("job")
    swarm.settle(10)
    assert swarm.store.count(Task) == 0
    assert list(swarm.containers("node1")) == []
