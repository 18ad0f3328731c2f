"""The functions and system views that a PostgreSQL database has."""

from __future__ import annotations

import hashlib
import sqlite3
import time
import uuid
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, Protocol

from essaim_practice.servers.postgres.values import type_name
from essaim_practice.text.expressions import Expression, Malformed, TooLarge

#: Who asks, and in which database, while a statement runs.
ASKING: ContextVar[tuple[str, str]] = ContextVar("asking", default=("postgres", "postgres"))


class Host(Protocol):
    """The server, as functions ask for it."""

    @property
    def context(self) -> Any: ...

    @property
    def version(self) -> str: ...

    def salt(self) -> bytes: ...


def full_version(version: str) -> str:
    return f"PostgreSQL {version} (practice engine) on x86_64-pc-linux-gnu, compiled by gcc, 64-bit"


_VIEWS = (
    "CREATE TEMP TABLE pg_database (datname, owner)",
    "CREATE TEMP TABLE pg_roles (rolname, rolsuper pg_bool, attributes)",
    "CREATE TEMP TABLE pg_type (oid, typname, typarray, typdelim, typtype)",
    "CREATE TEMP TABLE pg_namespace (oid, nspname)",
    "INSERT INTO pg_namespace VALUES (2200, 'public'), (11, 'pg_catalog')",
    "CREATE TEMP VIEW pg_class AS SELECT rowid AS oid, name AS relname, 2200 AS relnamespace,"
    " CASE type WHEN 'table' THEN 'r' WHEN 'view' THEN 'v' ELSE 'i' END AS relkind,"
    " 'p' AS relpersistence FROM main.sqlite_master WHERE name NOT LIKE 'sqlite%'",
    "CREATE TEMP VIEW information_schema_tables AS SELECT current_database() AS table_catalog,"
    " 'public' AS table_schema, name AS table_name,"
    " CASE type WHEN 'table' THEN 'BASE TABLE' ELSE 'VIEW' END AS table_type"
    " FROM main.sqlite_master WHERE type IN ('table','view') AND name NOT LIKE 'sqlite%'",
    "CREATE TEMP VIEW pg_tables AS SELECT 'public' AS schemaname, name AS tablename,"
    " current_user_() AS tableowner FROM main.sqlite_master"
    " WHERE type = 'table' AND name NOT LIKE 'sqlite%'",
    "CREATE TEMP VIEW information_schema_columns AS SELECT current_database() AS table_catalog,"
    " 'public' AS table_schema, t.name AS table_name, c.name AS column_name,"
    " c.cid + 1 AS ordinal_position, c.dflt_value AS column_default,"
    " CASE WHEN c.\"notnull\" OR c.pk THEN 'NO' ELSE 'YES' END AS is_nullable,"
    " type_name(c.type) AS data_type"
    " FROM main.sqlite_master t, pragma_table_info(t.name) c"
    " WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite%'",
)


def setup(host: Host) -> Callable[[sqlite3.Connection], None]:
    """What gives a new database its functions and views."""

    def stamp(form: str = "%Y-%m-%d %H:%M:%S") -> str:
        return time.strftime(form, time.gmtime(host.context.now()))

    def now() -> str:
        fraction = int(host.context.now() % 1 * 10**6)
        return f"{stamp()}.{fraction:06d}+00"

    functions: dict[str, tuple[int, Callable[..., Any]]] = {
        "now": (0, now),
        "clock_timestamp": (0, now),
        "current_date_": (0, lambda: stamp("%Y-%m-%d")),
        "version": (0, lambda: full_version(host.version)),
        "current_database": (0, lambda: ASKING.get()[1]),
        "current_user_": (0, lambda: ASKING.get()[0]),
        "current_schema": (0, lambda: "public"),
        "pg_backend_pid": (0, lambda: 100),
        "gen_random_uuid": (0, lambda: str(uuid.UUID(bytes=host.salt(), version=4))),
        "concat": (-1, lambda *parts: "".join(str(p) for p in parts if p is not None)),
        "concat_ws": (-1, lambda mark, *parts: mark.join(str(p) for p in parts if p is not None)),
        "left": (2, lambda text, count: None if text is None else str(text)[:count]),
        "right": (2, lambda text, count: None if text is None else str(text)[-count:]),
        "reverse": (1, lambda text: None if text is None else str(text)[::-1]),
        "initcap": (1, lambda text: None if text is None else str(text).title()),
        "md5": (1, lambda text: hashlib.md5(str(text).encode()).hexdigest()),  # noqa: S324
        "regexp": (2, _ilike),
        "type_name": (1, type_name),
        "pg_database_size": (1, lambda name: 7_500_000),
        "pg_size_pretty": (1, lambda size: f"{int(size) // 1024} kB"),
        "to_regtype": (1, lambda name: None),
        "pg_table_is_visible": (1, lambda number: 1),
        "obj_description": (-1, lambda *_: None),
    }

    def give(made: sqlite3.Connection) -> None:
        for name, (count, function) in functions.items():
            made.create_function(name, count, function)
        made.execute("PRAGMA case_sensitive_like = ON")
        for view in _VIEWS:
            made.execute(view)

    return give


def _ilike(pattern: object, text: object) -> int | None:
    if pattern is None or text is None:
        return None
    if len(str(pattern)) > 100:
        raise ValueError("pattern too long")
    marks = {"%": ".*", "_": "."}
    source = "".join(
        marks.get(each) or (each if each.isalnum() else f"\\x{{{ord(each):x}}}")
        for each in str(pattern)
    )
    try:
        return int(Expression(source.encode(), fold=True).is_whole(str(text).encode()))
    except (Malformed, TooLarge):
        return 0
