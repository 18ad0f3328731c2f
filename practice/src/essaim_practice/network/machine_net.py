"""The network of a machine: its published ports, its containers, and the other machines."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from errno import EHOSTUNREACH, ENETUNREACH
from functools import partial

from essaim_practice.network import addresses
from essaim_practice.network.addresses import find_network
from essaim_practice.network.mesh import Mesh
from essaim_practice.network.net import BaseNet, Way, fail, is_address, joined
from essaim_practice.programs.hosts import Interface, NoSuchHost
from essaim_practice.store.objects import Container, Engine, Network
from essaim_practice.store.store import Store

_NEAR = "192.168.0."  # what the machines' addresses begin with
_BITS = 23  # of them are the network's


class MachineNet(BaseNet):
    """The Net of the machine of an engine. hosts: addresses by name, as its /etc/hosts has them."""

    __slots__ = ("_engine", "_hosts", "_mesh", "_store")

    def __init__(
        self, store: Store, mesh: Mesh, engine: str, hosts: Callable[[], Mapping[str, str]]
    ) -> None:
        self._store = store
        self._mesh = mesh
        self._engine = engine
        self._hosts = hosts

    def resolve(self, host: str) -> str:
        """The IP address of a machine, an entry of /etc/hosts or an address. Raises NoSuchHost."""
        if is_address(host):
            return host
        if host == "localhost":
            return "127.0.0.1"
        if address := self._hosts().get(host):
            return address
        for engine in self._machines():
            if engine.id == host:
                return engine.address
        raise NoSuchHost(host)

    def interfaces(self) -> list[Interface]:
        own = self._store.get(Engine, self._engine)
        if own is None:
            return []
        found = [Interface("eth0", own.address, _BITS, 7)]
        for network in self._bridges(own):
            bits = int(network.subnet.partition("/")[2])
            found.append(Interface(_bridge_name(network), network.gateway, bits))
        return found

    def _bridges(self, own: Engine) -> list[Network]:
        """The networks that the engine has a bridge for."""
        return [n for n in self._store.all(Network) if n.engine == own.id and n.subnet]

    def _there(self, address: str) -> Way:
        own = self._store.get(Engine, self._engine)
        if own is None:
            fail(ENETUNREACH)
        gateways = (network.gateway for network in self._bridges(own))
        if address.startswith("127.") or address in (own.address, *gateways):
            return partial(self._mesh.connect, own.id, inside=True)
        for container in self._store.where(Container, "engine", own.id):
            if container.state == "running" and address in self._local(container):
                return partial(joined, self._mesh, container, "172.17.0.1")
        for engine in self._machines():
            if engine.address == address:
                return partial(self._mesh.connect, engine.id)
        return fail(EHOSTUNREACH if address.startswith(_NEAR) else ENETUNREACH)

    def _machines(self) -> list[Engine]:
        """The machines that can be reached, this one among them."""
        found = [engine for engine in self._store.all(Engine) if engine.up and not engine.gone]
        own = next((engine for engine in found if engine.id == self._engine), None)
        if own is None or own.cut:
            return [own] if own else []
        return [engine for engine in found if not engine.cut]

    def _local(self, container: Container) -> list[str]:
        """The addresses of a container on the networks that its own machine is on."""
        found = (
            (name, find_network(self._store, container.engine, name)) for name in container.networks
        )
        return [
            addresses.on(container, name)
            for name, network in found
            if network is not None and network.engine == container.engine
        ]


def _bridge_name(network: Network) -> str:
    known = {"bridge": "docker0", "docker_gwbridge": "docker_gwbridge"}
    return known.get(network.name, f"br-{network.id[:12]}")
