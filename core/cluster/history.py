"""The last minutes of a cluster: samples of its replicas, and marks of changes.

Marks come from comparing snapshots, not from the journal: so they include changes that others made
with the docker command.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass

from core.cluster.snapshot import ClusterSnapshot, Node, Service

#: Older and further samples and marks are dropped.
SPAN_SECONDS = 600.0
MAX_SAMPLES = 1200
MAX_MARKS = 100


@dataclass(frozen=True, slots=True)
class Sample:
    """The running replicas at one instant."""

    time: float
    running: tuple[tuple[str, str, int], ...]  # service id, node name, count above 0; sorted


@dataclass(frozen=True, slots=True)
class Mark:
    """A change of a service or a node. old, new: the values before and after, for some kinds."""

    time: float
    kind: str  # created, removed, replicas, image, forced, availability, state, joined, left
    subject: str  # the name of the service or node
    old: str = ""
    new: str = ""


class History:
    """Samples and marks of one cluster."""

    def __init__(self) -> None:
        self._samples: deque[Sample] = deque(maxlen=MAX_SAMPLES)
        self._marks: deque[Mark] = deque(maxlen=MAX_MARKS)
        self._last: ClusterSnapshot | None = None

    def clear(self) -> None:
        """Forget everything, where another cluster begins."""
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
        """Give nodes in older samples their present name: another may have got their hostname."""
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
    """The changes of services and nodes between two snapshots."""
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
    """False until a node that joins has told its hostname: it is named by its id till then."""
    return node.hostname != node.id[:12]


def _service_changes(at: float, old: Service, new: Service) -> Iterator[Mark]:
    if old.replicas != new.replicas:
        yield Mark(at, "replicas", new.name, str(old.replicas), str(new.replicas))
    if (old.image, old.digest) != (new.image, new.digest):
        yield Mark(at, "image", new.name, old.image, new.image)
    if old.forced != new.forced:
        yield Mark(at, "forced", new.name)


def _node_changes(at: float, old: Node, new: Node) -> Iterator[Mark]:
    if old.availability != new.availability:
        yield Mark(at, "availability", new.name, old.availability, new.availability)
    if old.state != new.state:
        yield Mark(at, "state", new.name, old.state, new.state)


def _running(snapshot: ClusterSnapshot) -> tuple[tuple[str, str, int], ...]:
    names = {node.id: node.name for node in snapshot.nodes}
    down = snapshot.down_nodes
    counts = Counter(
        (task.service_id, names.get(task.node_id, task.node_id[:12]))
        for task in snapshot.tasks
        # Of a node that is down, its tasks' states are the last that were heard.
        if task.state == "running" and task.live and task.node_id not in down
    )
    return tuple(sorted((service, node, count) for (service, node), count in counts.items()))
