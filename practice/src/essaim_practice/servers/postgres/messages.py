"""The messages of PostgreSQL's protocol 3.0 that a server sends."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from essaim_practice.servers.postgres import values
from essaim_practice.servers.postgres.dialect import PostgresError
from essaim_practice.servers.postgres.session import Done


def message(kind: bytes, body: bytes = b"") -> bytes:
    return kind + struct.pack("!i", len(body) + 4) + body


def text(value: str) -> bytes:
    return value.encode(errors="replace").replace(b"\0", b"") + b"\0"


def columns(done: Done, formats: Sequence[int]) -> bytes:
    result = done.result
    body = struct.pack("!h", len(result.columns))
    for number, name in enumerate(result.columns):
        kind = values.oid(row[number] for row in result.rows)
        described = (0, 0, kind, -1, -1, format_of(formats, number))
        body += text(_column(name)) + struct.pack("!ihihih", *described)
    return message(b"T", body)


def rows(done: Done, formats: Sequence[int]) -> bytes:
    result, said = done.result, bytearray()
    kinds = [values.oid(r[n] for r in result.rows) for n in range(len(result.columns))]
    for row in result.rows:
        body = bytearray(struct.pack("!h", len(row)))
        for number, value in enumerate(row):
            if value is None:
                body += b"\xff\xff\xff\xff"
                continue
            if format_of(formats, number) == 1:
                try:
                    data = values.packed(value, kinds[number])
                except (ValueError, struct.error) as error:
                    raise PostgresError(
                        "0A000", f"the practice engine does not play {error}"
                    ) from None
            else:
                data = values.shown(value).encode()
            body += struct.pack("!i", len(data)) + data
        said += message(b"D", bytes(body))
    return bytes(said)


def fields_of(fields: dict[str, str]) -> bytes:
    return b"".join(kind.encode() + text(value) for kind, value in fields.items()) + b"\0"


def format_of(formats: Sequence[int], number: int) -> int:
    if not formats:
        return 0
    return formats[number] if number < len(formats) else formats[0]


def _column(name: str) -> str:
    """A column's name as PostgreSQL gives it: that of a function, without its arguments."""
    head, bracket, _ = name.partition("(")
    head = head.strip().lower()
    if bracket and head.isidentifier():
        return {"current_user_": "current_user", "current_date_": "current_date"}.get(head, head)
    return name if name.replace(" ", "").replace("_", "").isidentifier() else "?column?"
