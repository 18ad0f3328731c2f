"""The health of a service, with its reasons, and the harm that a drain would do: pure functions.

Replicas alive are fewer than running tasks: the Swarm counts a task as running until its node says
otherwise. Here a replica is alive if it runs on a node that is ready and reachable.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from core.cluster.public import readable
from core.cluster.snapshot import TERMINAL_STATES, ClusterSnapshot, Node, Service, Task
from core.i18n import Translate
from core.presentation.phases import FAILED, tiles


@dataclass(frozen=True, slots=True)
class Health:
    """The replicas of a service that are alive."""

    alive: int
    wanted: int
    down: bool  # it should serve, and no replica is alive
    summary: str  # one or two sentences, with the reasons; '' where all is well


def health(snapshot: ClusterSnapshot, service: Service, _: Translate) -> Health:
    """The health of a service. All is well with jobs, and with services of no replicas."""
    if service.job or service.replicas == 0:
        return Health(service.running, service.desired, False, "")
    tasks = snapshot.tasks_of(service)
    by_node = {node.id: node for node in snapshot.nodes}
    running = [task for task in tasks if task.state == "running"]
    alive = sum(_heard(by_node.get(task.node_id)) for task in running)
    unsure = sum(_unsure(by_node.get(task.node_id)) for task in running)
    enough = alive >= service.desired
    reasons = [*_silent(snapshot, tasks, enough, _)]
    if not enough or not service.desired:
        reasons += _waiting(snapshot, service, tasks, _)
    reasons += _failing(snapshot, tasks, _)
    # A new service begins with no replica: it is down if it had some, or cannot have any.
    gone = service.desired > 0 and any(task.desired_state == "shutdown" for task in tasks)
    down = alive == 0 and unsure == 0 and (bool(reasons) or gone)
    if not (reasons or down):
        return Health(alive, service.desired, False, "")
    if down:
        head = _("{service} is down: {alive}/{wanted} replicas alive.")
    elif enough:
        head = _("{service}: {alive}/{wanted} replicas alive.")
    else:
        head = _("{service} is short: {alive}/{wanted} replicas alive.")
    head = head.format(service=service.name, alive=alive, wanted=service.desired)
    return Health(alive, service.desired, down, " ".join([head, *reasons]))


def last_heard(node: Node | None, _: Translate) -> str:
    """A remark on a task whose node is down; '' for any other."""
    if node is None or node.state != "down":
        return ""
    return _("{node} is down: this is what was heard last").format(node=node.name)


def drain_warning(snapshot: ClusterSnapshot, node: Node, _: Translate) -> str:
    """The services that a drain of this node would leave without a replica; '' for none."""
    if node.availability == "drain":
        return ""
    others = [each for each in snapshot.nodes if each.id != node.id and each.takes_tasks]
    stranded, moving = list[str](), list[str]()
    for service in snapshot.services:
        nodes = Counter(
            task.node_id
            for task in snapshot.tasks_of(service)
            if task.live and task.state == "running" and _heard(snapshot.node(task.node_id))
        )
        if set(nodes) != {node.id} or service.job:
            continue
        spare = service.replicas is not None and any(_admits(service, each) for each in others)
        (moving if spare else stranded).append(service.name)
    told = []
    if node.takes_tasks and not others:
        told.append(_("{node} is the last node that takes tasks.").format(node=node.name))
    for names, words in (
        (stranded, _("No other node can take {services}: no replica would be alive.")),
        (moving, _("All replicas of {services} run here: for a moment, none would be alive.")),
    ):
        if names:
            told.append(words.format(services=", ".join(names)))
    return " ".join(told)


def _heard(node: Node | None) -> bool:
    return node is not None and node.state == "ready" and not _unsure(node)


def _unsure(node: Node | None) -> bool:
    """True if the Swarm itself does not know the state of this node."""
    if node is None or node.state == "down":
        return False
    return node.state != "ready" or node.reachability == "unreachable"


def _silent(
    snapshot: ClusterSnapshot, tasks: Iterable[Task], replaced: bool, _: Translate
) -> Iterator[str]:
    """A sentence for each silent node that had replicas."""
    left = Counter(task.node_id for task in tasks if task.state not in TERMINAL_STATES)
    for node in snapshot.nodes:
        if not left[node.id] or _heard(node):
            continue
        if _unsure(node):
            told = _(
                "{node} is not heard: what became of its replicas ({count}), nobody knows yet."
            )
        elif replaced:
            told = _("{node} is down: its replicas ({count}) are lost, and replaced elsewhere.")
        else:
            told = _("{node} is down: its replicas ({count}) are lost.")
        yield told.format(node=node.name, count=left[node.id])


def _waiting(
    snapshot: ClusterSnapshot, service: Service, tasks: Iterable[Task], _: Translate
) -> Iterator[str]:
    """The reasons for which replicas have no node."""
    waiting = [task for task in tasks if task.live and task.state in ("new", "pending")]
    no_takers = not any(node.takes_tasks for node in snapshot.nodes)
    if no_takers and (waiting or service.replicas is None):
        states = (
            (n.name, n.availability if n.state == "ready" else n.state) for n in snapshot.nodes
        )
        nodes = ", ".join(map(" ".join, states))
        yield _("No node takes tasks: {nodes}.").format(nodes=nodes)
        return
    words = Counter(task.error for task in waiting if task.error)
    for why, count in words.items():
        yield _("{count} without a node: {words}.").format(count=count, words=readable(why, _))


def _failing(snapshot: ClusterSnapshot, tasks: tuple[Task, ...], _: Translate) -> Iterator[str]:
    """The reasons for which replicas do not stay up."""
    failed = (
        tile.task.error or tile.task.message
        for tile in tiles(replace(snapshot, tasks=tasks))
        if tile.phase is FAILED
    )
    for words, count in Counter(failed).items():
        yield _("{count} failing: {words}.").format(count=count, words=readable(words, _))


def _admits(service: Service, node: Node) -> bool:
    """True if the placement constraints let this node take it, as far as the snapshot tells."""
    return all(satisfied(constraint, node) for constraint in service.constraints)


def satisfied(constraint: str, node: Node) -> bool:
    """True if this node meets a placement constraint, or if the snapshot cannot tell."""
    equal = "==" in constraint
    key, _, value = map(str.strip, constraint.partition("==" if equal else "!="))
    label = key.lower().startswith("node.labels.")
    known = {"node.id": node.id, "node.hostname": node.hostname, "node.role": node.role}
    # A missing label is like an empty one (SwarmKit constraint.go); snapshots hold no platforms.
    actual = dict(node.labels).get(key[12:], "") if label else known.get(key.lower())
    return actual is None or (actual.lower() == value.lower()) is equal
