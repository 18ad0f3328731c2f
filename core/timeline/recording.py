"""What happened to a cluster, as one stream of changes, and how it looked at any instant of it.

A change says that from then on something is thus, or is no more. So the picture at an instant is
what the changes up to it have left; the browser component folds the same stream in the same way.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from core.cluster.history import Mark
from core.errors import Worded


@dataclass(frozen=True, slots=True)
class NodeState:
    """A node at one instant of the recording."""

    name: str
    role: str  # manager, worker
    leader: bool
    availability: str  # active, pause, drain
    state: str  # ready, down, unknown, disconnected


@dataclass(frozen=True, slots=True)
class ServiceState:
    """A service at one instant of the recording."""

    name: str
    replicas: int | None  # wanted; None for a global service and a job


@dataclass(frozen=True, slots=True)
class ReplicaState:
    """A task, as its tile shows it."""

    name: str  # web.3
    service: str  # its id
    slot: int  # 0 for a task of a global service
    node: str  # its id, "" while it has none
    phase: str  # a key of core.presentation.phases
    tile: bool  # whether the picture shows it; one that has ended is only the end of its bar
    state: str  # observed, in Docker's word
    message: str
    failures: int  # how many earlier tasks of its slot failed
    last_error: str  # of the newest of those
    image: str


@dataclass(frozen=True, slots=True)
class OutageState:
    """The engine could not be heard: what is shown is what was known before."""

    message: str
    why: Worded | None = field(default=None, compare=False)  # in any language; in no file


@dataclass(frozen=True, slots=True)
class Action:
    """What somebody did from Essaim, as the journal holds it: no secret, and not who it was."""

    line: str
    error: str  # why it was refused, or ""
    why: Worded | None = field(default=None, compare=False)  # in any language; in no file


State = NodeState | ServiceState | ReplicaState | OutageState
Value = State | Mark | Action

#: By the word that names it in files and messages.
KINDS: dict[str, type[Value]] = {
    "node": NodeState,
    "service": ServiceState,
    "replica": ReplicaState,
    "trouble": OutageState,
    "mark": Mark,
    "action": Action,
}
#: Kinds that happen once, rather than hold from then on.
MOMENTARY = frozenset({"mark", "action"})
#: Longer texts are cut: they are for a line on screen.
MAX_TEXT = 300


@dataclass(frozen=True, slots=True)
class Change:
    """From ``time`` on, the thing of this kind and id is so; where value is None, it is gone."""

    time: float  # seconds since the epoch
    kind: str  # a key of KINDS
    id: str  # Docker's, "" for what has none
    value: Value | None


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
        return sorted(shown, key=lambda id: _place(id, self.replicas[id], self.services))

    def counts(self) -> Counter[tuple[str, str]]:
        """How many tiles there are, by node id and phase."""
        return Counter((r.node, r.phase) for r in self.replicas.values() if r.tile)


@dataclass(frozen=True, slots=True)
class Recording:
    """All that is known of a stretch of time. changes: in the order in which they were noticed."""

    start: float  # seconds since the epoch
    end: float
    changes: tuple[Change, ...] = ()

    def at(self, time: float) -> Moment:
        """The picture at this instant; before the start it is empty."""
        return fold(time, self.changes)


def fold(time: float, changes: Iterable[Change]) -> Moment:
    """What changes, in their order, have left at this instant."""
    nodes: dict[str, NodeState] = {}
    services: dict[str, ServiceState] = {}
    replicas: dict[str, ReplicaState] = {}
    outage = ""
    for change in changes:
        if change.kind in MOMENTARY:
            continue
        if change.time > time:
            break
        match change.value:
            case NodeState() as node:
                nodes[change.id] = node
            case ServiceState() as service:
                services[change.id] = service
            case ReplicaState() as replica:
                replicas[change.id] = replica
            case OutageState(message=message):
                outage = message
            case None if change.kind == "trouble":
                outage = ""
            case None:
                for kind, known in (("node", nodes), ("service", services), ("replica", replicas)):
                    if change.kind == kind:
                        known.pop(change.id, None)
    return Moment(time, nodes, services, replicas, outage)


def _place(
    id: str, replica: ReplicaState, services: dict[str, ServiceState]
) -> tuple[str, int, str]:
    service = services.get(replica.service)
    return (service.name if service else "", replica.slot, id)
