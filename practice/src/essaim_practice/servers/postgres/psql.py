"""psql: statements and commands to a PostgreSQL server, typed or given."""

from __future__ import annotations

from collections.abc import Generator

from essaim_practice.programs import signals
from essaim_practice.programs.base import Context, Program, executable
from essaim_practice.programs.steps import (
    READ,
    Interrupted,
    Step,
    Steps,
    Write,
    line,
    printing,
)
from essaim_practice.servers.postgres.asking import Asked, address_into, own_name, read
from essaim_practice.servers.postgres.client import Client, Failed
from essaim_practice.servers.postgres.shown import Shown, table
from essaim_practice.servers.sql.tokens import complete, statements, tokens

_IMAGES = ("postgres",)
Doing = Generator[Step, bytes | None, int]

_TABLES = """SELECT 'public' AS "Schema", table_name AS "Name",
 CASE table_type WHEN 'VIEW' THEN 'view' ELSE 'table' END AS "Type", current_user AS "Owner"
 FROM information_schema.tables WHERE table_type LIKE '{kind}' ORDER BY 2"""
_COLUMNS = """SELECT column_name AS "Column", data_type AS "Type", '' AS "Collation",
 CASE is_nullable WHEN 'NO' THEN 'not null' ELSE '' END AS "Nullable",
 coalesce(column_default, '') AS "Default"
 FROM information_schema.columns WHERE table_name = '{name}' ORDER BY ordinal_position"""
_HELP = """You are using psql, the command-line interface to PostgreSQL.
Type:  \\copyright for distribution terms
       \\h for help with SQL commands
       \\? for help with psql commands
       \\g or terminate with semicolon to execute query
       \\q to quit"""


@executable(_IMAGES, "psql")
def psql(argv: list[str], context: Context) -> Program:
    version = context.env.get("PG_VERSION", "17.6").partition("-")[0]
    if "--version" in argv or "-V" in argv:
        return Program(printing(f"psql (PostgreSQL) {version}"))
    asked = read(argv, context)
    if asked.wrong:
        text = f'psql: {asked.wrong}\npsql: hint: Try "psql --help" for more information.'
        return Program(printing(text, 1, 2))
    for word in asked.words[:2]:
        if word.startswith(("postgres://", "postgresql://")):
            address_into(word, asked)
        elif not asked.database:
            asked.database = word
        elif not asked.user:
            asked.user = word
    asked.user = asked.user or own_name(context)
    asked.database = asked.database or asked.user
    return Program(_Psql(asked, context).steps(), hears=frozenset({signals.INT}))


class _Psql:
    """One psql at work."""

    def __init__(self, asked: Asked, context: Context) -> None:
        self._asked = asked
        self._context = context
        self._client = Client(context)
        given = asked.given
        self._shown = Shown("t" in given, "A" not in given, "x" in given, csv="@" in given)
        self._quiet = "q" in given

    def steps(self) -> Steps:
        asked = self._asked
        try:
            if "l" in asked.given:
                asked.database = "postgres" if asked.database == asked.user else asked.database
            yield from self._connect(self._client, asked.database)
            if "l" in asked.given:
                return (yield from self._meta("\\l"))
            code = 0
            for command in asked.commands:
                if command[0] == "f":
                    code = yield from self._file(command[1:])
                elif command[1:].lstrip().startswith("\\"):
                    code = yield from self._meta(command[1:].strip())
                else:
                    code = yield from self._run(command[1:])
                if code:
                    return code
            if asked.commands:
                return code
            if self._context.keyboard and self._context.tty:
                return (yield from self._typed())
            return (yield from self._script((yield from _whole_input()), ""))
        except Failed as failed:
            yield line(f"psql: error: {failed}", 2)
            return 2
        finally:
            self._client.close()

    def _connect(self, client: Client, database: str) -> Generator[Step, bytes | None, None]:
        asked = self._asked
        wanted = (asked.host, asked.port, asked.user, database, asked.password)
        try:
            yield from client.connect(*wanted)
        except Failed as failed:
            asks = "no password supplied" in str(failed) and "w" not in asked.given
            if not (asks and self._context.keyboard):
                raise
            yield Write(f"Password for user {asked.user}: ".encode())
            typed = (yield READ) or b""
            asked.password = typed.decode(errors="replace").strip()
            yield from client.connect(asked.host, asked.port, asked.user, database, asked.password)

    def _file(self, name: str) -> Doing:
        if name == "-":
            return (yield from self._script((yield from _whole_input()), ""))
        content = self._context.file(name)
        if content is None:
            yield line(f"psql: error: {name}: No such file or directory", 2)
            return 1
        return (yield from self._script(content.decode(errors="replace"), f"psql:{name}:"))

    def _script(self, text: str, place: str) -> Doing:
        """Statements and commands, line by line."""
        begun, code = "", 0
        for number, row in enumerate(text.splitlines(), 1):
            if not begun.strip() and row.lstrip().startswith("\\"):
                if row.strip() in ("\\q", "\\quit"):
                    return code
                code = yield from self._meta(row.strip())
                continue
            begun += row + "\n"
            if complete(begun):
                yield from self._each(begun, f"{place}{number}: " if place else "")
                begun = ""
        if begun.strip():
            yield from self._each(begun, place)
        return 0

    def _each(self, sql: str, place: str) -> Doing:
        for found in statements(tokens(sql)):
            end = found[-1].at + len(found[-1].text)
            code = yield from self._run(sql[found[0].at : end] + ";", place)
        return code if sql.strip() else 0

    def _run(self, sql: str, place: str = "") -> Doing:
        code = 0
        for reply in (yield from self._client.ask(sql)):
            for notice in reply.notices:
                yield line(f"{place}{notice['S']}:  {notice['M']}", 2)
            if reply.error is not None:
                yield line(place + _complaint(reply.error, sql), 2)
                code = 1
            elif reply.columns:
                yield Write((table(reply, self._shown)).encode())
            elif reply.tag and not self._quiet:
                yield line(reply.tag)
        return code

    def _typed(self) -> Steps:
        asked, client = self._asked, self._client
        if not self._quiet:
            yield line(f'psql ({client.version})\nType "help" for help.\n')
        begun = ""
        while True:
            sign = "#" if client.superuser else ">"
            mark = {b"T": "*", b"E": "!"}.get(client.state, "")
            middle = "-" if begun.strip() else "="
            yield Write(f"{asked.database}{middle}{mark}{sign} ".encode())
            try:
                given = (yield READ) or b""
            except Interrupted:
                begun = ""
                yield line("")
                continue
            if not given:
                yield line("\\q")
                return 0
            row = given.decode(errors="replace").rstrip("\n")
            first = row.strip()
            if not begun.strip():
                if first in ("\\q", "quit", "exit"):
                    return 0
                if first == "help":
                    yield line(_HELP)
                    continue
                if first.startswith("\\"):
                    yield from self._meta(first.rstrip(";"))
                    continue
            begun += row + "\n"
            if complete(begun):
                yield from self._run(begun)
                begun = ""

    # Commands that begin with a backslash

    def _meta(self, text: str) -> Doing:
        command, *words = text.split()
        match command.rstrip("+"):
            case "\\l" | "\\list":
                return (yield from self._list())
            case "\\dt" | "\\d" | "\\dv" if not words:
                kind = {"\\dt": "BASE TABLE", "\\dv": "VIEW"}.get(command.rstrip("+"), "%")
                title = "List of relations"
                return (yield from self._titled(_TABLES.format(kind=kind), title))
            case "\\d":
                return (yield from self._described(words[0].strip('"')))
            case "\\du" | "\\dg":
                sql = 'SELECT rolname AS "Role name", attributes AS "Attributes" FROM pg_roles'
                return (yield from self._titled(sql, "List of roles"))
            case "\\c" | "\\connect":
                return (yield from self._change(words[0] if words else self._asked.database))
            case "\\conninfo":
                asked = self._asked
                where = (
                    f'on host "{asked.host}"'
                    if asked.host
                    else 'via socket in "/var/run/postgresql"'
                )
                yield line(
                    f'You are connected to database "{asked.database}" as user "{asked.user}" '
                    f'{where} at port "{asked.port}".'
                )
            case "\\x":
                self._shown.expanded = not self._shown.expanded
                yield line(f"Expanded display is {'on' if self._shown.expanded else 'off'}.")
            case "\\t":
                self._shown.rows_only = not self._shown.rows_only
                yield line(f"Tuples only is {'on' if self._shown.rows_only else 'off'}.")
            case "\\timing" | "\\set" | "\\pset" | "\\echo" | "\\r":
                if command == "\\echo":
                    yield line(" ".join(words))
            case "\\i" if words:
                return (yield from self._file(words[0]))
            case "\\?" | "\\h":
                known = "\\l \\dt \\d \\dv \\du \\c \\conninfo \\x \\t \\i \\q"
                yield line(f"(simulated) this psql knows {known}")
            case _:
                yield line(f"invalid command {command}", 2)
                if self._context.tty:
                    yield line("Try \\? for help.", 2)
                return 1
        return 0

    def _titled(self, sql: str, title: str) -> Doing:
        [reply] = yield from self._client.ask(sql)
        if reply.error is not None:
            yield line(_complaint(reply.error, sql), 2)
            return 1
        if not reply.rows:
            yield line("Did not find any relations.", 2)
            return 0
        yield Write(table(reply, self._shown, title).encode())
        return 0

    def _list(self) -> Doing:
        sql = (
            'SELECT datname AS "Name", owner AS "Owner", \'UTF8\' AS "Encoding", '
            "'libc' AS \"Locale Provider\", 'en_US.utf8' AS \"Collate\", 'en_US.utf8' AS \"Ctype\" "
            "FROM pg_database ORDER BY 1"
        )
        return (yield from self._titled(sql, "List of databases"))

    def _described(self, name: str) -> Doing:
        short = name.removeprefix("public.").replace("'", "''")
        [reply] = yield from self._client.ask(_COLUMNS.format(name=short))
        if not reply.rows:
            yield line(f'Did not find any relation named "{name}".', 2)
            return 1
        yield Write(
            table(
                reply, Shown(False, True, False, counted=False), f'Table "public.{short}"'
            ).encode()
        )
        return 0

    def _change(self, database: str) -> Doing:
        fresh = Client(self._context)
        try:
            yield from self._connect(fresh, database)
        except Failed as failed:
            yield line(f"\\connect: {failed}", 2)
            yield line("Previous connection kept", 2)
            return 2
        self._client.close()
        self._client, self._asked.database = fresh, database
        user = self._asked.user
        yield line(f'You are now connected to database "{database}" as user "{user}".')
        return 0


def _complaint(error: dict[str, str], sql: str) -> str:
    said = f"{error['S']}:  {error['M']}"
    if at := int(error.get("P", "0")):
        begin = sql.rfind("\n", 0, at - 1) + 1
        row = sql[begin:].partition("\n")[0]
        head = f"LINE {sql.count(chr(10), 0, at - 1) + 1}: "
        said += f"\n{head}{row}\n{' ' * (len(head) + at - 1 - begin)}^"
    if detail := error.get("D"):
        said += f"\nDETAIL:  {detail}"
    return said


def _whole_input() -> Generator[Step, bytes | None, str]:
    whole = b""
    while (given := (yield READ) or b"") and len(whole) < 2**20:
        whole += given
    return whole.decode(errors="replace")
