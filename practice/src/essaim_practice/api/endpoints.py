"""Routes that connect containers to networks, and disconnect them."""

from __future__ import annotations

from essaim_practice.api import network_json
from essaim_practice.api.networks import called
from essaim_practice.api.routing import Request, route
from essaim_practice.network import addresses, pools
from essaim_practice.network.addresses import find_network
from essaim_practice.protocol import bodies
from essaim_practice.protocol.answers import Response
from essaim_practice.store import containers
from essaim_practice.store.errors import ApiError
from essaim_practice.store.objects import Container, Network

_SHARED = (
    "container sharing network namespace with another container or host cannot be connected to "
    "any other network"
)
_HOST = "cannot connect container to host network - container must be created in host network mode"
_LEAVES_HOST = (
    "cannot disconnect container from host network - container was created in host network mode"
)
_PRIVATE = (
    "container cannot be connected to multiple networks with one of the networks in private "
    "(none) mode"
)


@route("POST", "/networks/{id}/connect")
def connect(request: Request) -> Response:
    store, text = request.cluster.store, request.params["id"]
    body = request.json(bodies.ATTACHMENT)
    container = containers.get(store, request.engine, str(body.get("Container") or ""))
    asked = body.get("EndpointConfig") or {}
    runs = container.state == "running"
    if runs and _mode(container).startswith("container:"):
        raise ApiError(400, _SHARED)
    network = _network(request, text, anywhere=runs)
    if network is None and runs:
        raise ApiError(404, addresses.unknown(store, request.engine, text))
    name = network.name if network else text
    if network is not None:
        if runs and network.scope == "swarm":
            _require_attachable(network, container)
        _require_private(request, network, container)
        pools.check_endpoint(network, asked)
    if name in container.networks:
        if not runs:
            return Response(None)
        text = f"endpoint with name {container.name} already exists in network {name}"
        raise ApiError(403, text)
    store.put(addresses.connected(store, container, name, asked))
    return Response(None)


@route("POST", "/networks/{id}/disconnect")
def disconnect(request: Request) -> Response:
    store, text = request.cluster.store, request.params["id"]
    body = request.json(bodies.ATTACHMENT)
    asked, forced = str(body.get("Container") or ""), bool(body.get("Force"))
    container = containers.find(store, request.engine, asked)
    network = _network(request, text, anywhere=False)
    if container is None and not forced:
        container = containers.get(store, request.engine, asked)  # says why there is none
    runs = container is not None and container.state == "running"
    if network is None and (container is None or (runs and not forced)):
        raise ApiError(404, f"network {text} not found")
    if container is None:
        raise ApiError(404, f"endpoint {asked} not found")
    name = network.name if network else text
    if runs and network is not None and network.driver == "host" == _mode(container):
        raise ApiError(400, _LEAVES_HOST)
    if name not in container.networks:
        which = "network" if runs and network is not None else "the network"
        raise ApiError(403, f"container {container.id} is not connected to {which} {name}")
    store.put(addresses.disconnected(container, name))
    return Response(None)


def _network(request: Request, text: str, anywhere: bool) -> Network | None:
    """The network of the path, which a manager may know elsewhere than on this engine."""
    store, engine = request.cluster.store, request.engine
    if anywhere:
        return find_network(store, engine, text)
    try:
        network = called(request, text)
    except ApiError as error:
        if error.status != 404:
            raise
        return None
    known = network_json.is_known(store, engine, network, network_json.used(store, engine))
    return network if known else None


def _require_attachable(network: Network, container: Container) -> None:
    """Raises ApiError where a container cannot be put on a network of the Swarm by hand."""
    if network.name in container.networks:
        text = f"{container.name} is already attached to network {network.name}"
        raise ApiError(409, text)
    if not network.attachable:
        said = f"code = PermissionDenied desc = network {network.name} not manually attachable"
        raise ApiError(403, f"Could not attach to network {network.name}: rpc error: {said}")


def _require_private(request: Request, network: Network, container: Container) -> None:
    """Raises ApiError 400 where one of the container's networks shares what it has with no other.

    The order of the questions is that of moby: daemon/container_operations.go.
    """
    if network.driver == "host" != _mode(container):
        raise ApiError(400, _HOST)
    for name in container.networks:
        other = find_network(request.cluster.store, request.engine, name)
        if other is None or other.id == network.id:
            continue
        if "host" in (network.driver, other.driver):
            raise ApiError(400, _SHARED)
        if "none" in (network.name, other.name):
            raise ApiError(400, _PRIVATE)


def _mode(container: Container) -> str:
    return str(container.host_config.get("NetworkMode") or "")
