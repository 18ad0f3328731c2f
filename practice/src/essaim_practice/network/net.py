"""The network of a container: resolves names of containers and services, and sends requests.

It does not lead outside the cluster; nor does that of a machine, in ``machine_net``.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from errno import ECONNREFUSED, EHOSTUNREACH, EINVAL, ENETUNREACH
from functools import partial
from ipaddress import IPv4Address
from itertools import chain
from typing import NoReturn
from urllib.parse import urlsplit

from essaim_practice.network import addresses, links
from essaim_practice.network.addresses import PREDEFINED, find_network
from essaim_practice.network.mesh import Connection, Mesh, Refused
from essaim_practice.programs.hosts import Interface, NoSuchHost
from essaim_practice.programs.http import HttpResponse
from essaim_practice.programs.talk import Talk
from essaim_practice.store.objects import Container, Engine, Network, Service, Task
from essaim_practice.store.store import Store

Way = Callable[[int], Connection]  # opens a connection to a port. Raises Refused


class BaseNet(ABC):
    """What a Net (see programs/hosts.py) does with the addresses that it knows."""

    __slots__ = ()

    @abstractmethod
    def resolve(self, host: str) -> str:
        """The IP address of a name or an address. Raises NoSuchHost."""

    def resolve_all(self, host: str) -> list[str]:
        """Every IP address of a name. Raises NoSuchHost."""
        return [self.resolve(host)]

    @abstractmethod
    def interfaces(self) -> list[Interface]:
        """The network interfaces besides lo, in order."""

    @abstractmethod
    def _there(self, address: str) -> Way:
        """The way to an address. Raises OSError where nobody is."""

    def reach(self, address: str) -> None:
        """Do as a ping does. Raises OSError with the errno of one that does not come back."""
        self._there(address)

    def fetch(
        self,
        url: str,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> HttpResponse:
        """Send a request. Raises NoSuchHost; OSError with the errno of a failed connection."""
        try:
            parts = urlsplit(url if "//" in url else f"http://{url}")
            host, port = (
                parts.hostname or "",
                parts.port or (443 if parts.scheme == "https" else 80),
            )
        except ValueError:
            fail(EINVAL)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        given = {name.lower(): value for name, value in (headers or {}).items()}
        given.setdefault("host", parts.netloc.rpartition("@")[2])
        address = self.resolve(host)
        try:
            page, _ = self._there(address)(port).request(method, target, given, body)
        except Refused:
            fail(ECONNREFUSED)
        return page

    def converse(self, host: str, port: int) -> Talk:
        """Open a connection. Raises NoSuchHost; OSError with the errno of one that failed."""
        way = self._there(self.resolve(host))
        try:
            return way(port).talk()
        except Refused:
            fail(ECONNREFUSED)


class ContainerNet(BaseNet):
    """The Net of one container."""

    __slots__ = ("_id", "_mesh", "_store")

    def __init__(self, store: Store, mesh: Mesh, container_id: str) -> None:
        self._store = store
        self._mesh = mesh
        self._id = container_id

    def resolve(self, host: str) -> str:
        """The IP address of a service, a container or an address. Raises NoSuchHost."""
        return self.resolve_all(host)[0]

    def resolve_all(self, host: str) -> list[str]:
        """Every IP address of a name: ``tasks.web`` has those of all replicas."""
        found = list(dict.fromkeys(self._known_as(host)))
        if not found:
            raise NoSuchHost(host)
        return found

    def _known_as(self, host: str) -> Iterator[str]:
        own = self._own()
        if host == "localhost":
            yield "127.0.0.1"
            return
        if is_address(host):
            yield host
            return
        if own is None:
            return
        if host in (own.id[:12], own.config.get("Hostname")):
            yield own.address or "127.0.0.1"
            return
        for entry in own.host_config.get("ExtraHosts") or ():
            name, _, address = str(entry).partition(":")
            if name == host:
                yield self._gateway(own) if address == "host-gateway" else address
                return
        for network in self._networks(own):
            named = network.name not in PREDEFINED  # on those there is no name service
            for name, address in chain(
                self._linked(own, network), self._names(network) if named else ()
            ):
                if name == host and address:
                    yield address

    def interfaces(self) -> list[Interface]:
        own, found = self._own(), list[Interface]()
        for network in self._networks(own) if own is not None else ():
            assert own is not None
            if address := self._address(own, network):
                number, bits = len(found), int(network.subnet.partition("/")[2] or 16)
                found.append(Interface(f"eth{number}", address, bits, 2 * number + 3))
        return found

    def _there(self, address: str) -> Way:
        own = self._own()
        if own is None:
            fail(ENETUNREACH)
        mesh, source = self._mesh, own.address or "127.0.0.1"
        if address.startswith("127.") or address == own.address:
            return partial(joined, mesh, own, source)
        near = False
        for network in self._networks(own):
            if address == network.gateway:
                return partial(mesh.connect, own.engine)
            for service in self._store.all(Service):
                if any(vip == address for vip in _addresses(service.virtual_ips, network)):
                    return partial(_balanced, mesh, own.engine, service, source)
            for container in self._on(network):
                if self._address(container, network) == address:
                    return partial(joined, mesh, container, source)
            near = near or within(address, network)
        for engine in self._store.all(Engine):
            if engine.address == address and engine.up and not engine.gone:
                return partial(mesh.connect, engine.id)
        return fail(EHOSTUNREACH if near else ENETUNREACH)

    # Who is there

    def _own(self) -> Container | None:
        return self._store.get(Container, self._id)

    def _networks(self, container: Container) -> Iterator[Network]:
        for name in container.networks:
            if network := find_network(self._store, container.engine, name):
                yield network

    def _gateway(self, own: Container) -> str:
        return next((n.gateway for n in self._networks(own) if n.gateway), "127.0.0.1")

    def _on(self, network: Network) -> Iterator[Container]:
        """The running containers of a network, on any engine."""
        for container in self._store.all(Container):
            if container.state == "running" and network in self._networks(container):
                yield container

    def _names(self, network: Network) -> Iterator[tuple[str, str]]:
        """Every name on a network, with its address."""
        for service in self._store.all(Service):
            for address in _addresses(service.virtual_ips, network):
                yield service.name, address
        for container in self._on(network):
            address = self._address(container, network)
            asked = (container.endpoints or {}).get(network.name) or {}
            for name in (container.name, container.id[:12], *(asked.get("Aliases") or ())):
                yield name, address
            task = self._store.get(Task, container.task_id) if container.task_id else None
            owner = self._store.get(Service, task.service_id) if task else None
            if owner is not None:
                yield f"tasks.{owner.name}", address
                if not owner.virtual_ips:  # endpoint mode dnsrr
                    yield owner.name, address

    def _linked(self, own: Container, network: Network) -> Iterator[tuple[str, str]]:
        """The names that a container alone has for others on a network, with their addresses."""
        for name, alias in links.pairs(own, network.name):
            for container in self._on(network):
                if container.name == name or container.id.startswith(name):
                    address = self._address(container, network)
                    yield from ((alias, address), (container.name, address))

    def _address(self, container: Container, network: Network) -> str:
        task = self._store.get(Task, container.task_id) if container.task_id else None
        if task is not None:
            return next(_addresses(task.addresses, network), "")
        return addresses.on(container, network.name)


def joined(mesh: Mesh, container: Container, source: str, port: int) -> Connection:
    return mesh.join(container, port, port, source)


def _balanced(mesh: Mesh, engine: str, service: Service, source: str, port: int) -> Connection:
    return mesh.balance(engine, service, port, port, source)


def _addresses(pairs: tuple[tuple[str, str], ...], network: Network) -> Iterator[str]:
    return (address.partition("/")[0] for id, address in pairs if id == network.id)


def is_address(text: str) -> bool:
    try:
        IPv4Address(text)
    except ValueError:
        return False
    return True


def within(address: str, network: Network) -> bool:
    first, _, bits = network.subnet.partition("/")
    if not bits:
        return False
    shift = 32 - int(bits)
    return int(IPv4Address(address)) >> shift == int(IPv4Address(first)) >> shift


def fail(number: int) -> NoReturn:
    raise OSError(number, os.strerror(number))
