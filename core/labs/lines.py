"""The lines of a step as they are to be typed: with this cluster's values, each on its machine."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from core.labs.facts import Facts
from core.labs.lab import Step
from core.labs.placeholders import Known, fill, nobody

#: The machine of a line for one that is in no Swarm yet, where it is not known which.
ELSEWHERE = "*"

_JOIN = "docker swarm join "


@dataclass(frozen=True, slots=True)
class Line:
    """A line to type.

    machine: where; '' for the machine whose engine answers, ELSEWHERE for another one that nobody
    knows here. ready: False where a value is not known yet, so that a word in capitals stands for
    it, as in docker's own help.
    """

    text: str
    machine: str = ""
    ready: bool = True


def lines(step: Step, facts: Facts, token: Callable[[], str] = nobody) -> tuple[Line, ...]:
    """The lines that do what the step asks for.

    token: answers the secret of a join, '' for a viewer who may not see it. It is asked for where
    a line has one, and may raise what it raises.
    """
    return _placed(step.lines(), Known(facts, token))


def look(step: Step, facts: Facts, token: Callable[[], str] = nobody) -> tuple[Line, ...]:
    """The lines that only look, for after those."""
    return _placed(step.look, Known(facts, token))


def _placed(wanted: Iterable[str], known: Known) -> tuple[Line, ...]:
    return tuple(
        Line(filled.text, machine, filled.ready)
        for line in dict.fromkeys(wanted)  # a solution joins twice by the same line
        for filled in fill(line, known)
        for machine in (_outside(known.facts) if line.startswith(_JOIN) else ("",))
    )


def _outside(facts: Facts) -> tuple[str, ...]:
    """The machines on which a join belongs; once all have joined, those that did."""
    engine = facts.snapshot.engine
    others = [m for m in facts.machines if m.up and not (engine and m.name == engine.name)]
    outside = [m.name for m in others if m.swarm == "inactive"]
    joined = [m.name for m in others if m.role == "worker"]
    if engine and not engine.in_swarm and any(m.manages for m in others):
        outside.insert(0, engine.name)  # the Swarm was made on another machine
    return tuple(outside or joined) or (ELSEWHERE,)
