"""PostgreSQL's protocol 3.0, the server's side: logging in, simple and extended queries."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from essaim_practice.programs.talk import Talk
from essaim_practice.servers.postgres import values
from essaim_practice.servers.postgres.dialect import PostgresError
from essaim_practice.servers.postgres.messages import (
    columns,
    fields_of,
    format_of,
    message,
    rows,
    text,
)
from essaim_practice.servers.postgres.scram import ServerSide, secret
from essaim_practice.servers.postgres.server import Role, Server
from essaim_practice.servers.postgres.session import Done, Session
from essaim_practice.servers.sql.tokens import Token, statements, tokens

_LONGEST = 256 * 1024  # bytes of a message, and of what is said in one turn
# Of one client: prepared statements, words in all of them, and portals, which hold results.
_MOST, _MOST_TOKENS, _MOST_PORTALS = 200, 20_000, 20
_TURN = 0.005  # real seconds that one client may take before others have their turn
_SSL, _GSS, _CANCEL = 80877103, 80877104, 80877102


@dataclass(slots=True)
class _Prepared:
    found: list[Token]
    types: tuple[int, ...]


@dataclass(slots=True)
class _Portal:
    prepared: _Prepared
    parameters: list[Any]
    formats: Sequence[int]
    done: Done | None = None


class Conversation(Talk):
    """One connection."""

    def __init__(self, server: Server, address: str) -> None:
        self.server = server
        self.address = address
        self._data = bytearray()
        self._begun = False
        self._role: Role | None = None
        self._asked = ("", "")  # user and database
        self._login: ServerSide | None = None
        self._session: Session | None = None
        self._prepared: dict[str, _Prepared] = {}
        self._portals: dict[str, _Portal] = {}
        self._skipping = False  # to the next Sync, after an error
        self._going: Iterator[bytes] = iter(())  # the rest of a script
        server.connections.add(self)

    def end(self) -> None:
        self.closed = True
        if self._session is not None:
            self._session.close()

    def hear(self, data: bytes) -> bytes:
        self._data += data
        said, self.ready, ends = b"", False, perf_counter() + _TURN
        while not self.closed:
            if perf_counter() > ends or len(said) > _LONGEST:
                self.ready = True
                break
            if (more := next(self._going, None)) is not None:
                said += more
                continue
            head = 5 if self._begun else 4
            if len(self._data) < head:
                break
            (size,) = struct.unpack_from("!i", self._data, head - 4)
            if not 4 <= size <= _LONGEST:
                self.closed = True
                break
            if len(self._data) < head - 4 + size:
                break
            kind = bytes(self._data[: head - 4])
            body = bytes(self._data[head : head - 4 + size])
            del self._data[: head - 4 + size]
            said += self._answered(kind, body)
        return said

    def _answered(self, kind: bytes, body: bytes) -> bytes:
        try:
            if not self._begun:
                return self._begin(body)
            if self._session is None:
                return self._authenticate(kind, body)
            return self._asked_for(kind, body)
        except PostgresError as error:
            if error.severity == "FATAL":
                self.closed = True
            elif kind != b"Q":
                self._skipping = True
            return self._told(error)
        except (struct.error, ValueError, IndexError, KeyError):
            self.closed = True
            return self._told(_fatal("08P01", "invalid message format"))

    # Logging in

    def _begin(self, body: bytes) -> bytes:
        (version,) = struct.unpack_from("!i", body)
        if version in (_SSL, _GSS):
            return b"N"
        if version == _CANCEL:
            self.closed = True
            return b""
        if version >> 16 != 3:
            raise _fatal("0A000", f"unsupported frontend protocol {version >> 16}.0")
        self._begun = True
        parts = body[4:].decode(errors="replace").split("\0")
        given = dict(zip(parts[::2], parts[1::2], strict=False))
        user = given.get("user", "")
        database = given.get("database") or user
        self._asked = user, database
        role = self.server.roles.get(user)
        here = self.address.startswith("127.")
        if here or self.server.trusts:
            if role is None:
                raise _fatal("28000", f'role "{user}" does not exist')
            self._role = role
            return self._welcome()
        self._role = role
        known = role.secret if role and role.secret else secret("", self.server.salt())
        self._login = ServerSide(known, self.server.salt().hex())
        if not (role and role.secret):
            self._role = None
        return message(b"R", struct.pack("!i", 10) + b"SCRAM-SHA-256\0\0")

    def _authenticate(self, kind: bytes, body: bytes) -> bytes:
        if kind == b"X":
            self.closed = True
            return b""
        if kind != b"p" or self._login is None:
            raise _fatal("08P01", "expected a password")
        if body.startswith(b"SCRAM-SHA-256\0"):
            first = body[18:].decode()
            answer = self._login.first(first)
            return message(b"R", struct.pack("!i", 11) + answer.encode())
        answer_ = self._login.last(body.decode())
        if answer_ is None or self._role is None:
            user = self._asked[0]
            self.server.log(
                self.server.stamped(f'password authentication failed for user "{user}"', 0, "FATAL")
            )
            raise _fatal("28P01", f'password authentication failed for user "{user}"')
        return message(b"R", struct.pack("!i", 12) + answer_.encode()) + self._welcome()

    def _welcome(self) -> bytes:
        user, database = self._asked
        if database not in self.server.databases:
            raise _fatal("3D000", f'database "{database}" does not exist')
        self._session = Session(self.server, user, database)
        shown = {
            "server_version": self.server.version,
            "server_encoding": "UTF8",
            "client_encoding": "UTF8",
            "application_name": "",
            "is_superuser": "on" if self._role and self._role.superuser else "off",
            "session_authorization": user,
            "DateStyle": "ISO, MDY",
            "IntervalStyle": "postgres",
            "TimeZone": "Etc/UTC",
            "integer_datetimes": "on",
            "standard_conforming_strings": "on",
        }
        said = message(b"R", struct.pack("!i", 0))
        for name, value in shown.items():
            said += message(b"S", text(name) + text(value))
        return said + message(b"K", struct.pack("!ii", 100, 0)) + self._ready()

    # Asking

    def _ready(self) -> bytes:
        assert self._session is not None
        return message(b"Z", self._session.state)

    def _asked_for(self, kind: bytes, body: bytes) -> bytes:
        if kind == b"X":
            self.end()
            return b""
        if kind == b"S":
            self._skipping = False
            self._portals.clear()
            return self._ready()
        if kind == b"Q":
            self._going = self._simple(body.rstrip(b"\0").decode(errors="replace"))
            return b""
        if self._skipping:
            return b""
        match kind:
            case b"P":
                return self._parse(body)
            case b"B":
                return self._bind(body)
            case b"D":
                return self._describe(body)
            case b"E":
                return self._execute(body)
            case b"C":
                name = body[1:].rstrip(b"\0").decode()
                (self._prepared if body[:1] == b"S" else self._portals).pop(name, None)
                return message(b"3")
            case b"H":
                return b""
        raise PostgresError("0A000", "the practice engine does not play this kind of message")

    def _simple(self, sql: str) -> Iterator[bytes]:
        """The answers to a script, statement by statement."""
        assert self._session is not None
        none = True
        try:
            for found in statements(tokens(sql)):
                none = False
                done = self._session.run(found)
                shown = columns(done, ()) + rows(done, ()) if done.result.columns else b""
                yield self._noticed(done) + shown + message(b"C", text(done.tag))
        except PostgresError as error:
            yield self._told(error, sql)
        yield (message(b"I") if none else b"") + self._ready()

    def _parse(self, body: bytes) -> bytes:
        name, sql, rest = body.split(b"\0", 2)
        (count,) = struct.unpack_from("!h", rest)
        types = struct.unpack_from(f"!{count}i", rest, 2)
        if len(self._prepared) >= _MOST:
            raise PostgresError("53400", "the practice engine keeps no more prepared statements")
        found = next(statements(tokens(sql.decode())), [])
        if len(found) + sum(len(each.found) for each in self._prepared.values()) > _MOST_TOKENS:
            raise PostgresError("53400", "the practice engine keeps no longer statements")
        self._prepared[name.decode()] = _Prepared(found, types)
        return message(b"1")

    def _bind(self, body: bytes) -> bytes:
        portal, name, rest = body.split(b"\0", 2)
        prepared = self._prepared.get(name.decode())
        if prepared is None:
            text_ = f'prepared statement "{name.decode()}" does not exist'
            raise PostgresError("26000", text_)
        if len(self._portals) >= _MOST_PORTALS and portal.decode() not in self._portals:
            raise PostgresError("53400", "the practice engine keeps no more portals")
        at = 0

        def numbers() -> tuple[int, ...]:
            nonlocal at
            (count,) = struct.unpack_from("!h", rest, at)
            at += 2 + 2 * count
            return struct.unpack_from(f"!{count}h", rest, at - 2 * count)

        formats = numbers()
        (count,) = struct.unpack_from("!h", rest, at)
        at += 2
        given: list[Any] = []
        for number in range(count):
            (size,) = struct.unpack_from("!i", rest, at)
            at += 4
            if size < 0:
                given.append(None)
                continue
            data = rest[at : at + size]
            at += size
            binary = format_of(formats, number) == 1
            kind = prepared.types[number] if number < len(prepared.types) else 0
            try:
                given.append(values.read(data, binary, kind))
            except (ValueError, struct.error):
                raise PostgresError("22P02", "invalid input syntax for a parameter") from None
        self._portals[portal.decode()] = _Portal(prepared, given, numbers())
        return message(b"2")

    def _describe(self, body: bytes) -> bytes:
        name = body[1:].rstrip(b"\0").decode()
        if body[:1] == b"S":
            prepared = self._prepared.get(name)
            if prepared is None:
                text_ = f'prepared statement "{name}" does not exist'
                raise PostgresError("26000", text_)
            types = [each or 25 for each in prepared.types]
            said = message(b"t", struct.pack(f"!h{len(types)}i", len(types), *types))
            reads = prepared.found and prepared.found[0].low in ("select", "values", "with", "show")
            if not reads:
                return said + message(b"n")
            assert self._session is not None
            return said + columns(self._session.run(prepared.found), ())
        portal = self._portal(name)
        done = self._done(portal)
        return columns(done, portal.formats) if done.result.columns else message(b"n")

    def _execute(self, body: bytes) -> bytes:
        portal = self._portal(body.split(b"\0", 1)[0].decode())
        if not portal.prepared.found:
            return message(b"I")
        done = self._done(portal)
        portal.done = None
        said = self._noticed(done)
        if done.result.columns:
            said += rows(done, portal.formats)
        return said + message(b"C", text(done.tag))

    def _portal(self, name: str) -> _Portal:
        portal = self._portals.get(name)
        if portal is None:
            raise PostgresError("34000", f'portal "{name}" does not exist')
        return portal

    def _done(self, portal: _Portal) -> Done:
        assert self._session is not None
        if portal.done is None:
            found = portal.prepared.found
            portal.done = self._session.run(found, portal.parameters) if found else Done("")
        return portal.done

    # Saying

    def _noticed(self, done: Done) -> bytes:
        if not done.notice:
            return b""
        fields = {"S": "WARNING", "V": "WARNING", "C": "01000", "M": done.notice}
        return message(b"N", fields_of(fields))

    def _told(self, error: PostgresError, sql: str = "") -> bytes:
        if error.severity == "ERROR":
            at = f" at character {error.at}" if error.at else ""
            self.server.log(self.server.stamped(error.message + at, 100, "ERROR"))
            if sql:
                self.server.log(self.server.stamped(sql[:500], 100, "STATEMENT"))
        fields = {"S": error.severity, "V": error.severity, "C": error.code, "M": error.message}
        fields |= {"D": error.detail} if error.detail else {}
        fields |= {"P": str(error.at)} if error.at else {}
        return message(b"E", fields_of(fields))


def _fatal(code: str, words: str) -> PostgresError:
    error = PostgresError(code, words)
    error.severity = "FATAL"
    return error
