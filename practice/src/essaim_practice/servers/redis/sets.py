"""The commands of Redis on sets."""

from __future__ import annotations

from itertools import islice

from essaim_practice.servers.redis.commands import (
    Caller,
    Words,
    command,
    held,
    integer,
    matching,
    taken_out,
)
from essaim_practice.servers.redis.keyspace import Members
from essaim_practice.servers.redis.resp import Answer


def _set(caller: Caller, key: bytes) -> Members:
    return held(caller, key, "set") or Members()


@command("sadd", -3, writes=True)
def sadd(caller: Caller, words: Words) -> Answer:
    found = _set(caller, words[0])
    before = len(found)
    found.update(dict.fromkeys(words[1:]))
    caller.data.put(caller.db, words[0], found, keep_end=True)
    return len(found) - before


@command("srem", -3, writes=True)
def srem(caller: Caller, words: Words) -> Answer:
    return taken_out(caller, words[0], _set(caller, words[0]), words[1:])


@command("smembers", 2)
def smembers(caller: Caller, words: Words) -> Answer:
    return list(_set(caller, words[0]))


@command("scard", 2)
def scard(caller: Caller, words: Words) -> Answer:
    return len(_set(caller, words[0]))


@command("sismember", 3)
def sismember(caller: Caller, words: Words) -> Answer:
    return int(words[1] in _set(caller, words[0]))


@command("smismember", -3)
def smismember(caller: Caller, words: Words) -> Answer:
    found = _set(caller, words[0])
    return [int(member in found) for member in words[1:]]


@command("spop", -2, writes=True)
def spop(caller: Caller, words: Words) -> Answer:
    count = integer(words[1], 0, 2**62) if len(words) > 1 else 1
    taken = list(islice(_set(caller, words[0]), count))
    if taken:
        srem(caller, [words[0], *taken])
    return taken if len(words) > 1 else next(iter(taken), None)


@command("srandmember", -2)
def srandmember(caller: Caller, words: Words) -> Answer:
    count = abs(integer(words[1], -(2**62), 2**62)) if len(words) > 1 else 1
    taken = list(islice(_set(caller, words[0]), count))
    return taken if len(words) > 1 else next(iter(taken), None)


@command("smove", 4, writes=True)
def smove(caller: Caller, words: Words) -> Answer:
    _set(caller, words[1])
    if not srem(caller, [words[0], words[2]]):
        return 0
    sadd(caller, words[1:])
    return 1


@command("sinter", -2)
def sinter(caller: Caller, words: Words) -> Answer:
    first, *others = (_set(caller, key) for key in dict.fromkeys(words))
    return [member for member in first if all(member in other for other in others)]


@command("sunion", -2)
def sunion(caller: Caller, words: Words) -> Answer:
    keys = dict.fromkeys(words)
    return list(dict.fromkeys(member for key in keys for member in _set(caller, key)))


@command("sdiff", -2)
def sdiff(caller: Caller, words: Words) -> Answer:
    others = {member for key in set(words[1:]) for member in _set(caller, key)}
    return [member for member in _set(caller, words[0]) if member not in others]


@command("sscan", -3)
def sscan(caller: Caller, words: Words) -> Answer:
    integer(words[1], 0)
    fits = matching(words[3]) if [w.lower() for w in words[2:3]] == [b"match"] else None
    return [b"0", [m for m in _set(caller, words[0]) if fits is None or fits(m)]]
