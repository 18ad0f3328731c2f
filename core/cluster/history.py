"""What the cluster looked like over the last minutes, and what was done to it: a bounded ring.

Marks come from comparing snapshots, not from our own journal, so that what a colleague did with the
docker CLI is marked as well.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from core.cluster.snapshot import ClusterSnapshot, Node, Service

#: Enough for a lesson's demonstration: older samples fall out.
SPAN_SECONDS = 600.0
MAX_SAMPLES = 1200
MAX_MARKS = 100


@dataclass(frozen=True, slots=True)
class Sample:
    """Running replicas at one instant: (service id, node, count), only where there are some."""

    time: float
    running: tuple[tuple[str, str, int], ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """Something was done to a service or a node.

    kind: created, removed, replicas, image, forced, availability, state, joined, left.
    old and new: the values before and after, where the kind has some.
    """

    time: float
    kind: str
    subject: str
    old: str = ""
    new: str = ""


class History:
    """Samples and marks of one cluster, fed with each new snapshot by the collector."""

    def __init__(self) -> None:
        self._samples: deque[Sample] = deque(maxlen=MAX_SAMPLES)
        self._marks: deque[Mark] = deque(maxlen=MAX_MARKS)
        self._last: ClusterSnapshot | None = None

    def clear(self) -> None:
        """Forget everything: that cluster is no more."""
        self._samples.clear()
        self._marks.clear()
        self._last = None

    @property
    def samples(self) -> tuple[Sample, ...]:
        return tuple(self._samples)

    @property
    def marks(self) -> tuple[Mark, ...]:
        return tuple(self._marks)

    def add(self, snapshot: ClusterSnapshot) -> None:
        if snapshot.engine is None or snapshot.outage is not None:
            return
        self._rename(snapshot)
        running = _running(snapshot)
        if not self._samples or self._samples[-1].running != running:
            self._samples.append(Sample(snapshot.time, running))
        if self._last is not None:
            self._marks.extend(marks_between(self._last, snapshot))
        self._last = snapshot
        while len(self._samples) > 1 and self._samples[1].time < snapshot.time - SPAN_SECONDS:
            self._samples.popleft()
        while self._marks and self._marks[0].time < snapshot.time - SPAN_SECONDS:
            self._marks.popleft()

    def _rename(self, snapshot: ClusterSnapshot) -> None:
        """What a node was, it was under the name that it has now: it may have got a namesake."""
        before = {node.id: node.name for node in self._last.nodes} if self._last else {}
        names = {
            before[node.id]: node.name
            for node in snapshot.nodes
            if before.get(node.id, node.name) != node.name
        }
        for at, sample in enumerate(self._samples) if names else ():
            running = [(id, names.get(node, node), count) for id, node, count in sample.running]
            self._samples[at] = Sample(sample.time, tuple(sorted(running)))


def marks_between(old: ClusterSnapshot, new: ClusterSnapshot) -> list[Mark]:
    """What somebody did, or what befell a node, between two snapshots."""
    marks: list[Mark] = []
    at = new.time
    old_services = {service.id: service for service in old.services}
    new_services = {service.id: service for service in new.services}
    for id, service in new_services.items():
        if id in old_services:
            marks += _service_changes(at, old_services[id], service)
        else:
            marks.append(Mark(at, "created", service.name))
    marks += [
        Mark(at, "removed", old_services[id].name) for id in old_services.keys() - new_services
    ]
    old_nodes = {node.id: node for node in old.nodes if _named(node)}
    new_nodes = {node.id: node for node in new.nodes if _named(node)}
    for id, node in new_nodes.items():
        if id in old_nodes:
            marks += _node_changes(at, old_nodes[id], node)
        elif old_nodes:
            marks.append(Mark(at, "joined", node.name))
    if new.nodes:
        gone = old_nodes.keys() - {node.id for node in new.nodes}
        marks += [Mark(at, "left", old_nodes[id].name) for id in gone]
    return marks


def _named(node: Node) -> bool:
    """Whether its hostname is known: a machine that joins is a bare id until it has told it."""
    return node.hostname != node.id[:12]


def _service_changes(at: float, old: Service, new: Service) -> list[Mark]:
    marks = []
    if old.replicas != new.replicas:
        marks.append(Mark(at, "replicas", new.name, str(old.replicas), str(new.replicas)))
    if (old.image, old.digest) != (new.image, new.digest):
        marks.append(Mark(at, "image", new.name, old.image, new.image))
    if old.forced != new.forced:
        marks.append(Mark(at, "forced", new.name))
    return marks


def _node_changes(at: float, old: Node, new: Node) -> list[Mark]:
    marks = []
    if old.availability != new.availability:
        marks.append(Mark(at, "availability", new.name, old.availability, new.availability))
    if old.state != new.state:
        marks.append(Mark(at, "state", new.name, old.state, new.state))
    return marks


def _running(snapshot: ClusterSnapshot) -> tuple[tuple[str, str, int], ...]:
    counts: dict[tuple[str, str], int] = {}
    names = {node.id: node.name for node in snapshot.nodes}
    for task in snapshot.tasks:
        if task.state == "running" and task.live:
            key = (task.service_id, names.get(task.node_id, task.node_id[:12]))
            counts[key] = counts.get(key, 0) + 1
    return tuple(sorted((service, node, count) for (service, node), count in counts.items()))
