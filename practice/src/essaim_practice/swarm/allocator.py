"""The allocator: gives services their ports and virtual addresses, and tasks their addresses."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address, ip_network

from essaim_practice.network.addresses import find_network, on
from essaim_practice.store.objects import Container, Network, Node, Port, Service, State, Task
from essaim_practice.store.store import Change, Store
from essaim_practice.swarm import specs
from essaim_practice.swarm.records import observe, revise

DYNAMIC_PORTS = range(30000, 32768)

Addresses = tuple[tuple[str, str], ...]  # (network id, address/prefix)


class Allocator:
    """Watches nodes, services and tasks; writes their ports and addresses from the common pools."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._pools: dict[str, _Pool] = {}
        self._attached: dict[str, Addresses] = {}  # of containers of no service, by their ids
        for service in store.all(Service):
            self._take(service.virtual_ips)
        for task in store.all(Task):
            if task.state <= State.RUNNING:
                self._take(task.addresses)
        if ingress := self._ingress():
            self._take(tuple((ingress.id, n.ingress_address) for n in store.all(Node)))
        for container in store.all(Container):
            self._attach(container)
        store.watch(self._on_container, Container)
        store.watch(self._on_node, Node)
        store.watch(self._on_service, Service)
        store.watch(self._on_task, Task)

    def _on_container(self, change: Change) -> None:
        """Leave the addresses alone that containers of no service have on overlays."""
        self._release(self._attached.pop(change.subject.id, ()))
        if isinstance(change.new, Container):
            self._attach(change.new)

    def _attach(self, container: Container) -> None:
        if container.task_id or container.state != "running":
            return
        found = ((name, on(container, name)) for name in container.networks)
        known = [(find_network(self._store, container.engine, name), a) for name, a in found if a]
        held = tuple((n.id, a) for n, a in known if n is not None and n.scope == "swarm")
        if held:
            self._attached[container.id] = held
            self._take(held)

    def _on_node(self, change: Change) -> None:
        if change.new is None or change.old is not None:
            return
        node, ingress = self._store.get(Node, change.subject.id), self._ingress()
        if node is not None and ingress is not None and not node.ingress_address:
            address = self._pool(ingress).give()
            revise(self._store, node, ingress_address=address.partition("/")[0])

    def _on_service(self, change: Change) -> None:
        old, service = change.old, self._store.get(Service, change.subject.id)
        if service is None:
            if isinstance(old, Service):
                self._release(old.virtual_ips)
        elif not isinstance(old, Service) or old.spec_version != service.spec_version:
            ports = self._ports(service)
            virtual_ips = self._virtual_ips(service, ports)
            if (ports, virtual_ips) != (service.ports, service.virtual_ips):
                revise(self._store, service, ports=ports, virtual_ips=virtual_ips)

    def _on_task(self, change: Change) -> None:
        old, new = change.old, change.new
        if isinstance(old, Task) and old.state <= State.RUNNING:
            if not isinstance(new, Task) or new.state > State.RUNNING:
                self._release(old.addresses)
        elif old is None:
            task = self._store.get(Task, change.subject.id)
            service = self._store.get(Service, task.service_id) if task else None
            if task is not None and service is not None and task.state == State.NEW:
                networks = self._networks(service, service.ports)
                addresses = tuple((n.id, self._pool(n).give()) for n in networks)
                message = "pending task scheduling"
                observe(self._store, task, State.PENDING, message, addresses=addresses)

    def _ports(self, service: Service) -> tuple[Port, ...]:
        """The ports of the spec; unnumbered ones keep their number, or get a free one."""
        had = {(p.target, p.protocol, p.mode): p.published for p in service.ports}
        given: list[Port] = []
        for port in specs.ports(service.spec):
            if port.mode == "ingress" and not port.published:
                number = had.get((port.target, port.protocol, port.mode), 0)
                if number not in DYNAMIC_PORTS:
                    number = self._free_port(service, port.protocol, given)
                port = replace(port, published=number)
            given.append(port)
        return tuple(given)

    def _free_port(self, service: Service, protocol: str, given: list[Port]) -> int:
        others = (s.ports for s in self._store.all(Service) if s.id != service.id)
        taken = {p.published for some in (*others, given) for p in some if p.protocol == protocol}
        return next((number for number in DYNAMIC_PORTS if number not in taken), 0)

    def _virtual_ips(self, service: Service, ports: tuple[Port, ...]) -> Addresses:
        if specs.section(service.spec, "EndpointSpec").get("Mode") == "dnsrr":
            networks = []
        else:
            networks = self._networks(service, ports)
        had = dict(service.virtual_ips)
        wanted = {network.id for network in networks}
        self._release(tuple(pair for pair in service.virtual_ips if pair[0] not in wanted))
        return tuple((n.id, had.get(n.id) or self._pool(n).give()) for n in networks)

    def _networks(self, service: Service, ports: tuple[Port, ...]) -> list[Network]:
        ingress = self._ingress() if any(port.mode == "ingress" for port in ports) else None
        named = [self._store.get(Network, id) for id in specs.networks(service.spec)]
        return [network for network in (ingress, *named) if network is not None and network.subnet]

    def _ingress(self) -> Network | None:
        shared = self._store.where(Network, "scope", "swarm")
        return next((network for network in shared if network.ingress), None)

    def _pool(self, network: Network) -> _Pool:
        if network.id not in self._pools:
            self._pools[network.id] = _Pool(network.subnet)
        return self._pools[network.id]

    def _take(self, addresses: Addresses) -> None:
        for network_id, address in addresses:
            network = self._store.get(Network, network_id)
            if network is not None and address:
                self._pool(network).take(address)

    def _release(self, addresses: Addresses) -> None:
        for network_id, address in addresses:
            if pool := self._pools.get(network_id):
                pool.release(address)


class _Pool:
    """The addresses of one subnet, assigned in turn.

    A full subnet is overrun rather than refused: on the real Swarm tasks beyond it would stay new
    for ever, which is a lesson in network planning and not in load balancing.
    """

    def __init__(self, subnet: str) -> None:
        network = ip_network(subnet)
        self._base, self._prefix = int(network.network_address), network.prefixlen
        self._size = network.num_addresses - 2
        self._used: set[int] = {1}  # the gateway
        self._last = self._highest = 1

    def give(self) -> str:
        offset = self._last
        if len(self._used) >= self._size:
            offset = self._highest + 1
        else:
            while offset in self._used:
                offset = offset % self._size + 1
        self._mark(offset)
        self._last = offset
        return f"{ip_address(self._base + offset)}/{self._prefix}"

    def take(self, address: str) -> None:
        self._mark(self._offset(address))

    def release(self, address: str) -> None:
        self._used.discard(self._offset(address))

    def _mark(self, offset: int) -> None:
        self._used.add(offset)
        self._highest = max(self._highest, offset)

    def _offset(self, address: str) -> int:
        return int(ip_address(address.partition("/")[0])) - self._base
