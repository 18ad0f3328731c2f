"""A cache of records as JSON: most records do not change from one answer to the next."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any, Generic, TypeVar

from essaim_practice.store.store import Change, Store, Stored

T = TypeVar("T", bound=Stored)


class Texts(Generic[T]):
    """Records of one kind as JSON text.

    render: makes the JSON value of a record; it may read only the record and records of the kinds
    ``others``.
    """

    def __init__(
        self, store: Store, kind: type[T], render: Callable[[T], Any], *others: type
    ) -> None:
        self._render = render
        self._texts: dict[str, bytes] = {}
        store.watch(self._forget, kind)
        store.watch(self._forget_all, *others)

    def one(self, record: T) -> bytes:
        text = self._texts.get(record.id)
        if text is None:
            text = self._texts[record.id] = dumped(self._render(record))
        return text

    def list(self, records: Iterable[T]) -> bytes:
        """A JSON array of them."""
        return b"[" + b",".join([self.one(record) for record in records]) + b"]\n"

    def _forget(self, change: Change) -> None:
        self._texts.pop(change.subject.id, None)

    def _forget_all(self, change: Change) -> None:
        self._texts.clear()


def dumped(value: Any) -> bytes:
    """JSON as the daemon writes it."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
