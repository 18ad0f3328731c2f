"""Why a task is on its node, as far as a snapshot tells: pure functions."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from core.cluster.public import readable
from core.cluster.snapshot import TERMINAL_STATES, ClusterSnapshot, Node, Service, Task
from core.i18n import Translate
from core.presentation.health import satisfied

#: Seconds: tasks that were made within it of each other were placed together.
TOGETHER = 1.0


@dataclass(frozen=True, slots=True)
class Candidate:
    """One node, as the scheduler sees it for a task of one service."""

    node: str
    here: bool  # the task is on it
    why_not: str  # why it takes no task of this service now; '' where it does
    before: int  # replicas of the service there, when the task was made
    now: int


@dataclass(frozen=True, slots=True)
class Placing:
    """The answer: sentences, and the nodes that they speak of."""

    told: tuple[str, ...]
    candidates: tuple[Candidate, ...]


def why_here(snapshot: ClusterSnapshot, task: Task, _: Translate) -> Placing:
    """What made Swarm put this task where it is.

    The rules are those of SwarmKit (manager/scheduler: filter.go, nodeinfo.go): what may not take a
    task is left out; of the rest, the node with the fewest tasks of the service, then the one with
    the fewest tasks of all. Nobody writes down what the scheduler saw: the counts of the moment are
    made from the tasks that Swarm still lists, so they are a lower bound.
    """
    service, node = snapshot.service(task.service_id), snapshot.node(task.node_id)
    if service is None:
        return Placing((_("Its service is gone."),), ())
    return Placing(
        tuple(_told(snapshot, task, service, node, _)),
        tuple(_candidates(snapshot, task, service, _)),
    )


def _told(
    snapshot: ClusterSnapshot, task: Task, service: Service, node: Node | None, _: Translate
) -> list[str]:
    name = snapshot.replica(task)
    if node is None:
        words = readable(task.error or task.message, _)
        waits = _("No node has {name} yet: {words}.") if words else _("No node has {name} yet.")
        told = [waits.format(name=name, words=words)]
    elif service.mode.startswith("global"):
        return [
            _("{service} is global: each node that may take it has one task of it.").format(
                service=service.name
            )
        ]
    else:
        told = [
            _("A task stays where it was placed: Swarm never moves {name} while it runs.").format(
                name=name
            )
        ]
    if service.constraints:
        told.append(
            _("The service has a constraint: {constraints}.").format(
                constraints=", ".join(service.constraints)
            )
        )
    told.append(
        _(
            "Of the nodes that may take a task, Swarm chose the one with the fewest replicas of "
            "{service}; where several had as few, the one with the fewest tasks of all."
        ).format(service=service.name)
    )
    if (group := len(_together(snapshot, task))) > 1:
        told.append(
            _("It was made in a group of {count}, which Swarm spreads in one go.").format(
                count=group
            )
        )
    return told


def _candidates(
    snapshot: ClusterSnapshot, task: Task, service: Service, _: Translate
) -> list[Candidate]:
    group = {each.id for each in _together(snapshot, task)}
    tasks = snapshot.tasks_of(service)
    before = Counter(
        each.node_id
        for each in tasks
        if each.id not in group
        and each.created < task.created
        and not (each.state in TERMINAL_STATES and each.since <= task.created)
    )
    now = Counter(each.node_id for each in tasks if each.live)
    return [
        Candidate(
            node.name,
            node.id == task.node_id,
            _why_not(service, node, _),
            before[node.id],
            now[node.id],
        )
        for node in snapshot.nodes
    ]


def _together(snapshot: ClusterSnapshot, task: Task) -> list[Task]:
    """The tasks of its service that were made with it, itself among them."""
    return [
        each
        for each in snapshot.tasks
        if each.service_id == task.service_id and abs(each.created - task.created) < TOGETHER
    ]


def _why_not(service: Service, node: Node, _: Translate) -> str:
    """Why this node takes no task of the service now; '' where it does."""
    if node.state != "ready":
        return _("it is {state}").format(state=node.state)
    if node.availability != "active":
        return _("its availability is {availability}").format(availability=node.availability)
    broken = [each for each in service.constraints if not satisfied(each, node)]
    return (
        _("it does not meet {constraints}").format(constraints=", ".join(broken)) if broken else ""
    )
