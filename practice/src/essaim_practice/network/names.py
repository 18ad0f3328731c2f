"""What names mean in a container: those of its networks' name service, and of its /etc/hosts.

The name service knows containers by name, id, host name and aliases; services by name and aliases,
for which it has the virtual address, or in endpoint mode dnsrr those of all replicas; and
``tasks.NAME``. A name may end in ``.NETWORK``. On the default bridge there is none of this.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from essaim_practice.network import addresses, links, outside, topology
from essaim_practice.network.addresses import PREDEFINED, find_network
from essaim_practice.network.topology import address_of, networks, replicas
from essaim_practice.store.objects import Container, Network, Service
from essaim_practice.store.store import Store


def serves(network: Network) -> bool:
    """Whether a network has a name service."""
    return network.name not in PREDEFINED and not network.ingress


def has_service(store: Store, own: Container) -> bool:
    """Whether a container asks the name service of its networks, and not servers outside."""
    return any(network.name not in PREDEFINED for network in networks(store, own))


def look_up(store: Store, asking: Container, name: str) -> list[str]:
    """The addresses that the name service has for a name, IPv4 first; none where it has none."""
    own = topology.owner(store, asking)
    for network in _asked(store, own):
        if found := list(dict.fromkeys(_meant(store, own, network, name))):
            return found
    way = topology.way_out(topology.places(store, own), own)
    public = outside.address_of(name) if way else ""
    return [public] if public and _gets_out(store, own, public) else []


def host_rows(store: Store, own: Container) -> list[tuple[str, str]]:
    """The lines of /etc/hosts after those that all have: addresses, and their names."""
    rows: list[tuple[str, str]] = []
    for entry in own.host_config.get("ExtraHosts") or ():
        name, _, address = str(entry).partition(":")
        rows.append((gateway(store, own) if address == "host-gateway" else address, name))
    for network in networks(store, own):
        if not serves(network) and not network.ingress:
            rows += _linked_rows(store, own, network)
    hostname = str(own.config.get("Hostname") or own.id[:12])
    domain = str(own.config.get("Domainname") or "")
    short = hostname.partition(".")[0]
    names = f"{hostname}.{domain} {hostname}" if domain else hostname
    if not domain and short != hostname:
        names = f"{hostname} {short}"
    for network in networks(store, own):
        if not network.ingress:
            both = (address_of(store, own, network), addresses.on6(own, network))
            rows += [(address, names) for address in both if address]
    return rows


def gateway(store: Store, own: Container) -> str:
    """The address of the machine for ``host-gateway``: that of its default bridge."""
    bridge = find_network(store, own.engine, "bridge")
    return bridge.gateway if bridge is not None else ""


def name_of(store: Store, asking: Container, address: str) -> str:
    """The name that belongs to an address, ``web.back``; "" without one."""
    own = topology.owner(store, asking)
    for network in _asked(store, own):
        if topology.holds(network, address):
            for container in _on(store, own, network):
                if address in (
                    address_of(store, container, network),
                    addresses.on6(container, network),
                ):
                    return f"{container.name}.{network.name}"
    return outside.name_of(address)


def known_as(container: Container, network: Network) -> list[str]:
    """The names of a container on a network that has a name service."""
    asked = (container.endpoints or {}).get(network.name) or {}
    hostname = str(container.config.get("Hostname") or "")
    names = [container.name, *(asked.get("Aliases") or ()), container.id[:12], hostname]
    return [name for name in dict.fromkeys(names) if name]


def service_names(service: Service, network: Network) -> list[str]:
    """The names of a service on a network."""
    return [service.name, *(str(alias) for alias in _aliases(service, network))]


def _asked(store: Store, own: Container) -> list[Network]:
    """The networks that are asked for names, those of the Swarm first."""
    found = [network for network in networks(store, own) if serves(network)]
    return sorted(found, key=lambda network: network.scope == "local")


def _meant(store: Store, own: Container, network: Network, name: str) -> Iterator[str]:
    """The addresses of a name on a network."""
    name = name.rstrip(".").removesuffix(f".{network.name}")
    for other, alias in links.pairs(own, network.name):
        if name in (alias, other):
            for container in _on(store, own, network):
                if container.name == other or container.id.startswith(other):
                    yield from _both(store, container, network)
    if network.scope == "swarm":
        yield from _of_services(store, own, network, name)
    for container in _on(store, own, network, name):
        yield from _both(store, container, network)


def _of_services(store: Store, own: Container, network: Network, name: str) -> Iterator[str]:
    whole = name.removeprefix("tasks.")
    for service in store.all(Service):
        if whole not in service_names(service, network):
            continue
        there = (container for _, container in replicas(store, own.engine, service))
        given = (address for c in there if (address := address_of(store, c, network)))
        virtual = dict(service.virtual_ips).get(network.id, "").partition("/")[0]
        if virtual and name == whole:
            yield from ([virtual] if any(given) else ())
        else:
            yield from given


def _aliases(service: Service, network: Network) -> list[Any]:
    template: Mapping[str, Any] = service.spec.get("TaskTemplate") or {}
    wanted = template.get("Networks") or service.spec.get("Networks") or ()
    here = (each for each in wanted if each.get("Target") in (network.id, network.name))
    return [alias for each in here for alias in each.get("Aliases") or ()]


def _on(store: Store, own: Container, network: Network, name: str = "") -> Iterator[Container]:
    """The running containers of a network that the container's machine reaches.

    name: only those that have it there.
    """
    local = network.scope == "local"
    some = store.where(Container, "engine", own.engine) if local else store.all(Container)
    for container in some:
        if container.state != "running" or (name and not _is_called(container, network, name)):
            continue
        on_it = network in networks(store, container)
        if on_it and topology.reaches(store, own.engine, container.engine):
            yield container


def _is_called(container: Container, network: Network, name: str) -> bool:
    """As ``name in known_as``, for thousands of containers."""
    if name in (container.name, container.id[:12]) or name == container.config.get("Hostname"):
        return True
    return bool(container.endpoints) and name in known_as(container, network)


def _both(store: Store, container: Container, network: Network) -> Iterator[str]:
    for address in (address_of(store, container, network), addresses.on6(container, network)):
        if address:
            yield address


def _linked_rows(store: Store, own: Container, network: Network) -> list[tuple[str, str]]:
    """What /etc/hosts has of ``--link`` on the default bridge."""
    rows = []
    for other, alias in links.pairs(own, network.name):
        for container in _on(store, own, network):
            if container.name == other or container.id.startswith(other):
                names = dict.fromkeys((alias, container.id[:12], container.name))
                rows.append((address_of(store, container, network), " ".join(names)))
    return rows


def _gets_out(store: Store, own: Container, address: str) -> bool:
    try:
        return topology.peer(store, own, address).kind is topology.Kind.OUTSIDE
    except OSError:
        return False
