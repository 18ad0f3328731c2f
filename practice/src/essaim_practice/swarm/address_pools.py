"""Address pools of the Swarm's overlay networks, chosen at ``swarm init``."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Network, ip_network

from essaim_practice.store.errors import ApiError
from essaim_practice.store.objects import Network
from essaim_practice.store.store import Store

DEFAULT = ("10.0.0.0/8",)
DEFAULT_SIZE = 24  # bits of the prefix of one network
_WIDEST = 30


def check(pools: Sequence[str], size: int) -> None:
    """400 for pools that no network can be cut from, in the daemon's words; it says 500."""
    for pool in pools or DEFAULT:
        try:
            block = IPv4Network(pool, strict=False)
        except ValueError:
            reason = f"invalid base pool {pool}: invalid CIDR address: {pool}"
            raise ApiError(400, reason) from None
        if size < block.prefixlen:
            reason = f'invalid CIDR: "{pool}". Subnet size is too small for pool: {size}'
            raise ApiError(400, reason)
        if size > _WIDEST:
            reason = f'invalid CIDR: "{pool}". Subnet size is too big for pool: {size}'
            raise ApiError(400, reason)


def free_subnet(store: Store, pools: Sequence[str], size: int) -> str:
    """The first subnet of the pools that overlaps no network of the Swarm; "" if none is left."""
    shared = store.where(Network, "scope", "swarm")
    taken = [ip_network(network.subnet) for network in shared if network.subnet]
    for pool in pools or DEFAULT:
        for subnet in IPv4Network(pool, strict=False).subnets(new_prefix=size):
            if not any(subnet.overlaps(other) for other in taken):
                return str(subnet)
    return ""
