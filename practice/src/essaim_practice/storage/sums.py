"""Bytes with a sum that tells whether they are what was written: SQLite's pages have none."""

from __future__ import annotations

from zlib import crc32


class Damaged(Exception):
    """The file is not what was written into it."""


def sealed(body: bytes) -> bytes:
    """Bytes with their sum."""
    return crc32(body).to_bytes(4, "big") + body


def checked(body: object) -> bytes:
    """The bytes alone again. Raises Damaged."""
    if not isinstance(body, bytes) or crc32(body[4:]).to_bytes(4, "big") != body[:4]:
        raise Damaged("a row of it is not what was written")
    return body[4:]
