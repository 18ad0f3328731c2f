"""Links between containers: ``--link name:alias``, and Links of endpoints.

The environment variables of a link are those of moby 28: daemon/links/links.go.
"""

from __future__ import annotations

from dataclasses import replace

from essaim_practice.network.publishing import exposed
from essaim_practice.programs.base import environment
from essaim_practice.store import containers
from essaim_practice.store.errors import ApiError
from essaim_practice.store.objects import Container, Image
from essaim_practice.store.store import Store

_OWN = ("HOME", "HOSTNAME", "TERM", "PATH", "PWD", "SHLVL")  # no concern of another container


def shown(container: Container) -> list[str] | None:
    """The links as inspection shows them: ``/web:/mine/alias``; None without any."""
    found = [f"/{name}:/{container.name}/{alias}" for name, alias in _pairs(container)]
    return found or None


def names(store: Store, container: Container) -> list[str]:
    """What those that are linked to a container call it: ``/web/db``."""
    found = []
    for other in store.where(Container, "engine", container.engine):
        for name, alias in _pairs(other):
            if name in (container.name, container.id):
                found.append(f"/{other.name}/{alias}")
    return sorted(found)


def variables(store: Store, container: Container) -> dict[str, str]:
    """The environment variables from the links: names, ports and variables of linked containers."""
    told: dict[str, str] = {}
    for name, alias in _pairs(container) if store.edition.has_link_variables else ():
        other = containers.find(store, container.engine, name)
        if other is None:
            continue
        image = store.get(Image, f"{other.engine}/{other.image_id}")
        prefix = alias.upper().replace("-", "_")
        told[f"{prefix}_NAME"] = f"/{container.name}/{alias}"
        for number, protocol in reversed(exposed(other, image)):
            place, port = f"{protocol}://{other.address}:{number}", f"{prefix}_PORT"
            one = f"{port}_{number}_{protocol.upper()}"
            told |= {port: place, one: place, f"{one}_ADDR": other.address}
            told |= {f"{one}_PORT": str(number), f"{one}_PROTO": protocol}
        for variable, value in environment(image, other.config.get("Env")).items():
            if variable not in _OWN:
                told[f"{prefix}_ENV_{variable}"] = value
    return told


def pairs(container: Container, network: str) -> list[tuple[str, str]]:
    """The links on a network: name or id of each linked container, and its alias."""
    place = (container.endpoints or {}).get(network) or {}
    own = [_pair(str(link)) for link in place.get("Links") or ()]
    return own + (_pairs(container) if container.networks[:1] == (network,) else [])


def without(container: Container, alias: str) -> Container:
    """The container without this link. Raises ApiError 404 in the daemon's words."""
    links = container.host_config.get("Links") or ()
    left = [link for link in links if _pair(link)[1] != alias]
    if len(left) == len(links):
        raise ApiError(404, f"No such container: {container.name}/{alias}")
    return replace(container, host_config={**container.host_config, "Links": left})


def _pairs(container: Container) -> list[tuple[str, str]]:
    return [_pair(str(link)) for link in container.host_config.get("Links") or ()]


def _pair(link: str) -> tuple[str, str]:
    """Name and alias of a link; without an alias, the name twice."""
    name, _, alias = link.removeprefix("/").partition(":")
    return name, alias.rpartition("/")[2] or name
