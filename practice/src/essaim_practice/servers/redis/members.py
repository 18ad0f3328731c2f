"""The commands of Redis on lists and hashes."""

from __future__ import annotations

from essaim_practice.servers.redis.commands import (
    NOT_INTEGER,
    SYNTAX,
    Caller,
    Words,
    command,
    cut,
    held,
    integer,
    real,
    taken_out,
)
from essaim_practice.servers.redis.keyspace import Refusal
from essaim_practice.servers.redis.resp import OK, Answer, number_text

# Lists


def _list(caller: Caller, key: bytes) -> list[bytes]:
    return held(caller, key, "list") or []


def _push(caller: Caller, words: Words, left: bool, there: bool = False) -> int:
    found = _list(caller, words[0])
    if there and not found:
        return 0
    if left:
        found[:0] = reversed(words[1:])
    else:
        found += words[1:]
    caller.data.put(caller.db, words[0], found, keep_end=True)
    return len(found)


@command("lpush", -3, writes=True)
def lpush(caller: Caller, words: Words) -> Answer:
    return _push(caller, words, left=True)


@command("rpush", -3, writes=True)
def rpush(caller: Caller, words: Words) -> Answer:
    return _push(caller, words, left=False)


@command("lpushx", -3, writes=True)
def lpushx(caller: Caller, words: Words) -> Answer:
    return _push(caller, words, left=True, there=True)


@command("rpushx", -3, writes=True)
def rpushx(caller: Caller, words: Words) -> Answer:
    return _push(caller, words, left=False, there=True)


def popped(caller: Caller, key: bytes, left: bool, count: int = 1) -> list[bytes]:
    """Take so many members of a list from one of its ends."""
    found = _list(caller, key)
    first = 0 if left else max(len(found) - count, 0)
    taken = found[first : first + count]
    if taken:
        del found[first : first + count]
        caller.data.put(caller.db, key, found, keep_end=True)
    return taken if left else taken[::-1]


def _pop(caller: Caller, words: Words, left: bool) -> Answer:
    if len(words) > 2:
        raise Refusal(SYNTAX)
    if len(words) == 1:
        return next(iter(popped(caller, words[0], left)), None)
    return popped(caller, words[0], left, integer(words[1], 0)) or None


@command("lpop", -2, writes=True)
def lpop(caller: Caller, words: Words) -> Answer:
    return _pop(caller, words, left=True)


@command("rpop", -2, writes=True)
def rpop(caller: Caller, words: Words) -> Answer:
    return _pop(caller, words, left=False)


@command("rpoplpush", 3, writes=True)
def rpoplpush(caller: Caller, words: Words) -> Answer:
    _list(caller, words[1])
    for value in popped(caller, words[0], left=False):
        _push(caller, [words[1], value], left=True)
        return value
    return None


@command("llen", 2)
def llen(caller: Caller, words: Words) -> Answer:
    return len(_list(caller, words[0]))


@command("lrange", 4)
def lrange(caller: Caller, words: Words) -> Answer:
    found = _list(caller, words[0])
    first, last = cut(len(found), words[1], words[2])
    return found[first:last]


@command("ltrim", 4, writes=True)
def ltrim(caller: Caller, words: Words) -> Answer:
    found = _list(caller, words[0])
    first, last = cut(len(found), words[1], words[2])
    caller.data.put(caller.db, words[0], found[first:last], keep_end=True)
    return OK


@command("lindex", 3)
def lindex(caller: Caller, words: Words) -> Answer:
    found, at = _list(caller, words[0]), integer(words[1])
    return found[at] if -len(found) <= at < len(found) else None


@command("lset", 4, writes=True)
def lset(caller: Caller, words: Words) -> Answer:
    found, at = _list(caller, words[0]), integer(words[1])
    if not found:
        raise Refusal("ERR no such key")
    if not -len(found) <= at < len(found):
        raise Refusal("ERR index out of range")
    found[at] = words[2]
    caller.data.touched(caller.db, words[0])
    return OK


@command("lrem", 4, writes=True)
def lrem(caller: Caller, words: Words) -> Answer:
    found, count = _list(caller, words[0]), integer(words[1])
    left = abs(count) or len(found)
    kept = list[bytes]()
    for value in reversed(found) if count < 0 else found:
        if value == words[2] and left:
            left -= 1
        else:
            kept.append(value)
    removed = len(found) - len(kept)
    if removed:
        caller.data.put(caller.db, words[0], kept[::-1] if count < 0 else kept, keep_end=True)
    return removed


# Hashes


def _hash(caller: Caller, key: bytes) -> dict[bytes, bytes]:
    return held(caller, key, "hash") or {}


def _fields(words: Words, name: str) -> dict[bytes, bytes]:
    if len(words) % 2:
        raise Refusal(f"ERR wrong number of arguments for '{name}' command")
    return dict(zip(words[::2], words[1::2], strict=True))


@command("hset", -4, writes=True)
def hset(caller: Caller, words: Words) -> Answer:
    new, found = _fields(words[1:], "hset"), _hash(caller, words[0])
    before = len(found)
    found.update(new)
    caller.data.put(caller.db, words[0], found, keep_end=True)
    return len(found) - before


@command("hmset", -4, writes=True)
def hmset(caller: Caller, words: Words) -> Answer:
    hset(caller, words)
    return OK


@command("hsetnx", 4, writes=True)
def hsetnx(caller: Caller, words: Words) -> Answer:
    return 0 if words[1] in _hash(caller, words[0]) else hset(caller, words)


@command("hget", 3)
def hget(caller: Caller, words: Words) -> Answer:
    return _hash(caller, words[0]).get(words[1])


@command("hmget", -3)
def hmget(caller: Caller, words: Words) -> Answer:
    found = _hash(caller, words[0])
    return [found.get(name) for name in words[1:]]


@command("hgetall", 2)
def hgetall(caller: Caller, words: Words) -> Answer:
    return dict(_hash(caller, words[0]))


@command("hkeys", 2)
def hkeys(caller: Caller, words: Words) -> Answer:
    return list(_hash(caller, words[0]))


@command("hvals", 2)
def hvals(caller: Caller, words: Words) -> Answer:
    return list(_hash(caller, words[0]).values())


@command("hlen", 2)
def hlen(caller: Caller, words: Words) -> Answer:
    return len(_hash(caller, words[0]))


@command("hexists", 3)
def hexists(caller: Caller, words: Words) -> Answer:
    return int(words[1] in _hash(caller, words[0]))


@command("hdel", -3, writes=True)
def hdel(caller: Caller, words: Words) -> Answer:
    return taken_out(caller, words[0], _hash(caller, words[0]), words[1:])


@command("hincrby", 4, writes=True)
def hincrby(caller: Caller, words: Words) -> Answer:
    old = _hash(caller, words[0]).get(words[1], b"0")
    try:
        number = integer(old) + integer(words[2])
    except Refusal:
        integer(words[2])
        raise Refusal("ERR hash value is not an integer") from None
    if not -(2**63) <= number < 2**63:
        raise Refusal(NOT_INTEGER)
    hset(caller, [words[0], words[1], b"%d" % number])
    return number


@command("hincrbyfloat", 4, writes=True)
def hincrbyfloat(caller: Caller, words: Words) -> Answer:
    old = _hash(caller, words[0]).get(words[1], b"0")
    value = number_text(real(old) + real(words[2]))
    hset(caller, [words[0], words[1], value])
    return value


@command("hscan", -3)
def hscan(caller: Caller, words: Words) -> Answer:
    integer(words[1], 0)
    return [b"0", [part for pair in _hash(caller, words[0]).items() for part in pair]]
