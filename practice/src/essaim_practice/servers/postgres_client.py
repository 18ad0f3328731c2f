"""One query to a PostgreSQL server in the practice network, in its own protocol (version 3)."""

from __future__ import annotations

import hashlib
import hmac
import struct
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator

from essaim_practice.programs.base import Context
from essaim_practice.programs.talk import Talk

Row = tuple[str | None, ...]

_NONCE = "essaim"  # of a simulation: nobody listens


class Failed(Exception):
    """The server's words."""


def query(
    context: Context, host: str, sql: str, user: str = "postgres", password: str = "",
    database: str = "", port: int = 5432,
) -> list[Row]:  # fmt: skip
    """The rows that a server answers. Raises Failed in its words; NoSuchHost, OSError without."""
    talk = context.net.converse(host, port)
    try:
        talk.hear(b"")
        given = {"user": user, "database": database or user}
        body = b"".join(f"{k}\0{v}\0".encode() for k, v in given.items()) + b"\0"
        said = talk.hear(struct.pack("!ii", len(body) + 8, 196608) + body)
        _let_in(talk, said, user, password)
        rows: list[Row] = []
        said = talk.hear(_message(b"Q", sql.encode() + b"\0"))
        while talk.ready:  # it answers in turns
            said += talk.hear(b"")
        for kind, told in _messages(said):
            if kind == b"D":
                rows.append(_row(told))
            elif kind == b"E":
                raise Failed(_words(told))
        return rows
    finally:
        talk.end()


def _let_in(talk: Talk, said: bytes, user: str, password: str) -> None:
    """Answer what the server asks before the first query. Raises Failed."""
    proof: Callable[[bytes], bytes] | None = None
    while True:
        asked = None
        for kind, told in _messages(said):
            if kind == b"E":
                raise Failed(_words(told))
            if kind == b"Z":
                return
            if kind == b"R" and (code := struct.unpack("!i", told[:4])[0]) in (3, 5, 10, 11):
                asked = (code, told[4:])
        if asked is None:
            raise OSError(104, "Connection reset by peer")
        code, more = asked
        if code == 3:
            answer = password.encode() + b"\0"
        elif code == 5:
            inner = hashlib.md5(f"{password}{user}".encode(), usedforsecurity=False).hexdigest()
            outer = hashlib.md5(inner.encode() + more, usedforsecurity=False).hexdigest()
            answer = f"md5{outer}\0".encode()
        elif code == 10:
            first = f"n,,n=,r={_NONCE}".encode()
            answer = b"SCRAM-SHA-256\0" + struct.pack("!i", len(first)) + first
            proof = _prover(password)
        else:
            answer = proof(more) if proof else b""
        said = talk.hear(_message(b"p", answer))


def _prover(password: str) -> Callable[[bytes], bytes]:
    """Answers the server's challenge of SCRAM-SHA-256 (RFC 7677)."""

    def prove(challenge: bytes) -> bytes:
        parts = dict(part.split("=", 1) for part in challenge.decode().split(","))
        salted = hashlib.pbkdf2_hmac(
            "sha256", password.encode(), b64decode(parts["s"]), min(int(parts["i"]), 10_000)
        )
        key = hmac.digest(salted, b"Client Key", "sha256")
        bare = f"c=biws,r={parts['r']}"
        told = f"n=,r={_NONCE},{challenge.decode()},{bare}".encode()
        signed = hmac.digest(hashlib.sha256(key).digest(), told, "sha256")
        proof = bytes(a ^ b for a, b in zip(key, signed, strict=True))
        return f"{bare},p={b64encode(proof).decode()}".encode()

    return prove


def _message(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("!i", len(body) + 4) + body


def _messages(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at + 5 <= len(data):
        (size,) = struct.unpack("!i", data[at + 1 : at + 5])
        yield data[at : at + 1], data[at + 5 : at + 1 + size]
        at += 1 + max(size, 4)


def _row(told: bytes) -> Row:
    (count,) = struct.unpack("!h", told[:2])
    at, cells = 2, list[str | None]()
    for _ in range(count):
        (size,) = struct.unpack("!i", told[at : at + 4])
        cells.append(None if size < 0 else told[at + 4 : at + 4 + size].decode(errors="replace"))
        at += 4 + max(size, 0)
    return tuple(cells)


def _words(told: bytes) -> str:
    fields = {part[:1]: part[1:] for part in told.split(b"\0") if part}
    return fields.get(b"M", b"").decode(errors="replace")
