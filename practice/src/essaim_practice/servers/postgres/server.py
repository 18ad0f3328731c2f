"""A PostgreSQL server: its databases and roles, their files, and its log."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from hashlib import sha256

from essaim_practice.programs.base import Context
from essaim_practice.servers.postgres import values
from essaim_practice.servers.postgres.dialect import PostgresError
from essaim_practice.servers.postgres.functions import setup
from essaim_practice.servers.postgres.scram import Secret, secret
from essaim_practice.servers.sql.database import Database
from essaim_practice.servers.sql.keeper import Keeper
from essaim_practice.store.memory import Reservation

_MOST = 10  # databases
TEMPLATES = ("postgres", "template0", "template1")


@dataclass(slots=True)
class Role:
    """One who may log in."""

    name: str
    superuser: bool = False
    secret: Secret | None = None


class Server(Keeper):
    """One running postgres."""

    def __init__(self, context: Context, version: str, folder: str) -> None:
        super().__init__(context)
        self.version = version
        self.folder = folder
        self.open = False
        self.trusts = False  # everybody, from wherever
        self.port = 5432
        self.databases: dict[str, Database] = {}
        self.owners: dict[str, str] = {}
        self.roles: dict[str, Role] = {}
        self.room: Reservation | None = None
        self._salts = 0

    @property
    def major(self) -> int:
        text = self.version.partition(".")[0]
        return int(text) if text.isdigit() else 17

    def stamped(self, text: str, pid: int = 0, level: str = "LOG") -> str:
        now = self.context.now()
        stamp = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(now))
        shown = f"{stamp}.{int(now * 1000) % 1000:03d} UTC"
        return f"{shown} [{pid or self.context.pid}] {level}:  {text}"

    def salt(self) -> bytes:
        """Bytes that are different each time, and the same in the same run."""
        self._salts += 1
        text = f"{self.context.hostname} {self.context.now()} {self._salts}"
        return sha256(text.encode()).digest()[:16]

    # Databases and roles

    def make(self, name: str, owner: str) -> None:
        """Raises PostgresError."""
        if name in self.databases:
            raise PostgresError("42P04", f'database "{name}" already exists')
        if len(self.databases) >= _MOST:
            raise PostgresError("53400", "the practice engine has no more databases for one server")
        self.databases[name] = self._database()
        self.databases[name].touched = True
        self.owners[name] = owner
        self.touch()

    def drop(self, name: str) -> None:
        """Raises PostgresError."""
        if name not in self.databases:
            raise PostgresError("3D000", f'database "{name}" does not exist')
        self.databases.pop(name).close()
        del self.owners[name]
        with suppress(OSError):
            self.context.inside.disk().remove(self._file(name))
        self.touch()

    def add_role(self, name: str, superuser: bool, password: str | None) -> None:
        if name in self.roles:
            raise PostgresError("42710", f'role "{name}" already exists')
        self.roles[name] = Role(name, superuser)
        self.set_password(name, password)

    def set_password(self, name: str, password: str | None) -> None:
        if password is not None:
            self.roles[name].secret = secret(password, self.salt())
        self.touch()

    def _database(self, kept: bytes = b"[]") -> Database:
        assert self.room is not None
        made = Database(setup(self), self.room)
        values.learn(re.findall(r"pg_\w+", kept.decode()))
        made.load(kept)
        return made

    # Files

    def _file(self, name: str) -> str:
        return f"{self.folder}/base/{name}"

    def write(self, every: bool) -> None:
        disk = self.context.inside.disk()
        try:
            for name, database in self.databases.items():
                if database.touched or every:
                    disk.write(self._file(name), database.dumped(), mode=0o600)
            kept = {
                "owners": self.owners,
                "roles": [asdict(role) for role in self.roles.values()],
            }
            disk.write(f"{self.folder}/global/practice.json", json.dumps(kept).encode(), mode=0o600)
        except OSError as error:
            self.log(self.stamped(f"could not write to file: {error.strerror}", level="PANIC"))

    def initialize(self, write: Callable[[str, str], None]) -> None:
        """Make the data folder's files. Raises OSError."""
        for name in ("base", "global", "pg_wal", "pg_stat", "pg_tblspc", "pg_xact"):
            self.context.inside.disk().make_folder(f"{self.folder}/{name}", parents=True)
        write("PG_VERSION", f"{self.major}\n")
        write("postgresql.conf", "listen_addresses = '*'\nmax_connections = 100\n")
        write("pg_ident.conf", "")

    def load(self) -> None:
        """Read the files. Raises ValueError, KeyError, TypeError, OSError and sqlite3.Error."""
        disk = self.context.inside.disk()
        kept = json.loads(disk.read(f"{self.folder}/global/practice.json"))
        for row in kept["roles"]:
            known = Secret(**row["secret"]) if row["secret"] else None
            self.roles[str(row["name"])] = Role(str(row["name"]), bool(row["superuser"]), known)
        for name, owner in list(kept["owners"].items())[:_MOST]:
            if "/" not in name:
                self.databases[name] = self._database(disk.read(f"{self.folder}/base/{name}"))
                self.owners[name] = str(owner)

    def end(self) -> None:
        self.close(self.databases)
