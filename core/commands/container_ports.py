"""A container's published and exposed ports, as ``-p`` and ``--expose`` say them.

The rules and the words of refusals are those of docker/go-connections, nat.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from core.cluster.engine_json import Json
from core.errors import DockerRefused

_PROTOCOLS = ("tcp", "udp", "sctp")
#: Ports that one line may publish: ranges are short to write, and long as a text or a request.
MOST = 2 * 65535


def bindings(published: Iterable[str], exposed: Iterable[str]) -> tuple[list[str], Json]:
    """The open ports, ``80/tcp``, and for the published ones the node's addresses and ports.

    Raises DockerRefused.
    """
    ports: dict[str, None] = {}
    bound: Json = {}
    count = 0
    for word in published:
        found = _published(_short(word))
        count += len(found)
        if count > MOST:
            raise _refused("too many ports")
        for port, address, at in found:
            ports[port] = None
            bound.setdefault(port, []).append({"HostIp": address, "HostPort": at})
    for word in exposed:
        ports |= dict.fromkeys(_exposed(word))
    return list(ports), bound


def _refused(words: str) -> DockerRefused:
    return DockerRefused(words, code=125)


def _short(word: str) -> str:
    """``published=8080,target=80`` in the short form."""
    if "=" not in word:
        return word
    said = {"protocol": "tcp", "published": "", "target": ""}
    for part in word.split(","):
        key, equals, value = part.partition("=")
        if not equals:
            what = "invalid publish opts format (should be name=value but got"
            raise _refused(f"{what} '{part}')")
        said[key] = value.split("=")[0]
    return f"{said['published']}:{said['target']}/{said['protocol']}"


def _published(word: str) -> list[tuple[str, str, str]]:
    *front, inside = word.split(":")
    at = front.pop() if front else ""
    address = ":".join(front).removeprefix("[").removesuffix("]")
    inside, protocol = _parted(inside)
    if protocol not in _PROTOCOLS:
        raise _refused(f"invalid proto: {protocol}")
    if address and not _is_address(address):
        raise _refused(f"invalid IP address: {address}")
    if not inside:
        raise _refused(f"no port specified: {word}<empty>")
    first, last = _range(inside, "containerPort")
    if not at:
        return [(f"{port}/{protocol}", address, "") for port in range(first, last + 1)]
    first_at, last_at = _range(at, "hostPort")
    if last - first != last_at - first_at and first != last:
        raise _refused(f"invalid ranges specified for container and host Ports: {inside} and {at}")
    if first == last and first_at != last_at:  # the engine takes a free one of them
        return [(f"{first}/{protocol}", address, f"{first_at}-{last_at}")]
    pairs = zip(range(first, last + 1), range(first_at, last_at + 1), strict=True)
    return [(f"{port}/{protocol}", address, str(outside)) for port, outside in pairs]


def _exposed(word: str) -> list[str]:
    if ":" in word:
        raise _refused(f"invalid port format for --expose: {word}")
    inside, protocol = _parted(word)
    try:
        first, last = _range(inside, "")
    except DockerRefused as error:
        why = f"invalid range format for --expose: {word}, error: {error}"
        raise _refused(why) from None
    return [f"{port}/{protocol}" for port in range(first, last + 1)]


def _parted(word: str) -> tuple[str, str]:
    port, _, protocol = word.partition("/")
    return port, protocol.lower() or "tcp"


def _range(word: str, what: str) -> tuple[int, int]:
    """what: whose port it is, in the refusal; without it the refusal is that of the number."""
    try:
        first, dash, last = word.partition("-")
        numbers = _number(first), _number(last if dash else first)
        if numbers[1] < numbers[0]:
            raise ValueError(f"invalid range specified for port: {word}")
    except ValueError as error:
        raise _refused(f"invalid {what}: {word}" if what else str(error)) from None
    return numbers


def _number(word: str) -> int:
    if not (word.isascii() and word.isdigit()):
        why = f'strconv.ParseUint: parsing "{word}": invalid syntax'
        raise ValueError(why if word else "empty string specified for ports")
    if int(word) > 65535:
        raise ValueError(f'strconv.ParseUint: parsing "{word}": value out of range')
    return int(word)


def _is_address(word: str) -> bool:
    try:
        ipaddress.ip_address(word)
    except ValueError:
        return False
    return True
