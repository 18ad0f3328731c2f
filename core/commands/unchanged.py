"""Which commands would leave the Swarm as it is.

Sent all the same, such an update takes the place of the spec that a rollback goes back to. The
docker command does send it, and so does a line that is typed; buttons and forms ask here first.
"""

from __future__ import annotations

import dataclasses

from core.cluster.references import tagged
from core.cluster.snapshot import ClusterSnapshot, Node, Service
from core.commands.command import Command
from core.commands.nodes import UpdateNode
from core.commands.services import ScaleServices, UpdateService


def changes_nothing(command: Command, snapshot: ClusterSnapshot) -> bool:
    """Whether what the command asks for is so already; what is not known is for the engine."""
    match command:
        case ScaleServices():
            found = [(snapshot.service(name), count) for name, count in command.replicas]
            return all(service and service.replicas == count for service, count in found)
        case UpdateService():
            service = snapshot.service(command.service)
            return service is not None and _keeps_service(command, service)
        case UpdateNode():
            named = [n for n in snapshot.nodes if command.node in (n.id, n.hostname)]
            return len(named) == 1 and _keeps_node(command, named[0])
    return False


def _keeps_service(wish: UpdateService, service: Service) -> bool:
    env, labels = dict(service.env), dict(service.labels)
    kept = {
        "image": not wish.image or tagged(wish.image) == tagged(service.image),
        "replicas": wish.replicas in (None, service.replicas),
        "env_add": _has(env, wish.env_add),
        "env_rm": not set(wish.env_rm) & env.keys(),
        "label_add": _has(labels, wish.label_add),
        "label_rm": not set(wish.label_rm) & labels.keys(),
    }
    return all(kept.values()) and not _asked(wish, {*kept, "service", "detach"})


def _keeps_node(wish: UpdateNode, node: Node) -> bool:
    kept = {
        "availability": wish.availability in ("", node.availability),
        "role": wish.role in ("", node.role),
        "label_add": _has(dict(node.labels), wish.label_add),
    }
    # To take away a label that is not there has a refusal of its own.
    return all(kept.values()) and not _asked(wish, {*kept, "node"})


def _has(known: dict[str, str], pairs: tuple[str, ...]) -> bool:
    """Whether each ``key=value`` of these is known."""
    split = (pair.partition("=") for pair in pairs)
    return all(known.get(key) == value for key, _, value in split)


def _asked(wish: Command, apart_from: set[str]) -> bool:
    """Whether any other field says something."""
    fields = (f for f in dataclasses.fields(wish) if f.name not in apart_from)  # type: ignore[arg-type]
    return any(getattr(wish, field.name) != field.default for field in fields)
