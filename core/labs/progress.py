"""How far the labs of one cluster are, checked at each of its snapshots."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from core.cluster.snapshot import ClusterSnapshot
from core.commands.journal import Journal
from core.engine.practice import Machine
from core.errors import EssaimError
from core.labs.catalogue import BY_NAME
from core.labs.facts import Facts, Verdict
from core.labs.kept import (
    KeptLabs,
    KeptRun,
    LabProgress,
    Way,
    sketch,
    with_private,
    without_private,
)
from core.labs.lab import Step
from core.labs.queries import EngineQueries
from core.threads.supervised import SupervisedThread

log = logging.getLogger(__name__)

#: Seconds between two checks while a step asks the engine for facts that no snapshot holds.
ASKING = 0.5
#: Seconds for which a viewer who asked for the progress counts as watching.
INTEREST = 60.0


@dataclass(slots=True)
class _Run:
    """One lab that has begun; only the watching thread changes it from then on."""

    progress: LabProgress
    lab_start: ClusterSnapshot
    step_start: ClusterSnapshot
    notes: dict[str, str] = field(default_factory=dict)
    looked: bool = False  # steps done at the first look were done when the lab began
    hidden: bool = False  # step_start was kept without what is private

    @property
    def asks(self) -> bool:
        step = self.progress.current
        return step is not None and step.asks


class Labs:
    """The labs of one cluster that have begun, until ``stop()``.

    Its thread starts with the first lab, and checks the current step of each at every snapshot.
    Steps are done in their order: a later step may be true by chance.

    snapshot: returns the latest. changed: called, on any thread, after a change of progress.
    watched: tells if anybody watches; if nobody does, no engine is asked, so that it can rest.
    machines: answers those of a practice cluster.
    """

    def __init__(
        self,
        snapshot: Callable[[], ClusterSnapshot],
        journal: Journal,
        queries: EngineQueries,
        changed: Callable[[], None],
        watched: Callable[[], bool],
        now: Callable[[], float] = time.time,
        machines: Callable[[], tuple[Machine, ...]] = tuple,
    ) -> None:
        self._snapshot, self._journal, self._queries = snapshot, journal, queries
        self._machines = machines
        self._changed, self._watched, self._now = changed, watched, now
        self._wanted = 0.0  # when somebody last asked, in seconds of the monotonic clock
        self._runs: dict[str, _Run] = {}
        self._lock = threading.Lock()  # held while a lab begins, and so while an engine is asked
        self._passing = threading.Lock()  # held while a run changes, and no longer
        self._wake = threading.Event()
        self._stopped = threading.Event()
        self._thread: SupervisedThread | None = None
        self._name = ""

    @property
    def name(self) -> str:
        """The learner's first name, where the teacher asks for it."""
        return self._name

    @name.setter
    def name(self, name: str) -> None:
        if name != self._name:
            self._name = name
            self._changed()

    def kept(self, hidden: bool) -> KeptLabs:
        """All of it as a record. hidden: without what a real engine hides."""
        with self._passing:
            runs = list(self._runs.values())
            return KeptLabs(self._name, tuple(_kept(run, hidden) for run in runs))

    def restore(self, kept: KeptLabs) -> None:
        """Go on where an earlier process was, before anybody asks."""
        self._name = kept.name
        for run in kept.runs:
            if progress := run.progress:
                self._runs[run.lab] = _Run(
                    progress, run.lab_start, run.step_start, dict(run.notes), run.looked, run.hidden
                )

    def begun(self) -> tuple[LabProgress, ...]:
        """The progress of each, in the order in which they began."""
        with self._lock:
            return tuple(run.progress for run in self._runs.values())

    def progress(self, name: str) -> LabProgress:
        """How far this lab is. The first call begins it."""
        self._wanted = time.monotonic()
        with self._lock:
            first = name not in self._runs
            if first:
                self._begin(name)
            progress = self._runs[name].progress
        if first:
            self._changed()
            self.feed()
        return progress

    def facts(self, name: str) -> Facts:
        """The facts that the checks of this lab judge now, and the machines."""
        machines = self._machines()
        with self._lock:
            return replace(self._facts(self._runs[name]), machines=machines)

    def reset(self, name: str) -> None:
        """Begin this lab anew, from the cluster as it is: steps that are true already are done."""
        with self._lock:
            self._begin(name)
        self._changed()
        self.feed()

    def skip(self, name: str) -> None:
        """Pass over the current step, for a machine that cannot do it."""
        with self._lock:
            self._pass(self._runs[name], self._snapshot(), "", "skipped")
        self._changed()
        self.feed()

    def feed(self) -> None:
        """Tell the thread that there may be a new snapshot."""
        if not self._runs or self._stopped.is_set():
            return
        with self._lock:
            if self._thread is None or self._thread.state == "failed":
                self._thread = SupervisedThread("labs", self._watch)
                self._thread.start()
        self._wake.set()

    def stop(self) -> None:
        self._stopped.set()
        self._wake.set()

    def _begin(self, name: str) -> None:
        snapshot, progress = (
            sketch(self._snapshot()),
            LabProgress(BY_NAME[name], self._now(), Verdict(False)),
        )
        run = self._runs[name] = _Run(progress, snapshot, snapshot)
        self._look(run)

    def _facts(self, run: _Run) -> Facts:
        since = run.progress.since
        # By their end: who types fast begins the next step's command before this one is seen done.
        records = tuple(r for r in self._journal.records() if r.time + r.seconds >= since)
        return Facts(
            self._snapshot(),
            run.lab_start,
            run.step_start,
            records,
            dict(run.notes),
            self._queries,
            stand_ins=run.progress.lab.stand_ins,
        )

    def _watch(self) -> None:
        while not self._stopped.is_set():
            with self._lock:
                runs = list(self._runs.values())
            may_ask = self._watched() or time.monotonic() - self._wanted < INTEREST
            changes = [self._look(run) for run in runs if may_ask or not run.asks]
            if any(changes):
                self._changed()
            self._wake.wait(ASKING if any(run.asks for run in runs) else None)
            self._wake.clear()

    def _look(self, run: _Run) -> bool:
        """Pass all steps that are done now. True when anything has changed."""
        before = run.progress, run.looked
        snapshot = self._snapshot()
        if snapshot.engine is None:
            return False  # nothing is known yet, and nothing is wrong
        with self._passing:
            if run.lab_start.engine is None:
                run.lab_start = run.step_start = sketch(snapshot)
            if run.hidden:
                run.step_start, run.hidden = with_private(run.step_start, snapshot), False
        while (step := run.progress.current) is not None:
            facts = self._facts(run)
            verdict = _judge(step, facts)
            if not verdict.green:
                run.progress = replace(run.progress, verdict=verdict)
                break
            self._pass(run, facts.snapshot, verdict.kept, "done" if run.looked else "given")
        run.looked = True
        return (run.progress, run.looked) != before

    def _pass(self, run: _Run, snapshot: ClusterSnapshot, kept: str, way: Way) -> None:
        was = run.progress
        if was.current is None:
            return
        name = was.current.name
        done, ways = (*was.done, name), (*was.ways, way)
        with self._passing:
            run.notes[name] = kept
            run.step_start = sketch(snapshot)
            run.progress = LabProgress(was.lab, self._now(), Verdict(False), done, ways)


def _kept(run: _Run, hidden: bool) -> KeptRun:
    was = run.progress
    start = without_private(run.step_start) if hidden else run.step_start
    lab_start = without_private(run.lab_start) if hidden else run.lab_start
    return KeptRun(
        was.lab.name,
        was.since,
        was.done,
        was.ways,
        lab_start,
        start,
        dict(run.notes),
        run.looked,
        hidden or run.hidden,
    )


def _judge(step: Step, facts: Facts) -> Verdict:
    try:
        return step.check(facts)
    except EssaimError:
        pass  # the line at the top of the page says what is wrong with the engine
    except Exception:
        log.exception("the check of %s failed", step.name)
    return Verdict(False)


def remark(texts: Mapping[str, str], verdict: Verdict) -> str:
    """The verdict's remark in words; '' for none."""
    return texts.get(verdict.remark, "").format(**verdict.values)
