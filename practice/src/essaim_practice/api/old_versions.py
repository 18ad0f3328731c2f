"""Answers of older API versions, derived from those of the newest of the same engine.

Clients ask for the version that they were written for: docker-py 7.1 for 1.44.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from essaim_practice.api.routing import Request
from essaim_practice.network.addresses import PREDEFINED
from essaim_practice.store import containers
from essaim_practice.store.objects import Image

#: What of a container's configuration an image's no longer shows.
_CONFIG: dict[str, Any] = {
    "Hostname": "",
    "Domainname": "",
    "AttachStdin": False,
    "AttachStdout": False,
    "AttachStderr": False,
    "Tty": False,
    "OpenStdin": False,
    "StdinOnce": False,
    "Image": "",
}


def container(shown: dict[str, Any], request: Request) -> dict[str, Any]:
    """GET /containers/{id}/json: its names on networks of its own once held its id."""
    if request.version >= (1, 45):
        return shown
    hostname = shown["Config"]["Hostname"]
    for name, place in shown["NetworkSettings"]["Networks"].items():
        if name not in PREDEFINED:
            names = [*(place["Aliases"] or ()), shown["Id"][:12], hostname]
            place["Aliases"] = list(dict.fromkeys(names))
    return shown


def listed_images(shown: Iterable[dict[str, Any]], request: Request) -> Iterator[dict[str, Any]]:
    """GET /images/json: without names there was one, there were two sizes, and nobody counted."""
    here = containers.on_engine(request.cluster.store, request.engine)
    users = Counter(container.image_id for container in here)
    for image in shown:
        old = dict(image)
        if request.version >= (1, 51):
            old["Containers"] = users[image["Id"]]
        if request.version < (1, 43):
            old["RepoTags"] = image["RepoTags"] or ["<none>:<none>"]
            old["RepoDigests"] = image["RepoDigests"] or ["<none>@<none>"]
        if request.version < (1, 44):
            old["VirtualSize"] = image["Size"]
        yield old


def image(shown: dict[str, Any], request: Request) -> dict[str, Any]:
    """GET /images/{name}/json: with a container's whole configuration, and a second size."""
    old, version = dict(shown), request.version
    if version < (1, 50):
        old["Config"] = dict(sorted({**_CONFIG, **shown["Config"]}.items()))
    if version < (1, 45):
        known = request.cluster.store.get(Image, f"{request.engine}/{shown['Id']}")
        made_from = known.made_from if known else None
        old |= {"Container": "", "ContainerConfig": old["Config"], **(made_from or {})}
    if version < (1, 44):
        old["VirtualSize"] = shown["Size"]
    return old


def removed(shown: dict[str, Any], request: Request) -> dict[str, Any]:
    """DELETE /images/{name}: of a layer, what it was called in the store alone."""
    return {name: value for name, value in shown.items() if name != "Layer"}


def pruned(shown: dict[str, Any], request: Request) -> dict[str, Any]:
    """POST /images/prune: the same."""
    told = [removed(each, request) for each in shown["ImagesDeleted"] or ()]
    return {**shown, "ImagesDeleted": told or None}


def info(shown: dict[str, Any], request: Request) -> dict[str, Any]:
    """GET /info: with what later kernels and clients had no use for."""
    old, version = dict(shown), request.version
    if version < (1, 50):
        old |= {"BridgeNfIptables": True, "BridgeNfIp6tables": True}
    if version < (1, 49):
        old.pop("FirewallBackend", None)
        for name in ("ContainerdCommit", "RuncCommit", "InitCommit"):
            old[name] = {**shown[name], "Expected": shown[name]["ID"]}
    if version < (1, 47):
        kinds = ("CIDRs", "Hostnames")
        artifacts = {f"AllowNondistributableArtifacts{kind}": None for kind in kinds}
        old["RegistryConfig"] = shown["RegistryConfig"] | artifacts
    if version < (1, 46):
        old.pop("Containerd", None)
    if version < (1, 42):
        old["KernelMemory"] = True
    return old
