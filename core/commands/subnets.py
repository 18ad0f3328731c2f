"""What belongs to each subnet of a network to be made: its range, its gateway, its addresses.

The rules and the words are those of docker/cli, cli/command/network/create.go.
"""

from __future__ import annotations

from ipaddress import ip_address, ip_network

from core.cluster.engine_json import Json
from core.errors import DockerRefused


def configs(
    subnets: list[str], ranges: list[str], gateways: list[str], auxiliary: dict[str, str]
) -> list[Json]:
    """The API's configuration of each subnet. Raises DockerRefused."""
    if len(subnets) < len(ranges) or len(subnets) < len(gateways):
        raise DockerRefused("every ip-range or gateway must have a corresponding subnet")
    found: dict[str, Json] = {}
    for subnet in subnets:
        if any(_holds(known, subnet) or _holds(subnet, known) for known in found):
            raise DockerRefused("multiple overlapping subnet configuration is not supported")
        found[subnet] = {"Subnet": subnet}
    for value in ranges:
        for subnet in _fitting(subnets, "range", value):
            _set(found[subnet], "IPRange", value, "ranges", f"on the same subnet ({subnet})")
    for value in gateways:
        for subnet in _fitting(subnets, "gateway", value):
            _set(found[subnet], "Gateway", value, "gateways", f"for the same subnet ({subnet})")
    for name, value in auxiliary.items():
        for subnet in _fitting(subnets, "aux-address", value):
            found[subnet].setdefault("AuxiliaryAddresses", {})[name] = value
    return list(found.values())


def _set(config: Json, key: str, value: str, many: str, where: str) -> None:
    if key in config:
        raise DockerRefused(f"cannot configure multiple {many} ({value}, {config[key]}) {where}")
    config[key] = value


def _fitting(subnets: list[str], called: str, value: str) -> list[str]:
    fitting = [subnet for subnet in subnets if _holds(subnet, value)]
    if not fitting:
        raise DockerRefused(f"no matching subnet for {called} {value}")
    return fitting


def _holds(subnet: str, word: str) -> bool:
    """Whether an address, or the first one of a range, is in a subnet. Raises DockerRefused."""
    try:
        net = ip_network(subnet if "/" in subnet else "", strict=False)
    except ValueError:
        why = f"invalid subnet: invalid CIDR address: {subnet}"
        raise DockerRefused(why) from None
    try:
        return ip_address(word.partition("/")[0]) in net
    except ValueError:
        if "/" in word:
            raise DockerRefused(f"invalid CIDR address: {word}") from None
        return False
