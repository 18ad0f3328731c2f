"""mysql and mariadb, their -admin programs, and MariaDB's healthcheck.sh."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from posixpath import basename

from essaim_practice.programs import signals
from essaim_practice.programs.base import Context, Program, executable
from essaim_practice.programs.hosts import NoSuchHost
from essaim_practice.programs.steps import READ, Interrupted, Step, Steps, Write, line, printing
from essaim_practice.servers.mysql.dialect import MysqlError
from essaim_practice.servers.mysql.wire import Client
from essaim_practice.servers.sql.tokens import complete, statements, tokens
from essaim_practice.text.widths import columns as width

_IMAGES = ("mysql", "mariadb")
_WARNING = "[Warning] Using a password on the command line interface can be insecure."
_NUMBERS = (5, 8, 246)
Doing = Generator[Step, bytes | None, int]


@dataclass
class _Asked:
    """What a command line says."""

    user: str
    host: str = ""
    port: int = 3306
    password: str | None = None  # "" is to be typed where ``typed``
    typed: bool = False
    commands: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    flags: set[str] = field(default_factory=set)


_LONG = {
    "user": "u", "host": "h", "port": "P", "password": "p", "execute": "e", "database": "D",
    "table": "t", "batch": "B", "silent": "s", "skip-column-names": "N", "protocol": "_",
    "socket": "S", "version": "V", "wait": "w", "connect-timeout": "_",
    "default-character-set": "_",
}  # fmt: skip


def _read(argv: list[str], context: Context) -> _Asked:
    asked, words = _Asked("root", password=context.env.get("MYSQL_PWD")), argv[1:]
    while words:
        word = words.pop(0)
        if not word.startswith("-"):
            asked.words.append(word)
            continue
        if word.startswith("--"):
            name, equals, value = word[2:].partition("=")
            letter = _LONG.get(name, name)
        else:
            letter, value = word[1], word[2:]
            equals = "=" if value else ""
        if letter == "p":
            asked.typed, asked.password = not equals, value
            continue
        if letter in "uhPeDS_" and not equals and words:
            value = words.pop(0)
        match letter:
            case "u":
                asked.user = value
            case "h":
                asked.host = value
            case "P":
                asked.port = int(value) if value.isdigit() and len(value) < 6 else 0
            case "e":
                asked.commands.append(value)
            case "D":
                asked.words.insert(0, value)
            case _:
                asked.flags.add(letter)
                asked.flags |= set(value) & set("stNB") if len(letter) == 1 else set()
    return asked


def _connected(
    asked: _Asked, context: Context, schema: str = ""
) -> Generator[Step, bytes | None, Client]:
    """Raises MysqlError."""
    if asked.typed:
        yield Write(b"Enter password: ")
        typed = (yield READ) or b""
        asked.password, asked.typed = typed.decode(errors="replace").strip(), False
        yield line("")
    host = asked.host if asked.host not in ("", "localhost") else "127.0.0.1"
    try:
        talk = context.net.converse(host, asked.port)
    except NoSuchHost:
        text = f"Unknown MySQL server host '{asked.host}' (-2)"
        raise MysqlError(2005, "HY000", text) from None
    except OSError as error:
        if host == "127.0.0.1" and asked.host != host:
            place = "/var/run/mysqld/mysqld.sock"
            text = f"Can't connect to local MySQL server through socket '{place}' (2)"
            raise MysqlError(2002, "HY000", text) from None
        text = f"Can't connect to MySQL server on '{asked.host}:{asked.port}' ({error.errno})"
        raise MysqlError(2003, "HY000", text) from None
    client = Client(talk)
    yield from client.login(asked.user, asked.password or "", schema)
    return client


def _said(error: MysqlError, row: int = 0) -> str:
    at = f" at line {row}" if row else ""
    return f"ERROR {error.number} ({error.state}){at}: {error.message}"


@executable(_IMAGES, "mysql", "mariadb")
def mysql(argv: list[str], context: Context) -> Program:
    name = basename(argv[0])
    if {"--version", "-V"} & set(argv):
        version = context.env.get("MYSQL_VERSION", context.env.get("MARIADB_VERSION", ""))
        return Program(printing(f"{name}  Ver {version} for Linux on x86_64 (practice engine)"))
    asked = _read(argv, context)
    return Program(_Mysql(name, asked, context).steps(), hears=frozenset({signals.INT}))


class _Mysql:
    """One client at work."""

    def __init__(self, name: str, asked: _Asked, context: Context) -> None:
        self._name = name
        self._asked = asked
        self._context = context
        self._client: Client | None = None
        self._boxed = context.tty or "t" in asked.flags
        self._schema = asked.words[0] if asked.words else ""

    def steps(self) -> Steps:
        asked = self._asked
        if self._name == "mysql" and asked.password and "MYSQL_PWD" not in self._context.env:
            yield line(f"mysql: {_WARNING}", 2)
        try:
            self._client = yield from _connected(asked, self._context, self._schema)
        except MysqlError as error:
            yield line(_said(error), 2)
            return 1
        try:
            if asked.commands:
                return (yield from self._script(asked.commands[-1]))
            if self._context.keyboard and self._context.tty:
                return (yield from self._typed())
            whole = b""
            while (given := (yield READ) or b"") and len(whole) < 2**20:
                whole += given
            return (yield from self._script(whole.decode(errors="replace")))
        finally:
            self._client.close()

    def _script(self, text: str) -> Doing:
        upright = {at for at in range(len(text)) if text.startswith("\\G", at)}
        text = text.replace("\\G", "; ")  # which says that rows are to be shown upright
        for found in statements(tokens(text, hashes=True, escapes=True)):
            last = found[-1]
            end = last.at + len(last.text)
            end += len(text[end:]) - len(text[end:].lstrip())
            try:
                yield from self._ask(text[found[0].at : end], told=False, upright=end in upright)
            except MysqlError as error:
                yield line(_said(error, text.count("\n", 0, found[0].at) + 1), 2)
                return 1
        return 0

    def _typed(self) -> Steps:
        assert self._client is not None
        maria = "MariaDB" in self._client.version
        yield line(
            f"Welcome to the {'MariaDB' if maria else 'MySQL'} monitor.  "
            f"Commands end with ; or \\g.\nServer version: {self._client.version} "
            "(practice engine)\n\n"
            "Type 'help;' or '\\h' for help. Type '\\c' to clear the current input statement.\n"
        )
        begun = ""
        while True:
            usual = f"MariaDB [{self._schema or '(none)'}]> " if maria else "mysql> "
            yield Write((usual if not begun else "    -> ").encode())
            try:
                given = (yield READ) or b""
            except Interrupted:
                begun = ""
                yield line("^C")
                continue
            row = given.decode(errors="replace").strip()
            if not given or (not begun and row.rstrip(";").lower() in ("exit", "quit", "\\q")):
                yield line("Bye")
                return 0
            if not begun and row.lower().startswith("use "):
                row = row.rstrip(";") + ";"
            begun += row + "\n"
            if not begun.strip():
                begun = ""
            elif complete(begun, hashes=True, escapes=True):
                try:
                    yield from self._ask(begun.strip().rstrip(";"), told=True)
                except MysqlError as error:
                    yield line(_said(error))
                begun = ""

    def _ask(
        self, sql: str, told: bool, upright: bool = False
    ) -> Generator[Step, bytes | None, None]:
        assert self._client is not None
        names, types, rows, changed = yield from self._client.ask(sql)
        if sql.lower().startswith("use "):
            self._schema = sql[4:].strip("` \n")
            if told:
                yield line("Database changed")
            return
        if not names:
            if told:
                many = "" if changed == 1 else "s"
                yield line(f"Query OK, {changed} row{many} affected (0.01 sec)\n")
            return
        cells = [["NULL" if cell is None else cell for cell in row] for row in rows]
        if upright:
            size = max(map(width, names))
            for number, row in enumerate(cells, 1):
                stars = "*" * 27
                yield line(f"{stars} {number}. row {stars}")
                for name, cell in zip(names, row, strict=True):
                    yield line(f"{' ' * (size - width(name))}{name}: {cell}")
        elif self._boxed and rows:
            yield Write(boxed(names, types, cells).encode())
        elif rows:
            head = [] if "N" in self._asked.flags else [names]
            yield Write("".join("\t".join(row) + "\n" for row in [*head, *cells]).encode())
        if told:
            many = "" if len(rows) == 1 else "s"
            count = f"{len(rows)} row{many} in set" if rows else "Empty set"
            yield line(f"{count} (0.00 sec)\n")


def boxed(names: list[str], types: list[int], rows: list[list[str]]) -> str:
    """A table with lines around it."""
    sizes = [max([width(n), *(width(r[at]) for r in rows)]) for at, n in enumerate(names)]
    rule = "+" + "+".join("-" * (size + 2) for size in sizes) + "+\n"

    def row(cells: list[str], right: bool) -> str:
        made = "|"
        for cell, size, kind in zip(cells, sizes, types, strict=True):
            space = " " * (size - width(cell))
            made += f" {space}{cell} |" if right and kind in _NUMBERS else f" {cell}{space} |"
        return made + "\n"

    return rule + row(names, False) + rule + "".join(row(r, True) for r in rows) + rule


@executable(_IMAGES, "mysqladmin", "mariadb-admin")
def mysqladmin(argv: list[str], context: Context) -> Program:
    return Program(_administer(basename(argv[0]), _read(argv, context), context))


def _administer(name: str, asked: _Asked, context: Context) -> Steps:
    order = asked.words[0] if asked.words else ""
    if name == "mysqladmin" and asked.password:
        yield line(f"{name}: {_WARNING}", 2)
    try:
        client = yield from _connected(asked, context)
    except MysqlError as error:
        if order == "ping" and error.number == 1045:  # there is a server, and that is the question
            yield line(f"{name}: connect to server at 'localhost' failed", 2)
            yield line(f"error: '{error.message}'", 2)
            return 0
        yield line(f"{name}: connect to server at '{asked.host or 'localhost'}' failed", 2)
        yield line(f"error: '{error.message}'", 2)
        return 1
    client.close()
    match order:
        case "ping":
            yield line("mysqld is alive")
        case "version":
            yield line(f"{name}  Server version\t\t{client.version}")
        case "status":
            yield line("Uptime: 10  Threads: 2  Questions: 5  Slow queries: 0 (simulated)")
        case _:
            yield line(f"{name}: Unknown command: '{order}'", 2)
            return 1
    return 0


@executable(("mariadb",), "healthcheck.sh")
def healthcheck(argv: list[str], context: Context) -> Program:
    return Program(_checked(context))


def _checked(context: Context) -> Steps:
    try:
        context.net.converse("127.0.0.1", 3306).end()
    except (NoSuchHost, OSError):
        yield line("healthcheck connect failed", 2)
        return 1
    return 0
