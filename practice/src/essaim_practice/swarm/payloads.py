"""Validates secrets and configs, and the references of services to them."""

from __future__ import annotations

import base64
import posixpath
import re
from typing import Any

from essaim_practice.store.errors import ApiError
from essaim_practice.store.objects import Config, Json, Payload, Secret, Service
from essaim_practice.store.store import Store
from essaim_practice.swarm import specs
from essaim_practice.swarm.access import invalid, refuse

KINDS: tuple[type[Payload], ...] = (Secret, Config)

_NAME = re.compile(r"[a-zA-Z0-9]+(?:[a-zA-Z0-9-_.]*[a-zA-Z0-9])?\Z")
_LONGEST_NAME = 64
_LIMIT = {Secret: 500 * 1024, Config: 1000 * 1024}  # bytes, and no payload reaches it


def word(kind: type[Payload]) -> str:
    """``secret`` or ``config``."""
    return kind.__name__.lower()


def spec_of(posted: Json) -> dict[str, Any]:
    """The stored form of a posted spec. ``Data`` is base64 with padding."""
    spec = {
        "Name": posted.get("Name") or "",
        "Labels": posted.get("Labels") or {},
        "Data": posted.get("Data") or "",
    }
    for field in ("Templating", "Driver"):
        if field in posted:
            spec[field] = posted[field]
    return spec


def check(store: Store, kind: type[Payload], spec: Json) -> None:
    """Raises ApiError (400, 409, 500) for an invalid spec of a new secret or config."""
    name = str(spec["Name"])
    if not name:
        raise invalid("name must be provided")
    if len(name) > _LONGEST_NAME or not _NAME.match(name):
        raise invalid(
            "invalid name, only 64 [a-zA-Z0-9-_.] characters allowed, "
            "and the start and end character must be [a-zA-Z0-9]"
        )
    if "Driver" in spec:
        driver = spec["Driver"].get("Name")
        if not driver:
            raise invalid("secret driver must have a name")
        raise refuse(500, "Unknown", f'plugin "{driver}" not found')
    if not 0 < len(base64.b64decode(spec["Data"])) < _LIMIT[kind]:
        limit = f"must be larger than 0 and less than {_LIMIT[kind]} bytes"
        raise invalid(f"{word(kind)} data {limit}")
    if any(other.name == name for other in store.all(kind)):
        raise refuse(409, "AlreadyExists", f"{word(kind)} {name} already exists")


def check_unused(store: Store, payload: Payload) -> None:
    """Raises ApiError 400 if services refer to the secret or config."""
    kind = type(payload)
    users = [
        service
        for service in sorted(store.all(Service), key=lambda service: service.id)
        if any(
            reference[f"{kind.__name__}ID"] == payload.id
            for reference in _references(
                kind, specs.section(service.spec, "TaskTemplate", "ContainerSpec")
            )
        )
    ]
    if users:
        services = "service" if len(users) == 1 else "services"
        names = ", ".join(service.name for service in users)
        reason = f"is in use by the following {services}: {names}"
        raise invalid(f"{word(kind)} '{payload.name}' {reason}")


def check_targets(container: Json) -> None:
    """What the daemon refuses in a posted ContainerSpec before it asks a manager."""
    for reference in container.get("Configs") or ():
        targets = sum(reference.get(field) is not None for field in ("File", "Runtime"))
        if targets != 1:
            neither, both = (
                "either File or Runtime should be set",
                "cannot specify both File and Runtime",
            )
            raise ApiError(400, f"invalid Config: {both if targets else neither}")


def check_references(container: Json) -> None:
    """What a manager refuses in a stored ContainerSpec before it looks for what is named."""
    for kind in KINDS:
        malformed, taken = f"malformed {word(kind)} reference", dict[str, str]()
        for reference in _references(kind, container):
            name = reference.get(f"{kind.__name__}Name")
            if not name or not reference.get(f"{kind.__name__}ID"):
                raise invalid(malformed)
            if kind is Config and "Runtime" in reference:
                continue
            if "File" not in reference:
                raise invalid(f"{malformed}, no target provided")
            if not reference["File"]["Name"]:
                reason = "reference, invalid target file name provided"
                raise invalid(f"malformed file {word(kind)} {reason}")
            path = posixpath.normpath(reference["File"]["Name"])
            if path in taken:
                both = f"{word(kind)} references '{taken[path]}' and '{name}'"
                raise invalid(f"{both} have a conflicting target: '{path}'")
            taken[path] = name


def check_existence(store: Store, container: Json) -> None:
    """Raises ApiError 400 for references to missing ids, or under another name."""
    for kind in KINDS:
        missing = []
        for reference in _references(kind, container):
            found = store.get(kind, reference[f"{kind.__name__}ID"])
            if found is None or found.name != reference[f"{kind.__name__}Name"]:
                missing.append(reference[f"{kind.__name__}Name"])
        if missing:
            plural = "s" if len(missing) > 1 else ""
            raise invalid(f"{word(kind)}{plural} not found: {', '.join(missing)}")


def _references(kind: type[Payload], container: Json) -> list[dict[str, Any]]:
    return list(container.get(f"{kind.__name__}s") or ())
