"""The commands of Redis on keys of any kind; how all commands are entered."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import translate
from typing import Any, Protocol

from essaim_practice.servers.redis.keyspace import (
    WRONG_TYPE,
    Keyspace,
    Refusal,
    Value,
    type_of,
    weight,
)
from essaim_practice.servers.redis.resp import OK, Answer, Simple

SYNTAX = "ERR syntax error"
NOT_INTEGER = "ERR value is not an integer or out of range"
NOT_FLOAT = "ERR value is not a valid float"
LONGEST = 512 * 1024  # bytes of a value
_LONGEST_PATTERN = 1000
_MOST_COMPARED = 2**22  # letters of names with those of a pattern, by one command


class Caller(Protocol):
    """The client that a command comes from."""

    db: int

    @property
    def data(self) -> Keyspace: ...


Words = list[bytes]
Doing = Callable[[Any, Words], Answer]


@dataclass(frozen=True, slots=True)
class Command:
    """How a command is called. arity: words with its name; negative: at least so many."""

    do: Doing
    arity: int
    writes: bool


COMMANDS: dict[str, Command] = {}


def command(name: str, arity: int, writes: bool = False) -> Callable[[Doing], Doing]:
    """Enter a command; its function gets the words after the name."""

    def enter(do: Doing) -> Doing:
        COMMANDS[name] = Command(do, arity, writes)
        return do

    return enter


# What many of them ask


def integer(word: bytes, least: int = -(2**63), most: int = 2**63 - 1) -> int:
    """Raises Refusal."""
    if len(word) > 20 or not re.fullmatch(rb"-?[0-9]+", word):
        raise Refusal(NOT_INTEGER)
    number = int(word)
    if not least <= number <= most:
        raise Refusal(NOT_INTEGER)
    return number


def real(word: bytes) -> float:
    """Raises Refusal."""
    try:
        value = float(word[:40])
    except ValueError:
        raise Refusal(NOT_FLOAT) from None
    if value != value:
        raise Refusal(NOT_FLOAT)
    return value


def held(caller: Caller, key: bytes, kind: str) -> Any:
    """The value of a key, if it is of this kind; None without one. Raises Refusal."""
    value = caller.data.get(caller.db, key)
    if value is not None and type_of(value) != kind:
        raise Refusal(WRONG_TYPE)
    return value


def taken_out(caller: Caller, key: bytes, found: dict[bytes, Any], names: Words) -> int:
    """Take these out of a key's hash, set or sorted set; how many were there."""
    there = [name for name in dict.fromkeys(names) if name in found]
    for name in there:
        del found[name]
    if there:
        caller.data.put(caller.db, key, found, keep_end=True)
    return len(there)


def cut(size: int, first: bytes, last: bytes) -> tuple[int, int]:
    """Two places of a range, which may count from the end, as those of a slice."""
    start, stop = integer(first), integer(last)
    start = max(start + size, 0) if start < 0 else start
    stop = stop + size if stop < 0 else stop
    return start, max(stop + 1, 0)


def matching(pattern: bytes) -> Callable[[bytes], bool]:
    """Whether a name matches a pattern of KEYS; raises Refusal where that takes long."""
    text = re.sub(r"\*+", "*", pattern.decode("latin-1"))
    hard = Refusal("ERR pattern is too complicated for the practice engine")
    if text.count("*") + text.count("[") > 20 or len(text) > _LONGEST_PATTERN:
        raise hard
    found = re.compile(translate(text.replace("[^", "[!")))
    compared = 0

    def fits(name: bytes) -> bool:
        nonlocal compared
        if text == "*":
            return True
        compared += len(name) * len(text)
        if compared > _MOST_COMPARED:
            raise hard
        return found.match(name.decode("latin-1")) is not None

    return fits


# Keys


@command("del", -2, writes=True)
@command("unlink", -2, writes=True)
def delete(caller: Caller, words: Words) -> Answer:
    data, db = caller.data, caller.db
    return sum(data.get(db, key) is not None and data.drop(db, key) for key in words)


@command("exists", -2)
@command("touch", -2)
def exists(caller: Caller, words: Words) -> Answer:
    return sum(caller.data.get(caller.db, key) is not None for key in words)


@command("type", 2)
def type_(caller: Caller, words: Words) -> Answer:
    return Simple(type_of(caller.data.get(caller.db, words[0])))


@command("keys", 2)
def keys(caller: Caller, words: Words) -> Answer:
    fits = matching(words[0])
    return [key for key in caller.data.keys(caller.db) if fits(key)]


@command("scan", -2)
def scan(caller: Caller, words: Words) -> Answer:
    integer(words[0], 0)
    options = _pairs(words[1:])
    fits = matching(options.get("match", b"*"))
    kind = options.get("type", b"").decode(errors="replace").lower()
    data = caller.data
    found = [
        key
        for key in data.keys(caller.db)
        if fits(key) and (not kind or type_of(data.get(caller.db, key)) == kind)
    ]
    return [b"0", found]


def _pairs(words: Words) -> dict[str, bytes]:
    if len(words) % 2:
        raise Refusal(SYNTAX)
    names = (word.decode(errors="replace").lower() for word in words[::2])
    return dict(zip(names, words[1::2], strict=True))


@command("dbsize", 1)
def dbsize(caller: Caller, words: Words) -> Answer:
    return caller.data.count(caller.db)


@command("randomkey", 1)
def randomkey(caller: Caller, words: Words) -> Answer:
    return next(caller.data.keys(caller.db), None)


@command("flushdb", -1, writes=True)
def flushdb(caller: Caller, words: Words) -> Answer:
    caller.data.clear(caller.db)
    return OK


@command("flushall", -1, writes=True)
def flushall(caller: Caller, words: Words) -> Answer:
    caller.data.clear()
    return OK


def _rename(caller: Caller, words: Words, over: bool) -> bool:
    old, new = words
    value = caller.data.get(caller.db, old)
    if value is None:
        raise Refusal("ERR no such key")
    if not over and caller.data.get(caller.db, new) is not None:
        return False
    end = caller.data.end_of(caller.db, old)
    caller.data.drop(caller.db, old)
    caller.data.put(caller.db, new, value)
    caller.data.set_end(caller.db, new, end)
    return True


@command("rename", 3, writes=True)
def rename(caller: Caller, words: Words) -> Answer:
    _rename(caller, words, over=True)
    return OK


@command("renamenx", 3, writes=True)
def renamenx(caller: Caller, words: Words) -> Answer:
    return int(_rename(caller, words, over=False))


def _expire(caller: Caller, key: bytes, end: float) -> int:
    if caller.data.get(caller.db, key) is None:
        return 0
    if end <= caller.data.now():
        caller.data.drop(caller.db, key)
    else:
        caller.data.set_end(caller.db, key, end)
    return 1


@command("expire", -3, writes=True)
def expire(caller: Caller, words: Words) -> Answer:
    return _expire(caller, words[0], caller.data.now() + integer(words[1], -(2**40), 2**40))


@command("pexpire", -3, writes=True)
def pexpire(caller: Caller, words: Words) -> Answer:
    return _expire(caller, words[0], caller.data.now() + integer(words[1], -(2**50), 2**50) / 1000)


@command("expireat", -3, writes=True)
def expireat(caller: Caller, words: Words) -> Answer:
    return _expire(caller, words[0], integer(words[1], 0, 2**40))


@command("pexpireat", -3, writes=True)
def pexpireat(caller: Caller, words: Words) -> Answer:
    return _expire(caller, words[0], integer(words[1], 0, 2**50) / 1000)


def _left(caller: Caller, key: bytes) -> float:
    if caller.data.get(caller.db, key) is None:
        return -2
    end = caller.data.end_of(caller.db, key)
    return -1 if end is None else end - caller.data.now()


@command("ttl", 2)
def ttl(caller: Caller, words: Words) -> Answer:
    left = _left(caller, words[0])
    return int(left) if left < 0 else int(left + 0.5)


@command("pttl", 2)
def pttl(caller: Caller, words: Words) -> Answer:
    left = _left(caller, words[0])
    return int(left) if left < 0 else int(left * 1000)


@command("persist", 2, writes=True)
def persist(caller: Caller, words: Words) -> Answer:
    if _left(caller, words[0]) < 0:
        return 0
    caller.data.set_end(caller.db, words[0], None)
    return 1


@command("copy", -3, writes=True)
def copy(caller: Caller, words: Words) -> Answer:
    value = caller.data.get(caller.db, words[0])
    replace = [word.lower() for word in words[2:]] == [b"replace"]
    if value is None or (caller.data.get(caller.db, words[1]) is not None and not replace):
        return 0
    caller.data.admit(weight(value))
    caller.data.put(caller.db, words[1], _copied(value))
    return 1


def _copied(value: Value) -> Value:
    return value if isinstance(value, bytes) else type(value)(value)  # type: ignore[arg-type]
