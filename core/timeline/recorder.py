"""The recorder: it compares each new snapshot with the last states, and keeps the changes.

It keeps a limited number. The oldest changes become the state that the recording begins with, so
that the rest is whole.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile

from core.cluster.history import marks_between
from core.cluster.snapshot import ClusterSnapshot
from core.commands.journal import Record
from core.presentation.phases import phase, tiles
from core.timeline.recording import (
    MAX_TEXT,
    MOMENTARY,
    Action,
    Change,
    NodeState,
    OutageState,
    Recording,
    ReplicaState,
    ServiceState,
    State,
)

#: Changes kept: a class's busy morning, some 3 MB. A scale from 0 to 200 replicas makes 1200.
MAX_CHANGES = 8000

Key = tuple[str, str]  # kind and id


@dataclass(frozen=True, slots=True)
class Delta:
    """The changes since a cursor.

    cursor: for the next question. whole: the recording is a whole one, which replaces all that the
    asker had, because some changes in between are not kept any more.
    """

    recording: Recording
    cursor: str
    whole: bool


class Recorder:
    """Records one cluster, from its first snapshot on. Any thread may call it."""

    def __init__(self, most: int = MAX_CHANGES) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._begin: dict[Key, State] = {}  # the states before the first change that is kept
        self._born = 0.0  # the time of the first snapshot: tells this recorder from an earlier one
        self._start = self._end = 0.0
        self._dropped = 0  # changes that are part of _begin
        self._changes: list[Change] = []
        self._known: dict[Key, State] = {}
        self._last: ClusterSnapshot | None = None
        self._entry: Record | None = None  # the last record of the journal that was added

    def add(self, snapshot: ClusterSnapshot, journal: Sequence[Record] = ()) -> None:
        """Record the changes since the last call. Cheap where there are none."""
        with self._lock:
            self._end = max(self._end, snapshot.time)
            self._add_actions(journal)
            if snapshot.engine is None:
                return
            last, self._last = self._last, snapshot
            if last is not None and last.revision == snapshot.revision:
                return
            if not self._start:
                self._born = self._start = self._end
            if last is not None and snapshot.outage is None:
                for mark in marks_between(last, snapshot):
                    self._changes.append(Change(mark.time, "mark", "", mark))
            self._add_states(dict(_states(snapshot, self._known)))
            self._trim()

    def recording(self) -> Recording:
        """The whole recording."""
        return self.after("").recording

    def after(self, cursor: str) -> Delta:
        """The changes since an earlier answer with this cursor; all for any other text."""
        with self._lock:
            total = self._dropped + len(self._changes)
            life, _, number = cursor.rpartition("/")
            known = int(number) if number.isdecimal() and len(number) < 12 else -1
            whole = life != str(self._born) or not self._dropped <= known <= total
            changes = self._changes[0 if whole else known - self._dropped :]
            if whole:
                begin = [Change(self._start, *key, state) for key, state in self._begin.items()]
                changes = begin + changes
            recording = Recording(self._start, self._end, tuple(changes))
            return Delta(recording, f"{self._born}/{total}", whole)

    def _add_states(self, states: Mapping[Key, State]) -> None:
        for key, state in states.items():
            if self._known.get(key) != state:
                self._changes.append(Change(self._end, *key, state))
        for key in self._known.keys() - states.keys():
            self._changes.append(Change(self._end, *key, None))
        self._known = dict(states)

    def _add_actions(self, journal: Sequence[Record]) -> None:
        news = list(takewhile(lambda entry: entry is not self._entry, reversed(journal)))
        for entry in reversed(news):
            action = Action(entry.line[:MAX_TEXT], entry.error[:MAX_TEXT], entry.refusal)
            self._changes.append(Change(entry.time, "action", "", action))
        if journal:
            self._entry = journal[-1]

    def _trim(self) -> None:
        excess = len(self._changes) - self._most
        if excess <= 0:
            return
        # A tenth more than needed, so that it is seldom done.
        count = min(excess + self._most // 10, len(self._changes))
        for change in self._changes[:count]:
            if change.kind in MOMENTARY:
                continue
            key = (change.kind, change.id)
            if change.value is None:
                self._begin.pop(key, None)
            else:
                self._begin[key] = change.value  # type: ignore[assignment]
            self._start = change.time
        del self._changes[:count]
        self._dropped += count


def _states(snapshot: ClusterSnapshot, known: Mapping[Key, State]) -> Iterator[tuple[Key, State]]:
    if snapshot.outage:
        outage = snapshot.outage
        yield ("trouble", ""), OutageState(outage.message[:MAX_TEXT], outage.why)
    for node in snapshot.nodes:
        yield (
            ("node", node.id),
            NodeState(node.name, node.role, node.leader, node.availability, node.state),
        )
    for service in snapshot.services:
        yield (
            ("service", service.id),
            ServiceState(service.name, None if service.job else service.replicas),
        )
    down = snapshot.down_nodes
    shown = {tile.task.id: tile for tile in tiles(snapshot)}
    for task in snapshot.tasks:
        key, tile = ("replica", task.id), shown.get(task.id)
        if tile is None and key not in known:
            continue  # it had ended before the first snapshot: it has no bar
        yield (
            key,
            ReplicaState(
                name=snapshot.replica(task),
                service=task.service_id,
                slot=task.slot,
                node=task.node_id,
                phase=(tile.phase if tile else phase(task, task.node_id in down)).key,
                tile=tile is not None,
                state=task.state,
                message=(task.error or task.message)[:MAX_TEXT],
                failures=tile.failures if tile else 0,
                last_error=tile.last_error[:MAX_TEXT] if tile else "",
                image=task.image,
            ),
        )
