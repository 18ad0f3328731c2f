"""Answers of older API versions, derived from those of the newest.

Clients ask for the version that they were written for: docker-py 7.1 for 1.44.
"""

from __future__ import annotations

from typing import Any

from essaim_practice.network.addresses import PREDEFINED
from essaim_practice.store.objects import Container, Json

Version = tuple[int, int]

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


def container(shown: dict[str, Any], asked: Container, version: Version) -> dict[str, Any]:
    """GET /containers/{id}/json: its names on networks of its own once held its id."""
    if version >= (1, 45):
        return shown
    hostname = shown["Config"]["Hostname"]
    for name, place in shown["NetworkSettings"]["Networks"].items():
        if name not in PREDEFINED:
            names = [*(place["Aliases"] or ()), asked.id[:12], hostname]
            place["Aliases"] = list(dict.fromkeys(names))
    return shown


def image(shown: dict[str, Any], made_from: Json | None, version: Version) -> dict[str, Any]:
    """GET /images/{name}/json: with a container's whole configuration, and a second size."""
    old = dict(shown)
    if version < (1, 50):
        old["Config"] = dict(sorted({**_CONFIG, **shown["Config"]}.items()))
    if version < (1, 45):
        old |= {"Container": "", "ContainerConfig": old["Config"], **(made_from or {})}
    if version < (1, 44):
        old["VirtualSize"] = shown["Size"]
    return old


def info(shown: dict[str, Any], version: Version) -> dict[str, Any]:
    """GET /info: with what later kernels and clients had no use for."""
    old = dict(shown)
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
