"""The events of the cluster, as GET /events reports them.

Most events follow from a change in the store. A handler announces those that change nothing there
(an image pulled again, a list of processes).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from essaim_practice.engine import local_events
from essaim_practice.network import addresses
from essaim_practice.store.broadcast import Broadcast, Subscription
from essaim_practice.store.clock import Clock
from essaim_practice.store.objects import (
    Config,
    Container,
    Image,
    Network,
    Node,
    Secret,
    Service,
    Volume,
)
from essaim_practice.store.store import Change, Store
from essaim_practice.swarm.events import swarm_event

REMEMBERED = 256
_MOST = 256 * 1024  # bytes of them
_EVENT, _ATTRIBUTE = 500, 100  # bytes of one besides its texts


@dataclass(frozen=True, slots=True)
class Event:
    """One event, as ``GET /events`` tells it."""

    time: float
    scope: str  # local or swarm
    engine: str  # where it happened; "" for scope swarm
    type: str
    action: str
    id: str
    attributes: Mapping[str, str]

    def as_json(self) -> dict[str, Any]:
        message: dict[str, Any] = {}
        if self.type in ("container", "image"):
            message |= {"status": self.action, "id": self.id}
        if self.type == "container":
            message["from"] = self.attributes.get("image", "")
        message |= {
            "Type": self.type,
            "Action": self.action,
            "Actor": {"ID": self.id, "Attributes": dict(self.attributes)},
            "scope": self.scope,
            "time": int(self.time),
            "timeNano": int(self.time * 1e9),
        }
        return message


def _size(event: Event) -> int:
    """Bytes that the event takes, about: its attributes are all labels of its container."""
    told = event.attributes
    return _EVENT + _ATTRIBUTE * len(told) + sum(map(len, told)) + sum(map(len, told.values()))


class EventLog:
    """Keeps the last events and sends new ones to followers."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._past: deque[Event] = deque()
        self.weight = 0  # bytes of those
        self._feed: Broadcast[Event] = Broadcast(store.memory)
        store.memory.join(self)
        store.watch(self._on_local, Container, Image, Volume, Network)
        store.watch(self._on_swarm, Node, Service, Network, Secret, Config)

    def emit(
        self, engine: str, type: str, action: str, id: str, attributes: Mapping[str, str]
    ) -> None:
        """Announce an event of one engine (``engine`` "" for the whole Swarm)."""
        scope = "local" if engine else "swarm"
        now = self._clock.now()
        event = Event(now, scope, engine, type, action, id, attributes)
        size = _size(event)
        most = _MOST if self._store.memory.take(size) else self.weight
        self._past.append(event)
        self.weight += size
        while len(self._past) > REMEMBERED or (self.weight > most and len(self._past) > 1):
            self.weight -= _size(self._past.popleft())
        self._feed.publish(event, size)

    def emit_container(self, container: Container, action: str, **more: str) -> None:
        attributes = local_events.container_attributes(container) | more
        self.emit(container.engine, "container", action, container.id, attributes)

    def past(self) -> list[Event]:
        return list(self._past)

    def follow(self) -> Subscription[Event]:
        """All events from this call on, without end."""
        return self._feed.subscribe()

    def _on_local(self, change: Change) -> None:
        for action, subject, more in local_events.local_actions(change):
            if isinstance(subject, Container):
                if action in ("connect", "disconnect"):
                    self._network_event(subject, action)
                elif action in ("mount", "unmount"):
                    attributes = dict(more)
                    volume = attributes.pop("volume")
                    self.emit(subject.engine, "volume", action, volume, attributes)
                else:
                    self.emit_container(subject, action, **more)
            elif isinstance(subject, Image):
                self.emit(subject.engine, "image", action, more["id"], {"name": more["name"]})
            elif isinstance(subject, Volume):
                attributes = {"driver": subject.driver}
                self.emit(subject.engine, "volume", action, subject.name, attributes)
            elif isinstance(subject, Network) and subject.engine:
                attributes = {"name": subject.name, "type": subject.driver}
                self.emit(subject.engine, "network", action, subject.id, attributes)

    def _network_event(self, container: Container, action: str) -> None:
        for name in container.networks:
            network = addresses.find_network(self._store, container.engine, name)
            if network is not None:
                attributes = {
                    "container": container.id,
                    "name": network.name,
                    "type": network.driver,
                }
                self.emit(container.engine, "network", action, network.id, attributes)

    def _on_swarm(self, change: Change) -> None:
        told = swarm_event(change)
        if told is not None:
            type, action, id, attributes = told
            self.emit("", type, action, id, attributes)
