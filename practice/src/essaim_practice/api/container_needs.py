"""Validates a new container's references: platform, networks, other containers."""

from __future__ import annotations

from essaim_practice.api.routing import Request
from essaim_practice.images import local as images
from essaim_practice.network import addresses, pools
from essaim_practice.protocol import bodies
from essaim_practice.store import containers
from essaim_practice.store.errors import ApiError
from essaim_practice.store.objects import Container


def platform(request: Request) -> None:
    """Raises ApiError 400 for an invalid platform, 404 if the image has another one."""
    if platform := images.platform(request.query.get("platform", "")):
        name = request.json(bodies.CONTAINER)["Image"]
        if images.find(request.cluster.store, request.engine, name) is not None:
            text = f"image with reference {name} was found but its platform (linux/amd64) does not"
            raise ApiError(404, f"{text} match the specified platform ({platform})")


def endpoints(request: Request, asked: Container) -> None:
    """Raises ApiError 400 for addresses that the networks cannot give."""
    store = request.cluster.store
    for name, place in (asked.endpoints or {}).items():
        named = asked.networks[0] if name == "default" and asked.networks else name
        network = addresses.find_network(store, asked.engine, named)
        if network is not None and network.scope == "local":
            try:
                pools.check_endpoint(network, place or {})
            except ApiError as error:
                text = f"invalid config for network {network.name}: {error.message}"
                raise ApiError(400, text) from None


def others(request: Request, asked: Container) -> None:
    """Raises ApiError 400 if it refers to missing containers."""
    for mode in ("PidMode", "IpcMode"):
        kind, colon, name = str(asked.host_config.get(mode) or "").partition(":")
        if kind == "container" and colon and name:
            try:
                containers.get(request.cluster.store, asked.engine, name)
            except ApiError as error:
                raise ApiError(400, error.message) from None
    for link in asked.host_config.get("Links") or ():
        name = str(link).partition(":")[0]
        if not link:
            raise ApiError(400, "empty string specified for links")
        if str(link).count(":") > 1:
            raise ApiError(400, f"bad format for links: {link}")
        try:
            containers.get(request.cluster.store, asked.engine, name)
        except ApiError as error:
            text = f"could not get container for {name}: {error.message}"
            raise ApiError(400, text) from None
