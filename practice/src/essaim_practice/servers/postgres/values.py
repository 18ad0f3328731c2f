"""PostgreSQL's types: what a column's value is, as text, and in the protocol."""

from __future__ import annotations

import re
import sqlite3
import struct
from collections.abc import Callable, Iterable
from decimal import Decimal, InvalidOperation
from typing import Any

from essaim_practice.servers.sql.database import Value


class Text(str):
    """A text of a type that has its own number."""

    __slots__ = ()
    oid = 25


class Big(int):
    """A whole number of a column of large ones."""

    oid = 20


def _reader(kind: type[Text]) -> Callable[[bytes], Text]:
    return lambda data: kind(data.decode(errors="replace"))


def _text_kind(name: str, number: int) -> type[Text]:
    return type(name, (Text,), {"oid": number, "__slots__": ()})


_TEXTS = {
    "varchar": 1043, "bpchar": 1042, "datetext": 1082, "timetext": 1083, "stamptext": 1114,
    "stamptztext": 1184, "jsontext": 114, "jsonbtext": 3802, "uuidtext": 2950,
}  # fmt: skip
NAMES = {
    "pg_int2": "smallint", "pg_int4": "integer", "INTEGER": "integer", "pg_int8": "bigint",
    "pg_bool": "boolean", "pg_text": "text", "pg_varchar": "character varying",
    "pg_bpchar": "character", "pg_float4": "real", "pg_float8": "double precision",
    "pg_numeric": "numeric", "pg_datetext": "date", "pg_timetext": "time without time zone",
    "pg_stamptext": "timestamp without time zone", "pg_stamptztext": "timestamp with time zone",
    "pg_jsontext": "json", "pg_jsonbtext": "jsonb", "pg_uuidtext": "uuid",
    "pg_bytea_blob": "bytea", "pg_inettext": "inet", "pg_arraytext": "text[]",
}  # fmt: skip
_NUMBERS = (20, 21, 23, 700, 701, 1700)


def type_name(kept: str) -> str:
    """A type as PostgreSQL shows it, of the name that SQLite keeps: numeric(10,2)."""
    base, *sizes = re.split(r"_(?=\d)", kept)
    name = NAMES.get(base, "text")
    return f"{name}({','.join(sizes)})" if sizes else name


def _register() -> None:
    sqlite3.register_converter("pg_bool", lambda data: data not in (b"0", b"f", b"false"))
    sqlite3.register_converter("pg_int8", lambda data: Big(data))
    sqlite3.register_converter("pg_numeric", _decimal)
    for name, number in _TEXTS.items():
        kind = _text_kind(name, number)
        sqlite3.register_converter(f"pg_{name}", _reader(kind))
        if name in ("varchar", "bpchar"):
            varying[name] = kind


varying: dict[str, type[Text]] = {}


def _decimal(data: bytes) -> Value:
    try:
        return Decimal(data.decode())
    except (InvalidOperation, UnicodeDecodeError):
        return data.decode(errors="replace")


def learn(types: Iterable[str]) -> None:
    """Have the values of columns of these types converted: pg_numeric_10_2, pg_varchar_50."""
    for name in types:
        if found := re.fullmatch(r"pg_numeric_(\d{1,4})_(\d{1,2})", name):
            step = Decimal(1).scaleb(-min(int(found[2]), 30))

            def rounded(data: bytes, step: Decimal = step) -> Value:
                value = _decimal(data)
                try:
                    return value.quantize(step) if isinstance(value, Decimal) else value
                except InvalidOperation:
                    return value

            sqlite3.register_converter(name, rounded)
        elif found := re.fullmatch(r"pg_(varchar|bpchar)_\d{1,4}", name):
            kind = varying[found[1]]
            sqlite3.register_converter(name, _reader(kind))


_register()


def oid(values: Iterable[Value]) -> int:
    """The number of the type of a column, by its values."""
    for value in values:
        match value:
            case None:
                continue
            case bool():
                return 16
            case Big() | Text():
                return value.oid
            case int():
                return 23 if -(2**31) <= value < 2**31 else 20
            case float():
                return 701
            case Decimal():
                return 1700
            case bytes():
                return 17
        return 25
    return 25


def is_number(number: int) -> bool:
    return number in _NUMBERS


def shown(value: Value) -> str:
    """A value as text."""
    match value:
        case bool():
            return "t" if value else "f"
        case float():
            return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)
        case Decimal():
            return format(value, "f")
        case bytes():
            return "\\x" + value.hex()
    return str(value)


def packed(value: Value, number: int) -> bytes:
    """A value in the protocol's binary form. Raises ValueError where that is not played."""
    match number:
        case 16:
            return bytes([bool(value)])
        case 20:
            return struct.pack("!q", value)
        case 21:
            return struct.pack("!h", value)
        case 23:
            return struct.pack("!i", value)
        case 701:
            return struct.pack("!d", value)
        case 17:
            return bytes(value)
        case 25 | 1043 | 1042 | 114 | 19:
            return str(value).encode()
    raise ValueError(f"type {number} in binary")


def read(data: bytes, binary: bool, number: int) -> Any:
    """A parameter as SQLite takes it. Raises ValueError."""
    if not binary:
        text = data.decode()
        match number:
            case 16:
                return int(text.lower() in ("t", "true", "1", "on", "yes"))
            case 20 | 21 | 23:
                return int(text)
            case 701 | 700 | 1700:
                return float(text)
        return text
    match number:
        case 16:
            return data[0]
        case 17:
            return data
        case 20 | 21 | 23:
            return int.from_bytes(data, "big", signed=True)
        case 701:
            return struct.unpack("!d", data)[0]
        case 700:
            return struct.unpack("!f", data)[0]
    return data.decode()
