"""How far the learners of one cluster are, fed by its snapshots and kept in memory alone."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from core.cluster.snapshot import ClusterSnapshot
from core.commands.journal import Journal
from core.errors import EssaimError
from core.labs.catalogue import BY_NAME
from core.labs.lab import Facts, Lab, Step, Verdict, red
from core.labs.queries import EngineQueries

log = logging.getLogger(__name__)

#: Seconds between two looks while a step asks the engine for what no snapshot tells.
ASKING = 0.5
#: Seconds for which a progress that was asked for counts as looked at.
INTEREST = 60.0


#: How a step came to count as done: it was so when the lab began, came to be so, or was left out.
Way = Literal["given", "done", "skipped"]


@dataclass(frozen=True, slots=True)
class LabProgress:
    """Where one lab stands."""

    lab: Lab
    done: tuple[str, ...]  # names of steps, in their order
    began: float  # seconds since the epoch
    since: float  # when the current step became so
    verdict: Verdict  # on the current step
    ways: tuple[Way, ...] = ()  # of the steps that are done, in their order

    @property
    def current(self) -> Step | None:
        """The first step that is not done; None when all are."""
        return self.lab.steps[len(self.done)] if len(self.done) < len(self.lab.steps) else None


@dataclass(slots=True)
class _Run:
    """One lab under way; changed only on the watching thread, once begun."""

    progress: LabProgress
    lab_start: ClusterSnapshot
    step_start: ClusterSnapshot
    kept: dict[str, str] = field(default_factory=dict)
    looked: bool = False  # what was so before the first look was so when the lab began


class Labs:
    """The labs that have begun, until ``stop()``.

    A thread of its own looks at the current step of each whenever a snapshot comes; it starts with
    the first lab. Steps are done in their order: what a later step wants may be so by chance.

    snapshot: answers the latest. changed: called, on any thread, when a progress has changed.
    watched: whether somebody looks; nobody's cluster is asked nothing, so that it can rest.
    """

    def __init__(
        self,
        snapshot: Callable[[], ClusterSnapshot],
        journal: Journal,
        queries: EngineQueries,
        changed: Callable[[], None],
        watched: Callable[[], bool],
        now: Callable[[], float] = time.time,
    ) -> None:
        self._snapshot = snapshot
        self._journal = journal
        self._queries = queries
        self._changed = changed
        self._watched = watched
        self._wanted = 0.0  # when somebody last asked, in seconds of the monotonic clock
        self._now = now
        self._runs: dict[str, _Run] = {}
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self.name = ""  # the learner's first name, where the teacher asks for it

    def begun(self) -> tuple[LabProgress, ...]:
        """Of the labs that have begun, in the order in which they did."""
        with self._lock:
            return tuple(run.progress for run in self._runs.values())

    def progress(self, name: str) -> LabProgress:
        """Where this lab stands; it begins with the first question about it."""
        self._wanted = time.monotonic()
        with self._lock:
            run = self._runs.get(name)
            if run is not None:
                return run.progress
            run = self._runs[name] = self._begin(BY_NAME[name])
        self._changed()
        self.feed()
        return run.progress

    def facts(self, name: str) -> Facts:
        """What the checks of this lab look at now."""
        with self._lock:
            return self._facts(self._runs[name])

    def reset(self, name: str) -> None:
        """Begin this lab anew, from the cluster as it is."""
        with self._lock:
            self._runs[name] = self._begin(BY_NAME[name])
        self._changed()
        self.feed()

    def skip(self, name: str) -> None:
        """Let the current step be, as where a machine cannot do what it asks for."""
        with self._lock:
            run = self._runs[name]
            step = run.progress.current
            if step is not None:
                self._pass(run, step, self._snapshot(), "", "skipped")
        self._changed()
        self.feed()

    def feed(self) -> None:
        """There may be something new to look at."""
        if not self._runs or self._stopped.is_set():
            return
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._watch, name="essaim_labs", daemon=True)
                self._thread.start()
        self._wake.set()

    def stop(self) -> None:
        self._stopped.set()
        self._wake.set()

    def _begin(self, lab: Lab) -> _Run:
        """From the cluster as it is: what is so already is done."""
        snapshot, now = self._snapshot(), self._now()
        run = _Run(LabProgress(lab, (), now, now, red()), snapshot, snapshot)
        self._look(run)
        return run

    def _facts(self, run: _Run) -> Facts:
        since = run.progress.since
        records = tuple(record for record in self._journal.records() if record.time >= since)
        return Facts(
            self._snapshot(), run.lab_start, run.step_start, records, dict(run.kept), self._queries
        )

    def _watch(self) -> None:
        while not self._stopped.is_set():
            with self._lock:
                runs = list(self._runs.values())
            may_ask = self._watched() or time.monotonic() - self._wanted < INTEREST
            changes = [self._look(run) for run in runs if may_ask or not _asks(run)]
            if any(changes):
                self._changed()
            asking = any(map(_asks, runs))
            self._wake.wait(ASKING if asking else None)
            self._wake.clear()

    def _look(self, run: _Run) -> bool:
        """Do what is due to be done; whether anything has changed."""
        before = run.progress
        if self._snapshot().engine is None:
            return False  # nothing is known yet, and nothing is wrong
        if run.lab_start.engine is None:
            run.lab_start = run.step_start = self._snapshot()
        while (step := run.progress.current) is not None:
            facts = self._facts(run)
            verdict = _judged(step, facts)
            if not verdict.green:
                run.progress = replace(run.progress, verdict=verdict)
                break
            self._pass(run, step, facts.snapshot, verdict.kept, "done" if run.looked else "given")
        run.looked = True
        return run.progress != before

    def _pass(self, run: _Run, step: Step, snapshot: ClusterSnapshot, kept: str, way: Way) -> None:
        run.kept[step.name] = kept
        run.step_start = snapshot
        was = run.progress
        run.progress = replace(
            was,
            done=(*was.done, step.name),
            since=self._now(),
            verdict=red(),
            ways=(*was.ways, way),
        )


def _asks(run: _Run) -> bool:
    step = run.progress.current
    return step is not None and step.asks


def _judged(step: Step, facts: Facts) -> Verdict:
    try:
        return step.check(facts)
    except EssaimError:
        return red()  # the line at the top of the page says what is the matter with the engine
    except Exception:
        log.exception("the check of %s failed", step.name)
        return red()


def remark(texts: Mapping[str, str], verdict: Verdict) -> str:
    """The verdict's remark in words; '' for none."""
    text = texts.get(verdict.remark, "")
    return text.format(**verdict.values) if text else ""
