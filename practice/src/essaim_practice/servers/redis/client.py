"""One client of a Redis server: what it may do, its transaction, its channels, its waiting."""

from __future__ import annotations

from math import inf
from time import perf_counter

from essaim_practice.programs.talk import Talk
from essaim_practice.servers.redis import administration, members, ranked, sets, strings
from essaim_practice.servers.redis.commands import COMMANDS, matching
from essaim_practice.servers.redis.keyspace import Keyspace, Refusal
from essaim_practice.servers.redis.members import popped
from essaim_practice.servers.redis.resp import (
    OK,
    PONG,
    Answer,
    Failure,
    Malformed,
    Push,
    Requests,
    Simple,
    encoded,
)
from essaim_practice.servers.redis.server import Server

_ENTERED = (members, ranked, sets, strings)  # their commands are, by importing them

_TURN = 0.003  # real seconds that one client may take before others have their turn
_LAG = 256 * 1024  # bytes that wait for a client which does not read
_LONGEST_EXEC = 0.05  # real seconds
_MOST_ANSWERED = 2 * 2**20  # bytes, by one transaction
_LONGEST_HALF = 16 * 1024  # bytes of a command that is not whole, where memory is short
_MOST_HALF = 4 * 2**20  # bytes of half commands, of all clients
_MOST_CHANNELS = 1000
_MOST_QUEUED = 1000
_OPEN = ("auth", "hello", "quit", "reset")  # what one may ask before one has said the password
_LISTENING = ("ping", "psubscribe", "punsubscribe", "quit", "reset", "subscribe", "unsubscribe")
#: Known to Redis, and not to this one.
_UNPLAYED = frozenset((
    "acl", "bitcount", "bitfield", "bitop", "bitpos", "blmove", "bzpopmax", "bzpopmin", "cluster",
    "dump", "eval", "evalsha", "fcall", "failover", "function", "geoadd", "geodist", "geosearch",
    "getbit", "latency", "linsert", "lmove", "lpos", "migrate", "module", "monitor", "pfadd",
    "pfcount", "pfmerge", "psync", "replicaof", "restore", "script", "sdiffstore", "setbit",
    "setrange", "sinterstore", "slaveof", "sort", "sunionstore", "wait", "xack", "xadd", "xdel",
    "xgroup", "xinfo", "xlen", "xrange", "xread", "xreadgroup", "xrevrange", "zdiff", "zinter",
    "zinterstore", "zrangestore", "zscan", "zunion", "zunionstore",
))  # fmt: skip


class Client(Talk):
    """The server's side of one connection."""

    def __init__(self, server: Server, address: str) -> None:
        self.server = server
        self.address = address
        self.db = 0
        self.name = b""
        self.protocol = 2
        self.since = server.context.now()
        self.known = not server.config["requirepass"]  # it has said the password
        self.until = inf  # when it waits no longer
        self._awaited: tuple[bool, list[bytes]] | None = None  # from which end of which lists
        self._requests = Requests()
        self._out = bytearray()
        self._queue: list[list[bytes]] | None = None  # of a transaction
        self._spoilt = False
        self._watched: dict[tuple[int, bytes], int] = {}
        self.channels: dict[tuple[bool, bytes], None] = {}  # (as a pattern, name)
        server.accepted += 1
        self.number = server.accepted
        server.clients[self.number] = self
        server.connections.add(self)

    @property
    def data(self) -> Keyspace:
        return self.server.data

    # The connection

    def hear(self, data: bytes) -> bytes:
        self._requests.feed(data)
        self.ready, ends = False, perf_counter() + _TURN
        try:
            while not self.closed and self._awaited is None:
                words = self._requests.next()
                if words is None:
                    break
                if words:
                    self._say(self._answer(words))
                if perf_counter() > ends or len(self._out) > _LAG:
                    self.ready = True
                    break
            if self._requests.size > _LONGEST_HALF and self.server.half() > _MOST_HALF:
                raise Malformed("too big multibulk request")
        except Malformed as error:
            self._say(Failure(f"ERR Protocol error: {error}"))
            self.closed = True
        said = bytes(self._out)
        self._out.clear()
        if self.closed:
            self.end()
        return said

    @property
    def half(self) -> int:
        """Bytes that it has sent of commands that are not whole."""
        return self._requests.size

    def end(self) -> None:
        self.closed = True
        self.server.clients.pop(self.number, None)
        if self in self.server.waiting:
            self.server.waiting.remove(self)

    def _say(self, answer: Answer) -> None:
        if not isinstance(answer, _Nothing):
            self._out += encoded(answer, self.protocol)

    def push(self, answer: Answer) -> None:
        """Say something unasked."""
        self._say(answer)
        if len(self._out) > _LAG:
            self.end()
        self.ready = True
        if self.listener is not None:
            self.listener()

    # Answering

    def _answer(self, words: list[bytes]) -> Answer:
        name = words[0].decode(errors="replace").lower()
        if not self.known and name not in _OPEN:
            return Failure("NOAUTH Authentication required.")
        if name in ("post", "host:"):  # a browser that was led here
            self.closed = True
            return NOTHING
        if self.channels and self.protocol == 2 and name not in _LISTENING:
            return Failure(
                f"ERR Can't execute '{name}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / "
                "QUIT / RESET are allowed in this context"
            )
        try:
            if self._queue is not None and name not in ("exec", "discard", "multi", "watch"):
                self._check(name, words)
                if len(self._queue) >= _MOST_QUEUED:
                    raise Refusal("ERR the practice engine queues no more commands than 1000")
                self._queue.append(words)
                return Simple("QUEUED")
            return self.run(name, words)
        except Refusal as refusal:
            self._spoilt = self._spoilt or self._queue is not None
            return Failure(str(refusal))

    def _check(self, name: str, words: list[bytes]) -> None:
        """Raises Refusal for a command that there is not, or another number of words."""
        own = getattr(self, f"do_{name}", None) is not None and name.isalpha()
        found = COMMANDS.get(name)
        arity = found.arity if found else administration.ARITIES.get(name, -1)
        if not (own or found or name in administration.ANSWERS):
            if name in _UNPLAYED:
                raise Refusal(f"ERR the practice engine does not play '{name}'")
            shown = "".join(f"'{w.decode(errors='replace')[:128]}' " for w in words[1:20])
            raise Refusal(f"ERR unknown command '{name}', with args beginning with: {shown}")
        if (arity > 0 and len(words) != arity) or (arity < 0 and len(words) < -arity):
            raise Refusal(f"ERR wrong number of arguments for '{name}' command")

    def run(self, name: str, words: list[bytes]) -> Answer:
        """Do a command now. Raises Refusal."""
        self._check(name, words)
        self.server.commands += 1
        if own := getattr(self, f"do_{name}", None):
            return own(words[1:])
        if name in administration.ANSWERS:
            return administration.ANSWERS[name](self, words[1:])
        found = COMMANDS[name]
        if not found.writes:
            return found.do(self, words[1:])
        grows = name not in ("del", "unlink", "flushall", "flushdb", "expire")
        self.data.admit(sum(map(len, words)) + 64 * len(words)) if grows else None
        before = self.data.writes
        answer = found.do(self, words[1:])
        if self.data.writes != before:
            self.server.keep(self.db, self._as_kept(name, words, answer))
            self.server.wake() if self.server.dirty == 1 else None
            for key in words[1:2] if self.server.waiting else ():
                self._serve(key)
        return answer

    def _as_kept(self, name: str, words: list[bytes], answer: Answer) -> list[bytes]:
        """A command as it is done again later: at a time, and not after one."""
        if name == "spop":
            return [b"SREM", words[1], *(answer if isinstance(answer, list) else [answer])]
        timed = name in ("set", "setex", "psetex", "expire", "pexpire", "getex")
        end = self.data.end_of(self.db, words[1]) if timed else None
        if end is None:
            return words
        if name in ("expire", "pexpire"):
            return [b"PEXPIREAT", words[1], b"%d" % int(end * 1000)]
        value = self.data.get(self.db, words[1])
        assert isinstance(value, bytes)
        return [b"SET", words[1], value, b"PXAT", b"%d" % int(end * 1000)]

    # Transactions

    def do_multi(self, words: list[bytes]) -> Answer:
        if self._queue is not None:
            raise Refusal("ERR MULTI calls can not be nested")
        self._queue, self._spoilt = [], False
        return OK

    def do_exec(self, words: list[bytes]) -> Answer:
        if self._queue is None:
            raise Refusal("ERR EXEC without MULTI")
        queue, spoilt = self._queue, self._spoilt
        moved = any(self.data.version(*key) != seen for key, seen in self._watched.items())
        self.do_discard([])
        if spoilt:
            raise Refusal("EXECABORT Transaction discarded because of previous errors.")
        if moved:
            return None
        answers: list[Answer] = []
        ends, size = perf_counter() + _LONGEST_EXEC, 0
        for queued in queue:
            try:
                size += len(encoded(answers[-1])) if answers else 0
                if size > _MOST_ANSWERED or perf_counter() > ends:
                    raise Refusal("ERR the practice engine does no more in one transaction")
                answers.append(self.run(queued[0].decode(errors="replace").lower(), queued))
            except Refusal as refusal:
                answers.append(Failure(str(refusal)))
        return answers

    def do_discard(self, words: list[bytes]) -> Answer:
        if self._queue is None:
            raise Refusal("ERR DISCARD without MULTI")
        self._queue = None
        self._watched.clear()
        return OK

    def do_watch(self, words: list[bytes]) -> Answer:
        if self._queue is not None:
            raise Refusal("ERR WATCH inside MULTI is not allowed")
        for key in words[:_MOST_CHANNELS]:
            self.data.get(self.db, key)
            self._watched[self.db, key] = self.data.version(self.db, key)
        return OK

    def do_unwatch(self, words: list[bytes]) -> Answer:
        self._watched.clear()
        return OK

    # Channels

    def _subscribe(self, kind: bytes, names: list[bytes], pattern: bool) -> Answer:
        for name in names:
            if len(self.channels) >= _MOST_CHANNELS:
                raise Refusal("ERR the practice engine has no more channels for one client")
            if pattern:
                matching(name)
            self.channels[pattern, name] = None
            self._say(Push([kind, name, len(self.channels)]))
        return NOTHING

    def do_subscribe(self, words: list[bytes]) -> Answer:
        return self._subscribe(b"subscribe", words, pattern=False)

    def do_psubscribe(self, words: list[bytes]) -> Answer:
        return self._subscribe(b"psubscribe", words, pattern=True)

    def _unsubscribe(self, kind: bytes, names: list[bytes], pattern: bool) -> Answer:
        every = [name for is_pattern, name in self.channels if is_pattern == pattern]
        for name in names or every:
            self.channels.pop((pattern, name), None)
            self._say(Push([kind, name, len(self.channels)]))
        if not (names or every):
            self._say(Push([kind, None, len(self.channels)]))
        return NOTHING

    def do_unsubscribe(self, words: list[bytes]) -> Answer:
        return self._unsubscribe(b"unsubscribe", words, pattern=False)

    def do_punsubscribe(self, words: list[bytes]) -> Answer:
        return self._unsubscribe(b"punsubscribe", words, pattern=True)

    def do_ping(self, words: list[bytes]) -> Answer:
        if self.channels and self.protocol == 2:
            return [b"pong", words[0] if words else b""]
        return words[0] if words else PONG

    # Waiting for lists

    def _wait(self, words: list[bytes], left: bool) -> Answer:
        *keys, timeout = words
        try:
            seconds = float(timeout)
        except ValueError:
            raise Refusal("ERR timeout is not a float or out of range") from None
        if not 0 <= seconds < 2**40:
            raise Refusal("ERR timeout is negative")
        for key in keys:
            if found := self._taken(key, left):
                return found
        self._awaited = left, keys
        self.until = self.server.context.now() + seconds if seconds else inf
        self.server.waiting.append(self)
        self.server.wake()
        return NOTHING

    def do_blpop(self, words: list[bytes]) -> Answer:
        return self._wait(words, left=True)

    def do_brpop(self, words: list[bytes]) -> Answer:
        return self._wait(words, left=False)

    def _taken(self, key: bytes, left: bool) -> Answer:
        for value in popped(self, key, left):
            self.server.keep(self.db, [b"LPOP" if left else b"RPOP", key])
            return [key, value]
        return None

    def _serve(self, key: bytes) -> None:
        """Give what is in a list to who waited longest for it."""
        for client in list(self.server.waiting):
            left, keys = client._awaited
            if client.db == self.db and key in keys and (found := client._taken(key, left)):
                client._go_on(found)

    def give_up(self) -> None:
        """It has waited long enough."""
        self._go_on(None)

    def _go_on(self, answer: Answer) -> None:
        self._awaited, self.until = None, inf
        self.server.waiting.remove(self)
        self.push(answer)


class _Nothing:
    """The answer of what has none, or not yet."""


NOTHING = _Nothing()
