"""The network as programs of containers use it: by the model in ``topology`` and ``names``.

That of a machine is in ``machine_net``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from errno import ECONNREFUSED, ECONNRESET, EINVAL, ENETDOWN
from functools import partial
from urllib.parse import urlsplit

from essaim_practice.network import addresses, names, outside, topology
from essaim_practice.network.http_talk import HttpTalk
from essaim_practice.network.mesh import Connection, Mesh, Refused
from essaim_practice.network.topology import Kind, Peer, Place, fail, is_address
from essaim_practice.programs.hosts import Interface, NoSuchHost
from essaim_practice.programs.http import HttpResponse
from essaim_practice.programs.sockets import Socket
from essaim_practice.programs.talk import Talk
from essaim_practice.store.objects import Container, Service
from essaim_practice.store.store import Store

Way = Callable[[int], Connection]  # opens a connection to a port. Raises Refused

_NAME_SERVICE = ("127.0.0.11", 41023)  # where the engine's name service listens in a container
_WEB = (80, 443)  # where places outside answer


class BaseNet(ABC):
    """What a Net (see programs/hosts.py) does with the peers that the model knows."""

    __slots__ = ("_mesh", "_store")

    def __init__(self, store: Store, mesh: Mesh) -> None:
        self._store = store
        self._mesh = mesh

    @abstractmethod
    def resolve_all(self, host: str) -> list[str]:
        """Every IP address of a name, or the address itself. Raises NoSuchHost."""

    @abstractmethod
    def look_up(self, host: str) -> list[str]:
        """The addresses that the name service has for a name. Raises NoSuchHost."""

    @abstractmethod
    def interfaces(self) -> list[Interface]:
        """The network interfaces besides lo, in order."""

    @abstractmethod
    def _peer(self, address: str) -> Peer:
        """Who answers at an address. Raises OSError where nobody does."""

    @abstractmethod
    def _way(self, peer: Peer) -> Way:
        """The way to one who answers within the cluster."""

    def resolve(self, host: str) -> str:
        """The first IPv4 address of a name, else its first. Raises NoSuchHost."""
        return min(self.resolve_all(host), key=lambda address: ":" in address)

    def reach(self, address: str) -> None:
        """Do as a ping does. Raises OSError with the errno of one that does not come back."""
        self._peer(address)

    def fetch(
        self,
        url: str,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        address: str = "",
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
        peer = self._peer(address or self.resolve(host))
        if peer.kind is Kind.OUTSIDE and port in _WEB:
            return outside.page(host)
        try:
            connection = self._open(peer, port)
            if connection.raw:  # what speaks another protocol hangs up on HTTP
                fail(ECONNRESET)
            page, _ = connection.request(method, target, given, body)
        except Refused:
            fail(ECONNREFUSED)
        return page

    def converse(self, host: str, port: int) -> Talk:
        """Open a connection. Raises NoSuchHost; OSError with the errno of one that failed."""
        peer = self._peer(self.resolve(host))
        try:
            connection = self._open(peer, port)
            return connection.talk() if connection.raw else HttpTalk(connection.request)
        except Refused:
            fail(ECONNREFUSED)

    def _open(self, peer: Peer, port: int) -> Connection:
        """A connection to a port. Raises Refused."""
        if peer.kind in (Kind.OUTSIDE, Kind.GATEWAY):
            raise Refused(f"nothing listens on port {port} of {peer.id}")
        return self._way(peer)(port)

    def _in_turn(self, host: str, found: list[str]) -> list[str]:
        """The addresses, each time another first; of IPv6 after those of IPv4."""
        if len(found) < 2:
            return found
        first = self._mesh.turn(host) % len(found)
        return sorted(found[first:] + found[:first], key=lambda address: ":" in address)


class ContainerNet(BaseNet):
    """The Net of one container."""

    __slots__ = ("_id",)

    def __init__(self, store: Store, mesh: Mesh, container_id: str) -> None:
        super().__init__(store, mesh)
        self._id = container_id

    def resolve_all(self, host: str) -> list[str]:
        """Every IP address of a name: ``tasks.web`` has those of all replicas."""
        if is_address(host):
            return [host]
        if host == "localhost":
            return ["127.0.0.1"]
        own = self._own()
        rows = names.host_rows(self._store, own) if own is not None else []
        return [address for address, known in rows if host in known.split()] or self.look_up(host)

    def look_up(self, host: str) -> list[str]:
        """Every address of a name, those of replicas in turn. Raises NoSuchHost."""
        own = self._own()
        found = names.look_up(self._store, own, host) if own is not None else []
        if not found:
            raise NoSuchHost(host)
        return self._in_turn(host, found)

    def name_of(self, address: str) -> str:
        """The name that belongs to an address. Raises NoSuchHost."""
        own = self._own()
        found = names.name_of(self._store, own, address) if own is not None else ""
        if not found:
            raise NoSuchHost(address)
        return found

    def listening(self) -> list[tuple[str, int]]:
        """Address and port of every TCP socket that listens, that of the name service first."""
        own = self._own()
        if own is None:
            return []
        inner = [_NAME_SERVICE] if names.has_service(self._store, own) else []
        return [*inner, *self._mesh.listening(own)]

    def listen(self, port: int, socket: Socket) -> Callable[[], None]:
        """Open a port; returns what closes it. Raises OSError with the errno of why not."""
        container = self._store.get(Container, self._id)
        if container is None:
            fail(ENETDOWN)
        return self._mesh.listen(container, port, socket)

    def interfaces(self) -> list[Interface]:
        own = self._own()
        if own is None:
            return []
        found = topology.places(self._store, own)
        ways = topology.way_out(found, own), topology.way_out(found, own, six=True)
        return [_interface(own, n, place, ways) for n, place in enumerate(found)]

    def _peer(self, address: str) -> Peer:
        own = self._own()
        if own is None:
            raise NoSuchHost(address)
        return topology.peer(self._store, own, address)

    def _way(self, peer: Peer) -> Way:
        own = self._own()
        other = own is not None and peer.id != own.id
        source = (own.address if own is not None and other else "") or "127.0.0.1"
        if peer.kind is Kind.MACHINE:
            return partial(self._mesh.connect, peer.id, address=peer.address)
        if peer.kind is Kind.SERVICE:
            service = self._store.get(Service, peer.id)
            if own is not None and service is not None:
                return partial(_balanced, self._mesh, own.engine, service, source)
        container = self._store.get(Container, peer.id)
        if container is None:
            raise NoSuchHost(peer.id)
        return partial(joined, self._mesh, container, source)

    def _own(self) -> Container | None:
        """The container whose network it is."""
        container = self._store.get(Container, self._id)
        return topology.owner(self._store, container) if container is not None else None


def joined(mesh: Mesh, container: Container, source: str, port: int) -> Connection:
    return mesh.join(container, port, port, source)


def _balanced(mesh: Mesh, engine: str, service: Service, source: str, port: int) -> Connection:
    return mesh.balance(engine, service, port, port, source)


def _interface(
    own: Container, number: int, place: Place, ways: tuple[Place | None, Place | None]
) -> Interface:
    network = place.network
    asked = (own.endpoints or {}).get(network.name) or {}
    wide = (network.options or {}).get("com.docker.network.driver.mtu")
    card = mac(addresses.on(own, network.name) or place.address)
    return Interface(
        name=f"eth{number}",
        address=place.address,
        bits=int(network.subnet.partition("/")[2] or 16),
        peer=2 * number + 3,
        number=number + 2,
        mac=str(asked.get("MacAddress") or own.config.get("MacAddress") or card),
        mtu=int(wide) if wide else 1450 if network.scope == "swarm" else 1500,
        address6=place.address6,
        bits6=int(network.subnet6.partition("/")[2] or 0),
        gateway=network.gateway if place is ways[0] and place.address else "",
        gateway6=network.gateway6 if place is ways[1] else "",
    )


def mac(address: str) -> str:
    """The hardware address that belongs to an IPv4 address."""
    return "02:42:" + ":".join(f"{int(part):02x}" for part in address.split("."))
