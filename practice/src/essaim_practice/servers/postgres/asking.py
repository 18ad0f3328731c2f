"""Whom the clients of PostgreSQL ask, and those that ask one thing: pg_isready, createdb."""

from __future__ import annotations

from dataclasses import dataclass, field

from essaim_practice.programs.base import Context, Program, executable
from essaim_practice.programs.hosts import NoSuchHost
from essaim_practice.programs.steps import Steps, line
from essaim_practice.servers.postgres.client import Client, Failed

_IMAGES = ("postgres",)


@dataclass
class Asked:
    """The options that all these programs share."""

    host: str
    port: int
    user: str
    database: str
    password: str | None
    words: list[str] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)  # -c and -f, in their order
    given: set[str] = field(default_factory=set)
    wrong: str = ""


_LONG = {
    "host": "h", "port": "p", "username": "U", "dbname": "d", "command": "c", "file": "f",
    "tuples-only": "t", "no-align": "A", "list": "l", "quiet": "q", "variable": "v", "set": "v",
    "no-psqlrc": "X", "no-password": "w", "password": "W", "echo-all": "a", "owner": "O",
    "single-transaction": "1", "version": "V", "expanded": "x", "timeout": "T", "csv": "@",
}  # fmt: skip
_WITH_VALUE = "hpUdcfvOTPRF"


def read(argv: list[str], context: Context) -> Asked:
    env = context.env
    port = env.get("PGPORT", "5432")
    asked = Asked(
        host=env.get("PGHOST", ""),
        port=int(port) if port.isdigit() and len(port) < 6 else 5432,
        user=env.get("PGUSER", ""),
        database=env.get("PGDATABASE", ""),
        password=env.get("PGPASSWORD"),
    )
    words = argv[1:]
    while words:
        word = words.pop(0)
        if not word.startswith("-") or word == "-":
            asked.words.append(word)
            continue
        if word.startswith("--"):
            name, equals, value = word[2:].partition("=")
            letters = _LONG.get(name, "")
            if not letters:
                asked.wrong = f"unrecognized option '{word}'"
                return asked
            if letters in _WITH_VALUE and not equals:
                value = words.pop(0) if words else ""
            _take(asked, letters, value)
            continue
        letters = word[1:]
        while letters:
            letter, letters = letters[0], letters[1:]
            value = ""
            if letter in _WITH_VALUE:
                value, letters = letters or (words.pop(0) if words else ""), ""
            _take(asked, letter, value)
    return asked


def _take(asked: Asked, letter: str, value: str) -> None:
    match letter:
        case "h":
            asked.host = value
        case "p":
            asked.port = int(value) if value.isdigit() and len(value) < 6 else 0
        case "U":
            asked.user = value
        case "d":
            asked.database = value
            if value.startswith(("postgres://", "postgresql://")):
                address_into(value, asked)
        case "c" | "f":
            asked.commands.append(letter + value)
        case _:
            asked.given.add(letter)


def address_into(url: str, asked: Asked) -> None:
    who, _, place = url.partition("://")[2].rpartition("@")
    asked.user, _, password = who.partition(":")
    asked.password = password or asked.password
    place, _, asked.database = place.partition("/")
    asked.host, _, port = place.partition(":")
    asked.port = int(port) if port.isdigit() and len(port) < 6 else asked.port


def own_name(context: Context) -> str:
    return context.user.partition(":")[0] or "root"


@executable(_IMAGES, "pg_isready")
def pg_isready(argv: list[str], context: Context) -> Program:
    asked = read(argv, context)
    return Program(_is_ready(asked, context))


def _is_ready(asked: Asked, context: Context) -> Steps:
    where = f"{asked.host or '/var/run/postgresql'}:{asked.port}"
    quiet = "q" in asked.given
    try:
        context.net.converse(asked.host or "127.0.0.1", asked.port).end()
    except (NoSuchHost, OSError):
        if not quiet:
            yield line(f"{where} - no response")
        return 2
    if not quiet:
        yield line(f"{where} - accepting connections")
    return 0


def _asking(name: str, sql: str) -> None:
    @executable(_IMAGES, name)
    def asking(argv: list[str], context: Context) -> Program:
        asked = read(argv, context)
        asked.user = asked.user or own_name(context)
        return Program(_ask_once(name, sql, asked, context))


def _ask_once(name: str, sql: str, asked: Asked, context: Context) -> Steps:
    client = Client(context)
    subject = asked.words[0] if asked.words else asked.user
    quoted = '"' + subject.replace('"', '""') + '"'
    try:
        yield from client.connect(asked.host, asked.port, asked.user, "postgres", asked.password)
        [reply] = yield from client.ask(sql.format(name=quoted))
    except Failed as failed:
        yield line(f"{name}: error: {failed}", 2)
        return 1
    finally:
        client.close()
    if reply.error is not None:
        what = {"createdb": "database creation", "dropdb": "database removal"}.get(name)
        what = what or {"createuser": "creation of new role", "dropuser": "removal of role"}[name]
        role = "" if name.endswith("db") else f' "{subject}"'
        yield line(f"{name}: error: {what}{role} failed: ERROR:  {reply.error['M']}", 2)
        return 1
    return 0


_asking("createdb", "CREATE DATABASE {name}")
_asking("dropdb", "DROP DATABASE {name}")
_asking("createuser", "CREATE ROLE {name} LOGIN")
_asking("dropuser", "DROP ROLE {name}")
