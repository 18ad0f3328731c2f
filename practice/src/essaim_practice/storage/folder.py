"""The folder that clusters are kept in: one file for each, in the hands of one process at a time.

``KEY.cluster`` is the file, ``KEY.cluster-wal`` belongs to it, ``KEY.lock`` is locked by who has it
open. What cannot be read is put aside (see ``aside``), and ``KEY.lost`` says why.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import re
import sqlite3
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Literal, get_args

from essaim_practice.engine.cluster import Cluster
from essaim_practice.engine.state import ClusterState
from essaim_practice.storage import aside
from essaim_practice.storage.aside import parts
from essaim_practice.storage.batch import Batch
from essaim_practice.storage.database import Database, Future, create
from essaim_practice.storage.recorder import Recorder, words
from essaim_practice.storage.sums import Damaged

WAIT = 5.0  # seconds for another process to let go of a file
#: Seconds that a cluster is open until it is no more said what became of the one before.
SAID = 300.0
_KEY = re.compile(r"[a-z0-9]{1,64}")
_LOOK = 0.05  # seconds
_TURN, _PAUSE = 0.001, 0.001  # seconds for which the writer keeps the interpreter, and rests

Lost = Literal["damaged", "future"]
_LOST: tuple[Lost, ...] = get_args(Lost)


class InUse(OSError):
    """Another process has the cluster's file open."""


class Folder:
    """A folder of clusters; ``close`` waits for what is being written."""

    def __init__(self, path: Path | str) -> None:
        """It is made when the first cluster is opened, where it can be."""
        self.path = Path(path)
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="practice-storage")

    def keys(self) -> tuple[str, ...]:
        """The keys of all clusters that there are files of."""
        return tuple(sorted(each.stem for each in self.path.glob("*.cluster")))

    def open(self, key: str) -> Kept:
        """The file of a cluster, begun where there is none.

        Blocks while it reads, and up to five seconds where another process has it. Raises InUse;
        ValueError for a key that is not 1 to 64 small letters and digits.
        """
        if not _KEY.fullmatch(key):
            raise ValueError(f"{key!r} is no key: write 1 to 64 of a-z and 0-9")
        return Kept(self.path, key, self._executor)

    def forget(self, key: str) -> None:
        """Remove the file of a cluster that nobody has open, if there is one.

        Blocks and raises as ``open``; OSError where the folder refuses.
        """
        if _KEY.fullmatch(key) and (path := self.path / f"{key}.cluster").exists():
            lock = _locked(path.with_suffix(".lock"))
            try:
                for each in (*parts(path), path.with_suffix(".lost"), path.with_suffix(".lock")):
                    each.unlink(missing_ok=True)
            finally:
                os.close(lock)

    def touch(self, keys: Iterable[str]) -> None:
        """These clusters are in use, though nothing of them was written: ``sweep`` sees that."""
        for key in keys:
            with suppress(OSError):
                os.utime(self.path / f"{key}.cluster")

    def sweep(self, older: float) -> tuple[str, ...]:
        """Forget the clusters that nobody has open and that were not written for so many seconds.

        Their keys. What was put aside long ago goes, too.
        """
        aside.tidy(self.path)
        old = []
        for key in self.keys():
            path = self.path / f"{key}.cluster"
            with suppress(OSError):  # another process has it, or removed it
                written = max(each.stat().st_mtime for each in parts(path) if each.exists())
                if time.time() - written >= older and _is_free(path.with_suffix(".lock")):
                    self.forget(key)
                    old.append(key)
        return tuple(old)

    def close(self) -> None:
        """Wait until everything is written that was begun."""
        self._executor.shutdown()


class Kept:
    """The file of one cluster.

    state: the cluster that was in it, if any. lost: what became of an earlier file, which was put
    aside: each time that it is opened, until it was open for five minutes. problem: why nothing is
    written, in words; empty while all is well.
    """

    def __init__(self, folder: Path, key: str, executor: ThreadPoolExecutor) -> None:
        self._path, self._executor = folder / f"{key}.cluster", executor
        self._lock: int | None = None
        self._database: Database | None = None
        self._recorder: Recorder | None = None
        self._refused = ""
        self._said: asyncio.TimerHandle | None = None  # when it is no more said what was lost
        self.state: ClusterState | None = None
        self.lost: Lost | None = None
        try:
            self._open()
        except InUse:
            raise
        except (OSError, sqlite3.Error) as error:
            self._refused = words(error)
            self._close()

    @property
    def problem(self) -> str:
        return self._recorder.problem if self._recorder else self._refused

    def _open(self) -> Database:
        self._take()
        self.lost = _read(self._path.with_suffix(".lost"))
        if self._path.exists():
            try:
                self._database = Database(self._path, _Turns())
                self.state = self._database.read()
                return self._database
            except Future:
                self._lose("future")
            except Damaged:
                self._lose("damaged")
            self._close_file()
        return self._begin_anew()

    def _lose(self, why: Lost) -> None:
        """Write down why before it is put aside: this process may end before it has said so."""
        self.lost = why
        self._path.with_suffix(".lost").write_text(why)

    def _take(self) -> None:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock = _locked(self._path.with_suffix(".lock"))

    def _begin_anew(self) -> Database:
        if self._path.exists():
            aside.put(self._path)
        for left in parts(self._path):  # by a process that ended while it put its file aside:
            left.unlink(missing_ok=True)  # SQLite would play an old log into the new file
        create(self._path)
        self._database = Database(self._path, _Turns())
        return self._database

    def put_aside(self) -> None:
        """What was read cannot be played: put it aside, and begin anew."""
        if self._recorder is not None:
            self._recorder.close()
            self._recorder = None
        self._close_file()
        self.state = None
        self._lose("damaged")
        self._begin_anew()

    # On the cluster's loop

    def record(self, cluster: Cluster) -> None:
        """Write this cluster from now on, instead of the one before.

        Of the first one that is made of this file's state, only what changed since is written.
        """
        state, self.state = self.state, None
        if self._recorder is not None:
            self._recorder.close()
        self._recorder = Recorder(cluster, self._write, self._rest, self._executor, state)
        self._recorder.problem = self._refused
        if self.lost and self._said is None:
            self._said = asyncio.get_running_loop().call_later(SAID, self._forget_what_was_lost)

    def _forget_what_was_lost(self) -> None:
        self.lost = None
        with suppress(OSError):
            self._path.with_suffix(".lost").unlink(missing_ok=True)

    async def flush(self) -> None:
        """Write what is not written yet."""
        if self._recorder is not None:
            await self._recorder.flush()

    async def close(self) -> None:
        """Write what is not written yet, and let go of the file. Closing twice does no harm."""
        await self.flush()
        recorder, self._recorder = self._recorder, None
        if recorder is not None:
            recorder.close()
        if self._said is not None:
            self._said.cancel()
        await asyncio.wrap_future(self._executor.submit(self._close))

    # On the writing thread

    def _write(self, batch: Batch) -> None:
        if self._database is None:  # the folder or the disk refused, perhaps for a while
            if self._lock is None:
                self._take()
            self._begin_anew()
        assert self._database is not None
        try:
            self._database.write(batch)
        except (Damaged, Future):  # somebody has changed it while it rested
            self._close_file()
            raise

    def _rest(self) -> None:
        if self._database is not None:
            self._database.rest()

    def _close(self) -> None:
        self._close_file()
        lock, self._lock = self._lock, None
        if lock is not None:
            os.close(lock)

    def _close_file(self) -> None:
        database, self._database = self._database, None
        if database is not None:
            database.close()


class _Turns:
    """Lets the loop's thread have the interpreter now and then, while a long batch is written."""

    def __init__(self) -> None:
        self._until = 0.0

    def __call__(self) -> None:
        now = time.perf_counter()
        if now >= self._until:
            if now < self._until + _TURN:
                time.sleep(_PAUSE)
                now = time.perf_counter()
            self._until = now + _TURN


def _locked(path: Path) -> int:
    """Lock a file and return its descriptor. Raises InUse where another process keeps it."""
    deadline = time.monotonic() + WAIT
    while True:
        lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if path.exists() and os.fstat(lock).st_ino == path.stat().st_ino:
                return lock  # and not one that was removed meanwhile
        except BlockingIOError:
            if time.monotonic() >= deadline:
                os.close(lock)
                raise InUse(f"another process has {path.with_suffix('.cluster')} open") from None
            time.sleep(_LOOK)
        except BaseException:
            os.close(lock)
            raise
        os.close(lock)


def _is_free(path: Path) -> bool:
    """Whether nobody has locked a file."""
    lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(lock)
    return True


def _read(path: Path) -> Lost | None:
    """The word in a file, if it is one. Raises OSError."""
    try:
        word = path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return None
    return next((each for each in _LOST if each == word), None)
