"""Where replicas run, as a lesson shows it, and which node a lesson drains: from snapshots."""

from __future__ import annotations

from dataclasses import dataclass

from core.cluster.snapshot import ClusterSnapshot, Node, Service

#: The container of ``docker run``, which belongs to no service.
PLAIN = "alone"


@dataclass(frozen=True, slots=True)
class Placement:
    """Where the replicas ran when the cluster had come to rest after a step."""

    step: str  # before, drained, activated, forced, started
    line: str  # the docker line of the step, or ""
    spread: tuple[tuple[str, int], ...]  # running replicas, by node
    drained: tuple[str, ...]  # nodes
    plain: str = ""  # the node on which the plain container runs

    @property
    def replicas(self) -> int:
        return sum(count for _node, count in self.spread)

    def on(self, node: str) -> int:
        """The running replicas of this node."""
        return dict(self.spread).get(node, 0)


def placement(step: str, line: str, snapshot: ClusterSnapshot, service: Service) -> Placement:
    """Only the connected engine's containers are known: the plain one runs there, or nowhere."""
    there = any(c.name == PLAIN and c.state == "running" for c in snapshot.containers)
    drained = tuple(node.name for node in snapshot.nodes if node.availability == "drain")
    return Placement(
        step, line, spread(snapshot, service), drained, _own(snapshot) if there else ""
    )


def spread(snapshot: ClusterSnapshot, service: Service) -> tuple[tuple[str, int], ...]:
    """The running replicas of each node, by its name.

    None on a node that is down, whatever the managers heard last.
    """
    running = [task.node_id for task in snapshot.tasks_of(service) if task.state == "running"]
    return tuple(
        (node.name, running.count(node.id) if node.state != "down" else 0)
        for node in snapshot.nodes
    )


def _own(snapshot: ClusterSnapshot) -> str:
    """The name of the node that answers."""
    engine = snapshot.engine
    node = snapshot.node(engine.node_id) if engine else None
    return node.name if node else engine.name if engine else ""


def to_drain(kind: str, snapshot: ClusterSnapshot, service: Service | None) -> str:
    """The name of the node that a lesson of this kind drains.

    For the plain container it is the connected node, where docker run works. Else it is an active
    one, if another takes its tasks, or one that is drained already; and of those the first there is
    of: one without a dashboard, one with replicas, a worker.
    """
    own = _own(snapshot)
    if kind == "plain":
        return own
    counts = dict(spread(snapshot, service)) if service else {}
    boards = [s for s in snapshot.services if s.dashboard]
    homes = {task.node_id for board in boards for task in snapshot.tasks_of(board) if task.live}

    def order(node: Node) -> tuple[bool, ...]:
        rests = node.availability != "active" or not room_beside(snapshot, node.name)
        idle = counts.get(node.name, 0) == 0
        manager = node.role == "manager"
        return (
            rests,
            node.availability != "drain" if rests else False,
            node.id in homes,
            idle,
            manager,
            node.name == own,
        )

    ready = [node for node in snapshot.nodes if node.state == "ready"]
    return min(ready, key=order).name if ready else own


def drained(snapshot: ClusterSnapshot, node: str) -> bool:
    """Whether this node takes no tasks already."""
    found = snapshot.find_node(node)
    return found is not None and found.availability == "drain"


def room_beside(snapshot: ClusterSnapshot, node: str) -> bool:
    """Whether another node would take the tasks of this one."""
    return any(n.takes_tasks and n != snapshot.find_node(node) for n in snapshot.nodes)
