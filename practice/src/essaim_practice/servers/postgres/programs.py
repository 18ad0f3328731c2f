"""The programs of the image postgres that start its server."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator
from errno import ECONNREFUSED
from itertools import pairwise

from essaim_practice.programs import signals
from essaim_practice.programs.base import Context, Program, executable, program
from essaim_practice.programs.steps import Interrupted, Step, Steps, Wait, Write, line, printing
from essaim_practice.programs.talk import Talk
from essaim_practice.servers.postgres.dialect import PostgresError
from essaim_practice.servers.postgres.functions import full_version
from essaim_practice.servers.postgres.server import Server
from essaim_practice.servers.postgres.session import Session
from essaim_practice.servers.postgres.wire import Conversation
from essaim_practice.servers.sql.tokens import statements, tokens
from essaim_practice.store.memory import allocated

_IMAGES = ("postgres",)
_SIGNALS = frozenset({signals.INT, signals.TERM, signals.QUIT})
_MADE = """\
The files belonging to this database system will be owned by user "postgres".
This user must also own the server process.

The database cluster will be initialized with locale "en_US.utf8".
The default database encoding has accordingly been set to "UTF8".
The default text search configuration will be set to "english".

Data page checksums are {checksums}.

fixing permissions on existing directory {folder} ... ok
creating subdirectories ... ok
selecting dynamic shared memory implementation ... posix
selecting default "max_connections" ... 100
selecting default "shared_buffers" ... 128MB
selecting default time zone ... Etc/UTC
creating configuration files ... ok
running bootstrap script ... ok
performing post-bootstrap initialization ... ok
syncing data to disk ... ok


Success. You can now start the database server using:

    pg_ctl -D {folder} -l logfile start
"""
_WARNED = """\
initdb: warning: enabling "trust" authentication for local connections
initdb: hint: You can change this by editing pg_hba.conf or using the option -A, or --auth-local \
and --auth-host, the next time you run initdb."""
_UNPROTECTED = """\
Error: Database is uninitialized and superuser password is not specified.
       You must specify POSTGRES_PASSWORD to a non-empty value for the
       superuser. For example, "-e POSTGRES_PASSWORD=password" on "docker run".

       You may also use "POSTGRES_HOST_AUTH_METHOD=trust" to allow all
       connections without a password. This is *not* recommended.

       See PostgreSQL documentation about "trust":
       https://www.postgresql.org/docs/current/auth-trust.html"""
_TRUSTED = """\
********************************************************************************
WARNING: POSTGRES_HOST_AUTH_METHOD has been set to "trust". This will allow
         anyone with access to the Postgres port to access your database without
         a password, even if POSTGRES_PASSWORD is set. See PostgreSQL
         documentation about "trust":
         https://www.postgresql.org/docs/current/auth-trust.html
         In Docker's default configuration, this is effectively any other
         container on the same system.

         It is not recommended to use POSTGRES_HOST_AUTH_METHOD=trust. Replace
         it with "-e POSTGRES_PASSWORD=password" instead to set a password in
         "docker run".
********************************************************************************"""


def setting(context: Context, name: str) -> str | None:
    """A variable of the environment, or what the file holds that NAME_FILE names."""
    if value := context.env.get(name):
        return value
    if path := context.env.get(f"{name}_FILE"):
        content = context.file(path)
        return None if content is None else content.decode(errors="replace").rstrip("\n")
    return None


@executable(_IMAGES, "docker-entrypoint.sh")
def entrypoint(argv: list[str], context: Context) -> Program:
    words = argv[1:] or ["postgres"]
    if words[0].startswith("-"):
        words = ["postgres", *words]
    if words[0] != "postgres":
        return program(words, context)
    if {"-?", "--help", "-V", "--version"} & set(words):
        return postgres(words, context)
    return _server(words, context, makes=True)


@executable(_IMAGES, "postgres")
def postgres(argv: list[str], context: Context) -> Program:
    if {"-V", "--version"} & set(argv):
        return Program(printing(f"postgres (PostgreSQL) {_version(context)}"))
    return _server(argv, context, makes=False)


def _version(context: Context) -> str:
    return context.env.get("PG_VERSION", "17.6").partition("-")[0]


def _server(words: list[str], context: Context, makes: bool) -> Program:
    folder = context.env.get("PGDATA", "/var/lib/postgresql/data")
    server = Server(context, _version(context), folder)
    for flag, value in pairwise(words):
        if flag == "-p" and value.isdigit() and len(value) < 6:
            server.port = int(value)

    def opened(address: str) -> Talk:
        if not server.open:
            raise ConnectionRefusedError(ECONNREFUSED, "Connection refused")
        return Conversation(server, address)

    return Program(
        _serving(server, makes),
        processes=(
            "postgres",
            "postgres: checkpointer ",
            "postgres: background writer ",
            "postgres: walwriter ",
            "postgres: autovacuum launcher ",
            "postgres: logical replication launcher ",
        ),
        hears=_SIGNALS,
        talks={server.port: opened},
    )


def _serving(server: Server, makes: bool) -> Steps:
    context, folder = server.context, server.folder
    server.room = allocated()
    try:
        there = context.inside.disk().exists(f"{folder}/PG_VERSION")
        if there:
            if makes:
                text = "PostgreSQL Database directory appears to contain a database"
                yield line(f"\n{text}; Skipping initialization\n")
            kept = (context.inside.disk().read(f"{folder}/PG_VERSION")).decode().strip()
            if kept != str(server.major):
                yield line(
                    server.stamped("database files are incompatible with server", 1, "FATAL"), 2
                )
                detail = (
                    f"The data directory was initialized by PostgreSQL version {kept}, which is "
                    f"not compatible with this version {server.version}."
                )
                yield line(server.stamped(detail, 1, "DETAIL"), 2)
                return 1
            server.load()
        elif not makes:
            text = f'could not access directory "{folder}": No such file or directory'
            yield line(f"postgres: {text}", 2)
            return 2
        else:
            code = yield from _initialize(server)
            if code:
                return code
        server.trusts = _trusts(server)
        yield from _up(server)
        server.open = True
        try:
            yield from server.serve()
        except Interrupted as interrupted:
            yield from _down(server, interrupted.signal)
        return 0
    except (ValueError, KeyError, TypeError, OSError, sqlite3.Error) as error:
        reason = error.strerror if isinstance(error, OSError) else "invalid files"
        yield line(server.stamped(f"could not read the data directory: {reason}", 1, "FATAL"), 2)
        return 1
    finally:
        server.open = False
        server.end()


def _trusts(server: Server) -> bool:
    try:
        rules = server.context.inside.disk().read(f"{server.folder}/pg_hba.conf").decode()
    except (OSError, UnicodeDecodeError):
        return False
    rows = [row.split() for row in rules.splitlines() if row.startswith("host")]
    return any(row[1:3] == ["all", "all"] and row[3:] == ["all", "trust"] for row in rows)


def _initialize(server: Server) -> Generator[Step, bytes | None, int]:
    context, folder = server.context, server.folder
    user = context.env.get("POSTGRES_USER") or "postgres"
    database = context.env.get("POSTGRES_DB") or user
    password = setting(context, "POSTGRES_PASSWORD")
    method = context.env.get("POSTGRES_HOST_AUTH_METHOD", "")
    if not password and method != "trust":
        yield line(_UNPROTECTED, 2)
        return 1
    if method == "trust":
        yield line(_TRUSTED, 2)
    yield Wait(0.5)
    disk = context.inside.disk()
    disk.make_folder(folder, parents=True)

    def write(name: str, text: str) -> None:
        disk.write(f"{folder}/{name}", text.encode(), mode=0o600)

    server.initialize(write)
    usual = "scram-sha-256" if server.major >= 14 else "md5"
    write(
        "pg_hba.conf",
        "# TYPE  DATABASE        USER            ADDRESS                 METHOD\n"
        "local   all             all                                     trust\n"
        "host    all             all             127.0.0.1/32            trust\n"
        "host    all             all             ::1/128                 trust\n\n"
        f"host all all all {method or usual}\n",
    )
    server.add_role(user, superuser=True, password=password)
    for name in ("postgres", "template0", "template1"):
        server.make(name, user)
    checksums = "enabled" if server.major >= 18 else "disabled"
    yield Write(_MADE.format(folder=folder, checksums=checksums).encode())
    yield line(_WARNED, 2)
    yield Wait(0.5)
    yield Write(b"\nwaiting for server to start....")
    yield from _up(server, pid=48, first=True)
    yield line(" done\nserver started")
    if database not in server.databases:
        server.make(database, user)
        yield line("CREATE DATABASE\n")
    yield line("")
    yield from _scripts(server, user, database)
    yield Write(b"waiting for server to shut down...")
    yield from _down(server, signals.INT, pid=48)
    yield line(" done\nserver stopped\n\nPostgreSQL init process complete; ready for start up.\n")
    server.flush(every=True)
    return 0


def _scripts(server: Server, user: str, database: str) -> Generator[Step, bytes | None, None]:
    """What stands in the folder for scripts of the first start."""
    folder, own = "/docker-entrypoint-initdb.d", "/usr/local/bin/docker-entrypoint.sh"
    disk = server.context.inside.disk()
    names = disk.listing(folder) if disk.is_folder(folder) else []
    if not names:
        yield line(f"{own}: ignoring {folder}/*\n")
    session = Session(server, user, database)
    for name in names:
        path = f"{folder}/{name}"
        if name.endswith(".sql"):
            yield line(f"{own}: running {path}")
            text = disk.read(path).decode(errors="replace")
            for found in statements(tokens(text)):
                try:
                    yield line(session.run(found).tag)
                except PostgresError as error:
                    number = text.count("\n", 0, found[-1].at) + 1
                    yield line(f"psql:{path}:{number}: ERROR:  {error.message}", 2)
                    raise OSError(1, f"{path} failed") from None
            yield line("\n")
        elif name.endswith(".sh"):
            yield line(f"{own}: {path}: the practice engine plays no shell scripts here", 2)
        else:
            yield line(f"{own}: ignoring {path}")
    session.close()


def _up(server: Server, pid: int = 1, first: bool = False) -> Generator[Step, bytes | None, None]:
    def log(text: str, by: int = pid) -> Step:
        return line(server.stamped(text, by), 2)

    yield log(f"starting {full_version(server.version)}")
    if not first:
        yield log(f'listening on IPv4 address "0.0.0.0", port {server.port}')
        yield log(f'listening on IPv6 address "::", port {server.port}')
    yield log(f'listening on Unix socket "/var/run/postgresql/.s.PGSQL.{server.port}"')
    stamp = server.stamped("").partition(".")[0]
    yield log(f"database system was shut down at {stamp} UTC", pid + 3 if first else 29)
    yield Wait(0.01)
    yield log("database system is ready to accept connections")


def _down(server: Server, signal: int, pid: int = 1) -> Generator[Step, bytes | None, None]:
    def log(text: str) -> Step:
        return line(server.stamped(text, pid), 2)

    kind = {signals.INT: "fast", signals.TERM: "smart"}.get(signal, "immediate")
    yield log(f"received {kind} shutdown request")
    server.open = False
    server.hang_up()
    yield log("aborting any active transactions")
    yield Wait(0.05)
    yield log("shutting down")
    yield log("database system is shut down")
