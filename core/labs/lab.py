"""The parts of a lab: steps with a check of the cluster's state, and a solution.

A lab is a folder beside this module: ``lab.py`` holds its logic without any language, a TOML file
its texts in each. A step is done when its check finds the wanted state, however the learner got
there. So a check reads the state, and the journal only for actions that leave no trace in it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from core.cluster import references
from core.cluster.snapshot import ClusterSnapshot, Container, Service, Task
from core.commands.command import Command
from core.commands.journal import Record
from core.commands.registry import parse
from core.engine.practice import Machine
from core.labs.queries import EngineQueries


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of a check.

    remark: the key of a sentence in the step's texts that says what is wrong; values fill it in.
    kept: a note for later steps of the lab.
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
    ask: EngineQueries  # only for steps with ``asks``
    machines: tuple[Machine, ...] = ()  # of a practice cluster, for lines; a check gets none

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

    def running(self, service: Service) -> tuple[Task, ...]:
        """The tasks of its replicas that run and should."""
        return tuple(task for task in self.snapshot.tasks_of(service) if task.serving)

    def spread(self, service: Service) -> dict[str, int]:
        """The number of its running replicas on each ready node, by the node's name."""
        ready = {n.name: 0 for n in self.snapshot.nodes if n.state == "ready"}
        nodes = Counter(self.snapshot.hostname(task.node_id) for task in self.running(service))
        return ready | nodes

    def did(self, *beginnings: str) -> bool:
        """True if the journal has a successful docker line with one of these beginnings."""
        return any(r.outcome == "ok" and r.line.startswith(beginnings) for r in self.records)


def made_of(container: Container, image: str) -> bool:
    """True for a container of this repository, with any tag and from any registry."""
    return repository(container.image) == image


def repository(image: str) -> str:
    """``nginx`` of ``docker.io/library/nginx:latest@sha256:…``."""
    return references.split(image)[0].removeprefix("docker.io/").removeprefix("library/")


# Moves: what a solution is made of.


@dataclass(frozen=True, slots=True)
class Join:
    """``docker swarm join``, on another node, with the token of the moment."""

    node: str

    def line(self) -> str:
        return "docker swarm join --token <token> <manager>:2377"


@dataclass(frozen=True, slots=True)
class Curl:
    """Requests to a published port, each over a new connection, as curl makes them."""

    port: int
    times: int = 1

    def line(self) -> str:
        once = f"curl http://localhost:{self.port}"
        return once if self.times == 1 else f"for i in $(seq {self.times}); do {once}; done"


@dataclass(frozen=True, slots=True)
class InstanceFault:
    """A power cut of one instance, or the repair of all: no docker command does either."""

    kind: Literal["off", "mend"]
    node: str = ""

    def line(self) -> str:
        return ""


Move = Command | Join | Curl | InstanceFault
#: A text is a docker line, which is parsed to its command.
Solution = tuple[str | Move, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One idea, and the state of the cluster that shows that the learner understood it.

    solution: the moves, or a function that makes them of the facts. typed: the lines to show in
    place of the solution's, where a terminal has a shorter way. look: lines that only look, shown
    after those.
    """

    name: str
    check: Callable[[Facts], Verdict]
    solution: Solution | Callable[[Facts], Solution]
    typed: tuple[str, ...] = ()
    look: tuple[str, ...] = ()
    asks: bool = False  # its check uses Facts.ask

    def moves(self, facts: Facts) -> tuple[Move, ...]:
        solution = self.solution(facts) if callable(self.solution) else self.solution
        return tuple(parse(move) if isinstance(move, str) else move for move in solution)

    def lines(self) -> tuple[str, ...]:
        """The lines to type, one after the other."""
        if self.typed or callable(self.solution):
            return self.typed
        lines = (move if isinstance(move, str) else move.line() for move in self.solution)
        return tuple(filter(None, lines))


@dataclass(frozen=True, slots=True)
class Lab:
    """The steps in their order.

    start: ``engine`` (one engine is enough), ``apart`` (three engines that are no Swarm yet) or
    ``swarm`` (a Swarm of three nodes).
    """

    name: str
    start: Literal["engine", "apart", "swarm"]
    steps: tuple[Step, ...]

    def step(self, name: str) -> Step:
        return next(step for step in self.steps if step.name == name)
