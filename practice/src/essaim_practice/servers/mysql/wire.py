"""MySQL's protocol: packets, logging in, and results as texts; both sides of it."""

from __future__ import annotations

import hmac
import struct
from collections.abc import Generator
from decimal import Decimal
from hashlib import sha1, sha256
from time import perf_counter

from essaim_practice.programs.steps import Hear, Step
from essaim_practice.programs.talk import Talk
from essaim_practice.servers.mysql.dialect import MysqlError
from essaim_practice.servers.mysql.server import SYSTEM, Server, Session
from essaim_practice.servers.sql.database import Result, Value
from essaim_practice.servers.sql.tokens import statements, tokens

_LONGEST = 256 * 1024  # bytes of a packet
_TURN = 0.005  # real seconds that one client may take before others have their turn
_PLUGIN = b"mysql_native_password\0"
#: LONG_PASSWORD, CONNECT_WITH_DB, PROTOCOL_41, TRANSACTIONS, SECURE_CONNECTION, PLUGIN_AUTH
_ABLE = 0x1 | 0x8 | 0x200 | 0x2000 | 0x8000 | 0x80000
_EOF = b"\xfe\0\0\x02\0"
_OK = b"\0\0\0\x02\0\0\0"


def packet(number: int, body: bytes) -> bytes:
    return len(body).to_bytes(3, "little") + bytes([number & 0xFF]) + body


def counted(data: bytes) -> bytes:
    """Bytes after their length, as the protocol has it."""
    size = len(data)
    if size < 251:
        return bytes([size]) + data
    return (b"\xfc" + struct.pack("<H", size) if size < 65536 else _long(size)) + data


def _long(size: int) -> bytes:
    return b"\xfd" + size.to_bytes(3, "little")


def scrambled(password: str, nonce: bytes) -> bytes:
    """What a client says in the place of its password."""
    if not password:
        return b""
    once = sha1(password.encode()).digest()  # noqa: S324 (the protocol's)
    twice = sha1(nonce + sha1(once).digest()).digest()  # noqa: S324
    return bytes(a ^ b for a, b in zip(once, twice, strict=True))


def shown(value: Value) -> str:
    match value:
        case float():
            return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)
        case Decimal():
            return format(value, "f")
        case bytes():
            return value.decode(errors="replace")
    return str(value)


class Conversation(Talk):
    """The server's side of one connection."""

    def __init__(self, server: Server, address: str) -> None:
        self.server = server
        self._host = "localhost" if address.startswith("127.") else address
        server.connected += 1
        self._id = server.connected + 7
        text = f"{server.context.hostname} {server.context.now()} {self._id}"
        self._nonce = sha256(text.encode()).hexdigest().encode()[:20]
        self._data = bytearray()
        self._greeted = False
        self._session: Session | None = None
        server.connections.add(self)

    def hear(self, data: bytes) -> bytes:
        said, self.ready, ends = b"", False, perf_counter() + _TURN
        if not self._greeted:
            self._greeted = True
            said += packet(0, self._greeting())
        self._data += data
        while len(self._data) >= 4 and not self.closed:
            size = int.from_bytes(self._data[:3], "little")
            if size > _LONGEST:
                self.closed = True
                break
            if len(self._data) < size + 4:
                break
            if perf_counter() > ends:
                self.ready = True
                break
            number, body = self._data[3], bytes(self._data[4 : size + 4])
            del self._data[: size + 4]
            try:
                said += self._answered(number + 1, body)
            except MysqlError as error:
                said += packet(number + 1, _error(error))
                self.closed = self.closed or self._session is None
            except (IndexError, ValueError, struct.error):
                said += packet(number + 1, _error(MysqlError(1047, "08S01", "Unknown command")))
                self.closed = True
        return said

    def _greeting(self) -> bytes:
        low, high = struct.pack("<I", _ABLE)[:2], struct.pack("<I", _ABLE)[2:]
        head = b"\x0a" + self.server.version.encode() + b"\0" + struct.pack("<I", self._id)
        head += self._nonce[:8] + b"\0" + low + b"\xff\x02\0" + high + b"\x15" + bytes(10)
        return head + self._nonce[8:] + b"\0" + _PLUGIN

    def _answered(self, number: int, body: bytes) -> bytes:
        if self._session is None:
            return packet(number, self._login(body))
        match body[0]:
            case 1:
                self.closed = True
                return b""
            case 2:
                name = body[1:].decode()
                [found] = statements(tokens(f"use `{name}`"))
                self._session.run(found, name)
                return packet(number, _OK)
            case 3:
                return self._query(number, body[1:].decode(errors="replace"))
            case 14 | 31:
                return packet(number, _OK)
        raise MysqlError(1047, "08S01", "Unknown command")

    def _login(self, body: bytes) -> bytes:
        (able,) = struct.unpack_from("<I", body)
        end = body.index(b"\0", 32)
        user, at = body[32:end].decode(), end + 1
        size = body[at]
        proof, at = body[at + 1 : at + 1 + size], at + 1 + size
        schema = ""
        if able & 0x8 and b"\0" in body[at:]:
            schema = body[at : body.index(b"\0", at)].decode()
        password = self.server.users.get(user)
        wanted = scrambled(password or "", self._nonce)
        if password is None or not hmac.compare_digest(wanted, proof):
            with_ = "YES" if proof else "NO"
            text = f"Access denied for user '{user}'@'{self._host}' (using password: {with_})"
            raise MysqlError(1045, "28000", text)
        if schema and schema not in self.server.schemas and schema not in SYSTEM:
            raise MysqlError(1049, "42000", f"Unknown database '{schema}'")
        self._session = Session(self.server, user, schema)
        return _OK

    def _query(self, number: int, sql: str) -> bytes:
        assert self._session is not None
        found = next(statements(tokens(sql, hashes=True, escapes=True)), None)
        if found is None:
            raise MysqlError(1065, "42000", "Query was empty")
        result = self._session.run(found, sql)
        if not result.columns:
            body = b"\0" + _size(result.changed) + _size(result.last_id) + b"\x02\0\0\0"
            return packet(number, body)
        return rows(number, result)


def _size(value: int) -> bytes:
    if value < 251:
        return bytes([value])
    return b"\xfc" + struct.pack("<H", value) if value < 65536 else _long(value)


def _error(error: MysqlError) -> bytes:
    head = b"\xff" + struct.pack("<H", error.number) + b"#" + error.state.encode()
    return head + error.message.encode(errors="replace")


def rows(number: int, result: Result) -> bytes:
    """A result, from its packet of this number on."""
    said = packet(number, bytes([len(result.columns)]))
    for at, name in enumerate(result.columns):
        values = [row[at] for row in result.rows if row[at] is not None]
        kind = 253
        if values and all(isinstance(value, int) for value in values):
            kind = 8
        elif values and all(isinstance(value, float | Decimal) for value in values):
            kind = 5 if isinstance(values[0], float) else 246
        number += 1
        names = counted(b"def") + counted(b"") * 3 + counted(name.encode()) * 2
        fixed = struct.pack("<BHIBHBH", 12, 255, 1024, kind, 0, 0, 0)
        said += packet(number, names + fixed)
    number += 1
    said += packet(number, _EOF)
    for row in result.rows:
        number += 1
        cells = (b"\xfb" if v is None else counted(shown(v).encode()) for v in row)
        said += packet(number, b"".join(cells))
    return said + packet(number + 1, _EOF)


class Client:
    """A client's side of one connection. Raises MysqlError where it is refused."""

    def __init__(self, talk: Talk) -> None:
        self._talk = talk
        self._data = talk.hear(b"")
        self.version = ""

    def login(self, user: str, password: str, schema: str) -> Generator[Step, bytes | None, None]:
        greeting = yield from self._packet()
        end = greeting.index(b"\0", 1)
        self.version = greeting[1:end].decode()
        nonce = greeting[end + 5 : end + 13] + greeting[end + 32 : end + 44]
        able = _ABLE if schema else _ABLE & ~0x8
        proof = scrambled(password, nonce)
        body = struct.pack("<IIB", able, _LONGEST, 255) + bytes(23) + user.encode() + b"\0"
        body += bytes([len(proof)]) + proof + (schema.encode() + b"\0" if schema else b"") + _PLUGIN
        self._data += self._talk.hear(packet(1, body))
        yield from self._packet()

    def ask(
        self, sql: str
    ) -> Generator[Step, bytes | None, tuple[list[str], list[int], list[list[str | None]], int]]:
        """Columns, their types, rows, and how many rows were changed."""
        self._data += self._talk.hear(packet(0, b"\x03" + sql.encode(errors="replace")))
        first = yield from self._packet()
        if first[0] == 0:
            return [], [], [], _number(first, 1)[0]
        names, types = list[str](), list[int]()
        for _ in range(first[0]):
            texts, rest = _cells((yield from self._packet()), 6)
            names.append(texts[4])
            types.append(rest[7])
        yield from self._packet()
        found: list[list[str | None]] = []
        while not ((row := (yield from self._packet()))[0] == 0xFE and len(row) < 9):
            found.append(_row(row))
        return names, types, found, 0

    def _packet(self) -> Generator[Step, bytes | None, bytes]:
        while True:
            if len(self._data) >= 4:
                size = int.from_bytes(self._data[:3], "little")
                if len(self._data) >= size + 4:
                    body, self._data = self._data[4 : size + 4], self._data[size + 4 :]
                    if body[:1] == b"\xff":
                        (number,) = struct.unpack_from("<H", body, 1)
                        raise MysqlError(number, body[4:9].decode(), body[9:].decode())
                    return body
            if self._talk.closed:
                raise MysqlError(2013, "HY000", "Lost connection to MySQL server during query")
            yield Hear((self._talk,))
            self._data += self._talk.hear(b"")

    def close(self) -> None:
        self._talk.end()


def _number(body: bytes, at: int) -> tuple[int, int]:
    first = body[at]
    if first < 251:
        return first, at + 1
    size = {0xFC: 2, 0xFD: 3}.get(first, 8)
    return int.from_bytes(body[at + 1 : at + 1 + size], "little"), at + 1 + size


def _row(body: bytes) -> list[str | None]:
    cells: list[str | None] = []
    at = 0
    while at < len(body):
        if body[at] == 0xFB:
            cells.append(None)
            at += 1
            continue
        size, at = _number(body, at)
        cells.append(body[at : at + size].decode(errors="replace"))
        at += size
    return cells


def _cells(body: bytes, count: int) -> tuple[list[str], bytes]:
    """So many counted texts, and what follows them."""
    found, at = [], 0
    for _ in range(count):
        size, at = _number(body, at)
        found.append(body[at : at + size].decode(errors="replace"))
        at += size
    return found, body[at:]
