"""A client of PostgreSQL's protocol, for the programs that speak to a server."""

from __future__ import annotations

import struct
from collections.abc import Generator
from dataclasses import dataclass, field

from essaim_practice.programs.base import Context
from essaim_practice.programs.hosts import NoSuchHost
from essaim_practice.programs.steps import Hear, Step
from essaim_practice.programs.talk import Talk
from essaim_practice.servers.postgres.scram import ClientSide

Doing = Generator[Step, bytes | None, "list[Reply]"]


@dataclass(slots=True)
class Reply:
    """What a server said to one statement: rows, or a tag, or an error; and notices."""

    columns: list[str] = field(default_factory=list)
    types: list[int] = field(default_factory=list)
    rows: list[list[str | None]] = field(default_factory=list)
    tag: str = ""
    error: dict[str, str] | None = None
    notices: list[dict[str, str]] = field(default_factory=list)


class Failed(Exception):
    """There is no connection: why, in words."""


class Client:
    """One connection, once ``connect`` has come to its end."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._talk: Talk | None = None
        self._data = b""
        self.version = ""
        self.superuser = False
        self.state = b"I"

    def connect(
        self, host: str, port: int, user: str, database: str, password: str | None
    ) -> Generator[Step, bytes | None, None]:
        """host: "" for the socket of the container. Raises Failed."""
        place = f'at "{host}", port {port}'
        if not host:
            place = f'on socket "/var/run/postgresql/.s.PGSQL.{port}"'
        try:
            address = self._context.net.resolve(host) if host else "127.0.0.1"
            place = f'at "{host}" ({address}), port {port}' if host else place
            self._talk = self._context.net.converse(address, port)
        except NoSuchHost:
            text = f'could not translate host name "{host}" to address: Name or service not known'
            raise Failed(text) from None
        except OSError as error:
            there = "\n\tIs the server running on that host and accepting TCP/IP connections?"
            if not host:
                there = (
                    "\n\tIs the server running locally and accepting connections on that socket?"
                )
            reason = error.strerror if host else "No such file or directory"
            text = f"connection to server {place} failed: {reason}{there}"
            raise Failed(text) from None
        given = f"user\0{user}\0database\0{database}\0application_name\0psql\0\0".encode()
        body = struct.pack("!i", 196608) + given
        self._say(struct.pack("!i", len(body) + 4) + body)
        login: ClientSide | None = None
        while True:
            kind, body = yield from self._next()
            if kind == b"E":
                error_ = _fields(body)
                text = f"{error_.get('S', '')}:  {error_.get('M', '')}"
                raise Failed(f"connection to server {place} failed: {text}")
            if kind == b"R":
                (step,) = struct.unpack_from("!i", body)
                if step == 10:
                    if password is None:
                        text = "fe_sendauth: no password supplied"
                        raise Failed(f"connection to server {place} failed: {text}")
                    login = ClientSide(password, f"{user}{self._context.now()}".replace(",", ""))
                    first = login.first().encode()
                    head = b"SCRAM-SHA-256\0" + struct.pack("!i", len(first))
                    self._send(b"p", head + first)
                elif step == 11 and login is not None:
                    self._send(b"p", login.last(body[4:].decode()).encode())
            elif kind == b"S":
                name, value, _ = body.decode().split("\0")
                if name == "server_version":
                    self.version = value
                if name == "is_superuser":
                    self.superuser = value == "on"
            elif kind == b"Z":
                return

    def ask(self, sql: str) -> Doing:
        """The answers to a script. Raises Failed where the connection ends."""
        self._send(b"Q", sql.encode(errors="replace") + b"\0")
        replies, reply = [], Reply()
        while True:
            kind, body = yield from self._next()
            match kind:
                case b"T":
                    reply.columns, reply.types = _columns(body)
                case b"D":
                    reply.rows.append(_row(body))
                case b"C":
                    reply.tag = body.rstrip(b"\0").decode()
                    replies.append(reply)
                    reply = Reply()
                case b"E":
                    reply.error = _fields(body)
                    replies.append(reply)
                    reply = Reply()
                case b"N":
                    reply.notices.append(_fields(body))
                case b"Z":
                    self.state = body
                    return replies

    def close(self) -> None:
        if self._talk is not None and not self._talk.closed:
            self._send(b"X", b"")
            self._talk.end()

    def _send(self, kind: bytes, body: bytes) -> None:
        self._say(kind + struct.pack("!i", len(body) + 4) + body)

    def _say(self, data: bytes) -> None:
        assert self._talk is not None
        self._data += self._talk.hear(data)

    def _next(self) -> Generator[Step, bytes | None, tuple[bytes, bytes]]:
        while True:
            if len(self._data) >= 5:
                (size,) = struct.unpack_from("!i", self._data, 1)
                if len(self._data) > size:
                    kind, body = self._data[:1], self._data[5 : size + 1]
                    self._data = self._data[size + 1 :]
                    return kind, body
            assert self._talk is not None
            if self._talk.closed:
                raise Failed("server closed the connection unexpectedly")
            yield Hear((self._talk,))
            self._data += self._talk.hear(b"")


def _fields(body: bytes) -> dict[str, str]:
    parts = body.rstrip(b"\0").decode(errors="replace").split("\0")
    return {part[:1]: part[1:] for part in parts if part}


def _columns(body: bytes) -> tuple[list[str], list[int]]:
    (count,) = struct.unpack_from("!h", body)
    names, types, at = [], [], 2
    for _ in range(count):
        end = body.index(b"\0", at)
        names.append(body[at:end].decode())
        types.append(struct.unpack_from("!ihihih", body, end + 1)[2])
        at = end + 19
    return names, types


def _row(body: bytes) -> list[str | None]:
    (count,) = struct.unpack_from("!h", body)
    cells: list[str | None] = []
    at = 2
    for _ in range(count):
        (size,) = struct.unpack_from("!i", body, at)
        at += 4
        cells.append(None if size < 0 else body[at : at + size].decode(errors="replace"))
        at += max(size, 0)
    return cells
