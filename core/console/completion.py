"""Completion of a line in the console: the words that may follow, with the cluster's names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from os.path import commonprefix

from core.cluster.snapshot import ClusterSnapshot
from core.commands.completion import Choice, choices
from core.commands.registry import split
from core.errors import InvalidCommand
from core.i18n import Translate

MOST = 60  # choices


@dataclass(frozen=True, slots=True)
class Completion:
    """The choices for the word that begins at ``start``, in characters, and their common prefix."""

    start: int
    common: str
    choices: tuple[Choice, ...]


def complete(text: str, snapshot: ClusterSnapshot, translate: Translate) -> Completion:
    """The choices at the end of ``text``, the line up to the cursor."""
    line = re.split(r"\n|&&|;", text)[-1]
    word = re.split(r"\s", line)[-1]
    start = len(text) - len(word)
    try:
        words = split(line[: len(line) - len(word)])
    except InvalidCommand:  # inside quotes
        return Completion(start, word, ())
    offered = choices(words, word, lambda kind: _names(kind, snapshot), translate)
    found = [choice for choice in offered if choice.word.startswith(word)]
    common = commonprefix([choice.word for choice in found]) or word  # noqa: RUF071 (of letters)
    return Completion(start, common, tuple(found[:MOST]))


def _names(kind: str, snapshot: ClusterSnapshot) -> Iterable[Choice]:
    """The names of a kind in the cluster."""
    if kind == "CONTAINER":
        for container in snapshot.containers:
            yield Choice(container.name, f"{container.image} · {container.status}")
        for container in snapshot.containers:
            yield Choice(container.id[:12], container.name)
    elif kind == "IMAGE":
        for image in snapshot.images:
            for tag in image.tags:
                yield Choice(tag.removesuffix(":latest"))
    elif kind == "SERVICE":
        for service in snapshot.services:
            yield Choice(service.name, service.image)
    elif kind == "SERVICE=REPLICAS":
        for service in snapshot.services:
            if service.replicas is not None:
                yield Choice(f"{service.name}=", str(service.replicas))
    elif kind == "NODE":
        for node in snapshot.nodes:
            if not node.id_prefix:
                yield Choice(node.hostname, f"{node.role} · {node.availability}")
        for node in snapshot.nodes:
            yield Choice(
                node.id, f"{node.name} · {node.state}" if node.id_prefix else node.hostname
            )
    elif kind == "PATH":
        yield Choice(".")
