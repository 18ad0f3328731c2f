"""What is kept of the labs of one cluster: records that outlive a restart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import Literal

from core.cluster.snapshot import ClusterSnapshot, Service
from core.labs.catalogue import BY_NAME
from core.labs.facts import Verdict
from core.labs.lab import Lab, Step

#: How a step got done: it was so when the lab began, the learner did it, or it was skipped.
Way = Literal["given", "done", "skipped"]


@dataclass(frozen=True, slots=True)
class LabProgress:
    """How far one lab is."""

    lab: Lab
    since: float  # when the current step became the current one, seconds since the epoch
    verdict: Verdict  # on the current step
    done: tuple[str, ...] = ()  # names of steps, in their order
    ways: tuple[Way, ...] = ()  # of the steps that are done, in their order

    @property
    def current(self) -> Step | None:
        """The first step that is not done; None when all are."""
        return self.lab.steps[len(self.done)] if len(self.done) < len(self.lab.steps) else None


@dataclass(frozen=True, slots=True)
class KeptRun:
    """One lab that has begun.

    hidden: what a real engine shows to nobody without a right is left out of ``step_start``.
    """

    lab: str
    since: float
    done: tuple[str, ...]
    ways: tuple[Way, ...]
    lab_start: ClusterSnapshot
    step_start: ClusterSnapshot
    notes: Mapping[str, str]
    looked: bool
    hidden: bool

    @property
    def progress(self) -> LabProgress | None:
        """As far as this version of the lab has the same steps; None where the lab is no more."""
        lab = BY_NAME.get(self.lab)
        if lab is None:
            return None
        pairs = zip(self.done, lab.steps, strict=False)
        same = tuple(name for name, _ in takewhile(lambda pair: pair[0] == pair[1].name, pairs))
        return LabProgress(lab, self.since, Verdict(False), same, self.ways[: len(same)])


@dataclass(frozen=True, slots=True)
class KeptLabs:
    """The labs of one cluster, and the learner's first name."""

    name: str = ""
    runs: tuple[KeptRun, ...] = ()

    def begun(self) -> tuple[LabProgress, ...]:
        """The progress of each, in the order in which they began."""
        return tuple(progress for run in self.runs if (progress := run.progress))


def sketch(snapshot: ClusterSnapshot) -> ClusterSnapshot:
    """As much of the cluster at an earlier time as checks compare a later one with."""
    return replace(
        snapshot,
        nodes=(),
        services=tuple(
            replace(service, ports=(), args=(), constraints=(), secrets=(), update=None)
            for service in snapshot.services
        ),
        tasks=tuple(replace(task, message="", error="", ports=()) for task in snapshot.tasks),
        containers=tuple(
            replace(container, command="", status="", ports=()) for container in snapshot.containers
        ),
        outage=None,
    )


def without_private(snapshot: ClusterSnapshot) -> ClusterSnapshot:
    """The sketch without what a real engine shows to nobody without a right."""
    services = tuple(replace(service, env=(), labels=()) for service in snapshot.services)
    return replace(snapshot, services=services)


def with_private(snapshot: ClusterSnapshot, now: ClusterSnapshot) -> ClusterSnapshot:
    """The same sketch with what is private taken from the cluster as it is now."""

    def filled() -> Iterator[Service]:
        for service in snapshot.services:
            found = now.service(service.id)
            yield replace(service, env=found.env, labels=found.labels) if found else service

    return replace(snapshot, services=tuple(filled()))
