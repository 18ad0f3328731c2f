"""Validates a new container's references: platform, networks, other containers."""

from __future__ import annotations

from essaim_practice.api.routing import Request
from essaim_practice.images import local as images
from essaim_practice.network import addresses, pools
from essaim_practice.protocol import bodies
from essaim_practice.store import containers
from essaim_practice.store.errors import ApiError
from essaim_practice.store.objects import Container

_OWN = "linux/amd64"  # of every engine


def platform(request: Request) -> list[str]:
    """What to warn of. Raises ApiError 400 if it is invalid, 404 if the image has another one.

    Where none is asked for, an image of another platform is taken, and its program will not start.
    """
    asked = request.query.get("platform", "")
    wanted = images.platform(asked)
    name = request.json(bodies.CONTAINER)["Image"]
    image = images.find(request.cluster.store, request.engine, name) if asked or name else None
    if image is None or image.platform == wanted:
        return []
    own = image.platform or _OWN
    if asked:
        text = f"image with reference {name} was found but its platform ({own}) does not"
        raise ApiError(404, f"{text} match the specified platform ({wanted or _OWN})")
    return [
        f"The requested image's platform ({own}) does not match the detected host platform "
        f"({_OWN}) and no specific platform was requested"
    ]


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
