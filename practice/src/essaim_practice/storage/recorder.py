"""Writes a cluster behind: what changed is gathered on the loop and written by another thread."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import suppress

from essaim_practice.engine.cluster import Cluster
from essaim_practice.engine.state import ClusterState
from essaim_practice.files.diary import Diaries
from essaim_practice.storage.batch import Batch, Key, Moment
from essaim_practice.storage.records import KINDS
from essaim_practice.store.clock import LoopClock
from essaim_practice.store.store import Change, Stored

DELAY = 0.5  # real seconds from the first change until all up to then is written
_DEAR = 4  # times as long as a write worked is there none after it
REST = 30.0  # real seconds from the last write until the file is closed
_AGAIN = (2.0, 15.0)  # real seconds after a write that failed, the first time and at most

_LOG = logging.getLogger(__name__)


class Recorder:
    """Watches a cluster, and has each of its changes written within a second.

    Everything here runs on the loop of the cluster's clock, but for ``write`` itself. All that a
    batch holds is frozen, so gathering it costs no more than a look at what changed.
    """

    def __init__(
        self,
        cluster: Cluster,
        write: Callable[[Batch], None],
        rest: Callable[[], None],
        executor: Executor,
        written: ClusterState | None,
    ) -> None:
        """written: what the file has of this cluster; None: nothing.

        rest: called on the executor when nothing has changed for half a minute.
        """
        self._cluster, self._write, self._executor = cluster, write, executor
        self._rest = rest
        self._resting: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()
        self._whole = self._dirty = written is None
        self._records: dict[Key, tuple[Stored | None, bool]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._writing: asyncio.Future[None] | None = None
        self._failures = 0
        self._closed = False
        self.problem = ""  # why the last write failed
        self._diaries = Diaries(self._touch)
        cluster.store.watch(self._on_change, *KINDS.values())
        cluster.files.keep(self._diaries)
        cluster.logs.keep(self._touch)
        if isinstance(cluster.clock, LoopClock):
            cluster.clock.wound = self._touch
        if written is None:
            self._plan(0.0)
        else:
            self._compare(written)
            self._touch()  # the clock, at least: a file that is never written would stay open

    async def flush(self) -> None:
        """Write what is not written yet, unless the disk refuses."""
        while self._writing is not None:
            await self._writing
        if self._dirty:
            self._begin()
            while self._writing is not None:
                await self._writing

    def close(self) -> None:
        """Write nothing more; what is under way comes to its end."""
        self._closed = True
        for timer in (self._timer, self._resting):
            if timer is not None:
                timer.cancel()

    # What happens

    def _on_change(self, change: Change) -> None:
        subject = change.subject
        key = (type(subject).__name__, subject.id)
        new = change.old is None
        if new:
            self._records.pop(key, None)  # it comes after all others
        elif change.new is not None and (before := self._records.get(key)):
            new = before[1]
        self._records[key] = (change.new, new)
        self._touch()

    def _compare(self, written: ClusterState) -> None:
        """Note what a cluster did when it was made again, before it was watched."""
        before = {(type(record).__name__, record.id): record for record in written.records}
        for name, kind in KINDS.items():
            for record in self._cluster.store.all(kind):
                old = before.pop((name, record.id), None)
                if old is not record:
                    self._on_change(Change(old, record))
        for gone in before.values():
            self._on_change(Change(gone, None))

    def _touch(self) -> None:
        self._dirty = True
        if self._timer is None and self._writing is None:
            self._plan(DELAY)

    def _plan(self, wait: float) -> None:
        if not self._closed:
            self._timer = self._loop.call_later(wait, self._begin)

    # Writing

    def _begin(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._resting is not None:
            self._resting.cancel()
        batch = self._gather()
        self._writing = self._loop.create_future()
        running = self._executor.submit(self._worked, batch)

        def over() -> None:
            error = running.exception()
            self._written(error, 0.0 if error else running.result())

        def tell(_: object) -> None:
            with suppress(RuntimeError):  # the loop has ended, and nobody waits
                self._loop.call_soon_threadsafe(over)

        running.add_done_callback(tell)

    def _worked(self, batch: Batch) -> float:
        """Write, and tell how many seconds of a processor that took: waiting is no work."""
        begun = time.thread_time()
        self._write(batch)
        return time.thread_time() - begun

    def _gather(self) -> Batch:
        cluster, whole = self._cluster, self._whole
        self._whole = self._dirty = False
        records, self._records = self._records, {}
        files = self._diaries.take(whole)
        if whole:
            files += cluster.files.saved()
            records = {
                (name, record.id): (record, True)
                for name, kind in KINDS.items()
                for record in cluster.store.all(kind)
            }
        return Batch(_moment(cluster), records, files, cluster.logs.take(whole), whole)

    def _written(self, error: BaseException | None, took: float) -> None:
        writing, self._writing = self._writing, None
        if error is None:
            self._failures, self.problem = 0, ""
        else:
            self._whole = self._dirty = True  # what that batch held is known to nobody any more
            self._failures += 1
            self.problem = words(error)
            _LOG.warning("A practice cluster is not written to disk: %s", self.problem)
        if self._dirty:
            shortest, longest = _AGAIN
            again = min(longest, shortest * 2 ** (self._failures - 1))
            self._plan(again if error is not None else max(DELAY, _DEAR * took))
        elif not self._closed:
            self._resting = self._loop.call_later(REST, self._executor.submit, self._rest)
        if writing is not None and not writing.done():
            writing.set_result(None)


def words(error: BaseException) -> str:
    """Why something cannot be written. A path is nothing to whoever looks at a cluster."""
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def _moment(cluster: Cluster) -> Moment:
    store, clock = cluster.store, cluster.clock
    factor, paused = (clock.factor, clock.paused) if isinstance(clock, LoopClock) else (1.0, True)
    counted, now = (store.version, store.writes), clock.now()
    engine = cluster.store.edition.name
    return Moment(*counted, now, factor, paused, time.time(), cluster.touched, engine)
