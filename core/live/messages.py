"""The messages that are pushed to browsers: the cluster's picture, its recent past, and a pulse."""

from __future__ import annotations

import hashlib
from typing import Any

from core.cluster.history import History
from core.cluster.public import readable
from core.cluster.snapshot import ClusterSnapshot, Node
from core.i18n import Translate
from core.presentation.charts import replicas_over_time, replicas_per_node
from core.presentation.health import drain_warning, health, last_heard
from core.presentation.outage import explain
from core.presentation.phases import LOST, Tile, tiles


def cluster(
    snapshot: ClusterSnapshot,
    _: Translate,
    whole: ClusterSnapshot | None = None,
    notices: str = "",
) -> dict[str, Any]:
    """Topic ``cluster``: nodes with their tiles, and the bars of each service and of all.

    whole: the same with labels, by which Swarm places replicas; the message leaves them out.
    notices: what the page says above it all.
    """
    known = whole or snapshot
    placed: dict[str, list[dict[str, Any]]] = {}
    for tile in tiles(snapshot):
        placed.setdefault(tile.task.node_id, []).append(_tile(snapshot, tile, _))
    return {
        "topic": "cluster",
        "time": snapshot.time,
        "revision": snapshot.revision,
        "shape": shape(snapshot, notices),
        "trouble": explain(snapshot.outage, _),
        "nodes": [_node(known, node, placed.get(node.id, []), _) for node in snapshot.nodes],
        "unplaced": placed.get("", []),
        "services": [
            {
                "id": service.id,
                "name": service.name,
                "running": service.running,
                "desired": service.desired,
                "replicas": service.replicas,
                "job": service.tally if service.job else "",
                "dashboard": service.dashboard,
                "down": found.down,
                "told": found.summary,
            }
            for service in snapshot.services
            for found in (health(snapshot, service, _),)
        ],
        "figures": {
            service: replicas_per_node(snapshot, _, service or None) for service in _drawn(snapshot)
        },
    }


def shape(snapshot: ClusterSnapshot, notices: str = "") -> str:
    """A digest of the facts that widgets are made of: it stays while only tasks move."""
    facts = (
        snapshot.engine
        and (snapshot.engine.name, snapshot.engine.manager, snapshot.engine.version),
        snapshot.engine and (snapshot.engine.swarm_state, snapshot.engine.practice),
        [(service.id, service.name, service.replicas) for service in snapshot.services],
        [(node.id, node.name) for node in snapshot.nodes],
        snapshot.outage is not None,
        notices,
    )
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]


def history(past: History, snapshot: ClusterSnapshot, _: Translate) -> dict[str, Any]:
    """Topic ``history``: replicas over time, with marks where something was done."""
    names = [node.name for node in snapshot.nodes]
    figures = {
        service: replicas_over_time(
            past.samples, past.marks, names, snapshot.time, _, service or None
        )
        for service in _drawn(snapshot)
    }
    return {"topic": "history", "figures": figures}


def pulse(snapshot: ClusterSnapshot, _: Translate) -> dict[str, Any]:
    """Topic ``pulse``: when the engine was last heard, so that a viewer knows the picture's age."""
    return {"topic": "pulse", "time": snapshot.time, "trouble": explain(snapshot.outage, _)}


def _drawn(snapshot: ClusterSnapshot) -> list[str]:
    """The services that have figures of their own; '' stands for all of them together."""
    several = snapshot.services if len(snapshot.services) > 1 else ()
    return ["", *(service.id for service in several)]


def _node(
    snapshot: ClusterSnapshot, node: Node, of_node: list[dict[str, Any]], _: Translate
) -> dict[str, Any]:
    return {
        "id": node.id,
        "name": node.name,
        "role": node.role,
        "leader": node.leader,
        "availability": node.availability,
        "state": node.state,
        "address": node.address,
        "drain_warning": drain_warning(snapshot, node, _),
        "tiles": of_node,
    }


def _tile(snapshot: ClusterSnapshot, tile: Tile, _: Translate) -> dict[str, Any]:
    task = tile.task
    lost = last_heard(snapshot.node(task.node_id), _) if tile.phase is LOST else ""
    return {
        "id": task.id,
        "name": snapshot.replica(task),
        "service": task.service_id,
        "label": str(task.slot or "•"),
        "phase": tile.phase.key,
        "state": task.state,
        "desired": task.desired_state,
        "message": lost or readable(task.error or task.message, _),
        "failures": tile.failures,
        "lastError": readable(tile.last_error, _),
        "image": task.image,
        "since": task.since,
    }
