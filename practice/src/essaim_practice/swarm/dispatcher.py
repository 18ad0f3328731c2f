"""The dispatcher: marks nodes ready and down by their heartbeats.

Heartbeats are not simulated one by one, so that an idle cluster costs nothing. When an engine
stops, the time of its last heartbeat is drawn at random, and one timer marks the moment when the
managers miss the next one.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from essaim_practice.store.clock import Clock, Timer
from essaim_practice.store.objects import Engine, Node, State, Swarm, Task
from essaim_practice.store.store import Change, Store
from essaim_practice.swarm import specs
from essaim_practice.swarm.batches import BATCH, in_batches
from essaim_practice.swarm.quorum import is_reached, leader
from essaim_practice.swarm.records import observe, revise

PERIOD = 5.0  # seconds between heartbeats, where the Swarm's spec names no other period
JITTER = 0.1  # of a period, more or less
GRACE = 3  # periods without a heartbeat until a node counts as down
UNKNOWN_GRACE = 6  # and until one does that has not reported to a new leader
FIRST_REPORT = 0.03  # seconds until a node that has just joined is heard of
RETURN = (0.1, 1.0)  # and one that was down
TO_NEW_LEADER = {"manager": (0.3, 2.0), "worker": (0.3, 8.0)}  # agents ask ever more rarely
ORPHANED_AFTER = 24 * 3600.0  # seconds down

_Aim = tuple[str, bool]  # the state of a node, and whether it is reached


class Dispatcher:
    """Watches engines and nodes; writes the state of nodes."""

    def __init__(self, store: Store, random: Random, clock: Clock) -> None:
        self._store, self._random, self._clock = store, random, clock
        self._timers: dict[str, tuple[_Aim, Timer]] = {}  # by node
        store.watch(self._on_engine, Engine)
        store.watch(self._on_node, Node)
        for node in store.all(Node):
            self._look(node)

    def _on_engine(self, change: Change) -> None:
        chosen = leader(self._store)
        leads = chosen is not None and chosen.engine == change.subject.id
        for node in self._store.all(Node):
            if leads or node.engine == change.subject.id:
                self._look(node)

    def _on_node(self, change: Change) -> None:
        node = self._store.get(Node, change.subject.id)
        if node is None:
            self._cancel(change.subject.id)
        elif not isinstance(change.old, Node) or change.old.state != node.state:
            self._look(node)

    def _look(self, node: Node) -> None:
        """Set the timer for the next change that the managers notice about a node."""
        aim = self._aim(node)
        under_way = self._timers.get(node.id)
        if under_way is not None and under_way[0] == aim:
            return
        self._cancel(node.id)
        if (wait := self._wait(node, aim)) is None:
            return

        def due() -> None:
            self._timers.pop(node.id, None)
            current = self._store.get(Node, node.id)
            if current is not None and self._aim(current) == aim:
                self._notice(current, aim)

        self._timers[node.id] = aim, self._clock.call_later(wait, due)

    def _aim(self, node: Node) -> _Aim:
        return node.state, is_reached(self._store, node)

    def _wait(self, node: Node, aim: _Aim) -> float | None:
        """Seconds until the managers notice a change of a node; None without one."""
        state, reached = aim
        if reached:
            if state == "ready":
                return None
            if node.is_new:
                return FIRST_REPORT
            return self._random.uniform(*(RETURN if state == "down" else TO_NEW_LEADER[node.role]))
        if state == "down":
            return ORPHANED_AFTER
        period = self._period()
        each = self._random.uniform(period * (1 - JITTER), period * (1 + JITTER))
        if state == "unknown":
            return UNKNOWN_GRACE * each
        return GRACE * each - self._random.uniform(0.0, period)

    def _notice(self, node: Node, aim: _Aim) -> None:
        state, reached = aim
        if reached:
            revise(self._store, node, state="ready", message="", last_heartbeat=self._clock.now())
        elif state == "down":
            in_batches(self._clock, self._orphaning(node.id))
        else:
            where = ' for node in "unknown" state' if state == "unknown" else ""
            revise(self._store, node, state="down", message=f"heartbeat failure{where}")

    def _orphaning(self, node_id: str) -> Iterator[None]:
        for number, known in enumerate(self._store.where(Task, "node", node_id), 1):
            task = self._store.get(Task, known.id)
            if task is not None and State.ASSIGNED <= task.state <= State.RUNNING:
                observe(self._store, task, State.ORPHANED, task.message)
            if number % BATCH == 0:
                yield

    def _period(self) -> float:
        swarm = next(self._store.all(Swarm), None)
        asked = specs.section(swarm.spec if swarm else {}, "Dispatcher").get("HeartbeatPeriod")
        return float(asked) / specs.SECOND if asked else PERIOD

    def _cancel(self, node_id: str) -> None:
        if entry := self._timers.pop(node_id, None):
            entry[1].cancel()
