"""The lessons by kind, the steps of each, and what a step ends with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from core.lessons.placement import Placement
from core.traffic.status import Status

Kind = Literal["rebalance", "plain", "many", "kept"]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True, slots=True)
class Load:
    """How a run of traffic ended."""

    step: str  # one, many, new, kept
    line: str
    status: Status


Result = Placement | Load

#: The steps of each lesson, in order; of the first two, where the node is drained already.
_STEPS: dict[Kind, tuple[str, ...]] = {
    "rebalance": ("before", "drained", "activated", "forced"),
    "plain": ("started", "drained"),
    "many": ("one", "many"),
    "kept": ("new", "kept"),
}
_DRAINED: dict[Kind, tuple[str, ...]] = {
    "rebalance": ("drained", "activated", "forced"),
    "plain": ("started",),
}


def steps(kind: Kind, already: bool) -> tuple[str, ...]:
    """The steps that leave a result. already: whether the lesson's node is drained."""
    return _DRAINED.get(kind, _STEPS[kind]) if already else _STEPS[kind]
