"""The file of what is kept: SQLite, whose version is known and whose damage is seen."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

#: The file's mark, in SQLite's header: the letters Essa.
MARK = 0x45737361
#: Each makes of a file of one version that of the next, from 1 to 2 first; in one transaction.
MIGRATIONS: Sequence[Callable[[sqlite3.Connection], None]] = ()

#: A record is the latest state of one thing. Entries are a growing row of them, by number.
_TABLES = """
CREATE TABLE record (
    owner TEXT, name TEXT, value BLOB NOT NULL, PRIMARY KEY (owner, name)
) WITHOUT ROWID;
CREATE TABLE entry (
    owner TEXT, name TEXT, number INTEGER, value BLOB NOT NULL, PRIMARY KEY (owner, name, number)
) WITHOUT ROWID;
"""
_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_IOERR_SHORT_READ)


class Damaged(Exception):
    """The file is not what was written, or not ours."""


class Future(Exception):
    """A later version of Essaim has written the file."""


def opened(file: Path) -> sqlite3.Connection:
    """The file, made where there is none, checked and brought to this version.

    The connection may be used by any thread, by one at a time. Raises Damaged, Future, OSError and
    sqlite3.Error.
    """
    if not file.exists():
        _make(file)
    database = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    try:
        _check(database, file)
        database.execute("PRAGMA journal_mode = WAL")
        # What a process wrote outlives its end; a power cut may take the newest, but tears nothing.
        database.execute("PRAGMA synchronous = NORMAL")
        _migrate(database)
    except sqlite3.DatabaseError as error:
        database.close()
        if is_damage(error):
            raise Damaged(str(error)) from error
        raise
    except BaseException:
        database.close()
        raise
    return database


def is_damage(error: sqlite3.Error) -> bool:
    code = getattr(error, "sqlite_errorcode", 0)
    return code in _DAMAGE or code & 0xFF in _DAMAGE


def _make(file: Path) -> None:
    """Under another name first: so an empty or a short file is a damaged one."""
    fresh = file.with_name(f"{file.name}.new")
    fresh.unlink(missing_ok=True)
    os.close(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    database = sqlite3.connect(fresh, isolation_level=None)
    try:
        database.executescript(_TABLES)
        database.execute(f"PRAGMA application_id = {MARK}")
        database.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    finally:
        database.close()
    # What is beside a file that is gone belongs to no other.
    for beside in ("-wal", "-shm"):
        file.with_name(file.name + beside).unlink(missing_ok=True)
    fresh.rename(file)


def _check(database: sqlite3.Connection, file: Path) -> None:
    if _number(database, "application_id") != MARK:
        raise Damaged(f"{file.name} is no file of Essaim's")
    version = _number(database, "user_version")
    if version > len(MIGRATIONS) + 1:
        raise Future(f"version {version}")
    if version < 1:
        raise Damaged(f"version {version}")
    # What is missing of the last page reads as zeros. A process that was killed may leave such a
    # page beside a log that has the whole one.
    log = file.with_name(f"{file.name}-wal")
    logged = log.exists() and log.stat().st_size
    if not logged and file.stat().st_size % _number(database, "page_size"):
        raise Damaged(f"{file.name} is cut")
    for (told,) in database.execute("PRAGMA quick_check(1)"):
        if told != "ok":
            raise Damaged(str(told))


def _migrate(database: sqlite3.Connection) -> None:
    version = _number(database, "user_version")
    if version > len(MIGRATIONS):
        return
    database.execute("BEGIN IMMEDIATE")
    try:
        for migration in MIGRATIONS[version - 1 :]:
            migration(database)
        database.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    except Exception as error:
        database.execute("ROLLBACK")
        raise Damaged(f"version {version} cannot be read: {error}") from error
    database.execute("COMMIT")


def _number(database: sqlite3.Connection, pragma: str) -> int:
    return int(database.execute(f"PRAGMA {pragma}").fetchone()[0])
