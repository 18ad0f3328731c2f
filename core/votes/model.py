"""The vote of a class: where will the replicas of a service be, and where are they then?

A cluster has one question at a time. The answer is what its managers say once the
cluster has come to rest.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from core.cluster.snapshot import ClusterSnapshot, Service

#: The most voters of a question; later ones are refused.
MAX_VOTERS = 1000
#: Seconds of rest before the vote is revealed.
REST_SECONDS = 1.5

Kind = Literal["scale", "drain", "activate", "rebalance"]
Phase = Literal["none", "open", "moving", "revealed"]
#: Replicas on each node, in the order of the question's nodes.
Counts = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class NodeBefore:
    """A node when the question was asked."""

    id: str
    name: str
    before: int  # running replicas of the service
    takes_tasks: bool


@dataclass(frozen=True, slots=True)
class Question:
    """How many replicas of a service will each node run after this action?"""

    kind: Kind
    service: str  # its id
    name: str
    replicas: int  # wanted after the action
    nodes: tuple[NodeBefore, ...]
    node: str = ""  # the id of the node that is drained or activated
    forced: int = 0  # the service's count of forced updates, before the action
    asked: float = 0.0  # seconds since the epoch; tells one question from another

    @property
    def node_name(self) -> str:
        return next((node.name for node in self.nodes if node.id == self.node), "")

    def right(self, counts: Counts, truth: Counts) -> bool:
        """True if the vote is right.

        The scheduler is free to choose which of several equal nodes gets one replica more. So nodes
        with as many replicas before the action may be swapped.
        """
        return self._alike(counts) == self._alike(truth)

    def alike(self, truth: Counts = ()) -> list[list[str]]:
        """The names of nodes that may be swapped, by group. truth: those that it tells apart."""
        return [
            [self.nodes[at].name for at in group]
            for group in self._groups()
            if len({truth[at] for at in group} if truth else group) > 1
        ]

    def _alike(self, counts: Counts) -> list[list[int]]:
        return [sorted(counts[at] for at in group) for group in self._groups()]

    def _groups(self) -> list[list[int]]:
        """The nodes that stood alike before the action, as places in ``nodes``."""
        groups: dict[object, list[int]] = {}
        for at, node in enumerate(self.nodes):
            special = not node.takes_tasks or node.id == self.node
            groups.setdefault(node.id if special else node.before, []).append(at)
        return list(groups.values())


@dataclass(frozen=True, slots=True)
class Poll:
    """The state of a vote at one instant."""

    phase: Phase = "none"
    question: Question | None = None
    votes: int = 0
    answers: tuple[tuple[Counts, int], ...] = ()  # each with its votes; empty until the reveal
    truth: Counts = ()

    @property
    def right(self) -> int:
        """The number of right votes."""
        return sum(n for counts, n in self.answers if self.is_right(counts))

    def is_right(self, counts: Counts) -> bool:
        return self.question is not None and self.question.right(counts, self.truth)


@dataclass(frozen=True, slots=True)
class KeptVotes:
    """What is kept of a vote: the votes by browser, too."""

    poll: Poll
    ballots: tuple[tuple[str, Counts], ...]


class Votes:
    """The vote of one cluster. Any thread may call it. It calls ``changed`` after each change."""

    def __init__(self, changed: Callable[[], None] = lambda: None) -> None:
        self._changed = changed
        self._lock = threading.Lock()
        self._poll = Poll()
        self._ballots: dict[str, Counts] = {}
        self._rests_since: float | None = None

    @property
    def poll(self) -> Poll:
        return self._poll

    def kept(self) -> KeptVotes:
        """All of it as a record."""
        with self._lock:
            return KeptVotes(self._poll, tuple(self._ballots.items()))

    def restore(self, kept: KeptVotes) -> None:
        """Go on where an earlier process was."""
        with self._lock:
            self._poll, self._ballots = kept.poll, dict(kept.ballots)

    def ask(self, question: Question) -> None:
        """Open the vote on a new question. The one before is forgotten."""
        self._restart(Poll("open", question))

    def forget(self) -> None:
        self._restart(Poll())

    def _restart(self, poll: Poll) -> None:
        with self._lock:
            self._ballots.clear()
            self._poll = poll
        self._changed()

    def vote(self, voter: str, asked: float, counts: Sequence[object]) -> bool:
        """Take the vote of a browser, in place of its earlier one. True if it counts.

        A vote that is too late, for another question or impossible does not count.
        """
        with self._lock:
            question = self._poll.question
            if self._poll.phase != "open" or question is None or question.asked != asked:
                return False
            valid = _valid(counts, question)
            full = len(self._ballots) >= MAX_VOTERS and voter not in self._ballots
            if valid is None or full or not 0 < len(voter) <= 64:
                return False
            self._ballots[voter] = valid
            self._poll = replace(self._poll, votes=len(self._ballots))
        self._changed()
        return True

    def begin(self) -> None:
        """Close the vote: the action has begun."""
        with self._lock:
            if self._poll.phase != "open":
                return
            self._rests_since = None
            self._poll = replace(self._poll, phase="moving")
        self._changed()

    def see(self, snapshot: ClusterSnapshot, now: float) -> None:
        """Reveal once the cluster is at rest. now: seconds of a monotonic clock."""
        with self._lock:
            poll = self._poll
            if poll.phase != "moving" or poll.question is None:
                return
            if snapshot.outage or not at_rest(poll.question, snapshot):
                self._rests_since = None
                return
            if self._rests_since is None:
                self._rests_since = now
            if now - self._rests_since < REST_SECONDS:
                return
        self.reveal(snapshot)

    def reveal(self, snapshot: ClusterSnapshot) -> None:
        """Reveal the votes and the present counts, even if the cluster is not at rest."""
        with self._lock:
            question = self._poll.question
            if self._poll.phase != "moving" or question is None:
                return
            answers = Counter(self._ballots.values()).most_common()
            truth = running(question, snapshot)
            self._poll = replace(self._poll, phase="revealed", answers=tuple(answers), truth=truth)
        self._changed()


def question(
    kind: Kind,
    service: Service,
    snapshot: ClusterSnapshot,
    asked: float,
    replicas: int | None = None,
    node: str = "",
) -> Question:
    """A question about the cluster of this snapshot.

    replicas: for scale. node: its id, for drain and activate.
    """
    before = _serving(service.id, snapshot)
    wanted = service.replicas if replicas is None else replicas
    return Question(
        kind,
        service.id,
        service.name,
        wanted or 0,
        tuple(NodeBefore(n.id, n.name, before[n.id], n.takes_tasks) for n in snapshot.nodes),
        node,
        service.forced,
        asked,
    )


def running(question: Question, snapshot: ClusterSnapshot) -> Counts:
    """The service's running replicas on each of the question's nodes."""
    counts = _serving(question.service, snapshot)
    return tuple(counts[node.id] for node in question.nodes)


def _serving(service: str, snapshot: ClusterSnapshot) -> Counter[str]:
    """The running replicas of a service by node id."""
    tasks = (task for task in snapshot.tasks if task.service_id == service and task.serving)
    return Counter(task.node_id for task in tasks)


def at_rest(question: Question, snapshot: ClusterSnapshot) -> bool:
    """True once the action is done, and no task has to change any more."""
    service, node = snapshot.service(question.service), snapshot.node(question.node)
    if service is None:
        return True  # it was removed: there is nothing to wait for
    match question.kind:
        case "scale":
            done = service.replicas == question.replicas
        case "drain":
            done = node is None or node.availability == "drain"
        case "activate":
            done = node is None or node.availability == "active"
        case "rebalance":
            done = service.forced > question.forced
    updating = service.update and service.update.state in ("updating", "rollback_started")
    tasks, down = snapshot.tasks_of(service), snapshot.down_nodes
    settled = all(task.settled or task.node_id in down for task in tasks)
    counted = sum(running(question, snapshot)) == service.desired
    return done and not updating and counted and settled


def _valid(raw: Sequence[object], question: Question) -> Counts | None:
    counts = tuple(n for n in raw if isinstance(n, int) and not isinstance(n, bool) and n >= 0)
    whole = len(counts) == len(raw) == len(question.nodes) and sum(counts) == question.replicas
    return counts if whole else None
