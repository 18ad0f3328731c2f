"""The recorder: it compares each new snapshot with the last states, and keeps the changes.

It keeps a limited number. The oldest changes become the state that the recording begins with, so
that the rest is whole.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile

from core.cluster.history import marks_between
from core.cluster.snapshot import ClusterSnapshot
from core.commands.journal import Record
from core.presentation.phases import phase, tiles
from core.storage.batch import News
from core.timeline.kept import KeptBeginning, KeptChange, kept
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
    """Records one cluster, from its first snapshot on. Any thread may call it.

    added: called after new changes.
    """

    def __init__(self, most: int = MAX_CHANGES, added: Callable[[], None] = lambda: None) -> None:
        self._most = most
        self._added = added
        self._lock = threading.Lock()
        self._begin: dict[Key, State] = {}  # the states before the first change that is kept
        self._beginning = KeptBeginning(0, 0.0, ())  # the same as a record
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
            before = self._total
            self._end = max(self._end, snapshot.time)
            self._add_actions(journal)
            if snapshot.engine is not None:
                self._add_changes(snapshot)
            grown = self._total > before
        if grown:
            self._added()

    def news(self, since: int) -> News:
        """The changes from this number on, to be kept."""
        with self._lock:
            first = max(since, self._dropped)
            changes = tuple(map(kept, self._changes[first - self._dropped :]))
            return News(self._dropped, first, changes, self._beginning)

    def restore(
        self,
        beginning: KeptBeginning,
        count: int,
        changes: Sequence[KeptChange],
        journal: Sequence[Record],
    ) -> None:
        """Go on where an earlier process was, before the first snapshot.

        count: the number of the next change. journal: its records, which are in the recording as
        far as they are older than its last action.
        """
        with self._lock:
            wanted = max(0, count - beginning.number)
            self._changes = [each.change for each in changes[max(0, len(changes) - wanted) :]]
            self._dropped = count - len(self._changes)
            self._beginning, self._start = beginning, beginning.start
            self._begin = _states_after((each.change for each in beginning.states), {})
            self._known = _states_after(self._changes, self._begin)
            self._end = max([self._start, *(each.time for each in self._changes)])
            acted = max([self._start, *(c.time for c in self._changes if c.kind == "action")])
            told = [record for record in journal if record.time <= acted]
            self._entry = told[-1] if told else None

    def recording(self) -> Recording:
        """The whole recording."""
        return self.after("").recording

    def after(self, cursor: str) -> Delta:
        """The changes since an earlier answer with this cursor; all for any other text."""
        with self._lock:
            total = self._total
            life, _, number = cursor.rpartition("/")
            known = int(number) if number.isdecimal() and len(number) < 12 else -1
            whole = life != str(self._born) or not self._dropped <= known <= total
            changes = self._changes[0 if whole else known - self._dropped :]
            if whole:
                begin = [Change(self._start, *key, state) for key, state in self._begin.items()]
                changes = begin + changes
            recording = Recording(self._start, self._end, tuple(changes))
            return Delta(recording, f"{self._born}/{total}", whole)

    @property
    def _total(self) -> int:
        return self._dropped + len(self._changes)

    def _add_changes(self, snapshot: ClusterSnapshot) -> None:
        last, self._last = self._last, snapshot
        if last is not None and last.revision == snapshot.revision:
            return
        self._born = self._born or self._end
        if not self._start:
            self._start = self._end
            self._begins()
        if last is not None and snapshot.outage is None:
            for mark in marks_between(last, snapshot):
                self._changes.append(Change(mark.time, "mark", "", mark))
        self._add_states(dict(_states(snapshot, self._known)))
        self._trim()

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
        gone = self._changes[:count]
        self._begin = _states_after(gone, self._begin)
        self._start = max([self._start, *(c.time for c in gone if c.kind not in MOMENTARY)])
        del self._changes[:count]
        self._dropped += count
        self._begins()

    def _begins(self) -> None:
        states = (kept(Change(self._start, *key, state)) for key, state in self._begin.items())
        self._beginning = KeptBeginning(self._dropped, self._start, tuple(states))


def _states_after(changes: Iterable[Change], states: Mapping[Key, State]) -> dict[Key, State]:
    """The states before these changes with the changes in them."""
    after = dict(states)
    for change in changes:
        if change.kind in MOMENTARY:
            continue
        if change.value is None:
            after.pop((change.kind, change.id), None)
        else:
            after[change.kind, change.id] = change.value  # type: ignore[assignment]
    return after


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
