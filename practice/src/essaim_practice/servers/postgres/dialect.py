"""PostgreSQL's SQL as SQLite's: types, functions, and what there is no counterpart of."""

from __future__ import annotations

import re
from typing import NoReturn

from essaim_practice.servers.sql.tokens import Token, joined

_SERIALS = {"serial": "INTEGER", "bigserial": "INTEGER", "smallserial": "INTEGER"}
#: SQLite keeps the name of a column's type, and takes from its letters how values are kept: INT as
#: whole numbers, CHAR or TEXT as texts, FLOA as floats, else as numbers what looks like one.
_TYPES = {
    "int": "pg_int4", "integer": "pg_int4", "int4": "pg_int4", "smallint": "pg_int2",
    "int2": "pg_int2", "bigint": "pg_int8", "int8": "pg_int8", "boolean": "pg_bool",
    "bool": "pg_bool", "text": "pg_text", "varchar": "pg_varchar", "char": "pg_bpchar",
    "bpchar": "pg_bpchar", "real": "pg_float4", "float4": "pg_float4", "float8": "pg_float8",
    "float": "pg_float8", "numeric": "pg_numeric", "decimal": "pg_numeric", "money": "pg_numeric",
    "date": "pg_datetext", "time": "pg_timetext", "timestamp": "pg_stamptext",
    "timestamptz": "pg_stamptztext", "json": "pg_jsontext", "jsonb": "pg_jsonbtext",
    "uuid": "pg_uuidtext", "bytea": "pg_bytea_blob", "inet": "pg_inettext",
}  # fmt: skip
_UNPLAYED = {
    "alter": ("system", "type", "domain", "sequence", "role", "user", "database"),
    "create": (
        "extension", "function", "procedure", "trigger", "type", "domain", "sequence", "schema",
        "materialized", "rule", "aggregate", "publication", "subscription", "policy",
    ),
}  # fmt: skip
_UNPLAYED_FIRST = (
    "copy", "do", "explain", "listen", "notify", "vacuum", "analyze", "cluster", "declare", "fetch",
    "lock", "prepare", "execute", "call", "import", "merge", "refresh", "reindex", "security",
)  # fmt: skip


class PostgresError(Exception):
    """An error of the server. at: where in the statement, from 1; 0: nowhere."""

    def __init__(self, code: str, message: str, at: int = 0, detail: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.at = at
        self.detail = detail
        self.severity = "ERROR"


def unplayed(what: str) -> NoReturn:
    raise PostgresError("0A000", f"the practice engine does not play {what}")


def translated(found: list[Token]) -> str:
    """A statement as SQLite has it. Raises PostgresError."""
    first = found[0].low
    second = found[1].low if len(found) > 1 else ""
    if first in _UNPLAYED_FIRST or second in _UNPLAYED.get(first, ()):
        unplayed(f"{first.upper()} {second.upper()}".strip())
    if first == "truncate":
        names = [token for token in found[1:] if token.low not in ("table", "restart", "identity")]
        return f"DELETE FROM {names[0].text}"  # noqa: S608 (what was typed, within limits)
    made = _without_schema(found)
    if first in ("create", "alter") and any(t.low == "table" for t in made[:4]):
        made = _typed(made)
    if first == "drop":
        made = [token for token in made if token.low not in ("cascade", "restrict")]
    return joined(_expressions(made))


def _without_schema(found: list[Token]) -> list[Token]:
    """Leave ``public.`` out; make one name of ``information_schema.tables``."""
    made: list[Token] = []
    at = 0
    while at < len(found):
        token = found[at]
        dotted = at + 2 < len(found) and found[at + 1].text == "."
        if dotted and token.name in ("public",):
            at += 2
            continue
        if dotted and token.low in ("information_schema", "pg_catalog"):
            name = found[at + 2]
            text = f"information_schema_{name.low}" if token.low[0] == "i" else name.low
            made.append(Token("word", text, token.at))
            at += 3
            continue
        made.append(token)
        at += 1
    return made


def _bracket(found: list[Token], at: int) -> tuple[str, int]:
    """What stands in brackets at a place, and the place after it; nothing where none is."""
    if at >= len(found) or found[at].text != "(":
        return "", at
    end = next((n for n in range(at, len(found)) if found[n].text == ")"), len(found) - 1)
    return "".join(token.text for token in found[at + 1 : end]), end + 1


def type_at(found: list[Token], at: int) -> tuple[str, int]:
    """The type that is named at a place, in our words, and the place after it; "" for none."""
    word = found[at].low if found[at].kind in ("word", "quoted") else ""
    following = found[at + 1].low if at + 1 < len(found) else ""
    if word in _SERIALS:
        return _SERIALS[word], at + 1
    if word == "double" and following == "precision":
        return "pg_float8", at + 2
    if word == "character":
        word, at = ("varchar", at + 1) if following == "varying" else ("char", at)
    name = _TYPES.get(word)
    if name is None:
        return "", at
    size, at = _bracket(found, at + 1)
    if word in ("timestamp", "time"):
        words = [token.low for token in found[at : at + 3]]
        if words in (["with", "time", "zone"], ["without", "time", "zone"]):
            at += 3
            name = "pg_stamptztext" if words[0] == "with" and word == "timestamp" else name
    if at + 1 < len(found) and found[at].text == "[" and found[at + 1].text == "]":
        return "pg_arraytext", at + 2
    numbers = re.fullmatch(r"(\d{1,4})(?:,(\d{1,2}))?", size)
    if numbers and name in ("pg_numeric", "pg_varchar", "pg_bpchar"):
        name += f"_{numbers[1]}" + (f"_{numbers[2]}" if name == "pg_numeric" else "")
        name = name.replace("_None", "_0")
    return name, at


def _typed(found: list[Token]) -> list[Token]:
    """Types of columns in our words; texts no longer than their columns; no identity."""
    made: list[Token] = []
    at = depth = 0
    while at < len(found):
        token = found[at]
        depth += (token.text == "(") - (token.text == ")")
        named = bool(made) and made[-1].kind in ("word", "quoted") and depth <= 1
        new, after = type_at(found, at) if named else ("", at)
        if new:
            column = made[-1]
            key = [t.low for t in found[after : after + 2]] == ["primary", "key"]
            if key and new in ("INTEGER", "pg_int4", "pg_int8"):
                made += _words("INTEGER PRIMARY KEY", token.at)
                made += _words("AUTOINCREMENT", token.at) if new == "INTEGER" else []
                at = after + 2
                continue
            made.append(Token("word", new, token.at))
            if new.startswith(("pg_varchar_", "pg_bpchar_")):
                length = new.rpartition("_")[2]
                made += _sized(column, length, token.at)
            elif new in ("pg_int2", "pg_int4", "pg_int8") and not key:
                made += _whole(column, token.at)
            at = after
            continue
        if token.low == "generated":
            end = next((n for n in range(at, len(found)) if found[n].low == "identity"), at)
            _, at = _bracket(found, end + 1)
            if end:
                continue
        if token.low == "default" and at + 1 < len(found) and found[at + 1].kind == "word":
            value, after = _call(found, at + 1)
            made += [token, Token("sign", "(", token.at), *value, Token("sign", ")", token.at)]
            at = after
            continue
        made.append(token)
        at += 1
    return made


def _call(found: list[Token], at: int) -> tuple[list[Token], int]:
    """A word and what stands in brackets after it."""
    end, depth = at + 1, 0
    while end < len(found) and (depth or found[end].text == "("):
        depth += (found[end].text == "(") - (found[end].text == ")")
        end += 1
    return found[at:end], end


def _words(text: str, at: int) -> list[Token]:
    return [Token("word", word, at) for word in text.split(" ")]


def _sized(column: Token, length: str, at: int) -> list[Token]:
    return _words(f"CONSTRAINT length_{length} CHECK ( length( {column.text} ) <= {length} )", at)


def _whole(column: Token, at: int) -> list[Token]:
    return _words(
        f"CONSTRAINT whole_number CHECK ( typeof( {column.text} ) IN ( 'integer' , 'null' ) )", at
    )


_NOW = ("current_timestamp", "localtimestamp")
_RENAMED = {"ilike": "REGEXP", "current_user": "current_user_()", "session_user": "current_user_()"}
_RENAMED |= {"current_catalog": "current_database()", "current_date": "current_date_()"}
_RENAMED |= {"user": "current_user_()"}


def _expressions(found: list[Token]) -> list[Token]:
    made: list[Token] = []
    at = 0
    while at < len(found):
        token = found[at]
        following = found[at + 1].text if at + 1 < len(found) else ""
        if token.text == "::" and at + 1 < len(found):
            new, after = type_at(found, at + 1)
            at = after if new else at + 2
            continue
        if token.kind == "parameter" and token.text.startswith("$"):
            made.append(Token("parameter", f"?{token.text[1:]}", token.at))
        elif token.kind == "text":
            text = token.value.replace("'", "''")
            made.append(Token("text", f"'{text}'", token.at))
        elif token.kind == "word" and token.low in _NOW:
            made.append(Token("word", "now()", token.at))
        elif token.kind == "word" and token.low in _RENAMED and following not in (".", "("):
            dotted = bool(made) and made[-1].text == "."
            text = token.text if dotted else _RENAMED[token.low]
            made.append(Token("word", text, token.at))
        elif token.text == "=" and _lows(found, at + 1, 4) == ["any", "(", "array", "["]:
            end = next((n for n in range(at, len(found)) if found[n].text == "]"), len(found))
            several = _expressions(found[at + 5 : end])
            made += [*_words("IN (", token.at), *several, Token("sign", ")", token.at)]
            at = end + 2
            continue
        elif token.kind == "word" and token.low == "generate_series" and following == "(":
            series, at = _series(found, at)
            made += series
            continue
        elif (
            token.kind == "word"
            and token.low in ("date", "timestamp", "interval")
            and (found[at + 1].kind == "text" if at + 1 < len(found) else False)
        ):
            pass  # a typed text is a text
        else:
            made.append(token)
        at += 1
    return made


def _lows(found: list[Token], at: int, count: int) -> list[str]:
    return [token.low for token in found[at : at + count]]


def _series(found: list[Token], at: int) -> tuple[list[Token], int]:
    """``generate_series(1, 10) AS g(n)`` as a table with one column."""
    call, after = _call(found, at)
    parts = joined(_expressions(call[2:-1])).split(",")
    first, last = parts[0], parts[1] if len(parts) > 1 else parts[0]
    step = parts[2] if len(parts) > 2 else "1"
    name = "generate_series"
    rest = found[after : after + 5]
    if rest and rest[0].low == "as":
        after, rest = after + 1, rest[1:]
    known = ("where", "order", "group", "limit", "join", "on", "union", "cross", "left", "inner")
    alias = name
    if rest and rest[0].kind in ("word", "quoted") and rest[0].low not in known:
        alias = name = rest[0].text
        after += 1
        inner, end = _bracket(found, after)
        name, after = inner or name, end if inner else after
    head = f"( WITH RECURSIVE series_({name}) AS ( SELECT {first} UNION ALL SELECT {name} + {step}"
    more = f"FROM series_ WHERE {name} + {step} <= {last} )"
    text = f"{head} {more} SELECT {name} FROM series_ ) AS {alias}"  # noqa: S608
    return [Token("word", text, found[at].at)], after
