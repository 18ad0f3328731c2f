"""Practice clusters for tests, on one worker that all tests of this process share."""

from __future__ import annotations

import atexit
import itertools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any

from core.engine.connection import Connection
from core.engine.worker import PracticeCluster
from core.engine.workers import Workers

_number = itertools.count()


@cache
def _workers() -> Workers:
    """One worker, from the first test that wants it until the end of all tests."""
    workers = Workers(1, most=1000)
    workers.start()
    atexit.register(workers.stop)
    return workers


class Lent(Workers):
    """The shared worker, for a classroom that believes it its own: its clusters end with it."""

    def __init__(self) -> None:
        super().__init__()
        self._opened: list[PracticeCluster] = []

    def start(self) -> None:
        _workers()

    def open(self, id: str, settings: Mapping[str, Any]) -> PracticeCluster:
        # The same key is used by many tests, and its last cluster may only just be ending.
        self._opened.append(_workers().open(f"{id[:20]}{next(_number)}", settings))
        return self._opened[-1]

    def end(self, id: str) -> None:
        _workers().end(id)

    def stop(self) -> None:
        while self._opened:
            self.end(self._opened.pop().id)


@contextmanager
def practice_cluster(**settings: Any) -> Iterator[Connection]:
    """One cluster. settings: see ``Settings`` of ``essaim_practice``."""
    lent = Lent()
    yield Connection(cluster=lent.open("test", settings))
    lent.stop()
