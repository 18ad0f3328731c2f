"""The addresses that a network may give: what the daemon refuses of them, in its words."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address, ip_network

from core.practice.errors import ApiError
from core.practice.network.addresses import PREDEFINED
from core.practice.objects import Json, Network


def check(pool: Json) -> None:
    """Refuse a subnet or a gateway that is no address, in the daemon's words."""
    subnet, gateway = str(pool.get("Subnet") or ""), str(pool.get("Gateway") or "")
    try:
        block = ip_network(subnet, strict=False) if subnet else None
    except ValueError:
        block = None
    said = "invalid network config:\n"
    if subnet and (block is None or "/" not in subnet):
        raise ApiError(400, f"{said}invalid subnet {subnet}: invalid CIDR block notation")
    if block is not None and str(block) != subnet:
        raise ApiError(400, f"{said}invalid subnet {subnet}: it should be {block}")
    if block is not None and block.num_addresses < 4:
        raise ApiError(400, f"{said}invalid subnet {subnet}: it has no room for containers")
    try:
        address = ip_address(gateway) if gateway else None
    except ValueError:
        raise ApiError(400, f"{said}invalid gateway {gateway}: invalid address") from None
    if address is not None and block is not None and address not in block:
        text = f"invalid gateway {gateway}: parent subnet {subnet} doesn't contain this address"
        raise ApiError(400, f"{said}{text}")


def by_version(asked: Iterable[Json]) -> tuple[Json, tuple[Json, ...]]:
    """The first pool of IPv4 addresses, empty when none is asked for, and those of IPv6."""
    found = [{name: value for name, value in pool.items() if value} for pool in asked]
    sixes = tuple(pool for pool in found if ":" in str(pool.get("Subnet") or ""))
    return next((pool for pool in found if pool not in sixes), {}), sixes


def check_free(subnet: str, taken: Iterable[str]) -> None:
    """Refuse, with 403, a subnet that shares addresses with one of the engine."""
    block = ip_network(subnet)
    for other in map(ip_network, taken):
        if block.version == other.version and block.overlaps(other):
            text = "invalid pool request: Pool overlaps with other one on this address space"
            raise ApiError(403, text)


def check_endpoint(network: Network, asked: Json) -> None:
    """Refuse, with 400, an address that the network cannot give."""
    wish = str((asked.get("IPAMConfig") or {}).get("IPv4Address") or "")
    if not wish:
        return
    problems = []
    if network.name in PREDEFINED:
        text = "user specified IP address is supported on user defined networks only"
        problems.append(text)
    try:
        address = ip_address(wish)
    except ValueError:
        address = None
        problems.append(f"invalid IPv4 address: {wish}")
    pool = network.pool or {}
    if not pool.get("Subnet"):
        text = "supported only when connecting to networks with user configured subnets"
        problems.append(f"user specified IP address is {text}")
    elif address is None or address not in ip_network(pool.get("IPRange") or pool["Subnet"]):
        text = "no configured subnet or ip-range contain the IP address"
        problems.append(f"{text} {wish}")
    if problems:
        star = "* " if len(problems) > 1 else ""
        listed = "\n".join(f"{star}{problem}" for problem in problems)
        raise ApiError(400, f"invalid endpoint settings:\n{listed}")
