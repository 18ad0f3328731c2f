"""The commands of Redis on sorted sets."""

from __future__ import annotations

from essaim_practice.servers.redis.commands import (
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
from essaim_practice.servers.redis.keyspace import Ranked, Refusal
from essaim_practice.servers.redis.resp import Answer, shortest


def _ranked(caller: Caller, key: bytes) -> Ranked:
    return held(caller, key, "zset") or Ranked()


@command("zadd", -4, writes=True)
def zadd(caller: Caller, words: Words) -> Answer:
    found, rest = _ranked(caller, words[0]), words[1:]
    flags = set[bytes]()
    while rest and rest[0].lower() in (b"nx", b"xx", b"ch", b"incr", b"gt", b"lt"):
        flags.add(rest.pop(0).lower())
    if len(rest) % 2 or not rest or flags & {b"gt", b"lt", b"incr"}:
        raise Refusal(SYNTAX)
    scores = [real(word) for word in rest[::2]]
    added = altered = 0
    for score, member in zip(scores, rest[1::2], strict=True):
        if (b"nx" in flags and member in found) or (b"xx" in flags and member not in found):
            continue
        added += member not in found
        altered += found.get(member) != score
        found[member] = score
    caller.data.put(caller.db, words[0], found, keep_end=True)
    return altered if b"ch" in flags else added


@command("zincrby", 4, writes=True)
def zincrby(caller: Caller, words: Words) -> Answer:
    found = _ranked(caller, words[0])
    score = found.get(words[2], 0.0) + real(words[1])
    if score != score:
        raise Refusal("ERR resulting score is not a number (NaN)")
    found[words[2]] = score
    caller.data.put(caller.db, words[0], found, keep_end=True)
    return found[words[2]]


@command("zrem", -3, writes=True)
def zrem(caller: Caller, words: Words) -> Answer:
    return taken_out(caller, words[0], _ranked(caller, words[0]), words[1:])


@command("zcard", 2)
def zcard(caller: Caller, words: Words) -> Answer:
    return len(_ranked(caller, words[0]))


@command("zscore", 3)
def zscore(caller: Caller, words: Words) -> Answer:
    return _ranked(caller, words[0]).get(words[1])


def _rank(caller: Caller, words: Words, down: bool) -> Answer:
    members = [member for member, _ in _ranked(caller, words[0]).rows()]
    if words[1] not in members:
        return None
    at = members.index(words[1])
    return len(members) - 1 - at if down else at


@command("zrank", 3)
def zrank(caller: Caller, words: Words) -> Answer:
    return _rank(caller, words, down=False)


@command("zrevrank", 3)
def zrevrank(caller: Caller, words: Words) -> Answer:
    return _rank(caller, words, down=True)


def _shown(rows: list[tuple[bytes, float]], scores: bool) -> Answer:
    if not scores:
        return [member for member, _ in rows]
    return [part for member, score in rows for part in (member, shortest(score))]


def _options(words: Words, known: set[bytes]) -> set[bytes]:
    given = {word.lower() for word in words}
    if given - known:
        raise Refusal(SYNTAX)
    return given


@command("zrange", -4)
def zrange(caller: Caller, words: Words) -> Answer:
    given = _options(words[3:], {b"withscores", b"rev", b"byscore"})
    rows = _ranked(caller, words[0]).rows()
    if b"byscore" in given:
        low, high = (words[2], words[1]) if b"rev" in given else (words[1], words[2])
        rows = [row for row in rows if _between(row[1], low, high)]
        rows = rows[::-1] if b"rev" in given else rows
    else:
        rows = rows[::-1] if b"rev" in given else rows
        first, last = cut(len(rows), words[1], words[2])
        rows = rows[first:last]
    return _shown(rows, b"withscores" in given)


@command("zrevrange", -4)
def zrevrange(caller: Caller, words: Words) -> Answer:
    return zrange(caller, [*words, b"rev"])


@command("zrangebyscore", -4)
def zrangebyscore(caller: Caller, words: Words) -> Answer:
    return zrange(caller, [*words, b"byscore"])


@command("zrevrangebyscore", -4)
def zrevrangebyscore(caller: Caller, words: Words) -> Answer:
    return zrange(caller, [*words, b"byscore", b"rev"])


def _between(score: float, low: bytes, high: bytes) -> bool:
    def bound(word: bytes) -> float:
        try:
            return real(word.removeprefix(b"("))
        except Refusal:
            raise Refusal("ERR min or max is not a float") from None

    least, most = bound(low), bound(high)
    above = score > least if low.startswith(b"(") else score >= least
    return above and (score < most if high.startswith(b"(") else score <= most)


@command("zcount", 4)
def zcount(caller: Caller, words: Words) -> Answer:
    found = _ranked(caller, words[0])
    return sum(_between(score, words[1], words[2]) for score in found.values())


def _popped(caller: Caller, words: Words, down: bool) -> Answer:
    found = _ranked(caller, words[0])
    rows = found.rows()
    taken = (rows[::-1] if down else rows)[: integer(words[1], 0) if len(words) > 1 else 1]
    taken_out(caller, words[0], found, [member for member, _ in taken])
    return _shown(taken, scores=True)


@command("zpopmin", -2, writes=True)
def zpopmin(caller: Caller, words: Words) -> Answer:
    return _popped(caller, words, down=False)


@command("zpopmax", -2, writes=True)
def zpopmax(caller: Caller, words: Words) -> Answer:
    return _popped(caller, words, down=True)
