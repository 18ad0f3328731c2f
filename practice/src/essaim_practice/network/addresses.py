"""The networks of an engine, and the addresses of containers on them."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from random import Random

from essaim_practice.programs.base import NOT_STARTED, StartError
from essaim_practice.store.formats import hex_id
from essaim_practice.store.objects import Container, Engine, Json, Network, Service, Task
from essaim_practice.store.store import Store

PREDEFINED = ("bridge", "host", "none")

_BRIDGE_OPTIONS = {
    "com.docker.network.bridge.default_bridge": "true",
    "com.docker.network.bridge.enable_icc": "true",
    "com.docker.network.bridge.enable_ip_masquerade": "true",
    "com.docker.network.bridge.host_binding_ipv4": "0.0.0.0",
    "com.docker.network.bridge.name": "docker0",
    "com.docker.network.driver.mtu": "1500",
}
_GATEWAY_OPTIONS = {
    "com.docker.network.bridge.enable_icc": "false",
    "com.docker.network.bridge.enable_ip_masquerade": "true",
    "com.docker.network.bridge.name": "docker_gwbridge",
}


def add_predefined(store: Store, random: Random, engine: str) -> None:
    """The networks that every engine has."""
    for name, driver in zip(PREDEFINED, ("bridge", "host", "null"), strict=True):
        subnet = "172.17.0.0/16" if name == "bridge" else ""
        options = _BRIDGE_OPTIONS if name == "bridge" else {}
        add_local(store, random, engine, name, driver, subnet, options)


def add_gateway_bridge(store: Store, random: Random, engine: str) -> None:
    """Add docker_gwbridge, the way out of overlay containers, when an engine joins a Swarm."""
    if find_network(store, engine, "docker_gwbridge") is None:
        subnet = free_subnet(store, engine)
        add_local(store, random, engine, "docker_gwbridge", "bridge", subnet, _GATEWAY_OPTIONS)


def add_local(
    store: Store,
    random: Random,
    engine: str,
    name: str,
    driver: str,
    subnet: str,
    options: dict[str, str],
    labels: dict[str, str] | None = None,
    internal: bool = False,
    attachable: bool = False,
    pool: Json | None = None,
) -> Network:
    gateway = str((pool or {}).get("Gateway") or (ip_network(subnet)[1] if subnet else ""))
    network = Network(
        id=hex_id(random),
        name=name,
        driver=driver,
        scope="local",
        engine=engine,
        created=store.clock.now(),
        labels=labels or {},
        subnet=subnet,
        gateway=gateway,
        internal=internal,
        attachable=attachable,
        options=options,
        pool=pool,
    )
    return store.put(network)


def find_network(store: Store, engine: str, text: str) -> Network | None:
    """The network with this name, id or id prefix on this engine; None without one."""
    for network in store.where(Network, "name", text):
        if network.engine in ("", engine):
            return network
    seen = [network for network in store.all(Network) if network.engine in ("", engine)]
    for network in seen:
        if text == network.id:
            return network
    matches = [network for network in seen if text and network.id.startswith(text)]
    return matches[0] if len(matches) == 1 else None


def free_subnet(store: Store, engine: str) -> str:
    here = (network for network in store.all(Network) if network.engine == engine)
    taken = [ip_network(network.subnet) for network in here if network.subnet]
    choices = [ip_network(f"172.{second}.0.0/16") for second in range(18, 32)]
    choices += ip_network("192.168.0.0/16").subnets(new_prefix=20)
    free = (block for block in choices if not any(map(block.overlaps, taken)))
    return next(map(str, free), "192.168.128.0/20")


def with_ipv6(store: Store, network: Network) -> Network:
    """The network with its IPv6 subnet and gateway: of the first pool asked for, or one made up."""
    if not network.ipv6:
        return network
    asked = network.pools6[0] if network.pools6 else {}
    subnet = str(asked.get("Subnet") or _free_subnet6(store, network.engine))
    gateway = str(asked.get("Gateway") or ip_network(subnet, strict=False)[1])
    return replace(network, subnet6=subnet, gateway6=str(ip_address(gateway)))


def _free_subnet6(store: Store, engine: str) -> str:
    """A unique local subnet: an engine derives 48 bits from what it is, and counts 16 more."""
    digest = sha256(f"subnets of {engine}".encode()).digest()
    first = int.from_bytes(b"\xfd" + digest[:5], "big") << 80
    taken = {network.subnet6 for network in store.all(Network) if network.engine == engine}
    choices = (f"{IPv6Address(first + (number << 64))}/64" for number in range(2**16))
    return next(subnet for subnet in choices if subnet not in taken)


def on6(container: Container, network: Network) -> str:
    """The container's IPv6 address on a network of its engine; "" without one.

    It is the one asked for, else has the same number in its subnet as the IPv4 address has.
    """
    address = on(container, network.name)
    if not network.subnet6 or not address:
        return ""
    asked = ((container.endpoints or {}).get(network.name) or {}).get("IPAMConfig") or {}
    if wish := str(asked.get("IPv6Address") or ""):
        return str(ip_address(wish))
    block, block6 = ip_network(network.subnet), ip_network(network.subnet6, strict=False)
    number = int(ip_address(address)) - int(block.network_address)
    given = block6[number % block6.num_addresses]
    return str(given if str(given) != network.gateway6 else block6[-1])


def on_gateway_bridge(store: Store, container: Container) -> str:
    """Its address on docker_gwbridge, by which a container of overlays alone gets out; else "".

    It is made of the end of its first address, so that nothing has to remember it.
    """
    if container.state != "running" or not container.address:
        return ""
    found = [find_network(store, container.engine, name) for name in container.networks]
    outer = [n for n in found if n is not None and not n.internal]
    if not outer or any(n.scope == "local" for n in outer):
        return ""
    bridge = find_network(store, container.engine, "docker_gwbridge")
    if bridge is None or not bridge.subnet:
        return ""
    block, number = ip_network(bridge.subnet), int(IPv4Address(container.address)) & 0xFFFF
    return str(block[number % (block.num_addresses - 2)])


def hidden_subnet(store: Store, engine: str) -> str:
    """A subnet that numbers the containers of a network without IPv4; nobody sees it."""
    taken = {network.subnet for network in store.all(Network) if network.engine == engine}
    choices = (f"240.{number}.0.0/16" for number in range(256))
    return next(subnet for subnet in choices if subnet not in taken)


def require(store: Store, container: Container) -> None:
    """Raises StartError in the daemon's words if the container cannot join its networks.

    An engine that is part of a Swarm asks a manager for a network that it does not know itself.
    """
    mode = str(container.host_config.get("NetworkMode") or "")
    if mode.startswith("container:"):
        _require_container(store, container, mode.removeprefix("container:"))
    for name in container.networks:
        network = find_network(store, container.engine, name)
        problem = ""
        if network is None:
            problem = unknown(store, container.engine, name)
        elif network.scope == "swarm" and not (network.attachable or container.task_id):
            problem = f"code = PermissionDenied desc = network {name} not manually attachable"
            problem = f"Could not attach to network {name}: rpc error: {problem}"
        if problem:
            raise StartError(f"failed to set up container networking: {problem}", NOT_STARTED)


def unknown(store: Store, engine: str, name: str) -> str:
    """What an engine says of a network that is not there."""
    member = store.get(Engine, engine)
    problem = f"network {name} not found"
    if member is None or not member.node_id:
        return problem
    return f"Could not attach to network {name}: rpc error: code = NotFound desc = {problem}"


def _require_container(store: Store, container: Container, name: str) -> None:
    others = store.where(Container, "engine", container.engine)
    other = next((c for c in others if name in (c.name, c.id) or c.id.startswith(name)), None)
    said = "joining network namespace of container"
    if other is None:
        raise StartError(f"{said}: No such container: {name}", NOT_STARTED)
    if other.state != "running":
        text = f"cannot join network namespace of a non running container: {other.id}"
        raise StartError(text, NOT_STARTED)


def on(container: Container, name: str) -> str:
    """The container's address on one of its networks; empty where it has none."""
    if container.networks[:1] == (name,):
        return container.address
    return (container.further or {}).get(name, "")


def connected(store: Store, container: Container, name: str, asked: Json) -> Container:
    """The container on one network more, with an address there if it runs."""
    networks = (*container.networks, name)
    endpoints = {**(container.endpoints or {}), name: asked}
    joined = replace(container, networks=networks, endpoints=endpoints)
    if container.state != "running":
        return joined
    address = free_address(store, joined, name)
    if len(networks) == 1:
        return replace(joined, address=address)
    return replace(joined, further={**(container.further or {}), name: address})


def disconnected(container: Container, name: str) -> Container:
    """The container on one network less."""
    left = tuple(each for each in container.networks if each != name)
    further = {each: on(container, each) for each in left[1:]}
    address = on(container, left[0]) if left else ""
    return replace(container, networks=left, address=address, further=further)


def free_address(store: Store, container: Container, name: str) -> str:
    """An address of one of the container's networks that no running container of it has."""
    network = find_network(store, container.engine, name)
    if network is None or not network.subnet:
        return ""
    given: set[str] = set()  # to the Swarm's services and tasks
    if network.scope == "local":
        others = store.where(Container, "engine", container.engine)
    else:
        others = list(store.all(Container))
        pairs = [pair for service in store.all(Service) for pair in service.virtual_ips]
        pairs += [pair for task in store.all(Task) for pair in task.addresses]
        given = {address.partition("/")[0] for id, address in pairs if id == network.id}
    asked = ((container.endpoints or {}).get(name) or {}).get("IPAMConfig") or {}
    if wish := str(asked.get("IPv4Address") or ""):
        return wish
    running = [c for c in others if c.state == "running"]
    taken = {c.address for c in running} | given | {network.gateway}
    taken |= {address for c in running for address in (c.further or {}).values()}
    hosts = ip_network(network.subnet).hosts()
    return next((str(host) for host in hosts if str(host) not in taken), "")
