"""One client of a PostgreSQL server: its statements, its transaction, and their results."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from essaim_practice.servers.postgres.dialect import PostgresError, translated
from essaim_practice.servers.postgres.errors import refusal
from essaim_practice.servers.postgres.functions import ASKING
from essaim_practice.servers.postgres.server import TEMPLATES, Role, Server
from essaim_practice.servers.postgres.values import learn
from essaim_practice.servers.sql.database import NOTHING, Database, Result
from essaim_practice.servers.sql.tokens import Token

SETTINGS = {
    "server_encoding": "UTF8",
    "client_encoding": "UTF8",
    "datestyle": "ISO, MDY",
    "timezone": "Etc/UTC",
    "standard_conforming_strings": "on",
    "integer_datetimes": "on",
    "search_path": '"$user", public',
    "transaction_isolation": "read committed",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "statement_timeout": "0",
    "lc_collate": "en_US.utf8",
    "default_transaction_read_only": "off",
    "in_hot_standby": "off",
}


@dataclass(frozen=True, slots=True)
class Done:
    """What a statement did. tag: SELECT 3, INSERT 0 1. notice: what is said besides."""

    tag: str
    result: Result = NOTHING
    notice: str = ""


class Session:
    """A connection that has logged in."""

    def __init__(self, server: Server, user: str, database: str) -> None:
        self.server = server
        self.user = user
        self.database = database
        self.settings = dict(SETTINGS)
        self.failed = False  # the transaction is to be rolled back
        self._own: Database | None = None  # as the transaction sees it
        self._marks: dict[str, int] = {}  # savepoints: what was written before each
        self._written: list[tuple[str, Sequence[Any]]] = []  # of it, to be done for all at its end

    @property
    def state(self) -> bytes:
        """Of the transaction: I, T or E."""
        return b"E" if self.failed else b"T" if self._own is not None else b"I"

    def close(self) -> None:
        if self._own is not None:
            self._own.close()
            self._own = None

    def run(self, found: list[Token], parameters: Sequence[Any] = ()) -> Done:
        """Do one statement. Raises PostgresError."""
        first = found[0].low
        if self.failed and first not in ("rollback", "abort", "commit", "end"):
            raise PostgresError(
                "25P02",
                "current transaction is aborted, commands ignored until end of transaction block",
            )
        try:
            own = _OWN.get(first)
            second = found[1].low if len(found) > 1 else ""
            own = own or _OWN.get(f"{first} {second}")
            if own is not None:
                return own(self, found)
            return self._sql(found, parameters)
        except PostgresError:
            self.failed = self._own is not None
            raise

    def _shared(self) -> Database:
        """Raises PostgresError where it was dropped meanwhile."""
        database = self.server.databases.get(self.database)
        if database is None:
            raise PostgresError("57P01", "terminating connection due to administrator command")
        return database

    def _sql(self, found: list[Token], parameters: Sequence[Any]) -> Done:
        first, second = found[0].low, found[1].low if len(found) > 1 else ""
        sql = translated(found)
        learn(re.findall(r"pg_\w+", sql))
        database = self._own or self._shared()
        names = {each.low for each in found}
        if "pg_database" in names:
            database.fill("pg_database", list(self.server.owners.items()))
        if "pg_roles" in names:
            database.fill("pg_roles", [_role(role) for role in self.server.roles.values()])
        token = ASKING.set((self.user, self.database))
        try:
            result = database.run(sql, _bound(sql, parameters))
        except (sqlite3.Error, sqlite3.Warning, OverflowError) as error:
            raise refusal(str(error), found) from None
        finally:
            ASKING.reset(token)
        if first not in ("select", "values", "with", "table") or "returning" in sql.lower():
            if self._own is not None:
                self._written.append((sql, parameters))
            else:
                self.server.touch()
        rows = len(result.rows) if result.columns else result.changed
        match first:
            case "select" | "values" | "with" | "table":
                tag = f"SELECT {len(result.rows)}"
            case "insert":
                tag = f"INSERT 0 {rows}"
            case "update" | "delete":
                tag = f"{first.upper()} {rows}"
            case "truncate":
                tag = "TRUNCATE TABLE"
            case _:
                kind = second if second not in ("or", "unique", "temp", "temporary") else ""
                kind = kind or found[2].low if len(found) > 2 else kind
                kind = found[3].low if kind == "replace" and len(found) > 3 else kind
                tag = f"{first} {kind}".upper().strip()
        return Done(tag, result)

    # Statements of the server's own

    def begin(self, found: list[Token]) -> Done:
        if self._own is not None:
            return Done("BEGIN", notice="there is already a transaction in progress")
        try:
            self._own = self._shared().copy()
        except sqlite3.Error as error:
            raise refusal(str(error), found) from None
        self._written = []
        return Done("BEGIN")

    def commit(self, found: list[Token]) -> Done:
        own, failed, written = self._own, self.failed, self._written
        self.close()
        self.failed, self._written = False, []
        if own is None:
            return Done("COMMIT", notice="there is no transaction in progress")
        if failed:
            return Done("ROLLBACK")
        database = self._shared()

        def again() -> None:
            for sql, parameters in written:
                database.run(sql, _bound(sql, parameters))

        token = ASKING.set((self.user, self.database))
        try:
            database.all_or_nothing(again)
        except sqlite3.Error as error:
            raise refusal(str(error), found) from None
        finally:
            ASKING.reset(token)
        if written:
            self.server.touch()
        return Done("COMMIT")

    def rollback(self, found: list[Token]) -> Done:
        if "to" in {token.low for token in found}:
            return self.savepoint(found)
        none = self._own is None
        self.close()
        self.failed, self._written = False, []
        return Done("ROLLBACK", notice="there is no transaction in progress" if none else "")

    def set(self, found: list[Token]) -> Done:
        words = [token for token in found[1:] if token.low not in ("session", "local")]
        if len(words) > 2 and words[1].text in ("=", "to", "TO"):
            value = " ".join(t.value if t.kind == "text" else t.name for t in words[2:])
            if len(self.settings) < 100:
                self.settings[words[0].low[:60]] = value[:200]
        return Done("SET")

    def show(self, found: list[Token]) -> Done:
        name = found[1].low if len(found) > 1 else ""
        own = {"server_version": self.server.version, "data_directory": self.server.folder}
        known = {**self.settings, **own, "port": str(self.server.port)}
        if name == "transaction":
            name = "transaction_isolation"
        if name == "all":
            rows = tuple((key, value) for key, value in sorted(known.items()))
            return Done("SHOW", Result(("name", "setting"), rows))
        if name not in known:
            raise PostgresError("42704", f'unrecognized configuration parameter "{name}"')
        return Done("SHOW", Result((name,), ((known[name],),)))

    def create_database(self, found: list[Token]) -> Done:
        self._outside("CREATE DATABASE")
        words = {token.low: at for at, token in enumerate(found)}
        owner = found[words["owner"] + 1].name if "owner" in words else self.user
        if owner not in self.server.roles:
            raise PostgresError("42704", f'role "{owner}" does not exist')
        self.server.make(_folded(found[2]), owner)
        return Done("CREATE DATABASE")

    def drop_database(self, found: list[Token]) -> Done:
        self._outside("DROP DATABASE")
        name = _folded(found[-1])
        if name == self.database:
            raise PostgresError("55006", "cannot drop the currently open database")
        if name in TEMPLATES[1:]:
            raise PostgresError("42809", "cannot drop a template database")
        if name not in self.server.databases and found[2].low == "if":
            text = f'database "{name}" does not exist, skipping'
            return Done("DROP DATABASE", notice=text)
        self.server.drop(name)
        return Done("DROP DATABASE")

    def _outside(self, what: str) -> None:
        if self._own is not None:
            raise PostgresError("25001", f"{what} cannot run inside a transaction block")
        if not self.server.roles[self.user].superuser:
            raise PostgresError("42501", "permission denied to create database")

    def create_role(self, found: list[Token]) -> Done:
        if not self.server.roles[self.user].superuser:
            raise PostgresError("42501", "permission denied to create role")
        password = next((token.value for token in found if token.kind == "text"), None)
        superuser = "superuser" in {token.low for token in found}
        self.server.add_role(_folded(found[2]), superuser, password)
        return Done("CREATE ROLE")

    def alter_role(self, found: list[Token]) -> Done:
        name = _folded(found[2])
        if name not in self.server.roles:
            raise PostgresError("42704", f'role "{name}" does not exist')
        if not (name == self.user or self.server.roles[self.user].superuser):
            raise PostgresError("42501", "permission denied to alter role")
        password = next((token.value for token in found if token.kind == "text"), None)
        self.server.set_password(name, password)
        return Done("ALTER ROLE")

    def drop_role(self, found: list[Token]) -> Done:
        name = _folded(found[-1])
        if name not in self.server.roles:
            raise PostgresError("42704", f'role "{name}" does not exist')
        if name == self.user:
            raise PostgresError("55006", "current user cannot be dropped")
        del self.server.roles[name]
        self.server.touch()
        return Done("DROP ROLE")

    def grant(self, found: list[Token]) -> Done:
        return Done(found[0].text.upper())

    def savepoint(self, found: list[Token]) -> Done:
        name = _folded(found[-1])
        verb = {"savepoint": "SAVEPOINT", "release": "RELEASE"}.get(found[0].low, "ROLLBACK TO")
        if self._own is None:
            text = f"{verb} can only be used in transaction blocks"
            raise PostgresError("25P01", text)
        try:
            self._own.mark(verb, name)
        except sqlite3.Error:
            raise PostgresError("3B001", f'savepoint "{name}" does not exist') from None
        if verb == "SAVEPOINT":
            self._marks[name] = len(self._written)
        elif verb == "ROLLBACK TO":
            del self._written[self._marks.get(name, 0) :]
            self.failed = False
        return Done(found[0].text.upper())


_OWN: dict[str, Callable[[Session, list[Token]], Done]] = {
    "begin": Session.begin,
    "start": Session.begin,
    "commit": Session.commit,
    "end": Session.commit,
    "rollback": Session.rollback,
    "abort": Session.rollback,
    "set": Session.set,
    "reset": lambda session, found: Done("RESET"),
    "discard": lambda session, found: Done("DISCARD ALL"),
    "deallocate": lambda session, found: Done("DEALLOCATE ALL"),
    "show": Session.show,
    "grant": Session.grant,
    "revoke": Session.grant,
    "savepoint": Session.savepoint,
    "release": Session.savepoint,
    "create database": Session.create_database,
    "drop database": Session.drop_database,
    "create user": Session.create_role,
    "create role": Session.create_role,
    "alter user": Session.alter_role,
    "alter role": Session.alter_role,
    "drop user": Session.drop_role,
    "drop role": Session.drop_role,
}


def _role(role: Role) -> tuple[str, bool, str]:
    every = "Superuser, Create role, Create DB, Replication, Bypass RLS"
    return role.name, role.superuser, every if role.superuser else ""


def _bound(sql: str, parameters: Sequence[Any]) -> Sequence[Any]:
    most = max((int(number) for number in re.findall(r"\?(\d{1,4})", sql)), default=0)
    return [*parameters, *[None] * (most - len(parameters))][:most]


def _folded(token: Token) -> str:
    """A name as PostgreSQL keeps it: in small letters, unless it is quoted."""
    return token.name if token.kind == "quoted" else token.low
