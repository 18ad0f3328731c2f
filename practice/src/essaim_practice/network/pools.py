"""Validates address pools of networks, in the daemon's words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_interface,
    ip_network,
)

from essaim_practice.network.addresses import PREDEFINED
from essaim_practice.store.errors import ApiError
from essaim_practice.store.objects import Json, Network

_MAC = re.compile(r"[0-9a-fA-F]{2}(?:(?::[0-9a-fA-F]{2}){5}|(?:-[0-9a-fA-F]{2}){5})")


def check(pool: Json) -> None:
    """Raises ApiError for an invalid subnet or gateway."""
    subnet, gateway = str(pool.get("Subnet") or ""), str(pool.get("Gateway") or "")
    try:
        block = ip_network(subnet, strict=False) if subnet else None
    except ValueError:
        block = None
    said = "invalid network config:\n"
    ranged = str(pool.get("IPRange") or "")
    if (gateway or ranged) and not subnet:
        raise ApiError(400, f"{said}invalid subnet {subnet}: invalid CIDR block notation")
    if subnet and (block is None or "/" not in subnet):
        raise ApiError(400, f"{said}invalid subnet {subnet}: invalid CIDR block notation")
    if block is not None and ip_interface(subnet).ip != block.network_address:
        raise ApiError(400, f"{said}invalid subnet {subnet}: it should be {block}")
    if block is not None and block.num_addresses < 4:
        raise ApiError(400, f"{said}invalid subnet {subnet}: it has no room for containers")
    if ranged and block is not None:
        _check_range(said, ranged, subnet, block)
    for name, text in (pool.get("AuxiliaryAddresses") or {}).items():
        if _address(text, 4) is None and _address(text, 6) is None:
            raise ApiError(400, f"{said}invalid auxiliary address {name}: invalid address")
    try:
        address = ip_address(gateway) if gateway else None
    except ValueError:
        raise ApiError(400, f"{said}invalid gateway {gateway}: invalid address") from None
    if address is not None and block is not None and address not in block:
        text = f"invalid gateway {gateway}: parent subnet {subnet} doesn't contain this address"
        raise ApiError(400, f"{said}{text}")


def _check_range(said: str, ranged: str, subnet: str, block: IPv4Network | IPv6Network) -> None:
    try:
        part = ip_network(ranged, strict=False)
    except ValueError:
        part = None
    problem = ""
    if part is None or "/" not in ranged:
        problem = "invalid CIDR block notation"
    elif part.version != block.version or not part.subnet_of(block):  # type: ignore[arg-type]
        problem = f"parent subnet {subnet} doesn't contain ip-range"
    if problem:
        raise ApiError(400, f"{said}invalid ip-range {ranged}: {problem}")


def by_version(asked: Iterable[Json]) -> tuple[Json, tuple[Json, ...]]:
    """The first IPv4 pool (empty without one), and all IPv6 pools."""
    found = [{name: value for name, value in pool.items() if value} for pool in asked]
    sixes = tuple(pool for pool in found if ":" in str(pool.get("Subnet") or ""))
    return next((pool for pool in found if pool not in sixes), {}), sixes


def check_free(subnet: str, taken: Iterable[str]) -> None:
    """Raises ApiError 403 for a subnet that overlaps one of the engine."""
    block = ip_network(subnet)
    for other in map(ip_network, taken):
        if block.version == other.version and block.overlaps(other):
            text = "invalid pool request: Pool overlaps with other one on this address space"
            raise ApiError(403, text)


def check_endpoint(network: Network, asked: Json) -> None:
    """Raises ApiError 400 for an address, name or MAC address that the network cannot give."""
    if (mac := str(asked.get("MacAddress") or "")) and not _MAC.fullmatch(mac):
        raise ApiError(400, f"invalid MAC address {mac}")
    if problems := list(_endpoint_problems(network, asked)):
        star = "* " if len(problems) > 1 else ""
        listed = "\n".join(f"{star}{problem}" for problem in problems)
        raise ApiError(400, f"invalid endpoint settings:\n{listed}")


def _endpoint_problems(network: Network, asked: Json) -> Iterator[str]:
    config: Json = asked.get("IPAMConfig") or {}
    if network.name in PREDEFINED and asked.get("Aliases"):
        yield "network-scoped alias is supported only for containers in user defined networks"
    wishes = {v: str(config.get(f"IPv{v}Address") or "") for v in (4, 6)}
    if any(wishes.values()) and network.name in PREDEFINED:
        yield "user specified IP address is supported on user defined networks only"
    found = {v: _address(wish, v) for v, wish in wishes.items() if wish}
    for version, address in found.items():
        if address is None:
            yield f"invalid IPv{version} address: {wishes[version]}"
    for wish in config.get("LinkLocalIPs") or ():
        if _address(wish, 4) is None and _address(wish, 6) is None:
            yield f"invalid link-local IP address: {wish}"
    for version, address in found.items():
        own = [network.pool or {}] if version == 4 else list(network.pools6)
        blocks = [str(pool.get("IPRange") or pool.get("Subnet") or "") for pool in own]
        if not any(blocks):
            text = "supported only when connecting to networks with user configured subnets"
            yield f"user specified IP address is {text}"
        elif address is None or not any(address in ip_network(b) for b in blocks if b):
            text = "no configured subnet or ip-range contain the IP address"
            yield f"{text} {wishes[version]}"


def _address(text: str, version: int) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return address if address.version == version else None
