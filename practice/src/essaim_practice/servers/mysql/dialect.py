"""MySQL's SQL as SQLite's, its functions, and SQLite's errors in its words."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from essaim_practice.programs.base import Context
from essaim_practice.servers.sql.tokens import Token, joined

_WHOLE = ("int", "integer", "tinyint", "smallint", "mediumint", "bigint", "boolean", "bool", "bit")
_TYPES = {
    **dict.fromkeys(_WHOLE, "my_int"),
    **dict.fromkeys(("varchar", "char"), "my_varchar"),
    **dict.fromkeys(("text", "tinytext", "mediumtext", "longtext", "enum", "set"), "my_text"),
    **dict.fromkeys(("float", "double", "real"), "my_float"),
    **dict.fromkeys(("decimal", "numeric"), "my_decimal"),
    **dict.fromkeys(("datetime", "timestamp"), "my_datetimetext"),
    **dict.fromkeys(("blob", "longblob", "varbinary", "binary"), "my_blob"),
    "date": "my_datetext",
    "time": "my_timetext",
    "json": "my_jsontext",
}
_LEFT_OUT = ("unsigned", "zerofill", "auto_increment")
_UNPLAYED = ("load", "call", "lock", "unlock", "handler", "explain", "analyze", "optimize", "check")


class MysqlError(Exception):
    """An error of the server: its number and its SQL state."""

    def __init__(self, number: int, state: str, message: str) -> None:
        super().__init__(message)
        self.number = number
        self.state = state
        self.message = message


def unplayed(what: str) -> MysqlError:
    return MysqlError(1235, "42000", f"the practice engine does not play {what}")


def translated(found: list[Token]) -> str:
    """A statement as SQLite has it. Raises MysqlError."""
    first = found[0].low
    if first in _UNPLAYED:
        raise unplayed(first.upper())
    if first == "truncate":
        return f"DELETE FROM {found[-1].text}"  # noqa: S608 (as typed, within limits)
    made = _typed(found) if first in ("create", "alter") else found
    if first == "insert" and len(found) > 1 and found[1].low == "ignore":
        made = [found[0], Token("word", "OR IGNORE", 0), *found[2:]]
    return joined([_renamed(token, made[at + 1 : at + 2]) for at, token in enumerate(made)])


def _renamed(token: Token, following: list[Token]) -> Token:
    called = bool(following) and following[0].text == "("
    if token.low in ("database", "schema") and called:
        return Token("word", "database_", token.at)
    if token.low == "current_timestamp" and not called:
        return Token("word", "(now())", token.at)
    return token


def _typed(found: list[Token]) -> list[Token]:
    """Types of columns in our words; no options of tables."""
    made: list[Token] = []
    at = depth = 0
    while at < len(found):
        token = found[at]
        depth += (token.text == "(") - (token.text == ")")
        if depth == 0 and made and made[-1].text == ")" and token.low not in ("as", "select"):
            break  # ENGINE=InnoDB and the like
        after_name = bool(made) and made[-1].kind in ("word", "quoted") and depth <= 1
        kind = _TYPES.get(token.low, "") if token.kind == "word" and after_name else ""
        if kind and made[-1].low not in ("default", "key", "index", "on", "update"):
            size, at = _size(found, at)
            end = at
            while end < len(found) and found[end].text not in (",", ")"):
                end += 1
            if "auto_increment" in {each.low for each in found[at:end]}:
                kind = "INTEGER"
            elif kind == "my_varchar" and re.fullmatch(r"\d{1,5}", size):
                kind = f"my_varchar_{size}"
            elif kind == "my_decimal":
                one, _, two = (size or "10,0").partition(",")
                kind = f"my_decimal_{one}_{two or 0}"
                learn(kind)
            made.append(Token("word", kind, token.at))
            if kind.startswith("my_varchar_"):
                column, length = made[-2].text, kind.rpartition("_")[2]
                text = f"CONSTRAINT length_{made[-2].name} CHECK (length({column}) <= {length})"
                made.append(Token("word", text, token.at))
            continue
        if token.low == "comment" and at + 1 < len(found) and found[at + 1].kind == "text":
            at += 2
            continue
        if [each.low for each in found[at : at + 2]] == ["on", "update"] and (
            found[at + 2 : at + 3] and found[at + 2].low == "current_timestamp"
        ):
            at += 3
            continue
        if token.low not in _LEFT_OUT:
            made.append(token)
        at += 1
    return made


def _size(found: list[Token], at: int) -> tuple[str, int]:
    """What stands in brackets after a type, and the place after it."""
    if at + 1 >= len(found) or found[at + 1].text != "(":
        return "", at + 1
    end = next((n for n in range(at, len(found)) if found[n].text == ")"), len(found) - 1)
    return "".join(token.text for token in found[at + 2 : end]), end + 1


def learn(kind: str) -> None:
    """Have values of a type converted: my_decimal_10_2."""
    match = re.fullmatch(r"my_decimal_\d{1,2}_(\d{1,2})", kind)
    if match is None:
        return
    step = Decimal(1).scaleb(-min(int(match[1]), 30))

    def rounded(data: bytes) -> object:
        try:
            return Decimal(data.decode()).quantize(step)
        except (InvalidOperation, UnicodeDecodeError):
            return data.decode(errors="replace")

    sqlite3.register_converter(kind, rounded)


def setup(
    context: Context, version: str, asking: Callable[[], tuple[str, str]]
) -> Callable[[sqlite3.Connection], None]:
    """What gives a new database its functions. asking: user and database of who asks."""

    def stamp(form: str) -> Callable[[], str]:
        return lambda: time.strftime(form, time.gmtime(context.now()))

    functions: dict[str, tuple[int, Callable[..., Any]]] = {
        "now": (0, stamp("%Y-%m-%d %H:%M:%S")),
        "curdate": (0, stamp("%Y-%m-%d")),
        "version": (0, lambda: version),
        "database_": (0, lambda: asking()[1] or None),
        "user": (0, lambda: f"{asking()[0]}@localhost"),
        "current_user": (0, lambda: f"{asking()[0]}@%"),
        "concat": (-1, lambda *p: None if None in p else "".join(map(str, p))),
    }

    def give(made: sqlite3.Connection) -> None:
        for name, (count, function) in functions.items():
            made.create_function(name, count, function)

    return give


def refusal(text: str, database: str, sql: str) -> MysqlError:
    """SQLite's error as MySQL's."""
    kind, _, rest = text.partition(": ")
    match kind:
        case "no such table":
            name = rest.removeprefix("main.")
            return MysqlError(1146, "42S02", f"Table '{database}.{name}' doesn't exist")
        case "no such column":
            return MysqlError(1054, "42S22", f"Unknown column '{rest}' in 'field list'")
        case "no such function":
            return MysqlError(1305, "42000", f"FUNCTION {database}.{rest} does not exist")
        case "UNIQUE constraint failed":
            table, _, column = rest.partition(",")[0].partition(".")
            return MysqlError(1062, "23000", f"Duplicate entry for key '{table}.{column}'")
        case "NOT NULL constraint failed":
            column = rest.rpartition(".")[2]
            return MysqlError(1364, "HY000", f"Field '{column}' doesn't have a default value")
        case "CHECK constraint failed" if rest.startswith("length_"):
            column = rest.removeprefix("length_")
            return MysqlError(1406, "22001", f"Data too long for column '{column}' at row 1")
    if text.startswith("FOREIGN KEY"):
        words = "Cannot add or update a child row: a foreign key constraint fails"
        return MysqlError(1452, "23000", words)
    if match_ := re.fullmatch(r'near "(.*)": syntax error', text, re.DOTALL):
        at = max(sql.lower().find(match_[1].lower()), 0)
        return syntax(sql[at : at + 80], sql.count("\n", 0, at) + 1)
    if text == "incomplete input":
        return syntax("", sql.count("\n") + 1)
    if already := re.fullmatch(r"(?:table|view|index) (.*) already exists", text):
        name = already[1].strip('`"')
        return MysqlError(1050, "42S01", f"Table '{name}' already exists")
    if text.startswith("interrupted"):
        return MysqlError(3024, "HY000", "the practice engine plays only small queries")
    if "is full" in text:
        return MysqlError(1114, "HY000", "The table is full")
    return MysqlError(1105, "HY000", f"{text} (practice engine)")


def syntax(near: str, row: int) -> MysqlError:
    text = (
        "You have an error in your SQL syntax; check the manual that corresponds to your MySQL "
        f"server version for the right syntax to use near '{near}' at line {row}"
    )
    return MysqlError(1064, "42000", text)
