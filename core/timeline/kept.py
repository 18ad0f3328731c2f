"""What is kept of a recording: its changes one by one, and the states that they begin with."""

from __future__ import annotations

import msgspec

from core.cluster.history import Mark
from core.timeline.recording import (
    KINDS,
    Action,
    Change,
    NodeState,
    OutageState,
    ReplicaState,
    ServiceState,
)


class KeptChange(msgspec.Struct, frozen=True, omit_defaults=True):
    """A change; the value stands in the field of its kind, or in none."""

    time: float
    kind: str
    id: str
    node: NodeState | None = None
    service: ServiceState | None = None
    replica: ReplicaState | None = None
    trouble: OutageState | None = None
    mark: Mark | None = None
    action: Action | None = None

    @property
    def change(self) -> Change:
        value = getattr(self, self.kind) if self.kind in KINDS else None
        return Change(self.time, self.kind, self.id, value)


class KeptBeginning(msgspec.Struct, frozen=True):
    """The states before the first change that is kept.

    number: of that change. start: when the recording begins, in seconds since the epoch.
    """

    number: int
    start: float
    states: tuple[KeptChange, ...]


def kept(change: Change) -> KeptChange:
    given = {change.kind: change.value} if change.value else {}
    return KeptChange(change.time, change.kind, change.id, **given)  # type: ignore[arg-type]
