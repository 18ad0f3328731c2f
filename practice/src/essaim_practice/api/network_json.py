"""Networks in JSON: in lists, and on inspection with those who are on them."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any

from essaim_practice.api.container_json import endpoint_id, mac, sandbox_of
from essaim_practice.images.catalogue import digest_of
from essaim_practice.network import addresses
from essaim_practice.store import containers
from essaim_practice.store.formats import rfc3339
from essaim_practice.store.objects import Container, Engine, Network, Node, Service, Task
from essaim_practice.store.store import Store

_SANDBOX = "ingress-sbox"  # a node's own end of the routing mesh
_FIRST_MARK = 256  # the firewall marks of services count from here: libnetwork/agent.go

Json = dict[str, Any]


def users(store: Store, engine: str, network: Network) -> list[Container]:
    """The running containers of an engine on a network."""
    here = containers.on_engine(store, engine)
    return [c for c in here if c.state == "running" and {network.name, network.id} & {*c.networks}]


def used(store: Store, engine: str) -> set[str]:
    """Names or ids of the networks that an engine's running containers are on."""
    here = containers.on_engine(store, engine)
    return {name for c in here if c.state == "running" for name in c.networks}


def is_known(store: Store, engine: str, network: Network, names: set[str]) -> bool:
    """Whether an engine has the network itself: of the Swarm's, those that it has a part in.

    names: the networks that its containers use.
    """
    if network.scope == "local":
        return network.engine == engine
    machine = store.get(Engine, engine)
    member = machine is not None and bool(machine.node_id)
    return member and (network.ingress or bool(names & {network.name, network.id}))


def as_json(network: Network, known: bool) -> Json:
    """An element of GET /networks. known: whether the engine that is asked has the network."""
    local = network.scope == "local"
    made = {"Subnet": network.subnet, "Gateway": network.gateway}
    own = [network.pool or made] if network.subnet and network.ipv4 else []
    if network.subnet6 and not network.pools6:
        own.append({"Subnet": network.subnet6, "Gateway": network.gateway6})
    pools = [*own, *network.pools6] if network.pool else [*network.pools6, *own]
    return {
        "Name": network.name,
        "Id": network.id,
        "Created": rfc3339(network.created),
        "Scope": network.scope,
        "Driver": network.driver,
        "EnableIPv4": network.ipv4,
        "EnableIPv6": network.ipv6,
        "IPAM": {
            "Driver": "default",
            "Options": network.ipam_options,
            "Config": pools or None,
        },
        "Internal": network.internal,
        "Attachable": network.attachable,
        "Ingress": network.ingress,
        "ConfigFrom": {"Network": ""},
        "ConfigOnly": False,
        "Containers": {} if local else None,
        "Options": network.options if network.options is not None else {},
        "Labels": network.labels or ({} if known else None),
    }


def details(store: Store, engine: str, network: Network, verbose: bool = False) -> Json:
    """GET /networks/{id}: with its endpoints, and its peers on other nodes."""
    known = is_known(store, engine, network, used(store, engine))
    shown = as_json(network, known)
    if not known:
        return shown
    shown["Containers"] = dict(sorted(_endpoints(store, engine, network)))
    if network.scope == "swarm":
        shown["Peers"] = list(_peers(store, network))
        if verbose:
            shown["Services"] = dict(sorted(_services(store, network)))
    return shown


def endpoints(store: Store, engine: str, network: Network) -> Iterator[tuple[str, str]]:
    """The name and the id of every endpoint that an engine has on a network."""
    for shown in dict(_endpoints(store, engine, network)).values():
        yield shown["Name"], shown["EndpointID"]


def _endpoints(store: Store, engine: str, network: Network) -> Iterator[tuple[str, Json]]:
    if network.name == "docker_gwbridge":
        yield from _gateways(store, engine, network)
    for container in users(store, engine, network):
        address = addresses.on(container, network.name)
        shown = _endpoint(network, container.name, endpoint_id(container, network), address)
        if not network.ipv4:
            shown["IPv4Address"] = ""
        if address6 := addresses.on6(container, network):
            shown["IPv6Address"] = f"{address6}/{network.subnet6.partition('/')[2]}"
        yield container.id, shown
    if network.ingress or network.scope == "swarm":
        key = _SANDBOX if network.ingress else f"lb-{network.name}"
        name = f"{network.name}-endpoint"
        yield (
            key,
            _endpoint(network, name, _made_up(engine, network), _balancer(store, engine, network)),
        )


def _gateways(store: Store, engine: str, network: Network) -> Iterator[tuple[str, Json]]:
    """The way out of the routing mesh, and of each container that only overlays lead to."""
    machine = store.get(Engine, engine)
    if machine is None or not machine.node_id:
        return
    hosts = ip_network(network.subnet).hosts()
    next(hosts)  # the gateway
    name = f"gateway_{_SANDBOX}"
    yield _SANDBOX, _endpoint(network, name, _made_up(engine, network), str(next(hosts)))
    for container in containers.on_engine(store, engine):
        if address := addresses.on_gateway_bridge(store, container):
            name = f"gateway_{sandbox_of(container)[:12]}"
            yield container.id, _endpoint(network, name, endpoint_id(container, network), address)


def _endpoint(network: Network, name: str, id: str, address: str) -> Json:
    return {
        "Name": name,
        "EndpointID": id,
        "MacAddress": mac(address) if address else "",
        "IPv4Address": f"{address}/{network.subnet.partition('/')[2]}" if address else "",
        "IPv6Address": "",
    }


def _balancer(store: Store, engine: str, network: Network) -> str:
    """The address from which a node balances the services of a network.

    On the mesh it was given out; elsewhere they are the network's last ones.
    """
    nodes = sorted(store.all(Node), key=lambda node: (node.created, node.id))
    number = next((n for n, node in enumerate(nodes) if node.engine == engine), 0)
    if network.ingress and nodes:
        return nodes[number].ingress_address
    return str(ip_network(network.subnet)[-2 - number]) if network.subnet else ""


def _peers(store: Store, network: Network) -> Iterator[Json]:
    for node in sorted(store.all(Node), key=lambda node: (node.created, node.id)):
        if is_known(store, node.engine, network, used(store, node.engine)):
            yield {"Name": _made_up(node.id)[:12], "IP": node.address}


def _services(store: Store, network: Network) -> Iterator[tuple[str, Json]]:
    """The services with replicas on the network; under no name, the containers of no service."""
    alone: list[Json] = []
    tasks: dict[str, list[Json]] = {}
    for container in store.all(Container):
        if container.state != "running" or not {network.name, network.id} & {*container.networks}:
            continue
        task = store.get(Task, container.task_id) if container.task_id else None
        shown = _replica(store, network, container, task)
        (alone if task is None else tasks.setdefault(task.service_id, [])).append(shown)
    if alone:
        yield "", _service("<nil>", [], 0, alone)
    for mark, service in enumerate(store.all(Service), _FIRST_MARK):
        if replicas := tasks.get(service.id):
            virtual = dict(service.virtual_ips).get(network.id, "").partition("/")[0]
            ports = [
                f"Target: {port.target}, Publish: {port.published}"
                for port in (service.ports if network.ingress else ())
                if port.mode == "ingress"
            ]
            yield service.name, _service(virtual or "<nil>", ports, mark, replicas)


def _service(virtual: str, ports: list[str], mark: int, tasks: list[Json]) -> Json:
    ordered = sorted(tasks, key=lambda task: str(task["Name"]))
    return {"VIP": virtual, "Ports": ports, "LocalLBIndex": mark, "Tasks": ordered}


def _replica(store: Store, network: Network, container: Container, task: Task | None) -> Json:
    machine = store.get(Engine, container.engine)
    given = dict(task.addresses).get(network.id, "").partition("/")[0] if task else ""
    return {
        "Name": container.name,
        "EndpointID": endpoint_id(container, network),
        "EndpointIP": given or addresses.on(container, network.name),
        "Info": {"Host IP": machine.address if machine else ""},
    }


def _made_up(*whose: str | Network) -> str:
    text = " ".join(each if isinstance(each, str) else each.id for each in whose)
    return digest_of(f"endpoint {text}").removeprefix("sha256:")
