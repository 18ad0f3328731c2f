"""The data of a Redis server: values by key in sixteen databases, their expiry and their size."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from essaim_practice.store.memory import Reservation

DATABASES = 16
_MOST = 2 * 2**20  # bytes that one server holds: all of it is looked at in some milliseconds
_KEY = 100  # bytes that a key takes besides its text, about
_ITEM = 64  # and a member of a value
_MAGIC = "REDIS-PRACTICE"

WRONG_TYPE = "WRONGTYPE Operation against a key holding the wrong kind of value"


class Refusal(Exception):
    """A command is not done: the message, with its code, is for the client."""


class Ranked(dict[bytes, float]):
    """A sorted set: scores by member."""

    def rows(self) -> list[tuple[bytes, float]]:
        return sorted(self.items(), key=lambda row: (row[1], row[0]))


class Members(dict[bytes, None]):
    """A set, in the order of its making."""


Value = bytes | list[bytes] | Members | Ranked | dict[bytes, bytes]
_NAMES: tuple[tuple[type, str], ...] = (
    (bytes, "string"),
    (list, "list"),
    (Members, "set"),
    (Ranked, "zset"),
    (dict, "hash"),
)


def type_of(value: Value | None) -> str:
    return next((name for kind, name in _NAMES if isinstance(value, kind)), "none")


def weight(value: Value) -> int:
    match value:
        case bytes():
            return len(value)
        case Ranked() | Members():
            return sum(_ITEM + len(member) for member in value)
        case list():
            return sum(_ITEM + len(each) for each in value)
        case _:
            return sum(_ITEM + len(name) + len(each) for name, each in value.items())


class Keyspace:
    """All databases of a server. now: simulated seconds since 1970."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.now = now
        self.room: Reservation | None = None  # where its bytes count, once it runs
        self._values: list[dict[bytes, Value]] = [{} for _ in range(DATABASES)]
        self._ends: list[dict[bytes, float]] = [{} for _ in range(DATABASES)]
        self._held = 0  # bytes, about; never less than there are
        self._versions: dict[tuple[int, bytes], int] = {}
        self.writes = 0  # of all time
        self.expired = 0

    @property
    def size(self) -> int:
        return self._held

    def count(self, db: int) -> int:
        return len(self._values[db])

    def expiring(self, db: int) -> int:
        return len(self._ends[db])

    def keys(self, db: int) -> Iterator[bytes]:
        return (key for key in list(self._values[db]) if self.get(db, key) is not None)

    def get(self, db: int, key: bytes) -> Value | None:
        end = self._ends[db].get(key)
        if end is not None and end <= self.now():
            self.drop(db, key)
            self.expired += 1
        return self._values[db].get(key)

    def put(self, db: int, key: bytes, value: Value, keep_end: bool = False) -> None:
        """Set a value. An empty one of several members goes instead."""
        if not value and not isinstance(value, bytes):
            self.drop(db, key)
            return
        self._values[db][key] = value
        if not keep_end:
            self._ends[db].pop(key, None)
        self.touched(db, key)

    def drop(self, db: int, key: bytes) -> bool:
        self._ends[db].pop(key, None)
        self.touched(db, key)
        return self._values[db].pop(key, None) is not None

    def clear(self, db: int | None = None) -> None:
        for number in range(DATABASES) if db is None else (db,):
            for key in self._values[number]:
                self.touched(number, key)
            self._values[number].clear()
            self._ends[number].clear()
        self._recount()

    def end_of(self, db: int, key: bytes) -> float | None:
        return self._ends[db].get(key)

    def set_end(self, db: int, key: bytes, end: float | None) -> None:
        if end is None:
            self._ends[db].pop(key, None)
        else:
            self._ends[db][key] = end
        self.touched(db, key)

    # Watched keys

    def touched(self, db: int, key: bytes) -> None:
        self.writes += 1
        if (db, key) in self._versions:
            self._versions[db, key] += 1

    def version(self, db: int, key: bytes) -> int:
        if len(self._versions) > 10_000:
            self._versions.clear()
        return self._versions.setdefault((db, key), self.writes)

    # Size

    def admit(self, growth: int) -> None:
        """Make room for a write of so many bytes. Raises Refusal."""
        growth += _KEY
        if self._held + growth > _MOST:
            self._recount()
        if self._held + growth > _MOST or (self.room and not self.room.take(growth)):
            raise Refusal("OOM command not allowed when used memory > 'maxmemory'.")
        self._held += growth

    def _recount(self) -> None:
        """Count what is there: removed values are not counted as they go."""
        values = (pair for each in self._values for pair in each.items())
        held = sum(_KEY + len(key) + weight(value) for key, value in values)
        if self.room is not None:
            self.room.release()
            self.room.take(held)
        # So that the next count is far off: it takes milliseconds.
        self._held = max(held, min(self._held, held + _MOST // 8) if held > _MOST // 2 else held)

    # On disk

    def dumped(self) -> bytes:
        """What a dump file holds."""
        rows = []
        for db, values in enumerate(self._values):
            for key, value in values.items():
                rows.append(
                    [db, _text(key), self._ends[db].get(key), type_of(value), _shown(value)]
                )
        return json.dumps([_MAGIC, rows], separators=(",", ":")).encode()

    def load(self, data: bytes) -> tuple[int, int]:
        """Take what ``dumped`` made: how many keys, and how many had expired. Raises ValueError."""
        loaded = json.loads(data)
        if not isinstance(loaded, list) or loaded[:1] != [_MAGIC]:
            raise ValueError("Wrong signature trying to load DB from file")
        kept = gone = 0
        try:
            for db, key, end, kind, shown in loaded[1]:
                if end is not None and float(end) <= self.now():
                    gone += 1
                    continue
                value = _value(kind, shown)
                self.admit(len(key) + weight(value))
                self.put(int(db) % DATABASES, key.encode("latin-1"), value)
                if end is not None:
                    self._ends[int(db) % DATABASES][key.encode("latin-1")] = float(end)
                kept += 1
        except (TypeError, AttributeError, UnicodeError, KeyError) as error:
            raise ValueError(str(error)) from None
        return kept, gone


def _text(value: bytes) -> str:
    return value.decode("latin-1")


def _shown(value: Value) -> Any:
    match value:
        case bytes():
            return _text(value)
        case Ranked():
            return {_text(member): score for member, score in value.items()}
        case Members():
            return [_text(member) for member in value]
        case list():
            return [_text(each) for each in value]
        case _:
            return {_text(name): _text(each) for name, each in value.items()}


def _value(kind: str, shown: Any) -> Value:
    match kind:
        case "string":
            return bytes(shown.encode("latin-1"))
        case "zset":
            return Ranked((member.encode("latin-1"), float(s)) for member, s in shown.items())
        case "set":
            return Members((member.encode("latin-1"), None) for member in shown)
        case "hash":
            return {n.encode("latin-1"): each.encode("latin-1") for n, each in shown.items()}
        case "list":
            return [each.encode("latin-1") for each in shown]
    raise ValueError(f"no such type: {kind}")
