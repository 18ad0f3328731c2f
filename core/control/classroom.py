"""All clusters that this server controls, by key.

A real engine, or a practice engine elsewhere, is one cluster for everybody. On workers each
learner gets a practice cluster on first use. Without viewers, its Control rests: the cluster goes
on, but is not polled. After hours without viewers, it is ended. Where no place is left, an unused
cluster is ended for a new one; one with work in it is not. After a restart, what was done in each
is there again, and its Control is made when somebody looks at it.
"""

from __future__ import annotations

import itertools
import logging
import math
import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from core.board.learner import Learner
from core.control import keeping, memory
from core.control.access import Access
from core.control.admission import Admission
from core.control.control import Control
from core.control.held import Asleep, Held, untouched
from core.control.keeping import Keeping, KeptCluster
from core.engine import keys
from core.engine.connection import Connection, Practice, choose, no_room
from core.engine.worker import Return
from core.errors import Crowded, NotBegun, NoWorker
from core.i18n import later as _
from core.labs.kept import KeptLabs
from core.storage import folder
from core.storage.storage import Storage
from core.threads.supervised import SupervisedThread
from core.threads.turns import Turns

log = logging.getLogger(__name__)

#: Seconds without a viewer until a Control rests: more than a page takes to come back.
REST_AFTER = 60.0
#: The same until an unused cluster may be ended for a new one: who comes back gets an equal one.
SPARE_AFTER = 60.0
#: Seconds without a viewer until any cluster is ended.
END_AFTER = 4 * 3600.0
#: Seconds between two rounds through the classroom.
ROUND = 5.0
#: Seconds for which it is not written down that a cluster is still used.
USED_AGAIN = 60.0


class Classroom:
    """Controls by key, from ``start()`` until ``stop()``.

    engines: one for everybody, or one for each key. now: a monotonic clock, in seconds. storage:
    what outlives them; closed with them. wall: seconds since the epoch.
    """

    def __init__(
        self,
        engines: Connection | Practice,
        access: Access,
        now: Callable[[], float] = time.monotonic,
        storage: Storage | None = None,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.access = access
        self.storage = storage or Storage(None)
        self._engines = engines
        self._now, self._wall = now, wall
        self._lock = threading.Lock()  # of what follows; nobody holds it while a worker is asked
        self._turns = Turns()  # of who makes or ends the cluster of a key
        self._stopped = False
        self._clusters: dict[str, Held] = {}
        self._coming: set[str] = set()  # keys of clusters that are being made
        self._asleep: dict[str, Asleep] = {}
        self._codes: dict[str, str] = {}  # keys by the code to look on
        self._numbers = itertools.count(1)  # of learners
        self._thread = SupervisedThread("classroom", self._go_round)
        self._admission = Admission(engines.most, now) if isinstance(engines, Practice) else None
        if not self.shared:
            self._recall()

    @property
    def shared(self) -> bool:
        """Whether everybody has the same cluster."""
        return isinstance(self._engines, Connection)

    def known(self, key: str) -> bool:
        """Whether there is a cluster of this key or code."""
        return key in self._clusters or key in self._asleep or key in self._codes

    def kept(self, key: str) -> KeptCluster | None:
        """What is written down of the cluster of this key or code."""
        key = self._codes.get(key, key)
        cluster = self._clusters.get(key) or self._asleep.get(key)
        return cluster.kept if cluster else None

    def viewing_code(self, key: str) -> str:
        """The code with which others may look at the cluster of this key; '' for none."""
        return kept.code if (kept := self.kept(key)) else ""

    def found(self, key: str) -> Control:
        """The existing cluster of this key or code. Raises NotBegun."""
        if not self.shared and not self.known(key):
            raise NotBegun(_("There is no practice cluster yet: open a page of Essaim first."))
        return self.control(key)

    def control(self, key: str = keys.DEFAULT, who: str = "") -> Control:
        """The cluster of this key, made on first use; its snapshot is fresh if it can be.

        With the code to look on, it is ``Control.as_read_only``. who: the address of the viewer,
        for the limit on new clusters; '' for none. Raises NoRoom, NoWorker and Crowded. Who comes
        waits for no other learner's worker.
        """
        code = key
        key = keys.DEFAULT if self.shared else self._codes.get(code, code)
        while True:
            cluster = self._clusters.get(key) or self._made(key, who)
            with cluster.lock:
                if not cluster.ended:
                    cluster.used = self._now()
                    cluster.control.resume()
                    break
        cluster.control.collector.current()
        return cluster.read_only if code == cluster.code else cluster.control

    def controls(self) -> tuple[tuple[str, Control], ...]:
        """Every cluster that has a Control, with its key. They go on resting."""
        return tuple((key, cluster.control) for key, cluster in list(self._clusters.items()))

    def learners(self) -> tuple[Learner, ...]:
        """Everybody with a cluster, in the order in which they came."""
        held: list[Held | Asleep] = [*list(self._clusters.values()), *list(self._asleep.values())]
        return tuple(sorted((each.learner() for each in held), key=lambda each: each.number))

    def end(self, key: str) -> None:
        """End the cluster of this key, if there is one."""
        with self._turns.of(key):
            self._end(key)

    def tend(self) -> None:
        """Let clusters without viewers rest, and end those that had none for hours."""
        if self.shared:
            return
        for cluster in list(self._clusters.values()):
            with cluster.lock:  # a viewer who comes now counts, or wakes it
                if self._idle(cluster) >= REST_AFTER:
                    cluster.control.rest()
        for key in [*self._clusters, *self._asleep]:
            self._end_idle(key, END_AFTER)
        for key, cluster in list(self._clusters.items()):
            self._note(key, cluster)  # it may ask a worker: nobody waits for that

    def start(self) -> None:
        if isinstance(self._engines, Practice):
            self._engines.start()
        else:
            self.control()  # its history begins before the first viewer comes
        self._thread.start()

    def stop(self) -> None:
        """End all control, and the workers; what is kept stays. May be called twice."""
        self._thread.stop()
        with self._lock:
            self._stopped = True
            clusters = list(self._clusters.items())
        for key, cluster in clusters:
            self._note(key, cluster, now=True)
            self._let_go(key)
        if isinstance(self._engines, Practice):
            self._engines.close()
        self.storage.close()

    def _made(self, key: str, who: str) -> Held:
        with self._turns.of(key):
            found = self._clusters.get(key)
            if found is not None:
                return found
            if key not in self._asleep and who and self._admission:
                self._admit(self._admission, who)
            try:
                return self._begin(key, self._open(key))
            finally:
                with self._lock:
                    self._coming.discard(key)

    def _admit(self, admission: Admission, who: str) -> None:
        with self._lock:
            wait = admission.wait(who)
        if wait:
            raise Crowded(
                _(
                    "Many have come in from your address just now. There will be a place for "
                    "you in {seconds} s."
                ),
                seconds=math.ceil(wait),
            )

    def _begin(self, key: str, connection: Connection) -> Held:
        asleep = self._asleep.get(key)
        # The progress of a learner belongs to no other engine.
        owner = f"at {connection.base_url}" if self.shared else key
        control = Control(connection, self.access, Keeping(self.storage, owner))
        if asleep and asleep.kept.touched and connection.anew and not control.notice.text:
            control.notice.note(Return(kept=False))  # what was kept of its machines is lost
        control.start()
        now = self._wall()
        code = "" if self.shared else keys.new()
        kept = asleep.kept if asleep else KeptCluster(code, now, now, False, next(self._numbers))
        cluster = Held(control, self._now(), kept.code, control.as_read_only(), kept)
        with self._lock:
            if not self._stopped:
                self._clusters[key] = cluster
                self._asleep.pop(key, None)
                if cluster.code:
                    self._codes[cluster.code] = key
        if self._stopped:
            control.stop()
            raise NoWorker(_("Essaim is ending: try again in a moment."))
        self._note(key, cluster, now=True)
        return cluster

    def _open(self, key: str) -> Connection:
        if isinstance(self._engines, Connection):
            return self._engines
        while not self._has_place(key, self._engines.most):
            self._make_room(self._engines.most)
        return self._engines.open(key)

    def _has_place(self, key: str, most: int) -> bool:
        """Whether there is one for the cluster of this key, which it then has."""
        with self._lock:
            there = self._clusters.keys() | self._asleep.keys() | self._coming
            if key not in there and len(there) >= most:
                return False
            self._coming.add(key)
            return True

    def _make_room(self, most: int) -> None:
        """End the cluster that was unused for longest, if nothing was done in it. Raises NoRoom."""
        idle = {key: self._idle(each) for key, each in list(self._clusters.items())}
        idle |= {key: self._now() - each.used for key, each in list(self._asleep.items())}
        for key in sorted(idle, key=idle.__getitem__, reverse=True):
            if idle[key] >= SPARE_AFTER and self._end_idle(key, SPARE_AFTER, unused=True):
                return
        raise no_room(most)

    def _end_idle(self, key: str, after: float, unused: bool = False) -> bool:
        """End a cluster that had no viewer for so long; unused: if nothing was done in it."""
        with self._turns.of(key):
            if cluster := self._clusters.get(key):
                done = unused and not untouched(cluster)  # its worker may take long to say so
                with cluster.lock:  # a viewer who comes before counts, and one after gets a new one
                    if done or self._idle(cluster) < after:
                        return False
                    cluster.ended = True
            else:
                asleep = self._asleep.get(key)
                done = asleep is None or (unused and asleep.kept.touched)
                if done or (asleep and self._now() - asleep.used < after):
                    return False
            self._end(key)
            return True

    def _recall(self) -> None:
        """Find the clusters of before the restart."""
        for key, kept in keeping.clusters(self.storage, self._wall()):
            idle = max(0.0, self._wall() - kept.used)
            labs = self.storage.record(key, "labs", KeptLabs) or KeptLabs()
            self._asleep[key] = Asleep(kept, self._now() - idle, labs)
            self._codes[kept.code] = key
            self._numbers = itertools.count(kept.number + 1)

    def _note(self, key: str, cluster: Held, now: bool = False) -> None:
        """Write down when it was used, and that something was done in it. now: in any case."""
        if self.shared:
            return
        touched = not untouched(cluster, ROUND)
        with cluster.lock:
            used, was = self._wall() - self._idle(cluster), cluster.kept
            due = now or touched != was.touched or used > was.used + USED_AGAIN
            if due and not cluster.ended:
                cluster.kept = kept = replace(was, used=used, touched=touched)
                self.storage.put(key, "cluster", lambda: kept)

    def _idle(self, cluster: Held) -> float:
        """Seconds since it last had a viewer."""
        if cluster.control.watched:
            cluster.used = self._now()
        return self._now() - cluster.used

    def _end(self, key: str) -> None:
        self._let_go(key)
        if asleep := self._asleep.pop(key, None):
            self._codes.pop(asleep.kept.code, None)
        if isinstance(self._engines, Practice):
            self._engines.end(key)
            self.storage.end(key)

    def _let_go(self, key: str) -> None:
        cluster = self._clusters.pop(key, None)
        if cluster is not None:
            self._codes.pop(cluster.code, None)
            with cluster.lock:
                cluster.ended = True
            cluster.control.stop()
            cluster.control.keeping.close()

    def _go_round(self) -> None:
        while not self._thread.wait(ROUND):
            try:
                self.tend()
                memory.give_back()
            except Exception:
                log.exception("a round through the classroom failed")


def begin() -> None:
    """Make this process's classroom, and wait for nothing. What is wrong, ``classroom`` raises."""

    def make() -> None:
        with suppress(Exception):
            classroom()

    SupervisedThread("begin", make).start()


_current: Classroom | None = None
_making = threading.Lock()


def classroom() -> Classroom:
    """This process's classroom, made on first use."""
    global _current
    with _making:
        if _current is None:
            storage = Storage(folder.chosen(os.environ))
            try:
                keeping.sign_alike(storage)
                keeping.settings(storage)
                data = storage.folder / "clusters" if storage.folder else None
                _current = Classroom(choose(data=data), Access(os.environ), storage=storage)
            except BaseException:
                storage.close()
                raise
            _current.start()
        return _current
