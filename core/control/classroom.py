"""All clusters that this server controls, by key.

A real engine, or a practice engine elsewhere, is one cluster for everybody. On the embedded
practice engine each learner gets a cluster on first use. Without viewers, its Control rests: the
cluster goes on, but is not polled. After hours without viewers, it is ended. Where no place is
left, an unused cluster is ended for a new one; one with work in it is not.
"""

from __future__ import annotations

import logging
import math
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from core.control import keeping
from core.control.access import Access
from core.control.admission import Admission
from core.control.control import Control
from core.engine import keys
from core.engine.connection import Connection, Practice, choose
from core.errors import Crowded, NoRoom, NotBegun
from core.i18n import later as _
from core.storage import folder
from core.storage.storage import Storage
from core.threads.supervised import SupervisedThread

log = logging.getLogger(__name__)

#: Seconds without a viewer until a Control rests: more than a page takes to come back.
REST_AFTER = 60.0
#: Seconds without a viewer until an unused cluster may be ended for a new one; a viewer who comes
#: back gets another that is equal.
SPARE_AFTER = 60.0
#: Seconds without a viewer until any cluster is ended.
END_AFTER = 4 * 3600.0
#: Seconds between two rounds through the classroom.
ROUND = 5.0


@dataclass(slots=True)
class _Cluster:
    """A cluster, and when it was last used."""

    control: Control
    used: float
    code: str  # for viewers who may only look; '' where the cluster is shared
    read_only: Control  # the same cluster, for them
    fresh: int  # Connection.writes when it was made
    ended: bool = False
    #: One for each: no request waits for another learner's cluster.
    lock: threading.Lock = field(default_factory=threading.Lock)


class Classroom:
    """Controls by key, from ``start()`` until ``stop()``.

    engines: one for everybody, or one for each key. now: a monotonic clock, in seconds. storage:
    what outlives them; closed with them.
    """

    def __init__(
        self,
        engines: Connection | Practice,
        access: Access,
        now: Callable[[], float] = time.monotonic,
        storage: Storage | None = None,
    ) -> None:
        self.access = access
        self.storage = storage or Storage(None)
        self._engines = engines
        self._now = now
        self._lock = threading.Lock()
        self._clusters: dict[str, _Cluster] = {}
        self._codes: dict[str, str] = {}  # keys by the code to look on
        self._thread = SupervisedThread("classroom", self._go_round)
        self._admission = Admission(engines.most, now) if isinstance(engines, Practice) else None

    @property
    def shared(self) -> bool:
        """Whether everybody has the same cluster."""
        return isinstance(self._engines, Connection)

    def known(self, key: str) -> bool:
        """Whether there is a cluster of this key or code."""
        return key in self._clusters or key in self._codes

    def viewing_code(self, key: str) -> str:
        """The code with which others may look at the cluster of this key; '' where there is none.

        It is random: the key cannot be found from it.
        """
        cluster = self._clusters.get(self._codes.get(key, key))
        return cluster.code if cluster else ""

    def found(self, key: str) -> Control:
        """The existing cluster of this key or code. Raises NotBegun."""
        if not self.shared and not self.known(key):
            raise NotBegun(_("There is no practice cluster yet: open a page of Essaim first."))
        return self.control(key)

    def control(self, key: str = keys.DEFAULT, who: str = "") -> Control:
        """The cluster of this key, made on first use; its snapshot is fresh if it can be.

        With the code to look on, it is ``Control.as_read_only``. who: the address of the viewer,
        for the limit on new clusters; '' for none. Raises NoRoom and Crowded.
        """
        code = key
        key = keys.DEFAULT if self.shared else self._codes.get(code, code)
        while True:
            cluster = self._clusters.get(key) or self._made(key, who)
            with cluster.lock:
                if not cluster.ended:
                    cluster.used = self._now()
                    cluster.control.collector.resume()
                    break
        cluster.control.collector.current()
        return cluster.read_only if code == cluster.code else cluster.control

    def controls(self) -> tuple[tuple[str, Control], ...]:
        """Every cluster with its key, oldest first. They go on resting."""
        return tuple((key, cluster.control) for key, cluster in list(self._clusters.items()))

    def end(self, key: str) -> None:
        """End the cluster of this key, if there is one."""
        with self._lock:
            self._end(key)

    def tend(self) -> None:
        """Let clusters without viewers rest, and end those that had none for hours."""
        if self.shared:
            return
        with self._lock:
            for key, cluster in list(self._clusters.items()):
                with cluster.lock:  # a viewer who comes now counts, or wakes it
                    idle = self._idle(cluster)
                    if idle >= REST_AFTER:
                        cluster.control.collector.rest()
                if idle >= END_AFTER:
                    self._end(key)

    def start(self) -> None:
        if self.shared:
            self.control()  # its history begins before the first viewer comes
        self._thread.start()

    def stop(self) -> None:
        """End all clusters. May be called twice."""
        self._thread.stop()
        with self._lock:
            for key in list(self._clusters):
                self._end(key)
        self._engines.close()
        self.storage.close()

    def _made(self, key: str, who: str) -> _Cluster:
        with self._lock:
            found = self._clusters.get(key)
            if found is not None:
                return found
            if who and self._admission and (wait := self._admission.wait(who)):
                raise Crowded(
                    _(
                        "Many have come in from your address just now. There will be a place for "
                        "you in {seconds} s."
                    ),
                    seconds=math.ceil(wait),
                )
            control = Control(self._open(key), self.access)
            control.start()
            self._clusters[key] = cluster = _Cluster(
                control,
                self._now(),
                "" if self.shared else keys.new(),
                control.as_read_only(),
                control.connection.writes,
            )
            if cluster.code:
                self._codes[cluster.code] = key
            return cluster

    def _open(self, key: str) -> Connection:
        if isinstance(self._engines, Connection):
            return self._engines
        try:
            return self._engines.open(key)
        except NoRoom:
            idle = {key: self._idle(cluster) for key, cluster in self._clusters.items()}
            for longest in sorted(idle, key=idle.__getitem__, reverse=True):
                if idle[longest] >= SPARE_AFTER and _untouched(self._clusters[longest]):
                    self._end(longest)
                    return self._engines.open(key)
            raise

    def _idle(self, cluster: _Cluster) -> float:
        """Seconds since it last had a viewer."""
        now = self._now()
        if cluster.control.watched:
            cluster.used = now
        return now - cluster.used

    def _end(self, key: str) -> None:
        cluster = self._clusters.pop(key, None)
        if cluster is not None:
            self._codes.pop(cluster.code, None)
            with cluster.lock:
                cluster.ended = True
            cluster.control.stop()
            if isinstance(self._engines, Practice):
                self._engines.end(key)

    def _go_round(self) -> None:
        while not self._thread.wait(ROUND):
            try:
                self.tend()
            except Exception:
                log.exception("a round through the classroom failed")


def _untouched(cluster: _Cluster) -> bool:
    """Whether nobody has used the cluster, by a page or by the docker command."""
    here = cluster.control
    learnt = here.labs.begun() or here.labs.name
    done = here.journal.records() or learnt or here.votes.poll.question
    return not done and here.connection.writes == cluster.fresh


_current: Classroom | None = None
_making = threading.Lock()


def classroom() -> Classroom:
    """This process's classroom, made on first use."""
    global _current
    with _making:
        if _current is None:
            storage = Storage(folder.chosen(os.environ))
            keeping.sign_alike(storage)
            _current = Classroom(choose(), Access(os.environ), storage=storage)
            _current.start()
        return _current
