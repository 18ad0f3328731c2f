"""Managers and agents do little at once, and many things at one instant."""

from __future__ import annotations

import asyncio
from collections import Counter
from types import SimpleNamespace
from typing import Any

import pytest

from essaim_practice import PracticeServer
from essaim_practice.api import service_logs
from essaim_practice.programs.logs import LogBook
from essaim_practice.store.clock import ManualClock
from essaim_practice.store.objects import Container, State, Task

from .simulation import Simulation
from .test_ports import until

MOST = 100  # writes in one step: some milliseconds


class Watched(Simulation):
    """A simulation that notes how much is written in one step."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__()
        self.steps = Counter[int]()  # by number of writes
        run = ManualClock._run_next

        def counted(clock: ManualClock) -> None:
            before = self.store.writes
            run(clock)
            self.steps[self.store.writes - before] += 1

        monkeypatch.setattr(ManualClock, "_run_next", counted)

    def done(self, act: Any, *given: Any, **named: Any) -> None:
        before = self.store.writes
        act(*given, **named)
        self.steps[self.store.writes - before] += 1


@pytest.fixture
def swarm(monkeypatch: pytest.MonkeyPatch) -> Watched:
    return Watched(monkeypatch)


def test_no_step_of_the_managers_writes_much(swarm: Watched) -> None:
    swarm.done(swarm.create, replicas=300)
    swarm.settle(20)
    assert len(swarm.live()) == 300
    swarm.done(swarm.power, "node3", False)
    swarm.settle(60)
    assert len(swarm.live()) == 300
    swarm.done(swarm.power, "node3", True)
    swarm.settle(20)
    swarm.done(swarm.scale, 0)
    swarm.settle(20)
    assert not swarm.live()
    swarm.done(swarm.create, name="other", replicas=300)
    swarm.settle(20)
    swarm.done(swarm.remove, "other")
    swarm.settle(20)
    assert not swarm.tasks("other")
    assert max(swarm.steps) <= MOST, swarm.steps


def test_all_of_it_happens_at_one_instant(swarm: Watched) -> None:
    swarm.create(replicas=300)
    assert len(swarm.tasks()) < 300
    swarm.settle(0)
    tasks = swarm.tasks()
    assert len(tasks) == 300
    assert len({task.created for task in tasks}) == 1
    swarm.settle(0.06)
    assert len({task.timestamp for task in swarm.tasks()}) == 1
    assert all(task.state == State.ASSIGNED for task in swarm.tasks())
    assert max(Counter(task.node_id for task in swarm.tasks()).values()) == 100


def test_who_changes_a_service_ends_what_it_was_about_to_become(swarm: Watched) -> None:
    swarm.create(replicas=300)
    swarm.scale(25)
    swarm.settle(20)
    assert [task.slot for task in swarm.live()] == list(range(1, 26))
    swarm.scale(300)
    swarm.remove()
    swarm.settle(20)
    assert not swarm.store.count(Task)


def test_logs_of_a_service_are_read_a_container_and_a_few_lines_at_a_time(swarm: Watched) -> None:
    swarm.create(replicas=20)
    swarm.settle(20)
    book = LogBook(swarm.clock)
    for number in range(100):
        for container in swarm.store.all(Container):
            book.write(container.id, b"%d\n" % number)
        swarm.settle(0.001)
    request: Any = SimpleNamespace(cluster=SimpleNamespace(store=swarm.store, logs=book))
    wanted = service_logs._Wanted(True, True, False, False, False, 0.0, None)

    async def sent() -> list[bytes]:
        lines = service_logs._lines(request, wanted, swarm.tasks(), lambda task: True, True)
        return [piece async for piece in lines]

    pieces = asyncio.run(sent())
    assert pieces[:20] == [b""] * 20
    text = [int(line) for line in b"".join(pieces).split()]
    assert text == [number for number in range(100) for _ in range(20)]
    assert max(piece.count(b"\n") for piece in pieces) <= 200


def test_a_paused_clock_does_not_hold_up_what_happens_at_one_instant() -> None:
    replicas = {"Replicated": {"Replicas": 50}}
    with PracticeServer.start(nodes=1, speed=0, seed=1, bind_ports=False) as server:
        web = server.client.services.create("nginx", name="web", mode=replicas)
        until(lambda: len(web.tasks()) == 50)
        assert {task["Status"]["State"] for task in web.tasks()} == {"pending"}


def test_no_step_of_an_update_of_all_at_once_writes_much(swarm: Watched) -> None:
    swarm.create(replicas=300, UpdateConfig={"Parallelism": 0})
    swarm.settle(20)
    swarm.done(swarm.force)
    swarm.settle(60)
    assert len(swarm.live()) == 300
    status = swarm.service().update_status
    assert status is not None
    assert status.state == "completed"
    assert max(swarm.steps) <= MOST, swarm.steps


def test_who_updates_a_service_again_ends_the_rollout_before(swarm: Watched) -> None:
    swarm.create(replicas=300, UpdateConfig={"Parallelism": 0})
    swarm.settle(20)
    swarm.force()
    swarm.force()
    swarm.settle(60)
    assert {task.spec["ForceUpdate"] for task in swarm.live()} == {2}
    assert len(swarm.live()) == 300


def test_no_step_of_a_job_writes_much(swarm: Watched) -> None:
    job = {"ReplicatedJob": {"MaxConcurrent": 300, "TotalCompletions": 300}}
    swarm.done(swarm.create, replicas=0, Mode=job)
    swarm.settle(1)
    assert len(swarm.tasks()) == 300
    swarm.done(swarm.force)
    swarm.settle(1)
    assert len([task for task in swarm.tasks() if task.desired == State.COMPLETE]) == 300
    assert max(swarm.steps) <= MOST, swarm.steps


def test_no_step_writes_much_where_a_node_fits_no_more_or_is_forgotten(swarm: Watched) -> None:
    swarm.set_label("node2", disk="ssd")
    placement = {"Constraints": ["node.labels.disk == ssd"]}
    swarm.create(replicas=300, template={"Placement": placement})
    swarm.settle(20)
    swarm.done(swarm.set_label, "node2", disk="none")
    swarm.settle(20)
    assert not swarm.live()
    swarm.remove()
    swarm.create(name="other", replicas=300)
    swarm.settle(20)
    swarm.power("node3", False)
    swarm.settle(25 * 3600)
    assert State.ORPHANED in {task.state for task in swarm.tasks("other")}
    assert max(swarm.steps) <= MOST, swarm.steps
