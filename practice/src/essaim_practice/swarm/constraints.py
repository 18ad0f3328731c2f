"""Placement constraints: ``node.role==worker``, ``node.labels.disk!=ssd``."""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import ip_address, ip_network

from essaim_practice.store.objects import Node

OS = "linux"
ARCHITECTURE = "x86_64"

_KEY = re.compile(r"[a-zA-Z_][\w.-]*\Z")
_VALUE = re.compile(r"[\w:.\-/ *()?+\[\]\\^$|]+\Z")


class ConstraintError(ValueError):
    """A constraint that cannot be read, in SwarmKit's words."""


@lru_cache(maxsize=1024)
def parse(text: str) -> tuple[str, bool, str]:
    """A constraint as (key, is equality, value). Raises ConstraintError."""
    for operator in ("==", "!="):
        if operator not in text:
            continue
        key, _, value = (part.strip() for part in text.partition(operator))
        if not _KEY.match(key):
            raise ConstraintError(f"key '{key}' is invalid")
        if not _VALUE.match(value):
            raise ConstraintError(f"value '{value}' is invalid")
        return key, operator == "==", value
    raise ConstraintError("constraint expected one operator from ==, !=")


def holds(text: str, node: Node) -> bool:
    """Whether a node meets a constraint; an unknown key is never met."""
    key, equal, value = parse(text)
    if key.lower() == "node.ip":
        return _in_range(node.address, value) == equal
    found = _attribute(key, node)
    return found is not None and (found.lower() == value.lower()) == equal


def _attribute(key: str, node: Node) -> str | None:
    known = {
        "node.id": node.id,
        "node.hostname": node.engine,
        "node.role": node.role,
        "node.platform.os": OS,
        "node.platform.arch": ARCHITECTURE,
    }
    if key.lower() in known:
        return known[key.lower()]
    if key.lower().startswith("node.labels."):
        return str(node.labels.get(key[len("node.labels.") :], ""))
    if key.lower().startswith("engine.labels."):
        return ""  # practice engines carry no labels of their own
    return None


def _in_range(address: str, value: str) -> bool:
    try:
        return ip_address(address) in ip_network(value, strict=False)
    except ValueError:
        return False
