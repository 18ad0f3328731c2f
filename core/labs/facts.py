"""What the check of a step may read, and what it answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from core.cluster import references
from core.cluster.snapshot import ClusterSnapshot, Container, Service, Task
from core.commands.journal import Record
from core.engine.practice import Machine
from core.labs.queries import EngineQueries


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of a check.

    remark: the key of a sentence that says what is wrong; values fill it in. kept: a note for later
    steps of the lab.
    """

    green: bool
    remark: str = ""
    values: Mapping[str, object] = field(default_factory=dict)
    kept: str = ""


def green(kept: str = "") -> Verdict:
    return Verdict(True, kept=kept)


def red(remark: str = "", **values: object) -> Verdict:
    return Verdict(False, remark, values)


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a check may read."""

    snapshot: ClusterSnapshot
    lab_start: ClusterSnapshot  # the cluster when the lab began
    step_start: ClusterSnapshot  # the cluster when the step before was done
    records: tuple[Record, ...]  # the journal since the step before was done, oldest first
    kept: Mapping[str, str]  # the notes of earlier steps, by their names
    ask: EngineQueries  # only for statements that ask
    machines: tuple[Machine, ...] = ()  # of a practice cluster, for lines; a check gets none
    stand_ins: Mapping[str, str] = field(default_factory=dict)  # see Lab

    @property
    def containers(self) -> tuple[Container, ...]:
        """The learner's containers, made since the lab began; newest first."""
        before = {c.id for c in self.lab_start.containers}
        return tuple(c for c in self.snapshot.containers if not c.service and c.id not in before)

    @property
    def new_containers(self) -> tuple[Container, ...]:
        """The learner's containers, made since the step before was done; newest first."""
        before = {c.id for c in self.step_start.containers}
        return tuple(c for c in self.containers if c.id not in before)

    def service(self, name: str) -> Service | None:
        """The service of this name, or else the only one that runs the image of its stand-in."""
        if found := self.snapshot.service(name):
            return found
        image = self.stand_ins.get(name)
        like = [s for s in self.snapshot.services if image and is_image(s.image, image)]
        return like[0] if len(like) == 1 else None

    def running(self, service: Service) -> tuple[Task, ...]:
        """The tasks of its replicas that run and should."""
        return tuple(task for task in self.snapshot.tasks_of(service) if task.serving)

    def complete(self, service: Service) -> bool:
        """True when as many replicas run as are wanted; of a global service, when any runs."""
        running = len(self.running(service))
        return running > 0 if service.replicas is None else running == service.replicas

    def spread(self, service: Service) -> dict[str, int]:
        """The number of its running replicas on each ready node, by the node's name."""
        ready = {n.name: 0 for n in self.snapshot.nodes if n.state == "ready"}
        nodes = Counter(self.snapshot.hostname(task.node_id) for task in self.running(service))
        return ready | nodes

    def did(self, *beginnings: str) -> bool:
        """True if the journal has a successful docker line with one of these beginnings."""
        return any(r.outcome == "ok" and r.line.startswith(beginnings) for r in self.records)


def is_image(image: str, wanted: str) -> bool:
    """True for the wanted image from any registry; without a tag, any tag will do."""
    tag = references.split(wanted)[1]
    there = references.split(image)[1] or "latest"
    return repository(image) == repository(wanted) and tag in ("", there)


def repository(image: str) -> str:
    """``nginx`` of ``docker.io/library/nginx:latest@sha256:…``, whatever the registry."""
    name = references.split(image)[0]
    first, slash, rest = name.partition("/")
    registry = slash and ("." in first or ":" in first or first == "localhost")
    return (rest if registry else name).removeprefix("library/")
