"""The commands of Redis on strings."""

from __future__ import annotations

from essaim_practice.servers.redis.commands import (
    LONGEST,
    SYNTAX,
    Caller,
    Words,
    command,
    cut,
    exists,
    held,
    integer,
    real,
)
from essaim_practice.servers.redis.keyspace import Refusal
from essaim_practice.servers.redis.resp import OK, Answer, number_text


def _text(caller: Caller, key: bytes) -> bytes | None:
    value: bytes | None = held(caller, key, "string")
    return value


@command("get", 2)
def get(caller: Caller, words: Words) -> Answer:
    return _text(caller, words[0])


@command("set", -3, writes=True)
def set_(caller: Caller, words: Words) -> Answer:
    key, value, *options = words
    end: float | None = None
    asked = [option.lower() for option in options]
    keep = only_new = only_old = old_wanted = False
    while asked:
        match asked.pop(0):
            case b"nx":
                only_new = True
            case b"xx":
                only_old = True
            case b"keepttl":
                keep = True
            case b"get":
                old_wanted = True
            case b"ex" | b"px" | b"exat" | b"pxat" as unit if asked:
                number = integer(asked.pop(0))
                if not 0 < number < 2**50:
                    raise Refusal("ERR invalid expire time in 'set' command")
                end = number / (1000 if unit.startswith(b"p") else 1)
                end += 0 if unit.endswith(b"at") else caller.data.now()
            case _:
                raise Refusal(SYNTAX)
    if (only_new and only_old) or (keep and end is not None):
        raise Refusal(SYNTAX)
    there = caller.data.get(caller.db, key)
    old = _text(caller, key) if old_wanted else None
    if (only_new and there is not None) or (only_old and there is None):
        return old
    caller.data.put(caller.db, key, value, keep_end=keep)
    if end is not None:
        caller.data.set_end(caller.db, key, end)
    return old if old_wanted else OK


@command("setnx", 3, writes=True)
def setnx(caller: Caller, words: Words) -> Answer:
    return int(set_(caller, [*words, b"nx"]) is not None)


@command("setex", 4, writes=True)
def setex(caller: Caller, words: Words) -> Answer:
    return set_(caller, [words[0], words[2], b"ex", words[1]])


@command("psetex", 4, writes=True)
def psetex(caller: Caller, words: Words) -> Answer:
    return set_(caller, [words[0], words[2], b"px", words[1]])


@command("getset", 3, writes=True)
def getset(caller: Caller, words: Words) -> Answer:
    return set_(caller, [*words, b"get"])


@command("getdel", 2, writes=True)
def getdel(caller: Caller, words: Words) -> Answer:
    value = _text(caller, words[0])
    caller.data.drop(caller.db, words[0])
    return value


@command("mget", -2)
def mget(caller: Caller, words: Words) -> Answer:
    values = [caller.data.get(caller.db, key) for key in words]
    if sum(len(value) for value in values if isinstance(value, bytes)) > 4 * LONGEST:
        raise Refusal("ERR the practice engine gives no more than 2 MiB at once")
    return [value if isinstance(value, bytes) else None for value in values]


@command("mset", -3, writes=True)
def mset(caller: Caller, words: Words) -> Answer:
    if len(words) % 2:
        raise Refusal("ERR wrong number of arguments for 'mset' command")
    for key, value in zip(words[::2], words[1::2], strict=True):
        caller.data.put(caller.db, key, value)
    return OK


@command("msetnx", -3, writes=True)
def msetnx(caller: Caller, words: Words) -> Answer:
    if exists(caller, words[::2]):
        return 0
    mset(caller, words)
    return 1


def _add(caller: Caller, key: bytes, amount: int) -> int:
    number = integer(_text(caller, key) or b"0") + amount
    if not -(2**63) <= number < 2**63:
        raise Refusal("ERR increment or decrement would overflow")
    caller.data.put(caller.db, key, b"%d" % number, keep_end=True)
    return number


@command("incr", 2, writes=True)
def incr(caller: Caller, words: Words) -> Answer:
    return _add(caller, words[0], 1)


@command("decr", 2, writes=True)
def decr(caller: Caller, words: Words) -> Answer:
    return _add(caller, words[0], -1)


@command("incrby", 3, writes=True)
def incrby(caller: Caller, words: Words) -> Answer:
    return _add(caller, words[0], integer(words[1]))


@command("decrby", 3, writes=True)
def decrby(caller: Caller, words: Words) -> Answer:
    return _add(caller, words[0], -integer(words[1]))


@command("incrbyfloat", 3, writes=True)
def incrbyfloat(caller: Caller, words: Words) -> Answer:
    value = number_text(real(_text(caller, words[0]) or b"0") + real(words[1]))
    caller.data.put(caller.db, words[0], value, keep_end=True)
    return value


@command("append", 3, writes=True)
def append(caller: Caller, words: Words) -> Answer:
    value = (_text(caller, words[0]) or b"") + words[1]
    if len(value) > LONGEST:
        raise Refusal("ERR string exceeds maximum allowed size (proto-max-bulk-len)")
    caller.data.put(caller.db, words[0], value, keep_end=True)
    return len(value)


@command("strlen", 2)
def strlen(caller: Caller, words: Words) -> Answer:
    return len(_text(caller, words[0]) or b"")


@command("getrange", 4)
def getrange(caller: Caller, words: Words) -> Answer:
    value = _text(caller, words[0]) or b""
    first, last = cut(len(value), words[1], words[2])
    return value[first:last]
