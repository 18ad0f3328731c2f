"""A recording of a cluster: a stream of changes, each with the new state of one thing.

The picture at an instant is made of the changes up to it. The browser component makes it.
"""

from __future__ import annotations

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
    """A task in the picture."""

    name: str  # web.3
    service: str  # its id
    slot: int  # 0 for a task of a global service
    node: str  # its id, "" while it has none
    phase: str  # a key of core.presentation.phases
    tile: bool  # it has a tile; a task that has ended only has a bar
    state: str  # observed, Docker's word
    message: str
    failures: int  # earlier tasks of its slot that failed
    last_error: str  # of the newest of those
    image: str


@dataclass(frozen=True, slots=True)
class OutageState:
    """The engine does not answer: the picture is the last known one."""

    message: str
    why: Worded | None = field(default=None, compare=False)  # to be translated; not in files


@dataclass(frozen=True, slots=True)
class Action:
    """An action from Essaim, as in the journal, but without the name of who did it."""

    line: str
    error: str  # the reason of a refusal, or ""
    why: Worded | None = field(default=None, compare=False)  # to be translated; not in files


State = NodeState | ServiceState | ReplicaState | OutageState
Value = State | Mark | Action

#: The records by their words in files and messages.
KINDS: dict[str, type[Value]] = {
    "node": NodeState,
    "service": ServiceState,
    "replica": ReplicaState,
    "trouble": OutageState,
    "mark": Mark,
    "action": Action,
}
#: Kinds of events; the others are states, which last until the next change.
MOMENTARY = frozenset({"mark", "action"})
#: Letters of a text; longer ones are cut, to fit a line on the screen.
MAX_TEXT = 300


@dataclass(frozen=True, slots=True)
class Change:
    """From ``time`` on, the thing of this kind and id has this state; None: it is gone."""

    time: float  # seconds since the epoch
    kind: str  # a key of KINDS
    id: str  # Docker's, or ""
    value: Value | None


@dataclass(frozen=True, slots=True)
class Recording:
    """The changes of a stretch of time, in the order in which they were noticed."""

    start: float  # seconds since the epoch
    end: float
    changes: tuple[Change, ...] = ()
