"""The networks of a new container: ``--network`` in both its forms, and the older flags."""

from __future__ import annotations

import re

from core.cluster.engine_json import Json
from core.commands.container_flags import NewContainer
from core.commands.source import given
from core.commands.values import fields
from core.errors import DockerRefused

_LONG = re.compile(r"\w=\w")  # somewhere: docker's own \w+=\w+ takes long to find none


def mode(new: NewContainer) -> str:
    """The network that the container begins in."""
    return str(_attachment(new.network[0])["Target"]) if new.network else "default"


def endpoints(new: NewContainer) -> Json:
    """What the engine must know about the container's place in its networks.

    Raises DockerRefused.
    """
    made: dict[str, Json] = {}
    own: list[bool] = []
    networks = [_attachment(word) for word in new.network or ("default",)]
    for number, one in enumerate(networks):
        own.append(_is_own(one["Target"]))
        if not number:
            one = _with_older(one, new)
        if not own[-1] and one.get("Aliases"):
            raise _refused("network-scoped aliases are only supported for user-defined networks")
        if not own[-1] and one.get("Links"):
            raise _refused("links are only supported for user-defined networks")
        endpoint = _endpoint(one)
        if one["Target"] in made:
            raise _refused(f'network "{one["Target"]}" is specified multiple times')
        if endpoint or len(networks) > 1:
            made[one["Target"]] = endpoint
    if len(set(own)) > 1:
        raise _refused(
            "conflicting options: cannot attach both user-defined and non-user-defined "
            "network-modes"
        )
    return {"EndpointsConfig": made} if made else {}


def _refused(words: str) -> DockerRefused:
    return DockerRefused(words, code=125)


def _is_own(name: str) -> bool:
    """Whether somebody made this network; docker's own are no networks of that kind."""
    return name not in ("default", "bridge", "host", "none") and not name.startswith("container:")


def _attachment(word: str) -> Json:
    """One ``--network``; a value of its kind is right already."""
    if not _LONG.search(word):
        return {"Target": word}
    made: Json = {"Aliases": [], "DriverOpts": {}, "LinkLocalIPs": []}
    for part in fields(word):
        key, value = (text.strip() for text in part.split("=", 1))
        match key:
            case "name":
                made["Target"] = value
            case "alias":
                made["Aliases"].append(value)
            case "driver-opt":
                option, _, setting = value.partition("=")
                made["DriverOpts"][option.strip()] = setting.strip()
            case "ip":
                made["IPv4Address"] = value
            case "ip6":
                made["IPv6Address"] = value
            case "mac-address":
                made["MacAddress"] = value
            case "link-local-ip":
                made["LinkLocalIPs"].append(value)
            case "gw-priority":
                made["GwPriority"] = int(value)
    return made


def _with_older(one: Json, new: NewContainer) -> Json:
    """The older flags are of the first network."""
    flags = (
        ("Aliases", list(new.network_alias), "--network-alias and per-network alias"),
        ("Links", list(new.link), "--link and per-network links"),
        ("IPv4Address", new.ip, "--ip and per-network IPv4 address"),
        ("IPv6Address", new.ip6, "--ip6 and per-network IPv6 address"),
        ("MacAddress", new.mac_address, "--mac-address and per-network MAC address"),
        ("LinkLocalIPs", list(new.link_local_ip), "--link-local-ip and per-network link-local IP"),
    )
    for key, value, both in flags:
        if value and one.get(key):
            raise _refused(f"conflicting options: cannot specify both {both}")
    # A link in docker's own network is the engine's business.
    own = _is_own(one["Target"])
    return one | {key: value for key, value, _ in flags if value and (own or key != "Links")}


def _endpoint(one: Json) -> Json:
    address = given(
        IPv4Address=one.get("IPv4Address"),
        IPv6Address=one.get("IPv6Address"),
        LinkLocalIPs=one.get("LinkLocalIPs"),
    )
    return given(
        IPAMConfig=address,
        Links=one.get("Links"),
        Aliases=one.get("Aliases"),
        DriverOpts=one.get("DriverOpts"),
        GwPriority=one.get("GwPriority"),
        MacAddress=one.get("MacAddress"),
    )
