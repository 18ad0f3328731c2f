"""Routes on networks, of the engine and of the Swarm."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import Any

from essaim_practice.api import network_json, network_options
from essaim_practice.api.filters import labelled, matches, unlabelled, until_of
from essaim_practice.api.routing import Request, route
from essaim_practice.api.system import own_node
from essaim_practice.network import addresses, pools
from essaim_practice.protocol import bodies
from essaim_practice.protocol.answers import Response
from essaim_practice.store.errors import ApiError
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
    store, engine = request.cluster.store, request.engine
    names, everyone = network_json.used(store, engine), list(store.all(Network))
    node = own_node(request)
    manages = node is not None and node.role == "manager"
    shared = [
        network
        for network in everyone
        if network.scope == "swarm"
        and (manages or network_json.is_known(store, engine, network, names))
    ]
    return shared + [network for network in everyone if network.engine == engine]


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


@route("GET", "/networks")
@route("GET", "/networks/")
def list_networks(request: Request) -> Response:
    filters = request.filters(_FILTERS)
    for value in filters.get("type", ()):
        if value not in ("builtin", "custom"):
            raise ApiError(400, f"invalid filter: 'type'='{value}'")
    if filters.get("dangling", ["1"])[-1] not in ("true", "1", "false", "0"):
        text = 'must be "true" (or "1"), or "false" (or "0")'
        raise ApiError(400, f"invalid value for filter 'dangling', {text}")
    store, engine = request.cluster.store, request.engine
    found = [network for network in _seen(request) if _passes(request, network, filters)]
    names = network_json.used(store, engine)
    return Response(
        network_json.as_json(n, network_json.is_known(store, engine, n, names)) for n in found
    )


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
                users = network_json.users(request.cluster.store, request.engine, network)
                free = not users and network.name not in addresses.PREDEFINED
                return (value.lower() in ("true", "1")) == free
        return labelled(network.labels, [value])

    return all(
        (all if kind == "label" else any)(one(kind, value) for value in values)
        for kind, values in filters.items()
    )


@route("GET", "/networks/{id}")
def inspect(request: Request) -> Response:
    network = called(request, request.params["id"])
    scope, verbose = request.query.get("scope", ""), request.flag("verbose")
    shown = network_json.details(request.cluster.store, request.engine, network, verbose)
    if scope == "swarm" and network.name in ("bridge", "host") and own_node(request):
        # The Swarm knows them too, for services: each node has its own.
        return Response(shown | {"Scope": "swarm", "Labels": {_PREDEFINED: "true"}})
    if scope not in ("", network.scope):
        raise ApiError(404, f"network {request.params['id']} not found")
    return Response(shown)


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
        raise ApiError(403, "operation is not permitted on predefined none network ")
    if any(network.name == name for network in _seen(request)):
        raise ApiError(409, f"network with name {name} already exists")
    if driver in ("host", "null"):
        raise ApiError(403, f'only one instance of "{driver}" network is allowed')
    if driver not in (*network_options.LOCAL, "overlay"):
        raise ApiError(404, f'plugin "{driver}" not found')
    ipam, ipv6 = body.get("IPAM") or {}, bool(body.get("EnableIPv6"))
    asked = ipam.get("Config") or ()
    pool, pools6 = pools.by_version(asked)
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
    if driver in network_options.LOCAL:
        if driver == "bridge" and len(asked) - len(pools6) > 1:
            raise ApiError(400, "bridge driver doesn't support multiple subnets")
        ipv4 = body.get("EnableIPv4") is not False
        chosen = addresses.free_subnet if ipv4 else addresses.hidden_subnet
        subnet = str(pool.get("Subnet") or chosen(store, request.engine))
        taken = [s for n in _seen(request) if n.engine for s in (n.subnet, n.subnet6) if s]
        for asked_for in (subnet, *(str(p.get("Subnet") or "") for p in pools6 if ipv6)):
            pools.check_free(asked_for, taken)
        made = addresses.add_local(
            *(store, random, request.engine, name, driver, subnet, options, labels),
            internal=bool(body.get("Internal")),
            attachable=bool(body.get("Attachable")),
            pool=pool or None,
        )
        made = replace(made, ipv4=ipv4, ipv6=ipv6, pools6=pools6)
        made = replace(made, ipam_options=ipam.get("Options"))
        made = store.put(addresses.with_ipv6(store, made))
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
        _refuse_used(store, network)
    elif ends := list(network_json.endpoints(store, request.engine, network)):
        listed = ", ".join(f'name:"{name}" id:"{id[:12]}"' for name, id in ends)
        raise ApiError(
            403,
            f"error while removing network: network {network.name} has active endpoints ({listed})",
        )
    _delete(store, network)
    return Response(None, 204)


def _delete(store: Store, network: Network) -> None:
    for container in store.all(Container):  # those that ran on it know no more than its id
        if network.name in container.networks and container.started:
            names = tuple(network.id if n == network.name else n for n in container.networks)
            store.put(replace(container, networks=names))
    store.delete(Network, network.id)


def _refuse_used(store: Store, network: Network) -> None:
    said = "rpc error: code = FailedPrecondition desc = "
    if network.ingress:
        for service in store.all(Service):
            if any(port.mode == "ingress" for port in service.ports):
                said += "ingress network cannot be removed because service "
                raise ApiError(400, f"{said}{service.id} depends on it")
    if user := _used_by(store, network):
        raise ApiError(400, f"{said}network {network.id} is in use by {user}")


def _used_by(store: Store, network: Network) -> str:
    """The service, or else the task, that needs a network of the Swarm; "" without one."""
    for service in store.all(Service):
        if _attaches(service.spec.get("TaskTemplate") or {}, service.spec, network):
            return f"service {service.id}"
    for task in store.all(Task):
        ended = max(task.state, task.desired) > State.RUNNING
        if _attaches(task.spec, {}, network) and not ended:
            return f"task {task.id}"
    return ""


def _attaches(template: Any, spec: Any, network: Network) -> bool:
    wanted = template.get("Networks") or spec.get("Networks") or ()
    return any(entry.get("Target") in (network.id, network.name) for entry in wanted)


@route("POST", "/networks/prune")
def prune(request: Request) -> Response:
    store, removed = request.cluster.store, []
    filters = request.filters({"label", "label!", "until"})
    before = until_of(filters, request.cluster.clock.now())
    node = own_node(request)
    manages = node is not None and node.role == "manager"
    for network in _seen(request):
        kept = network.ingress or network.name in addresses.PREDEFINED or network.created > before
        if kept or not labelled(network.labels, filters.get("label", ())):
            continue
        if not unlabelled(network.labels, filters.get("label!", ())):
            continue
        if network.scope == "swarm":
            used = not manages or bool(_used_by(store, network))
        else:
            used = any(network_json.endpoints(store, request.engine, network))
        if not used:
            _delete(store, network)
            removed.append(network.name)
    return Response({"NetworksDeleted": removed or None})
