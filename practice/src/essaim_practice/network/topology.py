"""The one model of the network: which addresses a container has, and who answers at an address.

Names are in ``names``; ping, wget, published ports and all others ask these two. The rules are the
kernel's and Docker's: a container reaches whom its networks hold, the rest by its default route,
which leads over its machine; an internal network has none, and between the bridges of a machine
nothing passes.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from errno import EHOSTUNREACH, ENETUNREACH, ETIMEDOUT
from ipaddress import ip_address, ip_network
from typing import NoReturn

from essaim_practice.network import addresses, outside
from essaim_practice.network.addresses import find_network, on6
from essaim_practice.store import containers
from essaim_practice.store.errors import ApiError
from essaim_practice.store.objects import Container, Engine, Network, Service, State, Task
from essaim_practice.store.store import Store

MACHINES = ip_network("192.168.0.0/23")  # the network of the machines
_DEEPEST = 8  # containers that have their network from one another
_ISOLATED = "com.docker.network.bridge.enable_icc"


class Kind(Enum):
    """Who answers at an address."""

    CONTAINER = "container"
    SERVICE = "service"  # any of its replicas, by its virtual address
    MACHINE = "machine"
    GATEWAY = "gateway"  # of an overlay: it answers a ping, and nothing else
    OUTSIDE = "outside"  # the world beyond the machines, of which a few places are played


@dataclass(frozen=True, slots=True)
class Peer:
    """Who answers at an address; ``id`` of the container, service or machine, or the address."""

    kind: Kind
    id: str
    address: str = ""  # that was called, of a machine that has several


@dataclass(frozen=True, slots=True)
class Place:
    """What a container has of one of its networks."""

    network: Network
    address: str
    address6: str = ""


def owner(store: Store, container: Container) -> Container:
    """The container whose network it has: its own, or that of ``--network container:NAME``."""
    for _ in range(_DEEPEST):
        kind, _, name = str(container.host_config.get("NetworkMode") or "").partition(":")
        if kind != "container":
            break
        try:
            other = containers.find(store, container.engine, name)
        except ApiError:
            other = None
        if other is None:
            break
        container = other
    return container


def sharing(store: Store, container: Container) -> list[Container]:
    """The running containers that have one network with this one, itself among them."""
    own = owner(store, container)
    machines = is_machines(own)
    found = []
    for other in store.where(Container, "engine", container.engine):
        if other.state == "running":
            theirs = owner(store, other)
            if theirs.id == own.id or (machines and is_machines(theirs)):
                found.append(other)
    return found


def is_machines(container: Container) -> bool:
    """Whether it has the network of its machine."""
    return container.host_config.get("NetworkMode") == "host" or container.networks == ("host",)


def networks(store: Store, container: Container) -> Iterator[Network]:
    """The networks that a container is on."""
    for name in container.networks:
        if network := find_network(store, container.engine, name):
            yield network


def places(store: Store, container: Container) -> list[Place]:
    """What the owner of a network has, in the order of its interfaces."""
    found = []
    for network in networks(store, container):
        place = Place(network, address_of(store, container, network), on6(container, network))
        if place.address or place.address6:
            found.append(place)
    found.sort(key=lambda p: (p.network.internal, -_priority(container, p.network)))
    way_out = addresses.on_gateway_bridge(store, container)
    bridge = find_network(store, container.engine, "docker_gwbridge") if way_out else None
    if bridge is not None:
        found.insert(1, Place(bridge, way_out))
    return found


def address_of(store: Store, container: Container, network: Network) -> str:
    """Its IPv4 address on a network; "" without one."""
    if not network.ipv4:
        return ""
    task = store.get(Task, container.task_id) if container.task_id else None
    if task is not None and (given := dict(task.addresses).get(network.id)):
        return given.partition("/")[0]
    return addresses.on(container, network.name)


def way_out(found: list[Place], container: Container, six: bool = False) -> Place | None:
    """The place whose gateway the default route leads to: the first by priority, then by name."""

    def rank(place: Place) -> tuple[int, str]:
        return -_priority(container, place.network), place.network.name

    outer = [
        place
        for place in found
        if place.network.scope == "local" and not place.network.internal
        if (place.address6 if six else place.address)
    ]
    return min(outer, key=rank, default=None)


def _priority(container: Container, network: Network) -> int:
    """How much its gateway is preferred, as it was asked for."""
    asked = (container.endpoints or {}).get(network.name) or {}
    return int(asked.get("GwPriority") or 0)


def holds(network: Network, address: str) -> bool:
    """Whether an address is one of the network's."""
    subnet = network.subnet6 if ":" in address else network.subnet
    return bool(subnet) and ip_address(address) in ip_network(subnet, strict=False)


def peer(store: Store, asking: Container, address: str) -> Peer:
    """Who answers a container at an address.

    Raises OSError: ENETUNREACH (no way leads there), EHOSTUNREACH (nobody has the address on a
    network of its own), ETIMEDOUT (packets are lost on the way).
    """
    own = owner(store, asking)
    if is_machines(own):
        return peer_of_machine(store, own.engine, address)
    if is_loopback(address):
        return Peer(Kind.CONTAINER, own.id)
    found = places(store, own)
    if any(address in (place.address, place.address6) for place in found):
        return Peer(Kind.CONTAINER, own.id)
    for place in found:
        if holds(place.network, address):
            return _neighbour(store, own, place.network, address)
    if way_out(found, own, six=":" in address) is None:
        fail(ENETUNREACH)
    return _beyond(store, own.engine, address)


def peer_of_machine(store: Store, engine: str, address: str) -> Peer:
    """Who answers a machine at an address. Raises OSError as ``peer`` does."""
    own = store.get(Engine, engine)
    if own is None:
        fail(ENETUNREACH)
    if is_loopback(address) or address == own.address or _is_gateway(store, engine, address):
        return Peer(Kind.MACHINE, engine, address)
    for network in bridges(store, engine):
        if holds(network, address):
            return _on_bridge(store, engine, network, address)
    if ip_address(address) not in MACHINES:
        if own.cut:
            fail(ENETUNREACH)
        return _elsewhere(store, own, address)
    if reaches(store, engine, machine := _machine_at(store, address)):
        return Peer(Kind.MACHINE, machine, address)
    return fail(EHOSTUNREACH)


def bridges(store: Store, engine: str) -> Iterator[Network]:
    """The networks that a machine has a bridge for."""
    for network in store.all(Network):
        if network.engine == engine and network.driver == "bridge" and network.subnet:
            yield network


def reaches(store: Store, engine: str, other: str) -> bool:
    """Whether two machines are joined: both have power, and their cables are in."""
    one, two = store.get(Engine, engine), store.get(Engine, other)
    if one is None or two is None or two.gone or not two.up:
        return False
    return engine == other or not (one.cut or two.cut)


def replicas(store: Store, engine: str, service: Service) -> Iterator[tuple[Task, Container]]:
    """The replicas that the name service of a machine knows: running, meant to stay, reached."""
    for task in store.where(Task, "service", service.id):
        if task.state != State.RUNNING or task.desired > State.RUNNING:
            continue
        container = store.get(Container, task.container_id)
        if container is None or container.state != "running":
            continue
        if reaches(store, engine, container.engine):
            yield task, container


def is_loopback(address: str) -> bool:
    return address == "::1" or address.startswith("127.")


def is_address(text: str) -> bool:
    """Whether a text is an IP address and no name."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def fail(number: int) -> NoReturn:
    """Raise the OSError of this number."""
    raise OSError(number, os.strerror(number))


# Who is there


def _neighbour(store: Store, own: Container, network: Network, address: str) -> Peer:
    """Who has an address of a network that the container is on."""
    if network.scope == "local":
        if address in (network.gateway, network.gateway6) and network.driver == "bridge":
            return Peer(Kind.MACHINE, own.engine, address)
        isolated = (network.options or {}).get(_ISOLATED) == "false"
        if isolated and _holder(store, own.engine, network, address):
            fail(ETIMEDOUT)
        return _on_bridge(store, own.engine, network, address)
    if address == network.gateway:
        return Peer(Kind.GATEWAY, address)
    for service in store.all(Service):
        if dict(service.virtual_ips).get(network.id, "").partition("/")[0] == address:
            if any(replicas(store, own.engine, service)):
                return Peer(Kind.SERVICE, service.id)
            fail(EHOSTUNREACH)
    for container in store.all(Container):
        if container.state != "running" or not _has(container, address):
            continue
        if network in networks(store, container) and reaches(store, own.engine, container.engine):
            return Peer(Kind.CONTAINER, container.id)
    return fail(EHOSTUNREACH)


def _on_bridge(store: Store, engine: str, network: Network, address: str) -> Peer:
    if holder := _holder(store, engine, network, address):
        return Peer(Kind.CONTAINER, holder)
    return fail(EHOSTUNREACH)


def _holder(store: Store, engine: str, network: Network, address: str) -> str:
    """The id of the running container that has an address of a bridge; "" for none."""
    gateway = network.name == "docker_gwbridge"
    own: tuple[str, ...]
    for container in store.where(Container, "engine", engine):
        if container.state != "running":
            continue
        if gateway:
            own = (addresses.on_gateway_bridge(store, container),)
        elif network.name not in container.networks:
            continue
        else:
            own = (address_of(store, container, network), on6(container, network))
        if address in own:
            return container.id
    return ""


def _has(container: Container, address: str) -> bool:
    return address == container.address or address in (container.further or {}).values()


def _beyond(store: Store, engine: str, address: str) -> Peer:
    """Who answers where the default route leads to, by way of the machine."""
    own = store.get(Engine, engine)
    if own is None:
        fail(ENETUNREACH)
    if address == own.address or _is_gateway(store, engine, address):
        return Peer(Kind.MACHINE, engine, address)
    if any(holds(network, address) for network in bridges(store, engine)):
        fail(ETIMEDOUT)
    if reaches(store, engine, machine := _machine_at(store, address)):
        return Peer(Kind.MACHINE, machine, address)
    return _elsewhere(store, own, address)


def _elsewhere(store: Store, own: Engine, address: str) -> Peer:
    """Who answers beyond the machines."""
    if not own.cut and outside.answers(address):
        return Peer(Kind.OUTSIDE, address)
    return fail(ETIMEDOUT)


def _is_gateway(store: Store, engine: str, address: str) -> bool:
    return any(address in (n.gateway, n.gateway6) for n in bridges(store, engine))


def _machine_at(store: Store, address: str) -> str:
    return next((engine.id for engine in store.all(Engine) if engine.address == address), "")
