"""Simulated time: its pace changes while it runs, it stands still, and it is stepped by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import docker
import pytest

from essaim_practice.engine.cluster import Cluster
from essaim_practice.hosting.server import PracticeServer
from essaim_practice.store.clock import LoopClock, ManualClock
from essaim_practice.store.objects import Engine, Node, Task
from essaim_practice.store.store import Change

from .conftest import Call
from .test_ports import until, web


class FakeLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock a test sets, and whose due calls it runs itself."""

    at = 100.0

    def time(self) -> float:
        return self.at

    def ring(self, at: float) -> None:
        self.at = at
        self.call_soon(self.stop)
        self.run_forever()


@pytest.fixture
def loop() -> Iterator[FakeLoop]:
    loop = FakeLoop()
    yield loop
    loop.close()


def test_a_new_factor_leaves_pending_timers_at_their_instants(loop: FakeLoop) -> None:
    clock = LoopClock(loop)
    start, heard = clock.now(), []
    for delay in (10, 20, 30):
        clock.call_later(delay, lambda: heard.append(round(clock.now() - start, 3)))
    loop.ring(110)
    assert heard == [10]
    clock.factor = 100
    loop.ring(110.05)
    assert round(clock.now() - start, 3) == 15
    loop.ring(110.1)
    assert heard == [10, 20]
    clock.factor = 0.1
    loop.ring(209)
    assert heard == [10, 20]
    loop.ring(211)
    assert heard == [10, 20, 30]


def test_a_late_timer_sees_the_instant_at_which_it_was_due(loop: FakeLoop) -> None:
    clock = LoopClock(loop, factor=50)
    start, heard = clock.now(), []

    def first() -> None:
        heard.append(clock.now() - start)
        clock.call_later(5, second)

    def second() -> None:
        heard.append(clock.now() - start)

    clock.call_later(5, first)
    loop.at = 103
    assert clock.now() - start == pytest.approx(5)  # nobody sees a time that its timers have not
    loop.ring(103)
    assert heard == pytest.approx([5, 10])
    assert clock.now() - start == pytest.approx(150)


def test_a_paused_clock_stands_still(loop: FakeLoop) -> None:
    clock = LoopClock(loop)
    start, heard = clock.now(), []
    clock.call_later(10, lambda: heard.append(round(clock.now() - start, 3)))
    loop.ring(104)
    clock.pause()
    loop.ring(1000)
    assert (round(clock.now() - start, 3), heard) == (4, [])
    clock.advance(5)
    assert (round(clock.now() - start, 3), heard) == (9, [])
    clock.resume()
    loop.ring(1002)
    assert heard == [10]


def test_a_closed_clock_rings_no_more(loop: FakeLoop) -> None:
    clock = LoopClock(loop)
    heard: list[str] = []
    clock.call_later(1, lambda: heard.append("before"))
    clock.close()
    clock.call_later(1, lambda: heard.append("after"))
    loop.ring(200)
    assert heard == []


def test_a_step_wakes_those_who_sleep_again_and_again() -> None:
    clock = ManualClock(0)
    woken = []

    async def sleeper() -> None:
        for _ in range(3):
            await clock.sleep(2)
            woken.append(clock.now())

    async def both() -> None:
        task = asyncio.ensure_future(sleeper())
        await asyncio.sleep(0)
        await clock.step(10)
        await task

    asyncio.run(both())
    assert (woken, clock.now()) == ([2, 4, 6], 10)


# Over HTTP


def test_the_clock_is_told_and_set(call: Call) -> None:
    shown = call("GET", "/_practice/clock").json()
    assert (shown["factor"], shown["paused"]) == (50.0, False)
    assert shown["now"].endswith("Z")
    changed = call("POST", "/_practice/clock", {"factor": 0.5, "paused": True})
    assert changed.status == 200
    assert (changed.json()["factor"], changed.json()["paused"]) == (0.5, True)
    still = [call("GET", "/_practice/clock").json()["now"] for _ in range(2)]
    assert still[0] == still[1]
    assert not call("POST", "/_practice/clock", {"paused": False}).json()["paused"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"factor": "fast"}, 'factor is "fast": write a number from 0.1 to 100'),
        ({"factor": 0}, "factor is 0: write a number from 0.1 to 100"),
        ({"factor": 101}, "factor is 101: write a number from 0.1 to 100"),
        ({"factor": True}, "factor is true: write a number from 0.1 to 100"),
        ({"paused": 1}, "paused is 1: write true or false"),
        ({"step": -1}, "step is -1: write a number from 0 to 86400"),
        ({"speed": 2}, 'there is no setting "speed" here, only factor, paused and step'),
    ],
)
def test_a_senseless_setting_changes_nothing(call: Call, body: Any, words: str) -> None:
    refusal = call("POST", "/_practice/clock", body)
    assert (refusal.status, refusal.message) == (400, words)
    assert call("GET", "/_practice/clock").json()["factor"] == 50.0


def test_a_cluster_is_stepped_by_hand() -> None:
    with PracticeServer.start(speed=0, seed=1, bind_ports=False) as server:
        client = docker.DockerClient(base_url=server.urls[0])
        service = client.services.create("nginx", name="web", mode={"Replicated": {"Replicas": 3}})

        def states() -> set[str]:
            return {task["Status"]["State"] for task in service.tasks()}

        assert states() == {"pending"}
        server.clock.step(60)
        assert states() == {"running"}
        client.close()


@pytest.mark.parametrize("factor", [20, 100])
def test_a_lost_node_is_missed_and_replaced_in_time_at_any_pace(factor: int) -> None:
    """However late this machine is: simulated time waits for it."""
    heard: dict[str, float] = {}
    with PracticeServer.start(speed=factor, seed=factor, bind_ports=False) as server:
        client = docker.DockerClient(base_url=server.urls[0])
        web(client)

        def note(change: Change, clock: ManualClock) -> None:
            new, old = change.new, change.old
            if isinstance(new, Node) and new.state == "down":
                heard.setdefault("down", clock.now())
            if isinstance(new, Task) and isinstance(old, Task) and old.desired < new.desired:
                heard.setdefault(new.desired.name.lower(), clock.now())

        def kill(cluster: Cluster) -> None:
            node2 = cluster.store.get(Engine, "node2")
            assert node2 is not None
            assert isinstance(cluster.clock, LoopClock)
            clock = cluster.clock
            cluster.store.watch(lambda change: note(change, clock), Node, Task)
            cluster.store.put(replace(node2, up=False))
            heard["killed"] = clock.now()
            clock.factor = 100 if factor == 20 else 20

        server.call(kill)
        until(lambda: {"down", "shutdown", "running"} <= set(heard))
        client.close()
    # Three heartbeats of 4.5 to 5.5 s each, of which the last was up to 5 s before the end.
    assert 8 <= heard["down"] - heard["killed"] <= 17
    assert heard["shutdown"] - heard["down"] < 0.5
    assert 5 <= heard["running"] - heard["shutdown"] < 7  # the restart delay
