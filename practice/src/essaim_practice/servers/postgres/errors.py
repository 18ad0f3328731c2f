"""SQLite's errors in PostgreSQL's words."""

from __future__ import annotations

import re

from essaim_practice.servers.postgres.dialect import PostgresError
from essaim_practice.servers.sql.tokens import Token


def _place(word: str, found: list[Token]) -> int:
    """Where a name stands in the statement, from 1; 0 where it does not."""
    short = word.rpartition(".")[2].lower()
    return next((t.at + 1 for t in found if t.name.lower() == short), 0)


def refusal(text: str, found: list[Token]) -> PostgresError:
    """SQLite's error as PostgreSQL's."""
    kind, _, rest = text.partition(": ")
    match kind:
        case "no such table":
            name = rest.removeprefix("main.")
            if found[0].low == "drop":
                return PostgresError("42P01", f'{found[1].low} "{name}" does not exist')
            return PostgresError("42P01", f'relation "{name}" does not exist', _place(name, found))
        case "no such column":
            return PostgresError("42703", f'column "{rest}" does not exist', _place(rest, found))
        case "no such function":
            text = f"function {rest}() does not exist in the practice engine"
            return PostgresError("42883", text, _place(rest, found))
        case "UNIQUE constraint failed":
            table, _, column = rest.partition(",")[0].partition(".")
            primary = f"{table}_pkey" if column == "id" else f"{table}_{column}_key"
            words = f'duplicate key value violates unique constraint "{primary}"'
            return PostgresError("23505", words)
        case "NOT NULL constraint failed":
            table, _, column = rest.partition(".")
            text = f'null value in column "{column}" of relation "{table}"'
            return PostgresError("23502", f"{text} violates not-null constraint")
        case "CHECK constraint failed":
            if rest.startswith("length_"):
                size = rest.removeprefix("length_")
                text = f"value too long for type character varying({size})"
                return PostgresError("22001", text)
            if rest == "whole_number":
                return PostgresError("22P02", "invalid input syntax for type integer")
            text = f'new row violates check constraint "{rest}"'
            return PostgresError("23514", text)
    if text.startswith("FOREIGN KEY"):
        return PostgresError("23503", "the statement violates a foreign key constraint")
    if found_ := re.fullmatch(r'near "(.*)": syntax error', text, re.DOTALL):
        near = found_[1]
        at = next((t.at + 1 for t in found if t.text.lower() == near.lower()), 0)
        return PostgresError("42601", f'syntax error at or near "{near}"', at)
    if text == "incomplete input":
        end = found[-1].at + len(found[-1].text) + 1
        return PostgresError("42601", "syntax error at end of input", end)
    if already := re.fullmatch(r"(?:table|view|index) (.*) already exists", text):
        name = already[1].strip('"')
        return PostgresError("42P07", f'relation "{name}" already exists')
    if text.startswith("interrupted"):
        return PostgresError("57014", "the practice engine plays only small queries")
    if "is full" in text:
        return PostgresError("53100", "could not extend file: No space left on device")
    if count := re.fullmatch(r"(\d+) values for (\d+) columns", text):
        more = int(count[1]) > int(count[2])
        words = "more expressions than target columns" if more else "more target columns than"
        return PostgresError("42601", f"INSERT has {words}{'' if more else ' expressions'}")
    return PostgresError("XX000", f"{text} (practice engine)")
