"""Validates the options of a new network other than its addresses."""

from __future__ import annotations

import re
from typing import Any

from essaim_practice.store.errors import ApiError

#: The drivers of networks that one engine has for itself.
LOCAL = ("bridge", "ipvlan", "macvlan")

_MODES = {
    "ipvlan": ("", "l2", "l3", "l3s"),
    "macvlan": ("", "bridge", "passthru", "private", "vepa"),
}
_PARENT = re.compile(r"eth0(?:\.(?:[1-9][0-9]{0,3}))?")  # a machine's one interface, and its VLANs
_MTU = "com.docker.network.driver.mtu"


def check(body: dict[str, Any], ipam: dict[str, Any], ipv6: bool) -> None:
    """Raises ApiError for invalid options, and for those that are not played."""
    if (source := (body.get("ConfigFrom") or {}).get("Network")) or body.get("ConfigOnly"):
        if source:
            raise ApiError(404, f'configuration network "{source}" does not exist')
        if any(body.get(name) for name in ("Internal", "Ingress", "Attachable", "Scope")):
            fields = "[ ingress | internal | attachable | scope ]"
            text = "configuration network can only contain network specific fields. Network"
            raise ApiError(403, f"{text} operator fields like {fields} are not supported.")
        raise ApiError(501, "the practice engine does not play configuration networks")
    if (driver := ipam.get("Driver") or "default") not in ("default", "null", "windows"):
        raise ApiError(404, f'plugin "{driver}" not found')
    if body.get("EnableIPv4") is False and not ipv6:
        raise ApiError(400, "IPv4 or IPv6 must be enabled")
    driver, options = str(body.get("Driver") or ""), body.get("Options") or {}
    if driver in _MODES:
        _check_virtual(driver, options)
    mtu = str((body.get("Options") or {}).get(_MTU) or "0")
    if not re.fullmatch(r"[+-]?[0-9]{1,9}", mtu):
        text = f'strconv.Atoi: parsing "{mtu}": invalid syntax'
        raise ApiError(400, f"failed to parse {_MTU} value: {mtu} ({text})")


def _check_virtual(driver: str, options: dict[str, Any]) -> None:
    parent, mode = str(options.get("parent") or ""), str(options.get(f"{driver}_mode") or "")
    if mode not in _MODES[driver]:
        usual = _MODES[driver][1]
        text = f"requested {driver} mode '{mode}' is not valid, '{usual}' mode is the {driver}"
        raise ApiError(400, f"{text} driver default")
    if parent and not _PARENT.fullmatch(parent):
        raise ApiError(
            400, f"invalid subinterface vlan name {parent}, example formatting is eth0.10"
        )
