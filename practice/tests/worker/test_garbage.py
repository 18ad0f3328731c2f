"""A worker's clusters seldom stop for Python's collector."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Iterator

import pytest

from essaim_practice.worker import garbage
from essaim_practice.worker.usage import memory

from ..test_ports import until


class _Ring:
    """Garbage that only the collector finds."""

    def __init__(self) -> None:
        self.self = self


@pytest.fixture
def ended() -> Iterator[threading.Event]:
    """The end of a worker that waits for it."""
    ended, before = threading.Event(), gc.get_threshold()
    waiting = threading.Thread(target=garbage.wait, args=(ended, 0.01))
    waiting.start()
    until(lambda: gc.get_freeze_count() > 0)
    yield ended
    ended.set()
    waiting.join()
    gc.unfreeze()
    gc.set_threshold(*before)


def _old() -> weakref.ref[_Ring]:
    ring = _Ring()
    there = weakref.ref(ring)
    gc.collect(1)  # it is old: only a look at all objects finds it from now on
    return there


def test_python_itself_looks_at_all_objects_no_more(ended: threading.Event) -> None:
    full: list[int] = []

    def note(phase: str, told: dict[str, int]) -> None:
        full.append(told["generation"])

    ended.set()
    gc.callbacks.append(note)
    try:
        kept = [[number] for number in range(200_000)]
    finally:
        gc.callbacks.remove(note)
    assert len(kept) == 200_000
    assert full.count(1) > 2
    assert full.count(2) == 0


def test_old_garbage_goes_where_there_is_more_than_there_was(ended: threading.Event) -> None:
    there = _old()
    assert there() is not None
    for _ in range(20):
        gc.collect(1)
    until(lambda: there() is None)


@pytest.mark.skipif(garbage._trim is None, reason="no malloc_trim in this C library")
def test_memory_that_is_free_goes_back_to_the_system(ended: threading.Event) -> None:
    """As of files that were open at once: what is between is in use, and holds the rest."""
    before = memory()
    blocks = [bytes(3000) for _ in range(30_000)]
    assert memory() - before > 60e6
    del blocks[1::2], blocks[1::2], blocks[1::2], blocks[1::2]  # one of sixteen stays
    until(lambda: memory() - before < 30e6)
    assert len(blocks) > 1800
