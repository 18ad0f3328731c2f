"""A MySQL or MariaDB server: its schemas and users, their files, and each client's statements."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable
from contextlib import suppress

from essaim_practice.programs.base import Context
from essaim_practice.servers.mysql.dialect import (
    MysqlError,
    learn,
    refusal,
    setup,
    syntax,
    translated,
    unplayed,
)
from essaim_practice.servers.sql.database import Database, Result
from essaim_practice.servers.sql.keeper import Keeper
from essaim_practice.servers.sql.tokens import Token
from essaim_practice.store.memory import Reservation

SYSTEM = ("information_schema", "mysql", "performance_schema", "sys")
_MOST = 10  # schemas


class Server(Keeper):
    """One running mysqld. users: passwords by name; None: has none."""

    def __init__(self, context: Context, version: str, folder: str = "/var/lib/mysql") -> None:
        super().__init__(context)
        self.version = version
        self.folder = folder
        self.open = False
        self.users: dict[str, str] = {}
        self.schemas: dict[str, Database] = {}
        self.room: Reservation | None = None
        self.asking = ("", "")
        self.connected = 0

    def make(self, name: str, kept: bytes = b"[]") -> None:
        """Make a schema. Raises MysqlError, sqlite3.Error and ValueError."""
        if name in self.schemas or name in SYSTEM:
            text = f"Can't create database '{name}'; database exists"
            raise MysqlError(1007, "HY000", text)
        if len(self.schemas) >= _MOST or not re.fullmatch(r"[\w$-]{1,64}", name):
            raise unplayed("more databases, or such names")
        assert self.room is not None
        made = Database(setup(self.context, self.version, lambda: self.asking), self.room)
        for kind in set(re.findall(r"my_decimal_\d+_\d+", kept.decode())):
            learn(kind)
        made.load(kept)
        made.touched = True
        self.schemas[name] = made
        self.touch()

    def drop(self, name: str) -> None:
        if name not in self.schemas:
            text = f"Can't drop database '{name}'; database doesn't exist"
            raise MysqlError(1008, "HY000", text)
        self.schemas.pop(name).close()
        with suppress(OSError):
            self.context.inside.disk().remove_tree(f"{self.folder}/{name}")
        self.touch()

    # Files

    def write(self, every: bool) -> None:
        disk = self.context.inside.disk()
        try:
            for name, schema in self.schemas.items():
                if schema.touched or every:
                    disk.make_folder(f"{self.folder}/{name}", parents=True)
                    disk.write(f"{self.folder}/{name}/practice.json", schema.dumped(), mode=0o640)
            disk.make_folder(f"{self.folder}/mysql", parents=True)
            kept = json.dumps({"users": self.users, "schemas": list(self.schemas)}).encode()
            disk.write(f"{self.folder}/mysql/practice.json", kept, mode=0o640)
        except OSError as error:
            self.log(f"[ERROR] could not write: {error.strerror}")

    def load(self) -> None:
        """Raises ValueError, KeyError, TypeError, AttributeError, OSError, sqlite3.Error."""
        disk = self.context.inside.disk()
        kept = json.loads(disk.read(f"{self.folder}/mysql/practice.json"))
        self.users = {str(name): str(password) for name, password in kept["users"].items()}
        for name in kept["schemas"]:
            self.make(str(name), disk.read(f"{self.folder}/{name}/practice.json"))

    def end(self) -> None:
        self.close(self.schemas)


def _one(name: str, *values: object) -> Result:
    return Result((name,), tuple((value,) for value in values))


class Session:
    """A client that has logged in."""

    def __init__(self, server: Server, user: str, schema: str) -> None:
        self.server = server
        self.user = user
        self.schema = schema

    def run(self, found: list[Token], sql: str) -> Result:
        """Do one statement. Raises MysqlError."""
        words = [token.low for token in found[:3]]
        for count in (2, 1):
            if own := _OWN.get(" ".join(words[:count])):
                return own(self, found)
        if words[0] in ("select",) and found[1:3] and found[1].text == "@":
            return _one(found[-1].text, None)
        return self._sql(found, sql)

    def _sql(self, found: list[Token], sql: str) -> Result:
        server = self.server
        bare = found[0].low == "select" and "from" not in {token.low for token in found}
        known = {token.name: at for at, token in enumerate(found)}
        schema = self.schema
        for name in server.schemas:  # shop.people
            at = known.get(name, -1)
            if 0 <= at < len(found) - 1 and found[at + 1].text == ".":
                schema, found = name, found[:at] + found[at + 2 :]
                break
        database = server.schemas.get(schema)
        if database is None and bare:
            database = next(iter(server.schemas.values()), None) or self._empty()
        if found[0].low not in _KNOWN:
            raise syntax(sql[found[0].at : found[0].at + 80], sql.count("\n", 0, found[0].at) + 1)
        if database is None:
            raise MysqlError(1046, "3D000", "No database selected")
        server.asking = (self.user, self.schema)
        try:
            result = database.run(translated(found))
        except (sqlite3.Error, sqlite3.Warning) as error:
            raise refusal(str(error), schema, sql) from None
        if found[0].low != "select":
            server.touch()
        return result

    def _empty(self) -> Database:
        room, server = self.server.room, self.server
        assert room is not None
        return Database(setup(server.context, server.version, lambda: server.asking), room)

    # Statements of the server's own

    def use(self, found: list[Token]) -> Result:
        name = found[-1].name
        if name not in self.server.schemas and name not in SYSTEM:
            raise MysqlError(1049, "42000", f"Unknown database '{name}'")
        self.schema = name
        return Result()

    def databases(self, found: list[Token]) -> Result:
        return _one("Database", *sorted([*SYSTEM, *self.server.schemas]))

    def tables(self, found: list[Token]) -> Result:
        schema = found[-1].name if len(found) > 3 else self.schema
        database = self.server.schemas.get(schema)
        if database is None:
            raise MysqlError(1046, "3D000", "No database selected")
        rows = database.run(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' "
            "ORDER BY name"
        ).rows
        return Result((f"Tables_in_{schema}",), rows)

    def describe(self, found: list[Token]) -> Result:
        database = self.server.schemas.get(self.schema)
        if database is None:
            raise MysqlError(1046, "3D000", "No database selected")
        name = found[-1].name
        sql = 'SELECT name, type, "notnull", dflt_value, pk FROM pragma_table_info(?)'
        rows = database.run(sql, (name,)).rows
        if not rows:
            raise MysqlError(1146, "42S02", f"Table '{self.schema}.{name}' doesn't exist")
        shown = tuple(
            (
                column,
                _shown_type(str(kind)),
                "NO" if required or key else "YES",
                "PRI" if key else "",
                _usual(usual),
                "auto_increment" if kind == "INTEGER" else "",
            )
            for column, kind, required, usual, key in rows
        )
        return Result(("Field", "Type", "Null", "Key", "Default", "Extra"), shown)

    def create_database(self, found: list[Token]) -> Result:
        words = [token for token in found[2:] if token.low not in ("if", "not", "exists")]
        if not words:
            raise syntax("", 1)
        if not (len(words) < len(found) - 2 and words[0].name in self.server.schemas):
            self.server.make(words[0].name)
        return Result(changed=1)

    def drop_database(self, found: list[Token]) -> Result:
        if not (found[2].low == "if" and found[-1].name not in self.server.schemas):
            self.server.drop(found[-1].name)
        return Result()

    def create_user(self, found: list[Token]) -> Result:
        names = [token for token in found[2:] if token.low not in ("if", "not", "exists")]
        name = names[0].value if names[0].kind == "text" else names[0].name
        given = [at for at, token in enumerate(found) if token.low in ("by", "password")]
        password = found[given[-1] + 1].value if given and given[-1] + 1 < len(found) else ""
        self.server.users[name] = password
        self.server.touch()
        return Result()

    def drop_user(self, found: list[Token]) -> Result:
        name = found[2].value if found[2].kind == "text" else found[2].name
        if self.user == name or self.server.users.pop(name, None) is None:
            raise MysqlError(1396, "HY000", f"Operation DROP USER failed for '{name}'@'%'")
        self.server.touch()
        return Result()

    def nothing(self, found: list[Token]) -> Result:
        return Result()

    def variables(self, found: list[Token]) -> Result:
        return Result(("Variable_name", "Value"), (("version", self.server.version),))

    def processes(self, found: list[Token]) -> Result:
        columns = ("Id", "User", "Host", "db", "Command", "Time", "State", "Info")
        row = (8, self.user, "localhost", self.schema or None, "Query", 0, "init", "SHOW")
        return Result(columns, (row,))

    def transaction(self, found: list[Token]) -> Result:
        raise unplayed("transactions on MySQL")


_KNOWN = (
    *("alter", "call", "check", "create", "delete", "drop", "explain", "insert", "load", "lock"),
    *("optimize", "rename", "replace", "select", "truncate", "unlock", "update", "values", "with"),
)
_OWN: dict[str, Callable[[Session, list[Token]], Result]] = {
    "use": Session.use,
    "show databases": Session.databases,
    "show schemas": Session.databases,
    "show tables": Session.tables,
    "show columns": Session.describe,
    "describe": Session.describe,
    "desc": Session.describe,
    "create database": Session.create_database,
    "create schema": Session.create_database,
    "drop database": Session.drop_database,
    "drop schema": Session.drop_database,
    "create user": Session.create_user,
    "alter user": Session.create_user,
    "drop user": Session.drop_user,
    "grant": Session.nothing,
    "revoke": Session.nothing,
    "flush": Session.nothing,
    "set": Session.nothing,
    "commit": Session.nothing,
    "show variables": Session.variables,
    "show processlist": Session.processes,
    "begin": Session.transaction,
    "start transaction": Session.transaction,
    "rollback": Session.transaction,
}


def _usual(value: object) -> str | None:
    text = "" if value is None else str(value)
    return "CURRENT_TIMESTAMP" if text == "now()" else text.strip("'()") or None


def _shown_type(kind: str) -> str:
    base, *sizes = re.split(r"_(?=\d)", kind)
    name = {"INTEGER": "int", "my_datetimetext": "datetime"}.get(base, base.removeprefix("my_"))
    name = name.removesuffix("text") if name in ("datetext", "timetext", "jsontext") else name
    return f"{name}({','.join(sizes)})" if sizes else name
