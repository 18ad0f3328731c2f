"""The picture of a recording at an instant, as record.js makes it: the tests hold both together."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from core.timeline.recording import (
    MOMENTARY,
    NodeState,
    Recording,
    ReplicaState,
    ServiceState,
)


@dataclass(frozen=True, slots=True)
class Moment:
    """The whole picture at one instant."""

    time: float
    nodes: dict[str, NodeState] = field(default_factory=dict)  # by id, in the order of the picture
    services: dict[str, ServiceState] = field(default_factory=dict)
    replicas: dict[str, ReplicaState] = field(default_factory=dict)  # by task id
    outage: str = ""

    def tiles(self, node: str) -> list[str]:
        """The ids of the tasks that this node's column shows, by service and slot.

        node: its id; "" for those that have none.
        """
        shown = [id for id, r in self.replicas.items() if r.tile and r.node == node]
        return sorted(shown, key=lambda id: place(id, self.replicas[id], self.services))

    def counts(self) -> Counter[tuple[str, str]]:
        """How many tiles there are, by node id and phase."""
        return Counter((r.node, r.phase) for r in self.replicas.values() if r.tile)


def moment_at(recording: Recording, time: float) -> Moment:
    """What the changes have left at this instant; before the start the picture is empty."""
    states: dict[str, dict[str, Any]] = {
        kind: {} for kind in ("node", "service", "replica", "trouble")
    }
    for change in recording.changes:
        if change.kind in MOMENTARY:
            continue
        if change.time > time:
            break
        if change.value is None:
            states[change.kind].pop(change.id, None)
        else:
            states[change.kind][change.id] = change.value
    nodes, services, replicas, outages = states.values()
    outage = outages.get("")
    return Moment(time, nodes, services, replicas, outage.message if outage else "")


def place(
    id: str, replica: ReplicaState, services: dict[str, ServiceState]
) -> tuple[str, int, str]:
    service = services.get(replica.service)
    return (service.name if service else "", replica.slot, id)
