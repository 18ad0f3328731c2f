"""The collector: one thread that asks the engine, and gives out a snapshot at each change.

There is one for any number of viewers. The engine's events wake it. Swarm has no events of tasks:
so it asks for the tasks some fifteen times a second while any changes its state, and seldom else.
(The nodes report task states in batches of 100 ms: SwarmKit manager/dispatcher.)
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

import docker
from docker.types.daemon import CancellableStream

from core.cluster import parse
from core.cluster.failures import daemon_errors, unforeseen
from core.cluster.snapshot import ClusterSnapshot, Outage
from core.errors import EngineRejected, EngineUnreachable, EssaimError, NotAManager
from core.i18n import later as _
from core.threads.supervised import SupervisedThread

log = logging.getLogger(__name__)

Connect = Callable[[], docker.APIClient]
Subscriber = Callable[[ClusterSnapshot], None]


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds between two questions."""

    moving: float = 0.06  # for tasks, while any changes its state
    idle: float = 0.5  # for tasks else
    rest: float = 2.0  # for all that has events, in case some were lost
    retry: float = 0.5  # to an engine that does not answer
    restless: float = 10.0  # since the last change, while unsettled tasks count as moving
    gather: float = 0.05  # from a hint to its question: several changes come together


#: For an engine that hints at each change: its other questions only show that it is still there.
HINTED = Pace(moving=1.5, idle=1.5, rest=6.0)


#: The parts of a snapshot that are asked for one by one, see ``Collector._ask``.
PARTS = ("engine", "nodes", "services", "tasks", "containers", "images")

#: The parts to ask for again after an event of each type.
_STIRRED_BY = {
    "node": ("engine", "nodes", "tasks"),
    "service": ("services", "tasks"),
    "container": ("containers", "tasks"),
    "image": ("images",),
    "daemon": ("engine",),
}

#: The beginnings of actions that change no snapshot; health checks and starts make many of them.
_UNSEEN = ("exec_", "top", "resize", "attach", "connect", "disconnect", "mount", "unmount")


class Collector:
    """Keeps ``snapshot`` up to date, from ``start()`` until ``stop()``, on a thread of its own.

    It has none while it rests.

    hinted: ``hint`` is called at each change, so that it need not follow the engine's events.
    """

    def __init__(
        self,
        connect: Connect,
        pace: Pace | None = None,
        now: Callable[[], float] = time.time,
        hinted: bool = False,
    ) -> None:
        self._connect = connect
        self._hinted = hinted
        self._pace = pace or (HINTED if hinted else Pace())
        self._now = now
        self._client: docker.APIClient | None = None
        self._version: dict[str, Any] = {}  # the answer to GET /version
        self._events: CancellableStream | None = None
        self._subscribers: list[Subscriber] = []
        self._wake = threading.Event()
        self._stopped = threading.Event()
        self._awake = threading.Event()
        self._collecting = False  # there is a thread that does
        self._resumed = 0.0  # the time of the last resume
        self._wanted = 0  # the first round after it
        self._rounds = threading.Condition()
        self._round_number = 0
        self._asking = False
        self._due = dict.fromkeys(PARTS, 0.0)  # by part, when to ask for it
        self._changed = 0.0  # the time of the last change
        self.questions = 0  # asked of the engine so far
        self.snapshot = ClusterSnapshot(time=now(), revision=0, engine=None)

    def subscribe(self, subscriber: Subscriber) -> None:
        """Call back, on the collector's thread, with each changed snapshot."""
        self._subscribers.append(subscriber)

    def start(self) -> None:
        self.resume()
        if not self._hinted:
            SupervisedThread("listen", self._listen).start()

    def stop(self) -> None:
        """Ask no more; the threads end by themselves, a moment later."""
        self._stopped.set()
        self._awake.set()
        self._wake.set()

    def rest(self) -> None:
        """Ask nothing until ``resume``; the last snapshot stays."""
        self._awake.clear()
        self._wake.set()

    def resume(self) -> None:
        """End a rest."""
        with self._rounds:
            if self._awake.is_set():
                return
            self._resumed = time.monotonic()
            self._wanted = self._next_round()
            self._awake.set()
            begin, self._collecting = not self._collecting, True
        self.stir()
        if begin:
            SupervisedThread("collect", self._collect, self._ended).start()

    def current(self, patience: float = 3.0) -> bool:
        """Wait until the snapshot is younger than the last ``start`` or ``resume``.

        patience: seconds from that moment. True if it is younger, or the engine does not answer.
        """
        with self._rounds:
            left = max(self._resumed + patience - time.monotonic(), 0.0)
            return self._rounds.wait_for(lambda: self._round_number >= self._wanted, left)

    def stir(self, *parts: str) -> None:
        """Ask now for these parts, or for all."""
        self._ask_at(0.0, parts or PARTS)
        self._wake.set()

    def hint(self, *parts: str) -> None:
        """Ask soon for those of these parts that a snapshot has. Cheap; any thread may call it."""
        when = time.monotonic() + self._pace.gather
        mine = [part for part in parts if part in self._due]
        if self._awake.is_set() and any(self._due[part] > when for part in mine):
            self._ask_at(when, mine)
            self._wake.set()

    def _ask_at(self, when: float, parts: Iterable[str]) -> None:
        with self._rounds:
            for part in parts:
                self._due[part] = min(self._due[part], when)

    def refresh(self, timeout: float = 2.0) -> bool:
        """Ask for everything now, and wait for the answers. False after ``timeout`` seconds."""
        with self._rounds:
            target = self._next_round()
            self.stir()
            return self._rounds.wait_for(lambda: self._round_number >= target, timeout)

    def _next_round(self) -> int:
        """The number of the first round that begins from now on."""
        return self._round_number + (2 if self._asking else 1)

    # The collecting thread

    def _collect(self) -> None:
        while self._goes_on():
            with self._rounds:
                self._asking = True
            try:
                self._round()
            except (EngineUnreachable, EngineRejected) as error:
                self._lost(error)
            except Exception:
                # One strange answer must not end the dashboard.
                log.exception("reading the engine failed")
                self._lost(
                    EssaimError(_("The engine gave an answer that Essaim does not understand."))
                )
            with self._rounds:
                self._asking = False
                self._round_number += 1
                self._rounds.notify_all()
            self._wake.wait(self._pause())
            self._wake.clear()

    def _goes_on(self) -> bool:
        """Whether to ask; if not, this thread ends, and ``resume`` begins another."""
        with self._rounds:
            if self._awake.is_set() and not self._stopped.is_set():
                return True
            self._drop_connection()
            self._collecting = False
            return False

    def _ended(self, error: BaseException | None) -> None:
        if error:
            self._lost(unforeseen(error))

    def _round(self) -> None:
        with daemon_errors():
            if self._client is None:
                self._client = self._connect()
                # Once per connection: a real engine starts three programs to answer this.
                self._version = self._client.version()
                self._due = dict.fromkeys(PARTS, 0.0)
        with self._rounds:
            due = [part for part in PARTS if self._due[part] <= time.monotonic()]
            for part in due:  # before it is asked for: a change from now on makes it due again
                self._due[part] = math.inf
        snapshot = self.snapshot
        for part in due:
            snapshot = self._ask(part, snapshot)
        self._publish(replace(snapshot, time=self._now(), outage=None))
        self._ask_at(time.monotonic() + self._pace.rest, due)
        pace = self._pace.moving if self._moving() else self._pace.idle
        self._ask_at(time.monotonic() + pace, ("tasks",))

    def _ask(self, part: str, known: ClusterSnapshot) -> ClusterSnapshot:
        client = self._client
        assert client is not None
        self.questions += 1
        with daemon_errors():
            if part == "engine":
                return replace(known, engine=parse.engine(client.info(), self._version))
            if part == "containers":
                return replace(known, containers=parse.containers(client.containers(all=True)))
            if part == "images":
                return replace(known, images=parse.images(client.images()))
            if known.engine is None or not known.engine.manager:
                return replace(known, nodes=(), services=(), tasks=())
            try:
                if part == "nodes":
                    return replace(known, nodes=parse.nodes(client.nodes()))
                if part == "services":
                    raw = client.services()
                    return replace(known, services=parse.services(raw, known.tasks))
                tasks = parse.tasks(client.tasks())
                return replace(known, tasks=tasks, services=parse.recount(known.services, tasks))
            except NotAManager:
                # It was demoted or left the Swarm since the last question.
                self._due["engine"] = 0.0
                return replace(known, nodes=(), services=(), tasks=())

    def _lost(self, why: EssaimError) -> None:
        self._drop_connection()
        known = self.snapshot.outage
        if known is None or known.message != str(why):
            since = known.since if known else self._now()
            self._publish(replace(self.snapshot, outage=Outage(why.kept(), since)))

    def _publish(self, snapshot: ClusterSnapshot) -> None:
        if replace(snapshot, time=0.0) == replace(self.snapshot, time=0.0):
            self.snapshot = snapshot
            return
        self._changed = time.monotonic()
        self.snapshot = snapshot = replace(snapshot, revision=snapshot.revision + 1)
        for subscriber in self._subscribers:
            try:
                subscriber(snapshot)
            except Exception:
                log.exception("a subscriber failed")

    def _moving(self) -> bool:
        quiet = time.monotonic() - self._changed
        if quiet < 1.0:
            return True
        down = self.snapshot.down_nodes
        unsettled = any(not t.settled and t.node_id not in down for t in self.snapshot.tasks)
        return unsettled and quiet < self._pace.restless

    def _pause(self) -> float:
        if self.snapshot.outage is not None:
            return self._pace.retry
        return max(min(self._due.values()) - time.monotonic(), 0.0)

    def _drop_connection(self) -> None:
        client, self._client = self._client, None
        events, self._events = self._events, None
        if events is not None:
            try:
                events.close()
            except Exception:
                log.debug("closing the event stream failed", exc_info=True)
        if client is not None:
            client.close()

    # The listening thread

    def _listen(self) -> None:
        """Follow the engine's events, and ask for the parts that each may have changed."""
        while not self._stopped.is_set():
            self._awake.wait()
            # Only while the engine answers the collecting thread.
            if self._client is not None and self.snapshot.outage is None:
                try:
                    with daemon_errors():
                        self._follow(self._connect())
                except (EngineUnreachable, EngineRejected):
                    pass
                except Exception:
                    log.debug("the event stream broke", exc_info=True)
                self.stir()  # it may have missed something
            self._stopped.wait(self._pace.retry)

    def _follow(self, client: docker.APIClient) -> None:
        try:
            events = self._events = client.events(decode=True)
            self.stir()  # what happened before the stream was open
            for event in events:
                action = str(event.get("Action", ""))
                if action.startswith(_UNSEEN):
                    continue
                self.stir(*_STIRRED_BY.get(str(event.get("Type")), ()) or ("engine",))
        finally:
            client.close()
