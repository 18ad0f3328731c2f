"""The store: the only place where a practice cluster keeps its state.

Components never call each other. Each watches the store and writes its decisions into it; the
others see the write. (The design is SwarmKit's: manager/state/store.)

Everything runs on one thread: the event loop's. There are no locks.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import NamedTuple, Protocol, TypeVar

from essaim_practice.store.clock import Clock
from essaim_practice.store.edition import USUAL, Edition
from essaim_practice.store.limits import STANDARD, Limits
from essaim_practice.store.memory import Budget
from essaim_practice.store.weights import Trees, Weights


class Stored(Protocol):
    """A frozen dataclass with an ``id`` unique among its kind."""

    @property
    def id(self) -> str: ...


T = TypeVar("T", bound=Stored)


class Change(NamedTuple):
    """One write: ``old`` is None for a creation, ``new`` is None for a deletion."""

    old: Stored | None
    new: Stored | None

    @property
    def subject(self) -> Stored:
        subject = self.new if self.new is not None else self.old
        assert subject is not None
        return subject


Watcher = Callable[[Change], None]
Index = Callable[[Stored], str | None]
Table = dict[str, dict[str, Stored]]  # by key, then by id


class Store:
    """Objects by kind and id, with a cluster-wide version counter, indexes and watchers.

    Watchers hear of writes in the order of the writes, after the writer is done with its own
    change: a watcher that writes does not nest. When watchers raise, the others hear of the change
    all the same; then the writer gets the exception, or an ExceptionGroup of several.
    """

    def __init__(self, clock: Clock, limits: Limits = STANDARD, edition: Edition = USUAL) -> None:
        self.clock = clock
        self.limits = limits
        self.edition = edition
        self.memory = Budget(limits.memory_bytes)  # of all that the cluster holds
        self.disk = Budget(limits.all_file_bytes, self.memory)  # of the files in it
        self._counts = (Weights(self.memory), Trees(self.disk))
        self.version = 0
        self.writes = 0  # of any kind; version counts what Swarm counts
        self._objects: dict[type, dict[str, Stored]] = defaultdict(dict)
        self._watchers: dict[type, list[Watcher]] = {}
        self._indexes: dict[type, dict[str, tuple[Index, Table]]] = defaultdict(dict)
        self._pending: deque[Change] = deque()
        self._delivering = False

    def fill(self, records: Iterable[Stored], version: int, writes: int) -> None:
        """Take records up as they were in an earlier store, before anybody watches."""
        for record in records:
            kind = type(record)
            self._objects[kind][record.id] = record
            for each in self._counts:
                each.change(kind, None, record)
            self._index(kind, None, record)
        self.version, self.writes = version, writes

    # Reading

    def get(self, kind: type[T], id: str) -> T | None:
        return self._objects[kind].get(id)  # type: ignore[return-value]

    def all(self, kind: type[T]) -> Iterator[T]:
        """Every object of a kind, oldest first; safe to write while iterating."""
        return iter(list(self._objects[kind].values()))  # type: ignore[arg-type]

    def count(self, kind: type[T]) -> int:
        return len(self._objects[kind])

    def add_index(self, kind: type[T], name: str, key: Callable[[T], str | None]) -> None:
        """Let ``where(kind, name, value)`` find objects without a scan."""
        table: Table = {}
        self._indexes[kind][name] = (key, table)  # type: ignore[assignment]
        for stored in self.all(kind):
            self._index(kind, None, stored)

    def where(self, kind: type[T], name: str, value: str) -> list[T]:
        """The objects whose indexed key has this value, oldest first."""
        _, table = self._indexes[kind][name]
        return list(table.get(value, {}).values())  # type: ignore[arg-type]

    # Writing

    def next_version(self) -> int:
        self.version += 1
        return self.version

    def put(self, stored: T) -> T:
        """Create the object, or replace the one of the same kind and id."""
        kind = type(stored)
        table = self._objects[kind]
        old = table.get(stored.id)
        if old == stored:
            return stored
        table[stored.id] = stored
        for each in self._counts:
            each.change(kind, old, stored)
        if kind in self._indexes:
            self._index(kind, old, stored)
        self._announce(Change(old, stored))
        return stored

    def delete(self, kind: type[T], id: str) -> T | None:
        old = self._objects[kind].pop(id, None)
        if old is not None:
            for each in self._counts:
                each.change(kind, old, None)
            self._index(kind, old, None)
            self._announce(Change(old, None))
        return old  # type: ignore[return-value]

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Hold watchers back until the block ends: several writes that belong together."""
        if self._delivering:
            yield
            return
        self._delivering = True
        try:
            yield
        finally:
            self._delivering = False
            self._deliver()

    # Watching

    def watch(self, watcher: Watcher, *kinds: type) -> Callable[[], None]:
        """Call ``watcher`` after each write of these kinds. Returns a function that ends it."""
        # Lists are replaced, never edited: a delivery under way keeps to the one it began with.
        for kind in kinds:
            self._watchers[kind] = [*self._watchers.get(kind, ()), watcher]

        def stop() -> None:
            for kind in kinds:
                self._watchers[kind] = [w for w in self._watchers[kind] if w is not watcher]

        return stop

    async def until(self, holds: Callable[[], bool], *kinds: type) -> None:
        """Wait until a condition on objects of these kinds holds."""
        if holds():
            return
        done = asyncio.get_running_loop().create_future()

        def check(_: Change) -> None:
            if not done.done() and holds():
                done.set_result(None)

        stop = self.watch(check, *kinds)
        try:
            await done
        finally:
            stop()

    def _announce(self, change: Change) -> None:
        self.writes += 1
        self._pending.append(change)
        if not self._delivering:
            self._deliver()

    def _deliver(self) -> None:
        self._delivering = True
        failures: list[Exception] = []
        try:
            while self._pending:
                change = self._pending.popleft()
                for watcher in self._watchers.get(type(change.subject), ()):
                    try:
                        watcher(change)
                    except Exception as error:
                        failures.append(error)
        finally:
            self._delivering = False
        if len(failures) > 1:
            raise ExceptionGroup("several watchers of the store failed", failures)
        if failures:
            raise failures[0]

    def _index(self, kind: type, old: Stored | None, new: Stored | None) -> None:
        for key, table in self._indexes[kind].values():
            before = key(old) if old is not None else None
            after = key(new) if new is not None else None
            if before == after:
                if after is not None and new is not None:
                    table[after][new.id] = new
                continue
            if before is not None and old is not None:
                bucket = table.get(before, {})
                bucket.pop(old.id, None)
                if not bucket:
                    table.pop(before, None)
            if after is not None and new is not None:
                table.setdefault(after, {})[new.id] = new
