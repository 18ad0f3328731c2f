"""Routes on networks, of the engine and of the Swarm."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import Any

from essaim_practice.api import network_options
from essaim_practice.api.container_json import endpoint_id, mac
from essaim_practice.api.filters import labelled, matches, unlabelled, until_of
from essaim_practice.api.routing import Request, route
from essaim_practice.api.system import own_node
from essaim_practice.network import addresses, pools
from essaim_practice.protocol import bodies
from essaim_practice.protocol.answers import Response
from essaim_practice.store import containers
from essaim_practice.store.errors import ApiError
from essaim_practice.store.formats import rfc3339
from essaim_practice.store.objects import Container, Network, Service, State, Task
from essaim_practice.store.store import Store
from essaim_practice.swarm import membership, validation
from essaim_practice.swarm.records import new_id

_NOT_A_MANAGER = (
    'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect '
    "this node to swarm and try again."
)
_PREDEFINED = "com.docker.swarm.predefined"
_VXLAN = "com.docker.network.driver.overlay.vxlanid_list"
_FIRST_VXLAN = 4096
_FILTERS = {"dangling", "driver", "id", "label", "name", "scope", "type"}


def _seen(request: Request) -> list[Network]:
    """The networks this engine knows, the Swarm's first."""
    store, node = request.cluster.store, own_node(request)
    manages = node is not None and node.role == "manager"
    here = containers.on_engine(store, request.engine)
    used = {name for c in here if c.state == "running" for name in c.networks}
    everyone = list(store.all(Network))
    shared = [
        network
        for network in everyone
        if network.scope == "swarm"
        and node is not None
        and (manages or network.ingress or network.name in used or network.id in used)
    ]
    return shared + [network for network in everyone if network.engine == request.engine]


def called(request: Request, text: str) -> Network:
    """The network of the path. Raises ApiError 404 in the daemon's words without one."""
    seen = _seen(request)
    exact = [network for network in seen if text in (network.id, network.name)]
    matches = exact or [network for network in seen if network.id.startswith(text)]
    if not matches:
        raise ApiError(404, f"network {text} not found")
    if len(matches) > 1 and not exact:
        raise ApiError(400, f"network {text} is ambiguous ({len(matches)} matches found on name)")
    return matches[0]


def as_json(request: Request, network: Network, inspected: bool = False) -> dict[str, Any]:
    local = network.scope == "local"
    attached = _attached(request, network) if inspected else {}
    made = {"Subnet": network.subnet, "Gateway": network.gateway}
    pool = [network.pool or made, *network.pools6] if network.subnet else None
    return {
        "Name": network.name,
        "Id": network.id,
        "Created": rfc3339(network.created),
        "Scope": network.scope,
        "Driver": network.driver,
        "EnableIPv4": True,
        "EnableIPv6": network.ipv6,
        "IPAM": {"Driver": "default", "Options": network.ipam_options, "Config": pool},
        "Internal": network.internal,
        "Attachable": network.attachable,
        "Ingress": network.ingress,
        "ConfigFrom": {"Network": ""},
        "ConfigOnly": False,
        "Containers": attached or ({} if local else None),
        "Options": network.options if network.options is not None else {},
        "Labels": network.labels or ({} if local else None),
    }


def _attached(request: Request, network: Network) -> dict[str, Any]:
    prefix = network.subnet.partition("/")[2]
    shown = {}
    for container in _users(request, network):
        address = addresses.on(container, network.name)
        shown[container.id] = {
            "Name": container.name,
            "EndpointID": endpoint_id(container, network),
            "MacAddress": mac(address) if address else "",
            "IPv4Address": f"{address}/{prefix}" if address else "",
            "IPv6Address": "",
        }
    return shown


def _users(request: Request, network: Network) -> list[Container]:
    here = containers.on_engine(request.cluster.store, request.engine)
    return [c for c in here if c.state == "running" and network.name in c.networks]


@route("GET", "/networks")
def list_networks(request: Request) -> Response:
    filters = request.filters(_FILTERS)
    for value in filters.get("type", ()):
        if value not in ("builtin", "custom"):
            raise ApiError(400, f"invalid filter: 'type'='{value}'")
    if filters.get("dangling", ["1"])[-1] not in ("true", "1", "false", "0"):
        text = 'must be "true" (or "1"), or "false" (or "0")'
        raise ApiError(400, f"invalid value for filter 'dangling', {text}")
    found = [network for network in _seen(request) if _passes(request, network, filters)]
    return Response(as_json(request, network) for network in found)


def _passes(request: Request, network: Network, filters: dict[str, list[str]]) -> bool:
    def one(kind: str, value: str) -> bool:
        match kind:
            case "name":
                return matches(value, network.name)
            case "id":
                return network.id.startswith(value)
            case "driver":
                return value == network.driver
            case "scope":
                return value == network.scope
            case "type":
                return value == ("builtin" if network.name in addresses.PREDEFINED else "custom")
            case "dangling":
                free = not _users(request, network) and network.name not in addresses.PREDEFINED
                return (value.lower() in ("true", "1")) == free
        return labelled(network.labels, [value])

    return all(
        (all if kind == "label" else any)(one(kind, value) for value in values)
        for kind, values in filters.items()
    )


@route("GET", "/networks/{id}")
def inspect(request: Request) -> Response:
    network = called(request, request.params["id"])
    scope = request.query.get("scope", "")
    if scope == "swarm" and network.name in ("bridge", "host") and own_node(request):
        # The Swarm knows them too, for services: each node has its own.
        shown = as_json(request, network, inspected=True)
        return Response(shown | {"Scope": "swarm", "Labels": {_PREDEFINED: "true"}})
    if scope not in ("", network.scope):
        raise ApiError(404, f"network {request.params['id']} not found")
    return Response(as_json(request, network, inspected=True))


@route("POST", "/networks/create", quota="networks")
def create(request: Request) -> Response:
    store, random = request.cluster.store, request.cluster.random
    body = request.json(bodies.NETWORK)
    name, driver = str(body.get("Name") or ""), str(body.get("Driver") or "bridge")
    if not name:
        raise ApiError(400, "invalid name: name is empty")
    node = own_node(request)
    if driver == "overlay" and (node is None or node.role != "manager"):
        raise ApiError(403 if node is None else 503, _NOT_A_MANAGER)
    if name == "none":
        raise ApiError(403, "operation is not permitted on predefined none network")
    if any(network.name == name for network in _seen(request)):
        raise ApiError(409, f"network with name {name} already exists")
    if driver in ("host", "null"):
        raise ApiError(403, f'only one instance of "{driver}" network is allowed')
    if driver in ("macvlan", "ipvlan"):
        raise ApiError(501, f"the practice engine does not play {driver} networks")
    if driver not in ("bridge", "overlay"):
        raise ApiError(404, f'plugin "{driver}" not found')
    ipam, ipv6 = body.get("IPAM") or {}, bool(body.get("EnableIPv6"))
    pool, pools6 = pools.by_version(ipam.get("Config") or ())
    for each in (pool, *(pools6 if ipv6 else ())):
        pools.check(each)
    network_options.check(body, ipam, ipv6)
    if body.get("Ingress"):
        if driver != "overlay":
            raise ApiError(403, "Ingress network can only be global scope network")
        _refuse_second_ingress(store)
    options, labels = body.get("Options") or {}, body.get("Labels") or {}
    if driver == "overlay":
        validation.check_name(name)
    if driver == "bridge":
        subnet = str(pool.get("Subnet") or addresses.free_subnet(store, request.engine))
        pools.check_free(subnet, [n.subnet for n in _seen(request) if n.engine and n.subnet])
        made = addresses.add_local(
            *(store, random, request.engine, name, driver, subnet, options, labels),
            internal=bool(body.get("Internal")),
            attachable=bool(body.get("Attachable")),
            pool=pool or None,
        )
        made = store.put(replace(made, ipv6=ipv6, pools6=pools6, ipam_options=ipam.get("Options")))
        return Response({"Id": made.id, "Warning": ""}, 201)
    subnet = str(pool.get("Subnet") or membership.free_subnet(store))
    if not subnet:
        raise ApiError(400, "could not find an available, non-overlapping IPv4 address pool")
    overlay = Network(
        id=new_id(random),
        name=name,
        driver=driver,
        scope="swarm",
        engine="",
        created=request.cluster.clock.now(),
        labels=labels,
        subnet=subnet,
        gateway=str(pool.get("Gateway") or subnet.rsplit(".", 1)[0] + ".1"),
        attachable=bool(body.get("Attachable")),
        internal=bool(body.get("Internal")),
        ingress=bool(body.get("Ingress")),
        ipv6=ipv6,
        pools6=pools6,
        options={
            _VXLAN: _free_vxlan(store),
            **options,
        },
    )
    store.put(overlay)
    return Response({"Id": overlay.id, "Warning": ""}, 201)


def _refuse_second_ingress(store: Store) -> None:
    for network in store.all(Network):
        if network.ingress:
            text = f"ingress network ({network.id}) is already present"
            raise ApiError(409, f"rpc error: code = AlreadyExists desc = {text}")


def _free_vxlan(store: Store) -> str:
    taken = {str((n.options or {}).get(_VXLAN)) for n in store.all(Network)}
    return next(text for n in count(_FIRST_VXLAN) if (text := str(n)) not in taken)


@route("DELETE", "/networks/{id}")
def remove(request: Request) -> Response:
    store, network = request.cluster.store, called(request, request.params["id"])
    if network.engine and network.name in addresses.PREDEFINED:
        message = f"{network.name} is a pre-defined network and cannot be removed"
        raise ApiError(403, message)
    if network.scope == "swarm":
        _refuse_used(request, network)
    elif users := _users(request, network):
        listed = " ".join(f'name:"{c.name}" id:"{endpoint_id(c, network)[:12]}"' for c in users)
        raise ApiError(
            403,
            f"error while removing network: network {network.name} has active endpoints ({listed})",
        )
    for container in store.all(Container):  # those that ran on it know no more than its id
        if network.name in container.networks and container.started:
            names = tuple(network.id if n == network.name else n for n in container.networks)
            store.put(replace(container, networks=names))
    store.delete(Network, network.id)
    return Response(None, 204)


def _refuse_used(request: Request, network: Network) -> None:
    store = request.cluster.store
    said = "rpc error: code = FailedPrecondition desc = "
    for service in store.all(Service):
        if network.ingress and any(port.mode == "ingress" for port in service.ports):
            said += f"ingress network cannot be removed because service {service.id} depends on it"
            raise ApiError(400, said)
        if _attaches(service.spec.get("TaskTemplate") or {}, service.spec, network):
            raise ApiError(400, f"{said}network {network.id} is in use by service {service.id}")
    for task in store.all(Task):
        ended = max(task.state, task.desired) > State.RUNNING
        if _attaches(task.spec, {}, network) and not ended:
            raise ApiError(400, f"{said}network {network.id} is in use by task {task.id}")


def _attaches(template: Any, spec: Any, network: Network) -> bool:
    wanted = template.get("Networks") or spec.get("Networks") or ()
    return any(entry.get("Target") in (network.id, network.name) for entry in wanted)


@route("POST", "/networks/{id}/connect")
def connect(request: Request) -> Response:
    network, container = _pair(request)
    if network.driver == "host":
        text = "cannot connect container to host network"
        raise ApiError(400, f"{text} - container must be created in host network mode")
    if "none" in (network.name, *container.networks):
        text = "container cannot be connected to multiple networks with one of the networks"
        raise ApiError(400, f"{text} in private (none) mode")
    asked = request.json(bodies.ATTACHMENT).get("EndpointConfig") or {}
    pools.check_endpoint(network, asked)
    if network.name in container.networks:
        if container.state != "running":
            return Response(None)
        raise ApiError(
            403, f"endpoint with name {container.name} already exists in network {network.name}"
        )
    store = request.cluster.store
    store.put(addresses.connected(store, container, network.name, asked))
    return Response(None)


@route("POST", "/networks/{id}/disconnect")
def disconnect(request: Request) -> Response:
    network, container = _pair(request)
    if network.name not in container.networks:
        which = "network" if container.state == "running" else "the network"
        text = f"container {container.id} is not connected to {which} {network.name}"
        raise ApiError(403, text)
    request.cluster.store.put(addresses.disconnected(container, network.name))
    return Response(None)


def _pair(request: Request) -> tuple[Network, Container]:
    store, text = request.cluster.store, request.params["id"]
    body = request.json(bodies.ATTACHMENT)
    name = str(body.get("Container") or "")
    try:
        network = called(request, text)
    except ApiError as error:
        joins = request.path.endswith("/connect")
        words = addresses.unknown(store, request.engine, text) if joins else error.message
        raise ApiError(error.status, words) from None
    if body.get("Force") and containers.find(store, request.engine, name) is None:
        raise ApiError(404, f"endpoint {name} not found")
    return network, containers.get(store, request.engine, name)


@route("POST", "/networks/prune")
def prune(request: Request) -> Response:
    store, removed = request.cluster.store, []
    filters = request.filters({"label", "label!", "until"})
    before = until_of(filters, request.cluster.clock.now())
    kept = (*addresses.PREDEFINED, "docker_gwbridge")
    for network in _seen(request):
        unused = network.name not in kept and not network.ingress and network.created <= before
        if not labelled(network.labels, filters.get("label", ())):
            continue
        if not unlabelled(network.labels, filters.get("label!", ())):
            continue
        if unused and network.scope == "local" and not _users(request, network):
            store.delete(Network, network.id)
            removed.append(network.name)
    return Response({"NetworksDeleted": removed or None})
