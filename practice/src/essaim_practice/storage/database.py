"""One cluster's file: an SQLite database, written in one transaction at a time.

WAL, so that a write costs as much as what it writes; synchronous NORMAL, so that neither the end of
the process nor that of the computer tears it: at worst the last transactions are missing. One
process alone has it open, hence no shared memory.
"""

from __future__ import annotations

import json
import logging
import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from essaim_practice.engine.state import ClusterState
from essaim_practice.storage import records
from essaim_practice.storage.batch import Batch, Moment
from essaim_practice.storage.layers import Layers
from essaim_practice.storage.logs import Logs
from essaim_practice.storage.sums import Damaged, checked, sealed

VERSION = 1
APPLICATION = 0x45535341  # "ESSA": what `file` may know it by

#: From each version to the next one. Records whose fields only came or went need none.
MIGRATIONS: dict[int, Callable[[sqlite3.Connection], None]] = {}

_SCHEMA = """
create table moment (body blob not null);
create table record (
    seq integer primary key, kind text not null, id text not null, body blob not null,
    unique (kind, id)
);
create table layer (id integer primary key, name text unique, below integer, known text);
create table entry (
    layer integer not null, path blob not null, body blob,
    primary key (layer, path)
) without rowid;
create table piece (digest blob primary key, uses integer not null, data blob not null);
create table log (
    container text not null, last integer not null, body blob not null,
    primary key (container, last)
) without rowid;
create table unfinished (container text primary key, body blob not null) without rowid;
"""
_LOG = logging.getLogger(__name__)
_TABLES = ("moment", "record", "layer", "entry", "piece", "log", "unfinished")


class Future(Exception):
    """The file was written by a later version."""


class Database:
    """The file of one cluster, used by one thread at a time; open but for a ``rest``.

    Raises Damaged, Future, and sqlite3.Error where the folder, the disk or a lock refuses.
    """

    def __init__(self, path: Path, rest: Callable[[], None] = lambda: None) -> None:
        """rest: called between rows, so that others may have their turn."""
        self._path, self._rest = path, rest
        self._connection = self._opened(whole=True)
        self._resting = False
        self._layers, self._logs = Layers(self._run, rest), Logs(self._run)

    def close(self) -> None:
        self._connection.close()

    def rest(self) -> None:
        """Take no memory until the next batch is written."""
        self._connection.close()
        self._resting = True

    def _run(self, statement: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
        return self._connection.execute(statement, values)

    def _opened(self, whole: bool) -> sqlite3.Connection:
        """whole: look whether its pages fit together."""
        connection = sqlite3.connect(
            self._path, isolation_level=None, check_same_thread=False, cached_statements=32
        )
        try:
            self._prepare(connection, whole)
        except BaseException:
            connection.close()
            raise
        return connection

    def _prepare(self, connection: sqlite3.Connection, whole: bool) -> None:
        run = connection.execute
        with _damage_seen():
            run("pragma locking_mode = exclusive")
            run("pragma synchronous = normal")
            run("pragma cache_size = -128")  # KiB
            run("pragma wal_autocheckpoint = 256")  # pages
            run("pragma journal_size_limit = 1048576")  # bytes
            [version] = run("pragma user_version").fetchone()
            [application] = run("pragma application_id").fetchone()
            if application != APPLICATION:
                raise Damaged("it is no file of a cluster")
            if version > VERSION:
                raise Future(f"version {version}")
            run("pragma journal_mode = wal")
            if whole and run("pragma quick_check(1)").fetchone() != ("ok",):
                raise Damaged("its pages do not fit together")
            while version < VERSION:
                with _transaction(connection):
                    MIGRATIONS[version](connection)
                    version += 1
                    run(f"pragma user_version = {version}")

    # Reading

    def read(self) -> ClusterState | None:
        """The cluster as it was last written; None if it never was. Raises Damaged."""
        with _damage_seen():
            row = self._connection.execute("select body from moment").fetchone()
            if row is None:
                return None
            moment = msgspec.json.decode(checked(row[0]), type=Moment)
            trees, files = self._layers.read()
            elapsed = 0.0 if moment.paused else max(0.0, time.time() - moment.wall)
            found = self._connection.execute("select kind, body from record order by seq")
            share, tree = records.Sharing().share, trees.__getitem__
            return ClusterState(
                [share(records.decode(kind, checked(body), tree)) for kind, body in found],
                moment.version,
                moment.writes,
                files,
                self._logs.read(),
                moment.now + elapsed * moment.factor,
                moment.factor,
                moment.paused,
                moment.touched,
                moment.engine,
            )

    # Writing

    def write(self, batch: Batch) -> None:
        """Write all of it, or nothing. Raises sqlite3.Error; Damaged and Future after a rest."""
        try:
            if self._resting:
                self._connection, self._resting = self._opened(whole=False), False
            with _transaction(self._connection):
                self._write(batch)
            self._connection.execute("pragma shrink_memory")
        except BaseException:
            self._layers.forget()
            self._logs.forget()
            raise

    def _write(self, batch: Batch) -> None:
        run = self._run
        if batch.whole:
            for table in _TABLES:
                run(f"delete from {table}")  # noqa: S608 (our own names)
            self._layers.forget()
            self._logs.forget()
        removed = False
        for key, (record, new) in batch.records.items():
            self._rest()
            kind = key[0]
            if record is None:
                run("delete from record where kind = ? and id = ?", key)
                removed = removed or kind == "Image"
                continue
            try:
                body = sealed(records.encode(record, self._layers.tree))
            except (ValueError, TypeError, RecursionError) as error:
                _LOG.warning("A %s of a practice cluster cannot be kept: %s", kind, error)
                continue
            if new:
                run("insert or replace into record (kind, id, body) values (?, ?, ?)", (*key, body))
            else:
                run("update record set body = ? where kind = ? and id = ?", (body, *key))
        for part in batch.files:
            self._layers.write(part)
            removed = removed or part.dropped
        for lines in batch.logs:
            self._rest()
            self._logs.write(lines)
        if removed:
            self._layers.drop_unused(self._trees_of_images())
        run("delete from moment")
        run("insert into moment values (?)", (sealed(msgspec.json.encode(batch.moment)),))

    def _trees_of_images(self) -> set[int]:
        found = self._connection.execute("select body from record where kind = 'Image'")
        return {int(json.loads(checked(body))["files"]) for (body,) in found}


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("begin immediate")
    try:
        yield
    except BaseException:
        connection.rollback()
        raise
    connection.execute("commit")


def create(path: Path) -> None:
    """Make a file without a cluster in it, for its owner alone; it is complete, or not there."""
    new = path.with_suffix(".new")
    new.unlink(missing_ok=True)
    os.close(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))  # SQLite's log is like it
    connection = sqlite3.connect(new, isolation_level=None)
    try:
        connection.execute("pragma synchronous = off")
        version = f"pragma application_id = {APPLICATION}; pragma user_version = {VERSION};"
        connection.executescript(f"begin; {version} {_SCHEMA} commit;")
        connection.execute("pragma journal_mode = wal")  # to open it, nothing need be written
    finally:
        connection.close()
    new.rename(path)


#: What SQLite says when a folder, a disk or another process refuses, whatever the file holds.
_REFUSALS = frozenset((
    sqlite3.SQLITE_AUTH, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_READONLY,
))  # fmt: skip


@contextmanager
def _damage_seen() -> Iterator[None]:
    """Whatever cannot be read is damage, but for refusals."""
    try:
        yield
    except (sqlite3.Error, ValueError, LookupError, TypeError, RecursionError) as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in _REFUSALS:
            raise
        raise Damaged(str(error)) from error
