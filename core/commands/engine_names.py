"""The names of what an engine has, for the completion of a docker line."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from core.cluster.engine_json import Json, part, text
from core.cluster.failures import daemon_errors
from core.commands.command import Client
from core.commands.completion import Choice, Names
from core.errors import EssaimError

_SHOWN = 12  # signs of an id


def names(client: Client) -> Names:
    """Of the engine of a client, asked when they are wanted; none where it does not answer."""

    def found(kind: str) -> Iterable[Choice]:
        asked = _BY_KIND.get(kind)
        words: list[str] = []
        if asked is not None:
            with suppress(EssaimError), daemon_errors():
                words = list(asked(client.api))
        return [Choice(word) for word in words if word]

    return found


def _containers(api: Any) -> Iterable[str]:
    known = api.containers(all=True)
    yield from (name.lstrip("/") for each in known for name in each.get("Names") or ())
    yield from (text(each, "Id")[:_SHOWN] for each in known)


def _images(api: Any) -> Iterable[str]:
    known = api.images()
    for each in known:
        yield from (tag.removesuffix(":latest") for tag in each.get("RepoTags") or ())
    yield from (text(each, "Id").removeprefix("sha256:")[:_SHOWN] for each in known)


def _services(api: Any) -> Iterable[str]:
    return _specified(api.services())


def _specified(found: Iterable[Json]) -> list[str]:
    return [text(part(each, "Spec"), "Name") for each in found]


def _nodes(api: Any) -> Iterable[str]:
    known = api.nodes()
    yield from (text(part(each, "Description"), "Hostname") for each in known)
    yield from (text(each, "ID") for each in known)


def _stacks(api: Any) -> Iterable[str]:
    labels = (part(each, "Spec").get("Labels") or {} for each in api.services())
    return sorted({each.get("com.docker.stack.namespace", "") for each in labels})


def _all(api: Any) -> Iterable[str]:
    for kind in ("CONTAINER", "IMAGE", "VOLUME", "NETWORK", "NODE", "SERVICE"):
        with suppress(EssaimError), daemon_errors():
            yield from _BY_KIND[kind](api)


_BY_KIND: dict[str, Callable[[Any], Iterable[str]]] = {
    "CONTAINER": _containers,
    "CONTAINER:": lambda api: [f"{name}:" for name in _containers(api)],
    "IMAGE": _images,
    "NETWORK": lambda api: [text(each, "Name") for each in api.networks()],
    "VOLUME": lambda api: [text(each, "Name") for each in api.volumes()["Volumes"] or ()],
    "SERVICE": _services,
    "SERVICE=REPLICAS": lambda api: [f"{name}=" for name in _services(api)],
    "NODE": _nodes,
    "SECRET": lambda api: _specified(api.secrets()),
    "CONFIG": lambda api: _specified(api.configs()),
    "STACK": _stacks,
    "NAME|ID": _all,
}
