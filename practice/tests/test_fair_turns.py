"""Clusters of one thread take turns: who asks for little does not wait for who asks for much."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from itertools import pairwise
from typing import Any

import pytest

from essaim_practice.store.clock import LoopClock, ManualClock
from essaim_practice.store.turns import SLICE, Account, counted, turns_of


class WorkingLoop(asyncio.SelectorEventLoop):
    """An event loop whose time passes only while a test works."""

    at = 100.0

    def time(self) -> float:
        return self.at

    def work(self, seconds: float) -> None:
        self.at += seconds


@pytest.fixture
def loop() -> Iterator[WorkingLoop]:
    loop = WorkingLoop()
    yield loop
    loop.close()


def played(loop: WorkingLoop, play: Callable[[], Awaitable[Any]]) -> None:
    async def run() -> None:
        await play()

    loop.run_until_complete(run())


def test_one_request_waits_for_one_turn_of_a_thousand_others(loop: WorkingLoop) -> None:
    busy, quiet = Account(turns_of(loop)), Account(turns_of(loop))
    waited: list[float] = []

    async def request() -> None:
        loop.work(SLICE)

    async def question() -> None:
        came = loop.at
        await quiet.run(asyncio.sleep(0))
        waited.append(loop.at - came)

    async def play() -> None:
        hostile = [asyncio.ensure_future(busy.run(request())) for _ in range(1000)]
        for _ in range(20):
            await question()
        assert not all(task.done() for task in hostile)
        await asyncio.gather(*hostile)

    played(loop, play)
    assert len(waited) == 20
    assert max(waited) <= 2 * SLICE
    assert busy.total == pytest.approx(1000 * SLICE)


def test_the_loop_looks_twice_in_a_millisecond_for_what_has_come(loop: WorkingLoop) -> None:
    looks = [loop.at]
    clocks = [LoopClock(loop) for _ in range(3)]

    def busy(clock: LoopClock) -> None:
        loop.work(0.0001)
        clock.call_later(0, lambda: busy(clock))

    def look() -> None:
        looks.append(loop.at)
        loop.call_soon(look)

    async def play() -> None:
        for clock in clocks:
            busy(clock)
        look()
        while loop.at < looks[0] + 0.1:
            await asyncio.sleep(0)
        for clock in clocks:
            clock.close()

    played(loop, play)
    assert max(then - before for before, then in pairwise(looks)) < 0.0007


def test_timers_of_a_quiet_cluster_come_before_those_of_many_busy_ones(loop: WorkingLoop) -> None:
    late: list[float] = []
    clocks = [LoopClock(loop) for _ in range(21)]

    def busy(clock: LoopClock) -> None:
        loop.work(SLICE / 4)
        clock.call_later(0, lambda: busy(clock))

    def quiet(due: float) -> None:
        late.append(loop.at - due)
        clocks[0].call_later(10 * SLICE, lambda: quiet(due + 10 * SLICE))

    async def play() -> None:
        for clock in clocks[1:]:
            busy(clock)
        quiet(loop.at)
        while len(late) < 30:
            await asyncio.sleep(0)
        for clock in clocks:
            clock.close()

    played(loop, play)
    assert max(late[3:]) <= 2 * SLICE  # at first nobody has used more than another


def test_two_that_ask_for_as_much_as_there_is_get_as_much(loop: WorkingLoop) -> None:
    accounts = [Account(turns_of(loop)) for _ in range(2)]

    async def ask(account: Account, seconds: float) -> None:
        async def steps() -> None:
            while True:
                loop.work(seconds)
                await asyncio.sleep(0)

        await account.run(steps())

    async def play() -> None:
        small = asyncio.ensure_future(ask(accounts[0], SLICE / 10))
        large = asyncio.ensure_future(ask(accounts[1], SLICE * 3))
        end = loop.at + 1000 * SLICE
        while loop.at < end:
            await asyncio.sleep(0)
        for task in (small, large):
            task.cancel()
        await asyncio.gather(small, large, return_exceptions=True)

    played(loop, play)
    assert accounts[0].total == pytest.approx(accounts[1].total, rel=0.02)


def test_nobody_saves_up_time(loop: WorkingLoop) -> None:
    early, late = Account(turns_of(loop)), Account(turns_of(loop))

    async def work(account: Account, times: int) -> None:
        async def steps() -> None:
            for _ in range(times):
                loop.work(SLICE)
                await asyncio.sleep(0)

        await account.run(steps())

    async def play() -> None:
        await work(early, 500)  # alone, while nobody else wants it
        await asyncio.gather(work(early, 100), work(late, 1000))

    played(loop, play)
    assert early.total == pytest.approx(600 * SLICE)


def test_who_leaves_while_it_waits_keeps_nobody_up(loop: WorkingLoop) -> None:
    busy, other = Account(turns_of(loop)), Account(turns_of(loop))
    done = 0

    async def request() -> None:
        nonlocal done
        loop.work(SLICE)
        await asyncio.sleep(0)
        done += 1

    async def play() -> None:
        tasks = [asyncio.ensure_future(busy.run(request())) for _ in range(50)]
        tasks += [asyncio.ensure_future(other.run(request())) for _ in range(50)]
        await asyncio.sleep(0)
        for number, task in enumerate(tasks):
            if number % 2:
                task.cancel()
            await asyncio.sleep(0)
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(end is None or isinstance(end, asyncio.CancelledError) for end in ended)

    played(loop, play)
    assert done >= 50


def test_what_a_task_begins_is_counted_too(loop: WorkingLoop) -> None:
    account = Account(turns_of(loop))

    async def inner() -> str:
        loop.work(1)
        await asyncio.sleep(0)
        loop.work(1)
        return "done"

    async def outer() -> str:
        return await asyncio.ensure_future(counted(inner()))

    async def play() -> None:
        assert await account.run(outer()) == "done"
        with pytest.raises(ZeroDivisionError):
            await account.run(fails())

    async def fails() -> None:
        await asyncio.sleep(0)
        raise ZeroDivisionError

    played(loop, play)
    assert account.total == pytest.approx(2)


def test_who_goes_on_first_goes_on_at_the_same_instant() -> None:
    clock = ManualClock(0)
    heard: list[tuple[str, float]] = []

    def first() -> None:
        heard.append(("first", clock.now()))
        clock.call_later(0, lambda: heard.append(("later", clock.now())))
        clock.call_first(lambda: heard.append(("again", clock.now())))

    clock.call_later(1, first)
    clock.call_later(1, lambda: heard.append(("second", clock.now())))
    clock.advance(2)
    assert heard == [("first", 1), ("again", 1), ("second", 1), ("later", 1)]
