"""``--publish`` of a service: the short form, with ranges, and the long one, in the API's words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from core.cluster.engine_json import Json
from core.commands.container_ports import MOST
from core.commands.quantities import checked
from core.commands.values import fields, refused
from core.errors import DockerRefused, InvalidValue
from core.i18n import later as _

_LONG = re.compile(r"\w=\w")  # somewhere: docker's own \w+=\w+ takes long to find none
_PROTOCOLS = ("tcp", "udp", "sctp")
_LAST = 65535


def ports(word: str) -> list[Json]:
    """``8080:80``, ``8080-8081:80-81/udp`` or ``published=8080,target=80,mode=host``.

    Raises InvalidValue, in the words of docker/cli (opts/swarmopts/port.go) and of go-connections.
    """
    return [_long(word)] if _LONG.search(word) else _short(word)


def ports_of(words: Iterable[str]) -> list[Json]:
    """Those of several such words. Raises InvalidValue, and DockerRefused for very many."""
    found = list[Json]()
    for word in words:
        found += ports(word)
        if len(found) > MOST:
            raise DockerRefused("too many ports")
    return found


def spec(published: int, target: int, protocol: str = "tcp", mode: str = "ingress") -> Json:
    """A port in the API's words, as in a service's spec."""
    made: Json = {"Protocol": protocol, "TargetPort": target}
    return made | ({"PublishedPort": published} if published else {}) | {"PublishMode": mode}


def _long(word: str) -> Json:
    numbers = {"target": 0, "published": 0}
    protocol, mode = "tcp", "ingress"
    for field in fields(word):
        key, equals, value = field.lower().partition("=")
        if not equals or not key:
            raise refused(f"invalid field: {field}")
        match key:
            case "protocol":
                if value not in _PROTOCOLS:
                    raise refused(f"invalid protocol value '{value}'")
                protocol = value
            case "mode":
                if value not in ("ingress", "host"):
                    raise refused(
                        f"invalid publish mode value ({value}): must be either 'ingress' or 'host'"
                    )
                mode = value
            case "target" | "published":
                if not re.fullmatch(r"[0-9]+", value) or int(value) > _LAST:
                    why = (
                        "value out of range" if re.fullmatch(r"[0-9]+", value) else "invalid syntax"
                    )
                    raise refused(f"invalid {key} port ({value}): value must be an integer: {why}")
                numbers[key] = int(value)
            case _:
                raise refused(f"invalid field key: {key}")
    if not numbers["target"]:
        raise refused("missing mandatory field 'target'")
    return spec(numbers["published"], numbers["target"], protocol, mode)


def _short(word: str) -> list[Json]:
    published, targets, protocol = _ranges(word)
    if len(targets) == 1:
        return [spec(port, targets[0], protocol) for port in published or [0]]
    pairs = zip(published or [0] * len(targets), targets, strict=True)
    return [spec(port, target, protocol) for port, target in pairs]


def _ranges(word: str) -> tuple[Sequence[int], Sequence[int], str]:
    """The published ports of the short form, its targets, and the protocol."""
    rest, _slash, protocol = word.partition("/")
    front, _colon, container = rest.rpartition(":")
    address, _colon, host = front.rpartition(":")
    if not container:
        raise refused(f"no port specified: {word}<empty>")
    targets = _range(container, "containerPort", word)
    published = _range(host, "hostPort", word) if host else range(0)
    if protocol and protocol.lower() not in _PROTOCOLS:
        raise refused(f"invalid proto: {protocol}")
    if published and len(published) != len(targets) and len(targets) != 1:
        raise refused(
            f"invalid ranges specified for container and host Ports: {container} and {host}"
        )
    if address:
        raise refused("hostip is not supported")
    return published, targets, protocol.lower() or "tcp"


def _range(text: str, what: str, word: str) -> range:
    first, dash, last = text.partition("-")
    numbers = []
    for number in (first, last if dash else first):
        if not re.fullmatch(r"[0-9]+", number) or int(number) > _LAST:
            raise _no_port(text, what, word)
        numbers.append(int(number))
    if numbers[0] > numbers[1]:
        raise _no_port(text, what, word)
    return range(numbers[0], numbers[1] + 1)


def _no_port(text: str, what: str, word: str) -> InvalidValue:
    sentence = _("{word!r} in {port!r} is no port: write 1 to 65535")
    return InvalidValue(sentence, f"invalid {what}: {text}", word=text, port=word)


def _checked(word: str) -> None:
    """Raise what ``ports`` does; a line may have very many of the widest ranges."""
    if _LONG.search(word):
        _long(word)
    else:
        _ranges(word)


PORT = checked("port", _checked)
