"""Events of scope swarm that follow from changes of Swarm objects."""

from __future__ import annotations

from collections.abc import Mapping

from essaim_practice.store.objects import Network, Node, Payload, Service
from essaim_practice.store.store import Change
from essaim_practice.swarm import specs

SwarmEvent = tuple[str, str, str, Mapping[str, str]]  # type, action, id, attributes


def swarm_event(change: Change) -> SwarmEvent | None:
    """The event of a change; None for a change that makes no event of scope swarm."""
    subject, old, new = change.subject, change.old, change.new
    action = "create" if old is None else "remove" if new is None else "update"
    attributes: dict[str, str] = {}
    if isinstance(subject, Node):
        # A node that has never been heard of has not told its hostname yet.
        attributes["name"] = "" if subject.is_new else subject.engine
        if isinstance(old, Node) and isinstance(new, Node):
            _compare(attributes, "availability", old.availability, new.availability)
            _compare(attributes, "role", old.role, new.role)
            _compare(attributes, "state", old.state, new.state)
        return "node", action, subject.id, attributes
    if isinstance(subject, Service):
        attributes["name"] = subject.name
        if isinstance(old, Service) and isinstance(new, Service):
            _compare(attributes, "image", _image(old), _image(new))
            _compare(attributes, "replicas", _replicas(old), _replicas(new))
            _compare(attributes, "updatestate", _update_state(old), _update_state(new))
        return "service", action, subject.id, attributes
    if isinstance(subject, Network) and subject.scope == "swarm":
        return "network", action, subject.id, {"name": subject.name}
    if isinstance(subject, Payload):
        return type(subject).__name__.lower(), action, subject.id, {"name": subject.name}
    return None


def _compare(attributes: dict[str, str], name: str, old: str, new: str) -> None:
    if old != new and new:
        attributes[f"{name}.new"] = new
        if old:
            attributes[f"{name}.old"] = old


def _image(service: Service) -> str:
    return str(specs.section(service.spec, "TaskTemplate", "ContainerSpec").get("Image") or "")


def _replicas(service: Service) -> str:
    return str(specs.replicas(service.spec)) if specs.is_replicated(service.spec) else ""


def _update_state(service: Service) -> str:
    return service.update_status.state if service.update_status else ""
