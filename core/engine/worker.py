"""One worker: its process, the thread that hears it, the clusters that it holds."""

from __future__ import annotations

import logging
import math
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from core.engine.practice import Changed, Changes, NoAnswer, RequestRefused, WorkerClient
from core.engine.pulse import LOOK, Pulse
from core.threads.supervised import SupervisedThread

log = logging.getLogger(__name__)

#: Seconds without a word until a worker elsewhere counts as lost; it says something each second.
SILENCE = 5.0
#: Seconds for an answer; and for a cluster to come back from its file, which others wait for.
ANSWER, RETURNING = 10.0, 60.0
#: Seconds from the start of a process until it must listen.
STARTING = 30.0
#: Seconds until a lost worker is looked for again, or one that ended at once is started again; for
#: that it is longer each time, and at most so long.
AGAIN, LONGEST = 0.5, 30.0
#: Seconds that a worker has lived when its end counts as an accident, not as a fault of its own.
SOUND = 10.0
#: Seconds that a process has to write what it keeps, when it is asked to end.
ENDING = 10.0

#: Which parts of a snapshot a change of a kind of the practice engine's records touches.
_TOLD_BY = {
    "Engine": ("engine", "nodes", "machines"),
    "Swarm": ("engine", "nodes", "services", "tasks"),
    "Node": ("engine", "nodes", "tasks"),
    "Service": ("services", "tasks"),
    "Task": ("tasks",),
    "Container": ("containers",),
    "Image": ("images",),
    "DockerLine": ("lines",),
}
_ALL = tuple(dict.fromkeys(part for parts in _TOLD_BY.values() for part in parts))


Aside = Literal["damaged", "future"] | None


@dataclass(frozen=True, slots=True)
class Return:
    """What became of a cluster whose worker was lost.

    kept: it is as it was, but for a power cut; else it was begun anew. aside: why its file was put
    aside, where it was.
    """

    kept: bool
    aside: Aside = None


Hint = Callable[..., None]
Told = Callable[[Return], None]


class PracticeCluster:
    """A cluster on a worker, whichever that is at the time. id: its name on workers.

    settings: what it is when it begins, see ``Settings`` of ``essaim_practice``.
    """

    def __init__(self, id: str, settings: Mapping[str, Any], worker: Worker) -> None:
        self.id, self.settings, self.worker = id, settings, worker
        self.most_machines = 0
        #: How it came to be; "there" where this dashboard has only found it.
        self.begun: Literal["new", "there", "restored"] = "new"
        self.aside: Aside = None
        self._opened = False
        self.failures = 0  # how often a worker was lost while it opened this
        self._hints = list[Hint]()
        self._told = list[Told]()

    @property
    def secret(self) -> str:
        return self.worker.secret

    def host(self, machine: str) -> str:
        """The DOCKER_HOST of one machine's engine."""
        return str(self.worker.client.engine(self.id, machine))

    def untouched(self, age: float) -> bool:
        """Whether it was only looked at since it began, as its worker says. Raises NoAnswer.

        age: seconds that the worker's last answer may be old.
        """
        return self.id in self.worker.untouched(age)

    def listen(self, hint: Hint, told: Told | None = None) -> None:
        """Call back on the worker's thread, where it must be quick.

        hint: with the parts of a snapshot that have changed. told: after its worker was lost, and
        at once where it was restored when it was opened.
        """
        self._hints.append(hint)
        if told:
            self._told.append(told)
            if self.begun == "restored" or self.aside:
                told(self._return)

    def changed(self, kinds: Iterable[str]) -> None:
        parts = {part for kind in kinds for part in _TOLD_BY.get(kind, ())}
        for hint in self._hints:
            hint(*parts)

    def open(self, worker: Worker, patience: float = ANSWER) -> bool:
        """Have a worker hold it; whether it was there already.

        patience: in seconds. Raises NoAnswer and RequestRefused.
        """
        opened = worker.asking(patience).open(self.id, **self.settings)
        self.worker, worker.asked = worker, -math.inf
        self.most_machines, self.aside = opened.cluster.most_machines, opened.lost
        there = opened.begun == "there"
        if not (there and self._opened):  # what the first answer said stays true
            self.begun = opened.begun
        self._opened = True
        return there

    def came_back(self, there: bool) -> None:
        """Tell those who listen what became of it. there: nothing, it was there all the time."""
        for hint in self._hints:
            hint(*_ALL)
        if not there:
            for told in self._told:
                told(self._return)

    @property
    def _return(self) -> Return:
        return Return(self.begun == "restored", self.aside)


class Owner(Protocol):
    """Who knows all workers; called on a worker's thread."""

    def came(self, worker: Worker, there: Callable[[], bool]) -> None:
        """It answers now: give it its clusters, while it is there.

        Raises NoAnswer and RequestRefused.
        """

    def housed(self, worker: Worker) -> None:
        """It is ready for more."""

    def lost(self, worker: Worker) -> None:
        """It does not answer any more."""


class Worker:
    """One worker, from ``start()`` until ``stop()``.

    host: where it listens. launch: starts its process; None where it is somebody else's. owner:
    hears when it comes and when it is lost.
    """

    def __init__(
        self,
        host: str,
        secret: str,
        owner: Owner,
        launch: Callable[[], subprocess.Popen[bytes]] | None = None,
    ) -> None:
        self.host, self.secret = host, secret
        self.client = self.asking(ANSWER)
        self.clusters: dict[str, PracticeCluster] = {}  # by id
        self.load = 0.0  # share of a core, as it last said
        self.problem = ""  # why some clusters cannot be written, as it last said
        self.tried = False  # it did not answer, or does not any more
        self._owner, self._launch = owner, launch
        self._untouched = frozenset[str]()
        self.asked = -math.inf  # when it said so
        self._process: subprocess.Popen[bytes] | None = None
        self._changes: Changes | None = None  # that are heard now
        self._held: Changes | None = None  # those when it got its clusters back
        self._thread = SupervisedThread(f"worker_{host.rpartition('/')[2]}", self._work)

    @property
    def ours(self) -> bool:
        """Whether it is a process of this dashboard."""
        return self._launch is not None

    @property
    def ready(self) -> bool:
        """Whether it is there, with all its clusters."""
        return self._held is not None and self._held is self._changes

    def asking(self, patience: float) -> WorkerClient:
        """A client that waits so many seconds for each answer."""
        return WorkerClient(self.host, self.secret, timeout=patience)

    @property
    def pid(self) -> int:
        """Of its process; 0 where there is none of ours."""
        return self._process.pid if self._process else 0

    def untouched(self, age: float) -> frozenset[str]:
        """Its clusters that were only looked at since they began, by id. Raises NoAnswer.

        age: seconds that its last answer may be old.
        """
        if time.monotonic() - self.asked >= age:
            asked = time.monotonic()
            there = self.client.clusters()
            self._untouched = frozenset(each.id for each in there if not each.touched)
            self.asked = asked
        return self._untouched

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Let it end; ``join`` waits for that."""
        self._thread.stop()
        if self._process and self._process.stdin:
            self._process.stdin.close()
        elif self._changes:
            self._changes.close()

    def join(self) -> None:
        if self._thread.ident and self.ours:
            self._thread.join(2 * ENDING)

    def _work(self) -> None:
        failures = 0
        while not self._thread.wait(0):
            began = time.monotonic()
            why: Exception | None = None
            try:
                self._live()
            except (NoAnswer, RequestRefused, OSError) as error:
                why = error
            except Exception as error:
                log.exception("the worker at %s was given up", self.host)
                why = error
            self.tried = True
            ended = self._thread.wait(0)
            self._end_process(politely=ended)
            if ended:
                return
            failures = 0 if time.monotonic() - began > SOUND else failures + 1
            # One that does not come back is told of once.
            log.log(logging.WARNING if failures < 2 else logging.DEBUG, "a worker is lost: %s", why)
            self._owner.lost(self)
            if failures:
                # To start a process costs a second; to look for one elsewhere, nothing.
                longer = 2 ** min(failures - 1, 10) if self.ours else 1
                self._thread.wait(min(AGAIN * longer, LONGEST))

    def _live(self) -> None:
        """From the worker's first word to its last. Raises NoAnswer when it is silent."""
        if self._launch:
            self._process = self._launch()
        self._changes = changes = self._heard()
        pulse = Pulse(self.pid)
        try:
            if self.ours:
                SupervisedThread("worker_pulse", lambda: self._feel(pulse, changes)).start()
            next(changes)
            # On a thread of its own: a cluster that takes long to come back is no silence.
            SupervisedThread("worker_comes", lambda: self._come(changes)).start()
            for change in changes:
                pulse.beat()
                if isinstance(change, Changed):
                    if cluster := self.clusters.get(change.cluster):
                        cluster.changed(change.kinds)
                else:
                    self.load, self.problem = change.load, change.problem
        finally:
            self._changes, self.problem = None, ""
            changes.close()

    def _feel(self, pulse: Pulse, changes: Changes) -> None:
        """End the changes of a process that is hung, so that it is lost."""
        while changes is self._changes and not self._thread.wait(LOOK):
            if pulse.hung:
                log.warning("the worker %s is silent", self.host)
                changes.close()
                return

    def _come(self, changes: Changes) -> None:
        """Have it hold its clusters again, for as long as these changes are heard."""
        try:
            self._owner.came(self, lambda: changes is self._changes)
        except (NoAnswer, RequestRefused) as error:
            log.warning("a worker is given up: %s", error)
        except Exception:
            log.exception("the worker at %s is given up", self.host)
        else:
            self._held = changes
            self._owner.housed(self)
            return
        changes.close()  # so that it is lost

    def _heard(self) -> Changes:
        """Its changes, once it listens."""
        end = time.monotonic() + STARTING
        while True:
            try:
                # How long one of ours may be silent, its pulse tells.
                return self.client.changes(STARTING if self.ours else SILENCE)
            except NoAnswer:
                over = self._process is None or self._process.poll() is not None
                if over or time.monotonic() > end or self._thread.wait(0.01):
                    raise

    def _end_process(self, politely: bool) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if politely:
            try:
                process.wait(ENDING)
            except subprocess.TimeoutExpired:
                log.warning("the worker %s does not end, and is killed", self.host)
        if process.poll() is None:
            process.kill()
            process.wait()
        if process.stdin:
            process.stdin.close()
