"""The network to be drawn: who is on which network, and who reaches whom by which names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from essaim_practice.network import names, topology
from essaim_practice.network.topology import Kind, networks
from essaim_practice.store.objects import Container, Network, Service, Task
from essaim_practice.store.store import Store


@dataclass(frozen=True, slots=True)
class Member:
    """A running container on a network."""

    container: str  # its id
    address: str
    address6: str  # "" without one


@dataclass(frozen=True, slots=True)
class DrawnNetwork:
    """A network, and the running containers on it."""

    id: str
    name: str
    driver: str
    engine: str  # "" for one of the Swarm
    subnet: str
    subnet6: str
    leads_out: bool  # its containers reach the machines and the world outside by it
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class Reach:
    """One container reaches another over a network."""

    source: str  # ids of containers
    target: str
    network: str  # its name
    address: str
    names: tuple[str, ...]  # by which the source finds it, services' names among them


def drawn(store: Store) -> tuple[DrawnNetwork, ...]:
    """Every network that running containers are on, those of the machines alone left out."""
    found = []
    for network in store.all(Network):
        members = tuple(
            Member(container.id, place.address, place.address6)
            for container in store.all(Container)
            if container.state == "running" and topology.owner(store, container).id == container.id
            for place in topology.places(store, container)
            if place.network.id == network.id
        )
        if members:
            out = network.scope == "local" and not network.internal
            drawing = (network.driver, network.engine, network.subnet, network.subnet6)
            found.append(DrawnNetwork(network.id, network.name, *drawing, out, members))
    return tuple(found)


def reached_from(store: Store, source: Container) -> Iterator[Reach]:
    """Whom a container reaches on its networks, each network apart."""
    own = topology.owner(store, source)
    for network in networks(store, own):
        if network.ingress:
            continue
        for target in store.all(Container):
            if target.state != "running" or target.id == own.id:
                continue
            address = topology.address_of(store, target, network)
            if not address or network not in networks(store, target):
                continue
            try:
                there = topology.peer(store, own, address)
            except OSError:
                continue
            if there == topology.Peer(Kind.CONTAINER, target.id):
                known = tuple(_names(store, target, network)) if names.serves(network) else ()
                yield Reach(own.id, target.id, network.name, address, known)


def _names(store: Store, target: Container, network: Network) -> Iterator[str]:
    """The names that lead to a container on a network, or to the service that it is one of."""
    yield from names.known_as(target, network)
    task = store.get(Task, target.task_id) if target.task_id else None
    service = store.get(Service, task.service_id) if task else None
    if service is not None:
        for name in names.service_names(service, network):
            yield from (name, f"tasks.{name}")
