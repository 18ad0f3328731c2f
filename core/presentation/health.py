"""Whether a service is alive, and why not; what a drain would do to it: pure.

A count of running tasks says less: for the Swarm, a task runs until its node is heard to say
otherwise. Here a replica is alive where it runs and its node is heard.
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
    """How a service stands."""

    alive: int  # replicas
    wanted: int
    down: bool  # it should serve, and nothing of it is alive
    summary: str  # one or two sentences, with the reasons; '' where there is nothing to say


def health(snapshot: ClusterSnapshot, service: Service, _: Translate) -> Health:
    """How a service stands. There is nothing to say of a job, nor of one that is to have none."""
    if service.job or service.replicas == 0:
        return Health(service.running, service.desired, False, "")
    tasks = snapshot.tasks_of(service)
    by_node = {node.id: node for node in snapshot.nodes}
    running = [task for task in tasks if task.state == "running"]
    alive = sum(_heard(by_node.get(task.node_id)) for task in running)
    unsure = sum(_unsure(by_node.get(task.node_id)) for task in running)
    reasons = [*_silent(snapshot, tasks, alive >= service.desired, _)]
    if alive < service.desired or not service.desired:
        reasons += _waiting(snapshot, service, tasks, _)
    reasons += _failing(snapshot, tasks, _)
    # What has just been created begins at nothing: only what was alive, or cannot be, is down.
    gone = service.desired > 0 and any(task.desired_state == "shutdown" for task in tasks)
    down = alive == 0 and unsure == 0 and (bool(reasons) or gone)
    if not (reasons or down):
        return Health(alive, service.desired, False, "")
    if down:
        head = _("{service} is down: {alive}/{wanted} replicas alive.")
    elif alive < service.desired:
        head = _("{service} is short: {alive}/{wanted} replicas alive.")
    else:
        head = _("{service}: {alive}/{wanted} replicas alive.")
    first = head.format(service=service.name, alive=alive, wanted=service.desired)
    return Health(alive, service.desired, down, " ".join([first, *reasons]))


def last_heard(node: Node | None, _: Translate) -> str:
    """What is to be said of a task whose node is down; '' where the node is not."""
    if node is None or node.state != "down":
        return ""
    return _("{node} is down: this is what was heard last").format(node=node.name)


def drain_warning(snapshot: ClusterSnapshot, node: Node, _: Translate) -> str:
    """What a drain of this node would leave without a replica; '' where it does no such harm."""
    if node.availability == "drain":
        return ""
    others = [other for other in snapshot.nodes if other.id != node.id and other.takes_tasks]
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
    """Whether the Swarm itself does not know how this node is."""
    if node is None or node.state == "down":
        return False
    return node.state != "ready" or node.reachability == "unreachable"


def _silent(
    snapshot: ClusterSnapshot, tasks: Iterable[Task], replaced: bool, _: Translate
) -> Iterator[str]:
    """Of each node that is not heard and had replicas: what became of them."""
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
    """Why replicas have no node."""
    waiting = [task for task in tasks if task.live and task.state in ("new", "pending")]
    if not any(node.takes_tasks for node in snapshot.nodes) and (
        waiting or service.replicas is None
    ):
        nodes = (
            f"{node.name} {node.availability if node.state == 'ready' else node.state}"
            for node in snapshot.nodes
        )
        yield _("No node takes tasks: {nodes}.").format(nodes=", ".join(nodes))
        return
    words = Counter(task.error for task in waiting if task.error)
    for why, count in words.items():
        yield _("{count} without a node: {words}.").format(count=count, words=readable(why, _))


def _failing(snapshot: ClusterSnapshot, tasks: tuple[Task, ...], _: Translate) -> Iterator[str]:
    """Why replicas do not stay up."""
    failed = (
        tile.task.error or tile.task.message
        for tile in tiles(replace(snapshot, tasks=tasks))
        if tile.phase is FAILED
    )
    for words, count in Counter(failed).items():
        yield _("{count} failing: {words}.").format(count=count, words=readable(words, _))


def _admits(service: Service, node: Node) -> bool:
    """Whether the placement constraints let a node take it, as far as is known of the node."""
    return all(_satisfied(constraint, node) for constraint in service.constraints)


def _satisfied(constraint: str, node: Node) -> bool:
    key, equal, value = (part.strip() for part in constraint.partition("=="))
    if not equal:
        key, _unequal, value = (part.strip() for part in constraint.partition("!="))
    label = key.lower().startswith("node.labels.")
    known = {"node.id": node.id, "node.hostname": node.hostname, "node.role": node.role}
    # A label that a node lacks is like an empty one; of platforms nothing is known here.
    is_so = dict(node.labels).get(key[12:], "") if label else known.get(key.lower())
    return is_so is None or (is_so.lower() == value.lower()) is bool(equal)
