"""The spec of a new service, in the API's words and in the order in which docker sends them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import docker.errors

from core.cluster.engine_json import Json, items, text
from core.cluster.references import tagged
from core.commands.attachments import network, reference
from core.commands.command import Client
from core.commands.folder import Machine
from core.commands.source import Code, literal
from core.errors import DockerRefused

Platforms = list[tuple[str, str]]  # of (architecture, OS); '' means any
_REPOSITORY = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*")
_WARNING = """\
image {image} could not be accessed on a registry to record
its digest. Each node will access {image} independently,
possibly leading to different nodes running different
versions of the image.
"""


def pinned(client: Client, image: str) -> tuple[str, Platforms, str]:
    """The image with the digest that its tag has on the registry now, its platforms, a warning.

    Docker's client does the same (moby, client/service_create.go), so that every node runs the
    same bytes. An image that no registry knows keeps its tag alone, and may run anywhere; so may
    one that names no platforms.
    """
    name = named(image)
    try:
        registry = client.images.get_registry_data(name)
    except docker.errors.APIError:
        return name, [], _WARNING.format(image=name)
    digest = text(registry.attrs, "Descriptor", "digest")
    if not digest:
        return name, [], ""
    platforms = [
        (text(p, "architecture"), text(p, "os")) for p in items(registry.attrs, "Platforms")
    ]
    return name if "@" in name else f"{name}@{digest}", platforms, ""


def named(image: str) -> str:
    """With its tag; what is no name at all stays as it is, for the engine to refuse."""
    if "@" in image:
        return image
    path = image.rpartition(":")[0] if ":" in image.rpartition("/")[2] else image
    short = path.removeprefix("docker.io/").removeprefix("library/")
    if all(map(_REPOSITORY.fullmatch, short.split("/")[short.count("/") > 0 :])):
        return tagged(image).removeprefix("docker.io/").removeprefix("library/")
    return image


def pinned_text(image: str) -> str:
    """The Python text of ``pinned``: it sets ``image`` and ``platforms``."""
    known = named(image)
    found = literal(known) if "@" in known else f"{literal(known + '@')} + registry.id"
    return f"""\
try:
    registry = client.images.get_registry_data({literal(known)})
    image = {found}
    known = registry.attrs.get("Platforms") or []  # null where the image does not say
    platforms = [(p.get("architecture", ""), p.get("os", "")) for p in known]
except docker.errors.APIError:
    image, platforms = {literal(known)}, []  # on no registry: each node takes its own copy
"""


def platform_specs(platforms: Sequence[tuple[str, str]]) -> Any:
    """Pairs of (architecture, OS) in the API's words, as a placement has them."""
    if isinstance(platforms, Code):
        return Code(f'[{{"Architecture": a, "OS": system}} for a, system in {platforms}]')
    return [{"Architecture": architecture, "OS": system} for architecture, system in platforms]


class Ids(Protocol):
    """The ids of what a spec names: the engine's, or the Python text that asks for them."""

    def network(self, name: str) -> str: ...

    def named(self, kind: str, name: str) -> str: ...


@dataclass(slots=True)
class AskedIds:
    """Asked of the engine."""

    client: Client
    _known: dict[str, dict[str, str]] = field(default_factory=dict)

    def network(self, name: str) -> str:
        return str(self.client.api.inspect_network(name, scope="swarm")["Id"])

    def named(self, kind: str, name: str) -> str:
        """kind: secret or config. Raises DockerRefused for one that is not there."""
        if kind not in self._known:
            found = getattr(self.client.api, f"{kind}s")() or ()
            self._known[kind] = {text(thing, "Spec", "Name"): thing["ID"] for thing in found}
        if name not in self._known[kind]:
            raise DockerRefused(f"{kind} not found: {name}")
        return self._known[kind][name]


class WrittenIds:
    """Python text. prelude: the lines before it."""

    __slots__ = ("prelude",)

    def __init__(self) -> None:
        self.prelude: dict[str, None] = {}

    def network(self, name: str) -> str:
        return Code(f'client.api.inspect_network({literal(name)}, scope="swarm")["Id"]')

    def named(self, kind: str, name: str) -> str:
        line = f'{kind}s = {{s["Spec"]["Name"]: s["ID"] for s in client.api.{kind}s()}}\n'
        self.prelude[line] = None
        return Code(f"{kind}s[{literal(name)}]")


def networks(words: Iterable[str], ids: Ids) -> list[Json]:
    """The networks of a service, with their ids."""
    found = []
    for made in map(network, words):
        found.append(made | {"Target": ids.network(made["Target"])})
    return sorted(found, key=lambda made: str(made["Target"]))


def references(words: Iterable[str], kind: str, ids: Ids) -> list[Json]:
    """The secrets or configs of a service, with their ids. Raises DockerRefused."""
    found, targets = [], set()
    for word in words:
        made = reference(word, kind)
        name = made[f"{kind.capitalize()}Name"]
        target = made["File"]["Name"]
        if target in targets:
            raise DockerRefused(f"duplicate {kind} target for {name} not allowed")
        targets.add(target)
        key = f"{kind.capitalize()}ID"
        found.append({"File": made["File"], key: ids.named(kind, name)} | made)
    return found


def environment(files: Iterable[str], texts: Iterable[str], machine: Machine) -> list[str]:
    """The variables of env files and of ``--env``; of those with one name the last."""
    known: dict[str, str] = {}
    lines: list[str] = []
    for path in files:
        lines += env_lines(path, machine.read(path).decode(errors="replace"))
    for line in (*lines, *texts):
        key, equals, _value = line.partition("=")
        if not equals and key in machine.environment:
            line = f"{key}={machine.environment[key]}"
        known.pop(key, None)
        known[key] = line
    return list(known.values())


def env_lines(path: str, content: str) -> list[str]:
    """The variables of an env file (docker/cli, pkg/kvfile). Raises DockerRefused."""
    found = []
    for line in content.removeprefix("\ufeff").splitlines():
        line = line.lstrip()
        if not line or line.startswith("#"):
            continue
        key = line.partition("=")[0]
        if not key:
            raise DockerRefused(f"invalid env file ({path}): no variable name on line '{line}'")
        if any(letter.isspace() for letter in key):
            raise DockerRefused(f"invalid env file ({path}): variable '{key}' contains whitespaces")
        found.append(line)
    return found


def whole(**named: Any) -> Json:
    """The keywords that are not empty: Go leaves out a 0, a false, "", an empty list and nil."""
    return {key: value for key, value in named.items() if value not in (None, "", 0, [], {}, ())}
