"""Memcached: its server, which says nothing, and its text protocol."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

from essaim_practice.programs import signals
from essaim_practice.programs.base import Context, Program, executable, program
from essaim_practice.programs.steps import Interrupted, Steps, printing
from essaim_practice.programs.talk import Talk
from essaim_practice.servers.daemon import Daemon
from essaim_practice.store.memory import Reservation, allocated

_IMAGES = ("memcached",)
_ENDING = frozenset({signals.INT, signals.TERM})
_LONGEST = 64 * 1024  # bytes of a value
_MOST = 2 * 2**20  # bytes of all; the oldest go
_ITEM = 100  # bytes that one takes besides
_TURN = 0.003  # real seconds that one client may take before others have their turn
_MONTH = 30 * 86400  # a longer time is a date


class _Server(Daemon):
    """One running memcached: flags, value and end by key."""

    def __init__(self, now: Callable[[], float]) -> None:
        super().__init__()
        self.now = now
        self.room: Reservation | None = None
        self.items: dict[bytes, tuple[bytes, bytes, float]] = {}
        self._held = 0

    def get(self, key: bytes) -> tuple[bytes, bytes, float] | None:
        item = self.items.get(key)
        if item is not None and item[2] and item[2] <= self.now():
            self.drop(key)
            return None
        return item

    def put(self, key: bytes, flags: bytes, value: bytes, end: float) -> bool:
        self.drop(key)
        size = _ITEM + len(key) + len(value)
        while self.items and self._held + size > _MOST:
            self.drop(next(iter(self.items)))
        if self.room is None or (self.room.weight < self._held + size and not self.room.take(size)):
            return False
        self._held += size
        self.items[key] = flags, value, end
        return True

    def drop(self, key: bytes) -> bool:
        item = self.items.pop(key, None)
        if item is not None:
            self._held -= _ITEM + len(key) + len(item[1])
        return item is not None


class _Client(Talk):
    """The server's side of one connection."""

    def __init__(self, server: _Server, version: str) -> None:
        self._server = server
        self._version = version
        self._data = bytearray()
        server.connections.add(self)

    def hear(self, data: bytes) -> bytes:
        self._data += data
        said, self.ready, ends = b"", False, perf_counter() + _TURN
        while (end := self._data.find(b"\n")) >= 0 and not self.closed:
            if perf_counter() > ends:
                self.ready = True
                break
            words = bytes(self._data[:end]).split()
            name = words[0] if words else b""
            if name in (b"set", b"add", b"replace", b"append", b"prepend"):
                answer = self._stored(words, end + 1)
                if answer is None:
                    break
                said += b"" if words[-1] == b"noreply" else answer
                continue
            del self._data[: end + 1]
            said += self._answer(name, words[1:])
        if len(self._data) > 2 * _LONGEST:
            self.closed = True
        return said

    def _stored(self, words: list[bytes], at: int) -> bytes | None:
        """The answer to a command with a value; None until the value is there."""
        if len(words) < 5 or not all(w.lstrip(b"-").isdigit() and len(w) < 12 for w in words[2:5]):
            del self._data[:at]
            return b"ERROR\r\n"
        name, key, flags, lasts, size = words[0], words[1], words[2], int(words[3]), int(words[4])
        if not 0 <= size <= _LONGEST or len(key) > 250:
            self.closed = True
            return b"SERVER_ERROR object too large for cache\r\n"
        if len(self._data) < at + size + 2:
            return None
        value = bytes(self._data[at : at + size])
        del self._data[: at + size + 2]
        old, now = self._server.get(key), self._server.now()
        if (name == b"add" and old) or (name in (b"replace", b"append", b"prepend") and not old):
            return b"NOT_STORED\r\n"
        if old and name == b"append":
            value = old[1] + value
        elif old and name == b"prepend":
            value += old[1]
        end = 0.0 if not lasts else float(lasts) if lasts > _MONTH else now + lasts
        if len(value) > _LONGEST or not self._server.put(key, flags, value, end):
            return b"SERVER_ERROR out of memory storing object\r\n"
        return b"STORED\r\n"

    def _answer(self, name: bytes, words: list[bytes]) -> bytes:
        server = self._server
        match name:
            case b"get" | b"gets":
                said = b""
                for key in words[:100]:
                    if item := server.get(key):
                        said += b"VALUE %s %s %d\r\n%s\r\n" % (key, item[0], len(item[1]), item[1])
                return said + b"END\r\n"
            case b"delete" if words:
                return b"DELETED\r\n" if server.drop(words[0]) else b"NOT_FOUND\r\n"
            case b"incr" | b"decr" if len(words) > 1 and words[1].isdigit() and len(words[1]) < 20:
                item = server.get(words[0])
                if item is None:
                    return b"NOT_FOUND\r\n"
                if not item[1].isdigit() or len(item[1]) > 20:
                    text = b"cannot increment or decrement non-numeric value"
                    return b"CLIENT_ERROR %s\r\n" % text
                step = int(words[1]) if name == b"incr" else -int(words[1])
                value = b"%d" % max(int(item[1]) + step, 0)
                server.put(words[0], item[0], value, item[2])
                return value + b"\r\n"
            case b"flush_all":
                for key in list(server.items):
                    server.drop(key)
                return b"OK\r\n"
            case b"version":
                return b"VERSION %s\r\n" % self._version.encode()
            case b"stats":
                return b"STAT version %s\r\nSTAT curr_items %d\r\nEND\r\n" % (
                    self._version.encode(),
                    len(server.items),
                )
            case b"quit":
                self.closed = True
                return b""
        return b"ERROR\r\n"


@executable(_IMAGES, "docker-entrypoint.sh")
def entrypoint(argv: list[str], context: Context) -> Program:
    words = argv[1:] or ["memcached"]
    return program(["memcached", *words] if words[0].startswith("-") else words, context)


@executable(_IMAGES, "memcached")
def memcached(argv: list[str], context: Context) -> Program:
    version = context.env.get("MEMCACHED_VERSION", "1.6")
    if argv[1:2] in (["-V"], ["--version"]):
        return Program(printing(f"memcached {version}"))
    server = _Server(context.now)
    return Program(
        _serving(server),
        processes=(" ".join(argv),),
        hears=_ENDING,
        talks={11211: lambda address: _Client(server, version)},
    )


def _serving(server: _Server) -> Steps:
    server.room = allocated()
    try:
        return (yield from server.serve())
    except Interrupted:
        return 0
    finally:
        server.hang_up()
