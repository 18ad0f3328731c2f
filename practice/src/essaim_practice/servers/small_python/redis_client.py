"""The module ``redis`` of the small Python: commands over the practice network."""

from __future__ import annotations

from typing import Any

from essaim_practice.programs.base import Context
from essaim_practice.programs.hosts import NoSuchHost
from essaim_practice.servers.small_python.values import Kind, Raised, Thing, checked, shown

REDIS_ERROR = Kind("redis.exceptions.RedisError")
CONNECTION_ERROR = Kind("redis.exceptions.ConnectionError", (REDIS_ERROR.name, "Exception"))
_COMMANDS = ("append", "decr", "delete", "exists", "get", "incr", "keys", "llen", "lpop", "lpush",
    "lrange", "ping", "rpop", "rpush", "set", "ttl", "expire", "sadd", "smembers", "hget", "hset",
    "hgetall", "hincrby", "flushall", "dbsize", "incrby", "publish")  # fmt: skip


def module(context: Context) -> Thing:
    def client(host: str = "localhost", port: int = 6379, db: int = 0, **options: Any) -> Thing:
        def sender(name: str) -> Thing:
            word = "del" if name == "delete" else name
            return Thing(name, calling=lambda *words: send(word, words))

        def send(word: str, words: tuple[Any, ...]) -> Any:
            told = [word, *(w if isinstance(w, bytes) else shown(w) for w in words)]
            answer = ask(context, host, port, told)
            if options.get("decode_responses") and isinstance(answer, bytes):
                return answer.decode(errors="replace")
            return True if answer in (b"OK", b"PONG") and word in ("set", "ping") else answer

        return Thing("Redis", {name: sender(name) for name in _COMMANDS})

    def from_url(url: str, **options: Any) -> Thing:
        place = str(url).partition("//")[2].rpartition("@")[2].partition("/")[0]
        host, _, port = place.partition(":")
        return client(host, int(port) if port.isdigit() else 6379, **options)

    made = {name: Thing(name, calling=client) for name in ("Redis", "StrictRedis")}
    kinds = {"ConnectionError": CONNECTION_ERROR, "RedisError": REDIS_ERROR}
    own = {"from_url": Thing("from_url", calling=from_url)}
    return Thing("redis", {**made, **own, **kinds, "exceptions": Thing("exceptions", {**kinds})})


def ask(context: Context, host: str, port: int, words: list[str | bytes]) -> Any:
    """A server's answer to one command. Raises Raised with ConnectionError or RedisError."""
    try:
        talk = context.net.converse(host, port)
    except NoSuchHost:
        text = f"Error -2 connecting to {host}:{port}. Name or service not known."
        raise Raised(CONNECTION_ERROR, text) from None
    except OSError as failed:
        text = f"Error {failed.errno} connecting to {host}:{port}. {failed.strerror}."
        raise Raised(CONNECTION_ERROR, text) from None
    try:
        talk.hear(b"")
        return checked(_read(talk.hear(asked(words)))[0])
    finally:
        talk.end()


def asked(words: list[str | bytes]) -> bytes:
    """A command, as Redis hears it."""
    parts = [word if isinstance(word, bytes) else word.encode(errors="replace") for word in words]
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%b\r\n" % (len(p), p) for p in parts)


def _read(data: bytes) -> tuple[Any, bytes]:
    """An answer, and what follows it."""
    head, _, rest = data.partition(b"\r\n")
    kind, text = head[:1], head[1:]
    if kind == b"-":
        raise Raised(REDIS_ERROR, text.decode(errors="replace"))
    if kind == b":":
        return int(text), rest
    if kind == b"$":
        size = int(text)
        return (None, rest) if size < 0 else (rest[:size], rest[size + 2 :])
    if kind == b"*":
        found = []
        for _ in range(int(text)):
            one, rest = _read(rest)
            found.append(one)
        return found, rest
    if kind == b"+":
        return text, rest
    raise Raised(CONNECTION_ERROR, "Connection closed by server.")
