"""The programs of the images mysql and mariadb that start their servers."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Generator
from errno import ECONNREFUSED
from hashlib import sha256

from essaim_practice.programs import signals
from essaim_practice.programs.base import Context, Program, executable, program
from essaim_practice.programs.steps import Interrupted, Step, Steps, Wait, line
from essaim_practice.programs.talk import Talk
from essaim_practice.servers.mysql.dialect import MysqlError
from essaim_practice.servers.mysql.server import Server, Session
from essaim_practice.servers.mysql.wire import Conversation
from essaim_practice.servers.sql.tokens import statements, tokens
from essaim_practice.store.memory import allocated

_IMAGES = ("mysql", "mariadb")
_ENDING = frozenset({signals.INT, signals.TERM, signals.QUIT})
_SCRIPTS = "/docker-entrypoint-initdb.d"
Doing = Generator[Step, bytes | None, int]


class _Image:
    """What the environment of a container says, in the words of its image."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.maria = context.image.behaviour == "mariadb"
        self.name = "MariaDB" if self.maria else "MySQL"
        given = context.env.get("MARIADB_VERSION" if self.maria else "MYSQL_VERSION", "8.4.0-1")
        self.package = given
        number = given.removeprefix("1:").partition("+")[0].partition("-")[0]
        self.version = f"{number}-MariaDB-ubu2404" if self.maria else number

    def setting(self, name: str) -> str:
        """A variable, by either image's name, or what the file holds that NAME_FILE names."""
        heads = ("MARIADB_", "MYSQL_") if self.maria else ("MYSQL_",)
        for head in heads:
            if value := self.context.env.get(head + name):
                return value
            if path := self.context.env.get(f"{head}{name}_FILE"):
                content = self.context.file(path) or b""
                return content.decode(errors="replace").rstrip("\n")
        return ""

    def note(self, text: str, level: str = "Note") -> Step:
        stamp = time.strftime("%Y-%m-%d %H:%M:%S+00:00", time.gmtime(self.context.now()))
        return line(f"{stamp} [{level}] [Entrypoint]: {text}", 1 if level == "Note" else 2)

    def ready(self) -> Step:
        now = self.context.now()
        if self.maria:
            stamp = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(now))
            place = "socket: '/run/mysqld/mysqld.sock'  port: 3306  mariadb.org binary distribution"
            text = f"{stamp} 0 [Note] mariadbd: ready for connections.\n"
            return line(f"{text}Version: '{self.version}'  {place}", 2)
        return line(
            f"{self._stamp()} 0 [System] [MY-010931] [Server] /usr/sbin/mysqld: ready for "
            f"connections. Version: '{self.version}'  socket: '/var/run/mysqld/mysqld.sock'  "
            "port: 3306  MySQL Community Server - GPL.",
            2,
        )

    def begins(self) -> Step:
        if self.maria:
            stamp = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(self.context.now()))
            text = f"Starting MariaDB {self.version} source revision 0 as process 1"
            return line(f"{stamp} 0 [Note] {text}", 2)
        text = f"/usr/sbin/mysqld (mysqld {self.version}) starting as process 1"
        return line(f"{self._stamp()} 0 [System] [MY-010116] [Server] {text}", 2)

    def ended(self) -> Step:
        if self.maria:
            stamp = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(self.context.now()))
            return line(f"{stamp} 0 [Note] mariadbd: Shutdown complete", 2)
        text = f"/usr/sbin/mysqld: Shutdown complete (mysqld {self.version})"
        return line(f"{self._stamp()} 0 [System] [MY-010910] [Server] {text}", 2)

    def _stamp(self) -> str:
        now = self.context.now()
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now))
        return f"{stamp}.{int(now % 1 * 10**6):06d}Z"


@executable(_IMAGES, "docker-entrypoint.sh")
def entrypoint(argv: list[str], context: Context) -> Program:
    words = argv[1:]
    usual = "mariadbd" if context.image.behaviour == "mariadb" else "mysqld"
    if not words or words[0].startswith("-"):
        words = [usual, *words]
    if words[0] not in ("mysqld", "mariadbd"):
        return program(words, context)
    return _server(words, context)


@executable(_IMAGES, "mysqld", "mariadbd")
def mysqld(argv: list[str], context: Context) -> Program:
    return _server(argv, context)


def _server(words: list[str], context: Context) -> Program:
    image = _Image(context)
    server = Server(context, image.version)
    port = next((w[7:] for w in words if w.startswith("--port=")), "3306")

    def opened(address: str) -> Talk:
        if not server.open:
            raise ConnectionRefusedError(ECONNREFUSED, "Connection refused")
        return Conversation(server, address)

    number = int(port) if port.isdigit() and len(port) < 6 else 3306
    return Program(
        _serving(server, image),
        processes=(" ".join(words),),
        hears=_ENDING,
        talks={number: opened},
    )


def _serving(server: Server, image: _Image) -> Steps:
    server.room = allocated()
    text = f"Entrypoint script for {image.name} Server {image.package} started."
    try:
        yield image.note(text)
        if server.context.inside.disk().exists(f"{server.folder}/mysql/practice.json"):
            server.load()
        elif code := (yield from _initialize(server, image)):
            return code
        yield image.begins()
        yield Wait(0.2)
        server.open = True
        yield image.ready()
        try:
            yield from server.serve()
        except Interrupted:
            yield Wait(0.1)
        yield image.ended()
        return 0
    except (ValueError, KeyError, TypeError, AttributeError, OSError, sqlite3.Error) as error:
        reason = error.strerror if isinstance(error, OSError) else "invalid files"
        yield image.note(f"could not read the data directory: {reason}", "ERROR")
        return 1
    except MysqlError as error_:
        yield image.note(f"ERROR {error_.number} ({error_.state}): {error_.message}", "ERROR")
        return 1
    finally:
        server.open = False
        server.end()


def _initialize(server: Server, image: _Image) -> Doing:
    password = image.setting("ROOT_PASSWORD")
    empty = image.setting("ALLOW_EMPTY_PASSWORD") or image.setting("ALLOW_EMPTY_ROOT_PASSWORD")
    drawn = image.setting("RANDOM_ROOT_PASSWORD")
    if not (password or empty or drawn):
        yield image.note("Database is uninitialized and password option is not specified", "ERROR")
        names = ["MYSQL_ROOT_PASSWORD", "MYSQL_ALLOW_EMPTY_PASSWORD", "MYSQL_RANDOM_ROOT_PASSWORD"]
        head = "    You need to specify one of the following as an environment variable:"
        rows = [head, *(f"    - {name}" for name in names)]
        if image.maria:
            rows = [
                "\tYou need to specify one of MARIADB_ROOT_PASSWORD, MARIADB_ROOT_PASSWORD_HASH, "
                "MARIADB_ALLOW_EMPTY_ROOT_PASSWORD and MARIADB_RANDOM_ROOT_PASSWORD"
            ]
        yield line("\n".join(rows), 2)
        return 1
    yield image.note("Initializing database files")
    yield Wait(1.0)
    yield image.note("Database files initialized")
    yield image.note("Starting temporary server")
    yield Wait(0.5)
    yield image.note("Temporary server started.")
    if drawn and not password:
        password = sha256(f"{server.context.hostname}{server.context.now()}".encode()).hexdigest()[
            :20
        ]
        yield image.note(f"GENERATED ROOT PASSWORD: {password}")
    server.users["root"] = password
    schema, user = image.setting("DATABASE"), image.setting("USER")
    if schema:
        yield image.note(f"Creating database {schema}")
        server.make(schema)
    if user and user != "root":
        yield image.note(f"Creating user {user}")
        server.users[user] = image.setting("PASSWORD")
        if schema:
            yield image.note(f"Giving user {user} access to schema {schema}")
    yield from _scripts(server, image, schema)
    yield image.note("Stopping temporary server")
    yield Wait(0.5)
    yield image.note("Temporary server stopped")
    yield line("")
    yield image.note(f"{image.name} init process done. Ready for start up.")
    yield line("")
    server.flush()
    return 0


def _scripts(server: Server, image: _Image, schema: str) -> Generator[Step, bytes | None, None]:
    """What stands in the folder for scripts of the first start. Raises MysqlError, OSError."""
    disk = server.context.inside.disk()
    session = Session(server, "root", schema)
    for name in disk.listing(_SCRIPTS) if disk.is_folder(_SCRIPTS) else []:
        if not name.endswith(".sql"):
            yield image.note(f"ignoring {_SCRIPTS}/{name}")
            continue
        yield image.note(f"running {_SCRIPTS}/{name}")
        text = disk.read(f"{_SCRIPTS}/{name}").decode(errors="replace")
        for found in statements(tokens(text, hashes=True, escapes=True)):
            session.run(found, text)
