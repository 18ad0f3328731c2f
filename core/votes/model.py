"""Predict, then reveal: a class votes where replicas will go, then it happens, and the truth shows.

One question at a time per cluster, in memory. The engine is the judge: the truth is what it says
once the cluster has come to rest.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from core.cluster.snapshot import ClusterSnapshot, Service

#: A room, and some more: beyond it nobody's vote is taken.
MAX_VOTERS = 1000
#: Seconds for which nothing may move before the truth counts.
REST_SECONDS = 1.5

Kind = Literal["scale", "drain", "activate", "rebalance"]
Phase = Literal["none", "open", "moving", "revealed"]
#: Replicas on each node, in the order of the question's nodes.
Counts = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class NodeBefore:
    """A node as it was when the question was asked."""

    id: str
    name: str
    before: int  # running replicas of the service
    takes_tasks: bool


@dataclass(frozen=True, slots=True)
class Question:
    """How many replicas of a service each node will run, after something is done."""

    kind: Kind
    service: str  # its id
    name: str
    replicas: int  # that will be wanted then
    nodes: tuple[NodeBefore, ...]
    node: str = ""  # the id of the one that is drained or activated
    forced: int = 0  # the service's count of forced updates when it was asked
    asked: float = 0.0  # when, seconds since the epoch; tells one question from another

    @property
    def node_name(self) -> str:
        return next((node.name for node in self.nodes if node.id == self.node), "")

    def right(self, counts: Counts, truth: Counts) -> bool:
        """Whether a vote foresaw the truth.

        Which of several nodes gets one more than the others is the scheduler's whim. So nodes that
        stood alike when it was asked may be swapped.
        """
        return self._alike(counts) == self._alike(truth)

    def _alike(self, counts: Counts) -> list[list[int]]:
        groups: dict[object, list[int]] = {}
        for node, count in zip(self.nodes, counts, strict=True):
            special = not node.takes_tasks or node.id == self.node
            groups.setdefault(node.id if special else node.before, []).append(count)
        return [sorted(group) for group in groups.values()]


@dataclass(frozen=True, slots=True)
class Poll:
    """All that there is to know of the vote at one instant."""

    phase: Phase = "none"
    question: Question | None = None
    votes: int = 0
    answers: tuple[tuple[Counts, int], ...] = ()  # with how many gave it; only once revealed
    truth: Counts = ()

    @property
    def right(self) -> int:
        """How many foresaw it."""
        return sum(n for counts, n in self.answers if self.foreseen(counts))

    def foreseen(self, counts: Counts) -> bool:
        return self.question is not None and self.question.right(counts, self.truth)


class Votes:
    """The vote of one cluster. Any thread may call it; ``changed`` is called after each change."""

    def __init__(self, changed: Callable[[], None] = lambda: None) -> None:
        self._changed = changed
        self._lock = threading.Lock()
        self._poll = Poll()
        self._ballots: dict[str, Counts] = {}
        self._rests_since: float | None = None

    @property
    def poll(self) -> Poll:
        return self._poll

    def ask(self, question: Question) -> None:
        """A new question; the one before is forgotten."""
        with self._lock:
            self._ballots.clear()
            self._poll = Poll("open", question)
        self._changed()

    def vote(self, voter: str, asked: float, counts: Sequence[object]) -> bool:
        """One browser's vote, in place of an earlier one of its own; whether it counts.

        It does not when it comes too late, answers another question, or cannot be.
        """
        with self._lock:
            question = self._poll.question
            if self._poll.phase != "open" or question is None or question.asked != asked:
                return False
            clean = _counts(counts, question)
            full = len(self._ballots) >= MAX_VOTERS and voter not in self._ballots
            if clean is None or full or not 0 < len(voter) <= 64:
                return False
            self._ballots[voter] = clean
            self._poll = replace(self._poll, votes=len(self._ballots))
        self._changed()
        return True

    def begin(self) -> None:
        """What was asked about is under way: no vote counts from here on."""
        with self._lock:
            if self._poll.phase != "open":
                return
            self._rests_since = None
            self._poll = replace(self._poll, phase="moving")
        self._changed()

    def see(self, snapshot: ClusterSnapshot, now: float) -> None:
        """Reveal once the cluster rests. now: seconds of a clock that never goes back."""
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
        """Show the votes, and what is true now, at rest or not."""
        with self._lock:
            question = self._poll.question
            if self._poll.phase != "moving" or question is None:
                return
            answers = Counter(self._ballots.values()).most_common()
            truth = running(question, snapshot)
            self._poll = replace(self._poll, phase="revealed", answers=tuple(answers), truth=truth)
        self._changed()

    def forget(self) -> None:
        """No question any more."""
        with self._lock:
            self._ballots.clear()
            self._poll = Poll()
        self._changed()


def question(
    kind: Kind, service: Service, snapshot: ClusterSnapshot, asked: float, **about: object
) -> Question:
    """A question about what is now. about: ``replicas`` for scale, ``node`` for drain, activate."""
    node = str(about.get("node", ""))
    bare = Question(kind, service.id, service.name, 0, ())
    ids = tuple(node.id for node in snapshot.nodes)
    before = running(replace(bare, nodes=tuple(NodeBefore(i, "", 0, True) for i in ids)), snapshot)
    wanted = about.get("replicas", service.replicas)
    return replace(
        bare,
        replicas=wanted if isinstance(wanted, int) else 0,
        nodes=tuple(
            NodeBefore(node.id, node.name, count, node.takes_tasks)
            for node, count in zip(snapshot.nodes, before, strict=True)
        ),
        node=node,
        forced=service.forced,
        asked=asked,
    )


def running(question: Question, snapshot: ClusterSnapshot) -> Counts:
    """The service's running replicas on each of the question's nodes."""
    counts = Counter(
        task.node_id
        for task in snapshot.tasks
        if task.service_id == question.service
        and task.state == "running"
        and task.desired_state == "running"
    )
    return tuple(counts[node.id] for node in question.nodes)


def at_rest(question: Question, snapshot: ClusterSnapshot) -> bool:
    """Whether what was asked about has been done, and all that follows from it."""
    service, node = snapshot.service(question.service), snapshot.node(question.node)
    if service is None:
        return True  # it was removed: there is nothing to wait for
    match question.kind:
        case "scale":
            done = service.replicas == question.replicas
        case "drain" | "activate":
            wish = "drain" if question.kind == "drain" else "active"
            done = node is None or node.availability == wish
        case "rebalance":
            done = service.forced > question.forced
    updating = service.update is not None and service.update.state in (
        "updating",
        "rollback_started",
    )
    down = snapshot.down_nodes
    tasks = [task for task in snapshot.tasks_of(service) if task.node_id not in down]
    counted = sum(running(question, snapshot)) == service.desired
    return done and not updating and counted and all(task.settled for task in tasks)


def _counts(raw: Sequence[object], question: Question) -> Counts | None:
    clean = tuple(n for n in raw if isinstance(n, int) and not isinstance(n, bool) and n >= 0)
    whole = len(clean) == len(raw) == len(question.nodes) and sum(clean) == question.replicas
    return clean if whole else None
