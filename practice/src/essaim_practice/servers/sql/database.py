"""One database: SQLite in memory, within limits of size and time, and as SQL for a file.

SQLite is what Python brings. It runs what a learner types in the worker's own thread, so nothing
may take long: each statement has a number of steps, and each value, result and database a size.
It opens no file, and loads nothing; its own format is never read from a container, where anybody
writes what they like.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from math import inf
from time import perf_counter
from typing import Any

from essaim_practice.store.memory import Reservation

_PAGE = 4096
_MOST_PAGES = 128  # of one database: as SQL it is read and written in some milliseconds
_LONGEST = 64 * 1024  # bytes of a value, and of a row
_STEPS, _MOST_LOOKS = 100, 3000  # of SQLite's machine between looks, and looks at one statement
_FRAME = ("BEGIN TRANSACTION;", "COMMIT;")
_LONGEST_LOAD = 1.0  # real seconds
_LONGEST_TURN = 0.05  # real seconds, should the steps be slow ones
_LARGEST = 512 * 1024  # bytes of a result, about
_ROW = 64  # bytes that a row takes besides its values
_MOST_ASKED = 5000  # reads and calls in a statement with its views, which may double each other

_SIZES = {
    sqlite3.SQLITE_LIMIT_LENGTH: _LONGEST,
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: _LONGEST,
    sqlite3.SQLITE_LIMIT_COLUMN: 200,
    sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 100,
    sqlite3.SQLITE_LIMIT_COMPOUND_SELECT: 50,
    sqlite3.SQLITE_LIMIT_FUNCTION_ARG: 50,
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
    sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 100,
    sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER: 1000,
    sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH: 10,
    sqlite3.SQLITE_LIMIT_VDBE_OP: 25_000,
}
_FORBIDDEN = {sqlite3.SQLITE_ATTACH, sqlite3.SQLITE_DETACH, sqlite3.SQLITE_PRAGMA}
_FUNCTIONS = {"load_extension", "fts3_tokenizer", "sqlite_compileoption_get"}

Value = Any  # None, an int, float, str, bytes, or what a converter makes of them


@dataclass(frozen=True, slots=True)
class Result:
    """What a statement gave: rows where it has columns, else how many rows it changed."""

    columns: tuple[str, ...] = ()
    rows: tuple[tuple[Value, ...], ...] = ()
    changed: int = 0
    last_id: int = 0


NOTHING = Result()


class Database:
    """One database. setup: makes its functions and views.

    room: where its bytes count. image: SQLite's own, of one that is to be the same.
    """

    def __init__(
        self, setup: Callable[[sqlite3.Connection], None], room: Reservation, image: bytes = b""
    ) -> None:
        self._setup = setup
        self._room = room
        self._pages = 0  # that are counted in the room
        self._looks = 0
        self._asked = 0
        self._ends = 0.0
        self.touched = False  # since the last ``dumped``
        self._connection = sqlite3.connect(
            ":memory:", isolation_level=None, detect_types=sqlite3.PARSE_DECLTYPES
        )
        made = self._connection
        if image:
            made.deserialize(image)
        made.execute(f"PRAGMA max_page_count = {_MOST_PAGES}")
        made.execute("PRAGMA cache_size = 16")
        made.execute("PRAGMA temp_store = MEMORY")  # and in no file of the computer
        made.execute(f"PRAGMA temp.max_page_count = {_MOST_PAGES}")
        made.execute("PRAGMA user_version = 1")  # an empty one could not be copied
        if image:
            made.execute("PRAGMA foreign_keys = ON")
        made.create_function("instr", 2, _instr, deterministic=True)
        made.create_function("replace", 3, _replaced, deterministic=True)
        setup(made)
        for category, most in _SIZES.items():
            made.setlimit(category, most)
        made.set_authorizer(self._authorized)
        made.set_progress_handler(self._look, _STEPS)
        self._count()

    def close(self) -> None:
        self._connection.close()

    def dumped(self) -> bytes:
        """The database as SQL, for ``load``."""
        self.touched = False
        self._looks, self._asked, self._ends = -(10**9), -(10**9), inf
        script = [row for row in self._connection.iterdump() if row not in _FRAME]
        return json.dumps(script).encode()

    def load(self, dumped: bytes) -> None:
        """Fill it, while it is new. Raises sqlite3.Error and ValueError."""
        script = json.loads(dumped)
        if not isinstance(script, list):
            raise ValueError("no script")
        self._looks, self._ends = 0, perf_counter() + _LONGEST_LOAD
        for statement in script:
            self._looks = self._asked = 0
            self._connection.execute(str(statement))
        self._connection.set_authorizer(None)
        self._connection.execute("PRAGMA foreign_keys = ON")
        self._connection.set_authorizer(self._authorized)
        self._count()

    def copy(self) -> Database:
        """The same, for one transaction."""
        return Database(self._setup, self._room, self._connection.serialize())

    def run(self, sql: str, parameters: Sequence[Value] = ()) -> Result:
        """Do one statement, whole or not at all. Raises sqlite3.Error."""
        self._asked = 0
        self._looks, self._ends = 0, perf_counter() + _LONGEST_TURN
        made = self._connection
        before = made.total_changes
        made.execute("SAVEPOINT statement_")
        try:
            cursor = made.execute(sql, parameters)
            columns = tuple(each[0] for each in cursor.description or ())
            rows, size = [], 0
            for row in cursor:
                size += _ROW + sum(len(each) for each in row if isinstance(each, str | bytes))
                if size > _LARGEST:
                    raise sqlite3.OperationalError("interrupted: the result is too large")
                rows.append(row)
            changed = made.total_changes - before
            last = cursor.lastrowid or 0
            self._count()
        except BaseException:
            self._ends, self._looks = perf_counter() + _LONGEST_TURN, 0
            with suppress(sqlite3.Error):
                made.execute("ROLLBACK TO statement_")
                made.execute("RELEASE statement_")
            raise
        made.execute("RELEASE statement_")
        self.touched = True
        return Result(columns, tuple(rows), changed, last)

    def fill(self, table: str, rows: Sequence[Sequence[Value]]) -> None:
        """Give a temporary table of ``setup`` these rows."""
        self._looks, self._ends = 0, perf_counter() + _LONGEST_TURN
        self._connection.execute(f"DELETE FROM {table}")  # noqa: S608 (a name of ours)
        marks = ",".join("?" * len(rows[0])) if rows else ""
        self._connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)  # noqa: S608

    def mark(self, verb: str, name: str) -> None:
        """SAVEPOINT, ROLLBACK TO or RELEASE a place in a transaction. Raises sqlite3.Error."""
        quoted = name.replace('"', '""')
        self._connection.execute(f'{verb} "marked_{quoted}"')

    def all_or_nothing(self, work: Callable[[], None]) -> None:
        """Do several statements, or none where one fails."""
        self._connection.execute("SAVEPOINT transaction_")
        try:
            work()
        except BaseException:
            self._connection.execute("ROLLBACK TO transaction_")
            raise
        finally:
            self._connection.execute("RELEASE transaction_")

    def _count(self) -> None:
        """Raises sqlite3.OperationalError where there is no memory for what was written."""
        (pages,) = self._connection.execute("SELECT page_count FROM pragma_page_count").fetchone()
        if pages > self._pages:
            if not self._room.take((pages - self._pages) * _PAGE):
                raise sqlite3.OperationalError("database or disk is full")
            self._pages = pages

    def _look(self) -> int:
        self._looks += 1
        return int(self._looks > _MOST_LOOKS or perf_counter() > self._ends)

    def _authorized(
        self, action: int, first: str | None, second: str | None, *_: str | None
    ) -> int:
        self._asked += 1
        if self._asked > _MOST_ASKED:
            return sqlite3.SQLITE_DENY
        if action in _FORBIDDEN and first not in ("table_info", "page_count", "table_xinfo"):
            return sqlite3.SQLITE_DENY
        if action == sqlite3.SQLITE_FUNCTION and second in _FUNCTIONS:
            return sqlite3.SQLITE_DENY
        return sqlite3.SQLITE_OK


def _text(value: Value) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def _instr(where: Value, what: Value) -> int | None:
    """SQLite's, whose own takes the product of both lengths."""
    if where is None or what is None:
        return None
    if isinstance(where, bytes) and isinstance(what, bytes):
        return where.find(what) + 1
    return _text(where).find(_text(what)) + 1


def _replaced(where: Value, what: Value, by: Value) -> str | None:
    """SQLite's, likewise."""
    if where is None or what is None or by is None:
        return None
    old, new, whole = _text(what), _text(by), _text(where)
    if not old:
        return whole
    if len(whole) + whole.count(old) * max(len(new) - len(old), 0) > _LONGEST:
        raise ValueError("too long")
    return whole.replace(old, new)
