"""The stream of changes by itself, and what a process tells of its load."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from essaim_practice.worker import changes as module
from essaim_practice.worker.changes import Changes
from essaim_practice.worker.usage import Load


def made() -> Changes:
    return Changes(lambda: dict(BEAT))


BEAT = {"load": 0.5, "clusters": 2, "problem": ""}


async def read(lines: AsyncIterator[bytes]) -> list[Any]:
    """What the next piece of the stream tells."""
    async with asyncio.timeout(20):
        return [json.loads(line) for line in (await anext(lines)).splitlines()]


def test_it_begins_with_a_heartbeat_and_beats_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BEAT", 0.01)

    async def play() -> None:
        lines = made().lines()
        for _ in range(3):
            assert await read(lines) == [BEAT]

    asyncio.run(play())


def test_a_change_is_told_in_the_next_turn_of_the_loop() -> None:
    async def play() -> None:
        changes = made()
        lines = changes.lines()
        await read(lines)
        waiting = asyncio.ensure_future(anext(lines))
        await asyncio.sleep(0)
        changes.tell("ada", "Task")
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert waiting.done()
        assert json.loads(waiting.result()) == {"cluster": "ada", "kinds": ["Task"]}

    asyncio.run(play())


def test_what_changes_before_a_client_reads_is_told_once() -> None:
    """However long it does not read, there is one set of kinds for each cluster."""

    async def play() -> None:
        changes = made()
        slow, fast = changes.lines(), changes.lines()
        for lines in (slow, fast):
            await read(lines)
        for turn in range(1000):
            for kind in ("Task", "Node", "Task"):
                changes.tell(f"c{turn % 2}", kind)
            if turn % 2:
                await read(fast)
        assert await read(slow) == [
            {"cluster": "c0", "kinds": ["Node", "Task"]},
            {"cluster": "c1", "kinds": ["Node", "Task"]},
        ]

    asyncio.run(play())


def test_a_stream_that_has_ended_is_told_nothing_more() -> None:
    async def play() -> None:
        changes = made()
        lines = changes.lines()
        await read(lines)
        await lines.aclose()  # type: ignore[attr-defined]
        changes.tell("ada", "Task")
        assert not changes._streams

    asyncio.run(play())


def test_a_stream_that_changes_all_the_time_beats_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BEAT", 0.01)

    async def play() -> None:
        changes = made()
        lines = changes.lines()
        await read(lines)
        told: list[Any] = []
        async with asyncio.timeout(20):
            while BEAT not in told:
                changes.tell("ada", "Task")
                told += await read(lines)

    asyncio.run(play())


def test_the_load_is_that_of_the_last_seconds() -> None:
    now, used = [100.0], [7.0]
    load = Load(lambda: now[0], lambda: used[0])
    assert load.read() == 0
    for _ in range(10):
        now[0] += 1
        used[0] += 0.5
        assert load.read() == 0.5
    for _ in range(6):
        now[0] += 1
        load.read()
    assert load.read() == 0
    now[0] += 0.1
    used[0] += 0.1
    assert 0 < load.read() < 0.1
