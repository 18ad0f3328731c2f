"""Where a published port answers on each node: the only addresses that traffic is ever sent to."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from core.cluster.snapshot import ClusterSnapshot, Node, Port, Service
from core.engine.practice import PublishedPort, calls
from core.engine.way import Way

#: Addresses of a node that has not learnt its own yet: of no use to others.
_NOWHERE = ("", "0.0.0.0", "::", "127.0.0.1")
LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where one node takes requests in."""

    node: str  # its id
    name: str  # the node's
    way: Way  # with a prefix where the practice engine relays to a port of its node
    machine: str = ""  # of a practice cluster: its hostname, whatever the Swarm has it twice for


def open_ports(service: Service) -> tuple[Port, ...]:
    """The published TCP ports."""
    return tuple(port for port in service.ports if port.published and port.protocol == "tcp")


def real(
    snapshot: ClusterSnapshot, service: Service, port: Port, engine: str
) -> tuple[Endpoint, ...]:
    """The endpoints of a real Swarm: every ready node, because the routing mesh is on each.

    engine: the address of the connected engine, a DOCKER_HOST value. A port in host mode answers
    only where a replica runs.
    """
    nodes = [node for node in snapshot.nodes if node.state == "ready"]
    if port.mode != "ingress":
        hosts = {t.node_id for t in snapshot.tasks_of(service) if t.state == "running"}
        nodes = [node for node in nodes if node.id in hosts]
    return tuple(
        Endpoint(node.id, node.name, Way(_host(snapshot, node, engine), port.published))
        for node in nodes
    )


def _host(snapshot: ClusterSnapshot, node: Node, engine: str) -> str:
    if node.address not in _NOWHERE:
        return node.address
    remote = urlsplit(engine)
    own = snapshot.engine is not None and snapshot.engine.node_id == node.id
    if own and snapshot.engine and snapshot.engine.node_address not in _NOWHERE:
        return snapshot.engine.node_address
    return (remote.hostname or LOOPBACK) if remote.scheme in ("tcp", "http", "https") else LOOPBACK


def practice(
    snapshot: ClusterSnapshot,
    service: Service,
    port: Port,
    engine: Way,
    openings: Iterable[PublishedPort],
) -> tuple[Endpoint, ...]:
    """The endpoints of a practice Swarm.

    engine: the way to the connected engine. openings: every published port of the cluster. One
    that is bound on this machine's loopback is used as such; else the engine leads there.
    """
    here = not engine.socket and _is_loopback(engine.host)
    found = []
    for opening in openings:
        node = snapshot.find_node(opening.engine)
        ours = opening.service == service.name and opening.port == port.published
        if node is None or not ours:
            continue
        bound = urlsplit(opening.url)
        if opening.bound and here and _is_loopback(bound.hostname or ""):
            way = Way(bound.hostname or "", bound.port or 80)
        else:
            way = engine.below(calls.port_path(node.hostname, port.published))
        found.append(Endpoint(node.id, node.name, way, node.hostname))
    return tuple(found)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
