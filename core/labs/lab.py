"""The parts of a lab: steps with a check of the cluster's state, and a solution.

A lab is a folder: ``lab.toml`` holds its logic without any language, a Markdown file its texts in
each. A step is done when its check finds the wanted state, however the learner got there. So a
check reads the state, and the journal only for actions that leave no trace in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

from core.labs.facts import Facts, Verdict, green
from core.labs.moves import Curl, InstanceFault, Join, Move, Written, made
from core.labs.placeholders import Known
from core.labs.statement import Statement

Start: TypeAlias = Literal["engine", "apart", "swarm"]


@dataclass(frozen=True, slots=True)
class Step:
    """One idea, and the state of the cluster that shows that the learner understood it.

    checks: must all be so. typed: the lines to show in place of the solution's, where a terminal
    has a shorter way. look: lines that only look, shown after those.
    """

    name: str
    checks: tuple[Statement, ...]
    solution: tuple[Written | Join | Curl | InstanceFault, ...]
    typed: tuple[str, ...] = ()
    look: tuple[str, ...] = ()

    @property
    def asks(self) -> bool:
        """Its check uses Facts.ask."""
        return any(check.asking for check in self.checks)

    def check(self, facts: Facts) -> Verdict:
        """The first verdict that is red; green, with the first note, when all are."""
        note = ""
        for statement in self.checks:
            verdict = statement.verdict(facts)
            if not verdict.green:
                return verdict
            note = note or verdict.kept
        return green(note)

    def moves(self, facts: Facts) -> tuple[Move, ...]:
        """The solution for this cluster; none as long as what it needs is not there."""
        return made(self.solution, Known(facts))

    def lines(self) -> tuple[str, ...]:
        """The lines to type, one after the other, with placeholders; see core.labs.lines."""
        return self.typed or tuple(filter(None, (move.line() for move in self.solution)))


@dataclass(frozen=True, slots=True)
class Lab:
    """The steps in their order.

    start: ``engine`` (one engine is enough), ``apart`` (three engines that are no Swarm yet) or
    ``swarm`` (a Swarm of three nodes). stand_ins: for the name of a service, the image by which it
    is known under another name. folder: where its texts are.
    """

    name: str
    start: Start
    minutes: int
    steps: tuple[Step, ...]
    folder: Path
    stand_ins: Mapping[str, str] = field(default_factory=dict)

    def step(self, name: str) -> Step:
        return next(step for step in self.steps if step.name == name)
