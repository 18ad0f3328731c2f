"""A cache of records as JSON: most records do not change from one answer to the next."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Generic, TypeVar

from essaim_practice.store.store import Change, Store, Stored

T = TypeVar("T", bound=Stored)

_HALF = re.compile("[\ud800-\udfff]")  # what UTF-8 has no bytes for
_LONGEST = 16 * 1024  # bytes of a text that is kept
_MOST = 4 * 2**20  # bytes of all of them


class Texts(Generic[T]):
    """Records of one kind as JSON text.

    render: makes the JSON value of a record; it may read only the record and records of the kinds
    ``others``.
    """

    def __init__(
        self, store: Store, kind: type[T], render: Callable[[T], Any], *others: type
    ) -> None:
        self._render = render
        self._store = store
        self._kind = kind
        self._texts: dict[str, bytes] = {}
        self._size = 0  # bytes of them
        store.watch(self._forget, kind)
        store.watch(self._forget_all, *others)

    def one(self, record: T) -> bytes:
        text = self._texts.get(record.id)
        if text is None:
            text = dumped(self._render(record))
            if len(text) <= _LONGEST and self._store.get(self._kind, record.id) is record:
                if self._size + len(text) > _MOST:
                    self._forget_all()
                self._texts[record.id] = text
                self._size += len(text)
        return text

    def each(self, records: Iterable[T]) -> Iterator[bytes]:
        """Their texts, each made when it is asked for."""
        return map(self.one, records)

    def _forget(self, change: Change) -> None:
        self._size -= len(self._texts.pop(change.subject.id, b""))

    def _forget_all(self, _: Change | None = None) -> None:
        self._texts.clear()
        self._size = 0


def is_lazy(value: Any) -> bool:
    """Whether the value is an iterator, or an object with iterators in it or in its objects."""
    values = value.values() if isinstance(value, dict) else (value,)
    inner = (each for part in values if isinstance(part, dict) for each in part.values())
    return any(isinstance(each, Iterator) for each in itertools.chain(values, inner))


def pieces(value: Any) -> Iterator[bytes]:
    """A value as JSON, piece by piece; an iterator is an array, bytes are JSON already."""
    if isinstance(value, Iterator):
        sign = b"["
        for each in value:
            yield sign + (each if isinstance(each, bytes) else dumped(each))
            sign = b","
        yield b"[]" if sign == b"[" else b"]"
    elif is_lazy(value):
        sign = b"{"
        for name, each in value.items():
            yield sign + dumped(name) + b":"
            yield from pieces(each)
            sign = b","
        yield b"}"
    else:
        yield dumped(value)


def dumped(value: Any) -> bytes:
    """JSON as the daemon writes it."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    try:
        return text.encode()
    except UnicodeEncodeError:  # a name of a file need not be text; Go's own sign stands there
        return _HALF.sub("\ufffd", text).encode()
