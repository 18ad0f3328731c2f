"""Elections: choose the leader among the managers, and notice the loss of one.

Real managers run Raft; this simulates its visible effects. A manager without a leader waits for one
to two election timeouts; then a manager that hears a majority leads. A leader without a majority
answers reads for as long, and then steps down.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from random import Random
from typing import Any, TypeVar

from essaim_practice.store.clock import Clock, Timer
from essaim_practice.store.objects import Engine, Node, Swarm, changed
from essaim_practice.store.store import Change, Store
from essaim_practice.swarm.quorum import (
    has_majority,
    hears_leader,
    is_led,
    leader,
    let_lead,
    managers,
    running,
)
from essaim_practice.swarm.records import revise

T = TypeVar("T")

TIMEOUT = (10.0, 20.0)  # seconds without a leader, or of a leader without a majority
ALONE = 1.0  # seconds until a manager that is the only one leads again after its start
CAMPAIGN = (1.0, 10.0)  # seconds that one takes who has been without a leader for long


class ManagersClock:
    """The clock of the managers. Timers that fall due without a leader run once there is one."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._resting = False
        self._late: list[_Timer] = []

    def now(self) -> float:
        return self._clock.now()

    def call_later(self, delay: float, callback: Callable[[], None]) -> Timer:
        timer = _Timer(callback)
        timer.inner = self._clock.call_later(delay, lambda: self._due(timer))
        return timer

    def call_first(self, callback: Callable[[], None]) -> Timer:
        return self._clock.call_first(callback)

    async def sleep(self, delay: float) -> None:
        await self._clock.sleep(delay)

    async def counted(self, work: Coroutine[Any, Any, T]) -> T:
        return await self._clock.counted(work)

    def real(self) -> float:
        return self._clock.real()

    def rest(self, resting: bool) -> None:
        """Stop, or run the timers that fell due meanwhile."""
        self._resting = resting
        while self._late and not self._resting:
            self._late.pop(0).go_off()

    def _due(self, timer: _Timer) -> None:
        if self._resting:
            self._late.append(timer)
        else:
            timer.go_off()


class _Timer:
    def __init__(self, callback: Callable[[], None]) -> None:
        self._callback: Callable[[], None] | None = callback
        self.inner: Timer | None = None

    def go_off(self) -> None:
        if self._callback is not None:
            self._callback()

    def cancel(self) -> None:
        self._callback = None
        if self.inner is not None:
            self.inner.cancel()


class Elections:
    """Watches engines and nodes; writes the leader, and how long managers wait for one."""

    def __init__(self, store: Store, random: Random, clock: ManagersClock) -> None:
        self._store, self._random, self._clock = store, random, clock
        self._campaign: Timer | None = None
        store.watch(self._on_engine, Engine)
        store.watch(self._on_node, Node)
        self._review()

    def _on_engine(self, change: Change) -> None:
        old, new = change.old, change.new
        if isinstance(old, Engine) and isinstance(new, Engine):
            if new.up and not old.up:
                self._start(new.id)
            if _reachability(old) != _reachability(new):
                self._review()

    def _on_node(self, change: Change) -> None:
        old, new = change.old, change.new
        ours = [node for node in (old, new) if isinstance(node, Node)]
        if len(ours) < 2 or (ours[0].role, ours[0].leader) != (ours[1].role, ours[1].leader):
            self._review()

    def _start(self, name: str) -> None:
        """A manager that starts does not lead; with autolock it is locked until it gets the key."""
        engine, swarm = self._store.get(Engine, name), next(self._store.all(Swarm), None)
        chosen = leader(self._store)
        if chosen is not None and chosen.engine == name:
            revise(self._store, chosen, leader=False)
        if engine is not None and engine.role == "manager" and swarm and swarm.unlock_key:
            self._store.put(changed(engine, locked=True))

    def _review(self) -> None:
        """Record which managers wait for a leader, and since when."""
        now, store = self._store.clock.now(), self._store
        for node in managers(store):
            engine = running(store, node)
            if engine is None:
                continue
            if hears_leader(store, engine):
                if engine.patience:
                    store.put(changed(engine, patience=0.0))
            elif not engine.patience:
                alone = len(managers(store)) == 1
                wait = ALONE if alone else self._random.uniform(*TIMEOUT)
                store.put(changed(engine, patience=now + wait))
                store.clock.call_later(wait, self._act)
            elif engine.patience <= now and has_majority(store, engine) and not self._campaign:
                wait = self._random.uniform(*CAMPAIGN)
                self._campaign = store.clock.call_later(wait, self._act)
        self._clock.rest(not is_led(store))

    def _act(self) -> None:
        """End the wait of managers: an old leader steps down, another one leads."""
        self._campaign = None
        store, now = self._store, self._store.clock.now()
        desperate = [
            node
            for node in managers(store)
            if (engine := running(store, node)) is not None and 0 < engine.patience <= now
        ]
        for node in desperate:
            if node.leader:
                revise(store, node, leader=False)
        able = [
            node
            for node in desperate
            if (engine := running(store, node)) is not None and has_majority(store, engine)
        ]
        if able and not is_led(store):
            known = leader(store)
            chosen = self._random.choice(able)
            let_lead(store, store.get(Node, chosen.id) or known or chosen)


def _reachability(engine: Engine) -> tuple[object, ...]:
    """The fields of an engine that decide whether its manager is heard."""
    return engine.up, engine.cut, engine.locked, engine.node_id
