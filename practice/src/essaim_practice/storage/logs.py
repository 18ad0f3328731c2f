"""The lines of logs in a cluster's file, in blocks: what came between two writes is one."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable

import msgspec

from essaim_practice.programs.logs import Line, LogPart
from essaim_practice.storage.sums import checked, sealed

_MOST = 64  # blocks of a container; then they are made one
_ENCODER = msgspec.msgpack.Encoder()
_LINES = msgspec.msgpack.Decoder(list[Line])
_REST = msgspec.msgpack.Decoder(dict[int, bytes])


class Logs:
    """Reads and writes the tables ``log`` and ``unfinished``."""

    def __init__(self, run: Callable[..., sqlite3.Cursor]) -> None:
        self._run = run  # executes a statement
        self._blocks: Counter[str] = Counter()

    def forget(self) -> None:
        """What was written is not there (any more): the next batch is a whole one."""
        self._blocks.clear()

    def write(self, part: LogPart) -> None:
        """Write new lines of a container, and forget those that it has no more."""
        id, dropped = part.container, part.last - part.kept
        if not part.kept:
            self._run("delete from log where container = ?", (id,))
            self._blocks.pop(id, None)
        if part.lines:
            self._add(id, part.last, part.lines)
            self._run("delete from log where container = ? and last <= ?", (id, dropped))
            self._blocks[id] += 1
            if self._blocks[id] > _MOST:
                lines = self._lines(id)[-part.kept :]
                self._run("delete from log where container = ?", (id,))
                self._add(id, part.last, lines)
                self._blocks[id] = 1
        self._run("delete from unfinished where container = ?", (id,))
        if part.rest:
            self._run(
                "insert into unfinished values (?, ?)", (id, sealed(_ENCODER.encode(part.rest)))
            )

    def read(self) -> list[LogPart]:
        """All lines of all containers. Raises Damaged, ValueError."""
        found = self._run("select container, max(last), count(*) from log group by container")
        last = {id: (last, blocks) for id, last, blocks in found.fetchall()}
        self._blocks = Counter({id: blocks for id, (_, blocks) in last.items()})
        rest = {
            id: _REST.decode(checked(body))
            for id, body in self._run("select container, body from unfinished")
        }
        parts = []
        for id in dict.fromkeys((*last, *rest)):
            lines = self._lines(id)
            parts.append(LogPart(id, lines, last.get(id, (0, 0))[0], len(lines), rest.get(id, {})))
        return parts

    def _add(self, id: str, last: int, lines: object) -> None:
        body = sealed(_ENCODER.encode(lines))
        self._run("insert or replace into log values (?, ?, ?)", (id, last, body))

    def _lines(self, id: str) -> list[Line]:
        found = self._run("select body from log where container = ? order by last", (id,))
        return [line for (body,) in found for line in _LINES.decode(checked(body))]
