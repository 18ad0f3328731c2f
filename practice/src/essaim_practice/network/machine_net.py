"""The network of a machine: published ports, its containers, other machines, the outside."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from errno import EACCES
from functools import partial

from essaim_practice.network import outside, topology
from essaim_practice.network.mesh import Mesh
from essaim_practice.network.net import BaseNet, Way, joined, mac
from essaim_practice.network.topology import MACHINES, Kind, Peer, fail, is_address
from essaim_practice.programs.hosts import Interface, NoSuchHost
from essaim_practice.programs.sockets import Socket
from essaim_practice.store.objects import Container, Engine, Network
from essaim_practice.store.store import Store

_BRIDGES = {"bridge": "docker0", "docker_gwbridge": "docker_gwbridge"}  # others: br-ID


class MachineNet(BaseNet):
    """The Net of the machine of an engine. hosts: addresses by name, as its /etc/hosts has them."""

    __slots__ = ("_engine", "_hosts")

    def __init__(
        self, store: Store, mesh: Mesh, engine: str, hosts: Callable[[], Mapping[str, str]]
    ) -> None:
        super().__init__(store, mesh)
        self._engine = engine
        self._hosts = hosts

    def resolve_all(self, host: str) -> list[str]:
        """The address of an entry of /etc/hosts or a machine, or the address. Raises NoSuchHost."""
        if is_address(host):
            return [host]
        if host == "localhost":
            return ["127.0.0.1"]
        address = self._hosts().get(host)
        return [address] if address else self.look_up(host)

    def look_up(self, host: str) -> list[str]:
        """The address of a machine that is reached, or of a place outside. Raises NoSuchHost."""
        own = self._store.get(Engine, self._engine)
        for engine in self._store.all(Engine):
            if engine.id == host and topology.reaches(self._store, self._engine, host):
                return [engine.address]
        public = outside.address_of(host)
        if public and own is not None and not own.cut:
            return [public]
        raise NoSuchHost(host)

    def name_of(self, address: str) -> str:
        """The name of a machine, or of a place outside. Raises NoSuchHost."""
        for engine in self._store.all(Engine):
            if engine.address == address:
                return engine.id
        if found := outside.name_of(address):
            return found
        raise NoSuchHost(address)

    def listening(self) -> list[tuple[str, int]]:
        """What the machine publishes, and the sockets of containers on its network."""
        found = set(self._mesh.published(self._engine))
        for container in self._store.where(Container, "engine", self._engine):
            if container.state == "running" and topology.is_machines(container):
                found |= {*self._mesh.listening(container)}
                break
        return sorted(found, key=lambda socket: (":" in socket[0], socket[1]))

    def listen(self, port: int, socket: Socket) -> Callable[[], None]:
        """Nothing opens ports on a machine itself. Raises OSError."""
        return fail(EACCES)

    def interfaces(self) -> list[Interface]:
        own = self._store.get(Engine, self._engine)
        if own is None:
            return []
        bits, gateway = MACHINES.prefixlen, str(MACHINES[1])
        found = [Interface("eth0", own.address, bits, 7, 2, mac(own.address), gateway=gateway)]
        for number, network in enumerate(topology.bridges(self._store, own.id), 3):
            found.append(_bridge(network, number))
        return found

    def _peer(self, address: str) -> Peer:
        return topology.peer_of_machine(self._store, self._engine, address)

    def _way(self, peer: Peer) -> Way:
        if peer.kind is Kind.MACHINE:
            own = peer.id == self._engine
            return partial(self._mesh.connect, peer.id, inside=own, address=peer.address)
        container = self._store.get(Container, peer.id)
        if container is None:
            raise NoSuchHost(peer.id)
        return partial(joined, self._mesh, container, "172.17.0.1")


def _bridge(network: Network, number: int) -> Interface:
    bits6 = int(network.subnet6.partition("/")[2] or 0)
    return Interface(
        name=_BRIDGES.get(network.name, f"br-{network.id[:12]}"),
        address=network.gateway if network.ipv4 else "",
        bits=int(network.subnet.partition("/")[2]),
        number=number,
        mac=mac(network.gateway),
        address6=network.gateway6,
        bits6=bits6,
    )
