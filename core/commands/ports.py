"""Published ports: ``--publish``, by which a container's port answers at a port of a node."""

from __future__ import annotations

from dataclasses import dataclass

from core.commands.values import Value
from core.errors import InvalidValue
from core.i18n import later as _

_PROTOCOLS = ("tcp", "udp", "sctp")
_LONG = {"target", "published", "protocol", "mode"}


@dataclass(frozen=True, slots=True)
class Publication:
    """One published port."""

    target: int
    published: int = 0  # 0: the engine picks a free one
    protocol: str = "tcp"
    mode: str = "ingress"  # of a service's port: ingress, host
    address: str = ""  # of a container's port: the node's address it listens at

    def spec(self) -> dict[str, object]:
        """The port in the API's words, as in a service's spec."""
        spec: dict[str, object] = {"Protocol": self.protocol, "TargetPort": self.target}
        if self.published:
            spec["PublishedPort"] = self.published
        return spec | {"PublishMode": self.mode}

    def brief(self) -> int | tuple[int, str, str]:
        """The port as docker-py's EndpointSpec takes it, under the published one."""
        if (self.protocol, self.mode) == ("tcp", "ingress"):
            return self.target
        return self.target, self.protocol, self.mode


def publication(text: str) -> Publication:
    """Read ``80:80``, ``80``, ``8080:80/udp``, ``127.0.0.1:8080:80``, ``published=80,target=80``.

    Raises:
        InvalidValue: with a sentence for the learner.
    """
    if "=" in text:
        return _long(text)
    rest, _slash, protocol = text.partition("/")
    *front, target = rest.split(":")
    if len(front) > 2:
        raise InvalidValue(_("{port!r} should read PUBLISHED:TARGET, as in 8080:80"), port=text)
    published = front.pop() if front else ""
    return Publication(
        _port(target, text),
        _port(published, text) if published else 0,
        _protocol(protocol or "tcp", text),
        address="".join(front),
    )


def _long(text: str) -> Publication:
    fields = dict(field.partition("=")[::2] for field in text.split(","))
    unknown = fields.keys() - _LONG
    if unknown or "target" not in fields:
        raise InvalidValue(
            _("{port!r} should read published=8080,target=80[,mode=host]"), port=text
        )
    mode = fields.get("mode", "ingress")
    if mode not in ("ingress", "host"):
        raise InvalidValue(_("the mode of a port is ingress or host, not {mode!r}"), mode=mode)
    published = fields.get("published", "")
    return Publication(
        _port(fields["target"], text),
        _port(published, text) if published else 0,
        _protocol(fields.get("protocol", "tcp"), text),
        mode,
    )


def _port(word: str, text: str) -> int:
    if not (word.isascii() and word.isdigit() and 0 < int(word) < 65536):
        raise InvalidValue(
            _("{word!r} in {port!r} is no port: write 1 to 65535"), word=word, port=text
        )
    return int(word)


def _protocol(word: str, text: str) -> str:
    if word not in _PROTOCOLS:
        sentence = _("{word!r} in {port!r} is none of {choices}")
        raise InvalidValue(sentence, word=word, port=text, choices=", ".join(_PROTOCOLS))
    return word


def _checked(text: str) -> str:
    publication(text)
    return text


PORT = Value("PUBLISHED:TARGET", read=_checked)
