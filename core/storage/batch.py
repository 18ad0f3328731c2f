"""What one flush writes: all of it or nothing, in one transaction."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from core.storage.records import encode

log = logging.getLogger(__name__)

G = TypeVar("G")
T = TypeVar("T")

#: An owner and a name.
Place = tuple[str, str]


@dataclass(frozen=True, slots=True)
class News:
    """What is new in a row.

    entries: those from ``first`` on, numbered one after the other. oldest: the number of the first
    that is still wanted. head: a record that belongs to them; None for none. It is written when it
    is another object than before.
    """

    oldest: int
    first: int
    entries: Sequence[object]
    head: object = None


#: Makes a record, on the thread that writes: a frozen one, or a copy.
Make = Callable[[], object]
#: What is new in a row from this number on.
Tell = Callable[[int], News]


@dataclass(slots=True)
class Row:
    """How far a row is written."""

    tell: Tell
    next: int  # the number of the next entry
    head: object = None


def write(
    to: sqlite3.Connection,
    ended: Collection[str],
    made: Mapping[Place, Make],
    rows: Mapping[Place, Row],
) -> None:
    """Forget the owners that ended; then write the records and what is new in the rows.

    A record that cannot be made stays as it was: one's fault does not stop the others' keeping.
    Raises sqlite3.Error.
    """
    records = {place: _tried(place, _made, make) for place, make in made.items()}
    told = {
        place: news for place, row in rows.items() if (news := _tried(place, row.tell, row.next))
    }
    for place, news in told.items():
        if news.head is not rows[place].head:
            records[place] = _tried(place, encode, news.head)
    to.execute("BEGIN IMMEDIATE")
    try:
        to.executemany("DELETE FROM record WHERE owner = ?", [(each,) for each in ended])
        to.executemany("DELETE FROM entry WHERE owner = ?", [(each,) for each in ended])
        to.executemany(
            "INSERT OR REPLACE INTO record VALUES (?, ?, ?)",
            [(*place, data) for place, data in records.items() if data],
        )
        for place, news in told.items():
            to.execute(
                "DELETE FROM entry WHERE owner = ? AND name = ? AND (number < ? OR number >= ?)",
                (*place, news.oldest, news.first),
            )
            to.executemany(
                "INSERT INTO entry VALUES (?, ?, ?, ?)",
                [
                    (*place, number, data)
                    for number, entry in enumerate(news.entries, news.first)
                    if (data := _tried(place, encode, entry))
                ],
            )
        to.execute("COMMIT")
    except BaseException:
        if to.in_transaction:
            to.execute("ROLLBACK")
        raise
    for place, news in told.items():
        rows[place].next, rows[place].head = news.first + len(news.entries), news.head


def _made(make: Make) -> bytes:
    return encode(make())


def _tried(place: Place, action: Callable[[G], T], given: G) -> T | None:
    try:
        return action(given)
    except Exception:
        log.exception("%s of %s cannot be kept", place[1], place[0] or "the class")
        return None
