"""Filters of container lists."""

from __future__ import annotations

import re
from collections.abc import Sequence

from essaim_practice.api import container_json
from essaim_practice.api.filters import Filters, flag_of, labelled, matches, unlabelled
from essaim_practice.images import local as images
from essaim_practice.network import addresses
from essaim_practice.network.publishing import exposed
from essaim_practice.store import containers
from essaim_practice.store.errors import ApiError
from essaim_practice.store.objects import Container, Image
from essaim_practice.store.store import Store

_STATES = ("created", "running", "paused", "restarting", "removing", "exited", "dead")
_HEALTH = ("none", "starting", "healthy", "unhealthy")


def check(filters: Filters) -> None:
    """Raises ApiError 400 for filter values that no container can have."""
    for kind, known, what in (("status", _STATES, "state"), ("health", _HEALTH, "health")):
        for value in filters.get(kind, ()):
            if value not in known:
                text = f"invalid value for {what} ({value}): must be one of {', '.join(known)}"
                raise ApiError(400, f"invalid filter '{kind}={value}': {text}")
    for value in filters.get("exited", ()):
        if not re.fullmatch(r"[+-]?[0-9]{1,9}", value, re.ASCII):
            problem = f'strconv.Atoi: parsing "{value}": invalid syntax'
            raise ApiError(400, f"invalid filter 'exited={value}': {problem}")
    flag_of(filters, "is-task")
    for kind in ("publish", "expose"):
        for value in filters.get(kind, ()):
            _ports(kind, value)


def passes(
    store: Store, container: Container, filters: Filters, everyone: Sequence[Container]
) -> bool:
    """Whether a container passes all filters; ``before`` and ``since`` name other containers.

    Raises ApiError 400 or 404 if such a container is missing.
    """
    image = store.get(Image, f"{container.engine}/{container.image_id}")
    labels = container_json.labels_of(container, image)
    task = flag_of(filters, "is-task")
    return (
        labelled(labels, filters.get("label", ()))
        and unlabelled(labels, filters.get("label!", ()))
        and (task is None or task == bool(container.task_id))
        and all(
            any(_passes(store, container, image, kind, value, everyone) for value in values)
            for kind, values in filters.items()
            if kind not in ("label", "label!", "is-task", "until")
        )
    )


def _passes(
    store: Store,
    container: Container,
    image: Image | None,
    kind: str,
    value: str,
    everyone: Sequence[Container],
) -> bool:
    match kind:
        case "id":
            return matches(value, container.id) or container.id.startswith(value)
        case "name":
            return matches(value, container.name, f"/{container.name}")
        case "status":
            return value == container_json.status_of(container)
        case "exited":
            return container.state == "exited" and int(value) == container.exit_code
        case "ancestor":
            ancestor = images.find(store, container.engine, value)
            return ancestor is not None and ancestor.image_id == container.image_id
        case "network":
            found = (addresses.find_network(store, container.engine, n) for n in container.networks)
            return value in container.networks or any(n and n.id == value for n in found)
        case "health":
            return value == (container.health or "none")
        case "publish":
            wanted, protocol = _ports(kind, value)
            ports = [(port.published, port.protocol) for port in container.ports]
            return any((number, protocol) in ports for number in wanted)
        case "expose":
            wanted, protocol = _ports(kind, value)
            ports = exposed(container, image) if container.state == "running" else []
            return any((number, protocol) in ports for number in wanted)
        case "volume":
            return any(value in (m.source, m.target) for m in container.mounts if m.listed)
        case "before" | "since":
            other = containers.get(store, container.engine, value)
            order = [c.id for c in everyone]
            mine, its = order.index(container.id), order.index(other.id)
            return mine < its if kind == "before" else mine > its
    return True


def _ports(kind: str, text: str) -> tuple[range, str]:
    """The ports and the protocol that ``80``, ``80/udp`` or ``80-90/tcp`` mean."""
    numbers, _, protocol = text.partition("/")
    first, dash, last = numbers.partition("-")
    for number in (first, last) if dash else (first,):
        if not re.fullmatch("[0-9]{1,5}", number, re.ASCII):
            problem = f'strconv.ParseUint: parsing "{number}": invalid syntax'
            raise ApiError(400, f"error while looking up for {kind} {text}: {problem}")
    return range(int(first), int(last or first) + 1), protocol or "tcp"
