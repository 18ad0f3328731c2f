"""Ports that a container publishes on its own engine."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from random import Random
from typing import Protocol

from essaim_practice.programs.base import NOT_STARTED, StartError
from essaim_practice.store.errors import ApiError
from essaim_practice.store.formats import hex_id
from essaim_practice.store.objects import Container, Image, Port
from essaim_practice.store.store import Store

_TARGET = re.compile(r"[0-9]{1,5}(?:/(?:tcp|udp|sctp))?")
_RANGE = re.compile(r"([0-9]{1,5})(?:-([0-9]{1,5}))?")
_LAST = 65535
_EPHEMERAL = range(32768, 61000)
_TRIES = 10  # of a range's ports, while other programs have them: moby's maxAllocatePortAttempts


class Claims(Protocol):
    """Knows whether another program of this computer has the port of an engine."""

    claimed: Callable[[str, int], bool]


def allocate(
    store: Store,
    container: Container,
    image: Image,
    random: Random,
    claims: Claims,
) -> tuple[Port, ...]:
    """Choose the ports to publish as the container starts; unnumbered ones get a free number.

    claims: knows the TCP ports that programs beside the cluster have. Raises StartError,
    in the daemon's words, when one is taken on this engine.
    """
    asked = list(_wanted(container, image))
    if not asked:  # as most: there is no need to look at all the others
        return ()
    taken = [
        port
        for other in store.where(Container, "engine", container.engine)
        if other.state == "running" and other.id != container.id
        for port in other.ports
    ]
    ports = []
    for target, protocol, address, wanted in asked:
        busy = {
            port.published
            for port in taken
            if port.protocol == protocol and _overlap(port.address, address)
        }
        place, problem, published = address or "0.0.0.0", "", 0
        free = (number for number in wanted if number not in busy)
        for published in islice(free, _TRIES):
            if protocol != "tcp" or not claims.claimed(container.engine, published):
                problem = ""
                break
            problem = f"failed to bind host port {place}:{published}/tcp: address already in use"
        if not published:
            problem = f"Bind for {place}:{wanted[0]} failed: port is already allocated"
        if problem:
            raise StartError(
                "failed to set up container networking: driver failed programming external "
                f"connectivity on endpoint {container.name} ({hex_id(random)}): {problem}",
                NOT_STARTED,
            )
        port = Port(target, published, protocol, "host", address)
        taken.append(port)
        ports.append(port)
    return tuple(ports)


def _overlap(one: str, other: str) -> bool:
    everywhere = ("", "0.0.0.0", "::")
    return one == other or one in everywhere or other in everywhere


def check(container: Container) -> None:
    """Raises ApiError 400 for invalid ports."""
    bindings = container.host_config.get("PortBindings") or {}
    named = [*(container.config.get("ExposedPorts") or {}), *bindings]
    places = (place for places in bindings.values() for place in places or ())
    for text in [*named, *(str(place.get("HostPort") or "") for place in places)]:
        number = text.partition("/")[0]
        if not _is_range(number) or (text in named and not number.isdecimal()):
            raise ApiError(400, f'invalid port specification: "{number}"')
        if text in named and not _TARGET.fullmatch(text):
            raise ApiError(400, f'invalid port specification: "{text}"')


def _is_range(text: str) -> bool:
    if not text:
        return True
    match = _RANGE.fullmatch(text)
    return match is not None and int(match[1]) <= int(match[2] or match[1]) <= _LAST


def exposed(container: Container, image: Image | None) -> list[tuple[int, str]]:
    """The exposed ports of the container and its image, in order."""
    names = {**(container.config.get("ExposedPorts") or {})}
    if image is not None:
        names |= image.config.get("ExposedPorts") or {}
    return sorted(_target(name) for name in names)


def _wanted(container: Container, image: Image) -> Iterator[tuple[int, str, str, range]]:
    bindings = container.host_config.get("PortBindings") or {}
    if container.host_config.get("NetworkMode") == "host":
        return  # its ports are the machine's own
    if not bindings and container.ports and container.task_id:
        for port in container.ports:  # a task's: its agent has asked for them
            yield port.target, port.protocol, "", range(port.published, port.published + 1)
        return
    for name, places in bindings.items():
        target, protocol = _target(name)
        for place in places or [{}]:
            address = str(place.get("HostIp") or "")
            yield target, protocol, address, _range(str(place.get("HostPort") or ""))
    if container.host_config.get("PublishAllPorts"):
        named: Iterable[tuple[int, str]] = (_target(name) for name in bindings)
        for target, protocol in sorted(set(exposed(container, image)) - set(named)):
            yield target, protocol, "", _EPHEMERAL


def _target(name: str) -> tuple[int, str]:
    """``80/tcp`` as a number and a protocol."""
    number, _, protocol = name.partition("/")
    return int(number), protocol or "tcp"


def _range(text: str) -> range:
    if text in ("", "0"):
        return _EPHEMERAL
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)
