"""Completion of a line: verbs, flags, and the names and ids of the cluster's objects."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from os.path import commonprefix

from core.cluster.snapshot import ClusterSnapshot
from core.commands import grammar
from core.commands.command import Command
from core.commands.registry import following, lookup, split
from core.errors import InvalidCommand
from core.i18n import Translate

MOST = 60  # choices


@dataclass(frozen=True, slots=True)
class Choice:
    """A word that may come next, and a hint at its meaning."""

    word: str
    hint: str = ""


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
    found = [c for c in _choices(words, word, snapshot, translate) if c.word.startswith(word)]
    common = commonprefix([choice.word for choice in found]) or word  # noqa: RUF071 (of letters)
    return Completion(start, common, tuple(found[:MOST]))


def _choices(
    words: list[str], word: str, snapshot: ClusterSnapshot, translate: Translate
) -> Iterable[Choice]:
    named = words[:1] == ["docker"]
    given = words[1:] if named else words
    if given[:1] in (["-H"], ["--host"]):
        given = given[2:]
        words = ["docker", *given]
    found = lookup(given)
    if found is None:
        first = [] if words else [Choice("docker"), Choice("help"), Choice("clear")]
        if words[:1] == ["help"]:
            given, first = words[1:], []
        verbs = following(tuple(given)).items()
        return [*first, *(Choice(verb, hint and translate(hint)) for verb, hint in verbs)]
    command, _verb, after = found
    return _within(command, after, word, snapshot)


def _within(
    command: type[Command], after: Sequence[str], word: str, snapshot: ClusterSnapshot
) -> Iterable[Choice]:
    """Choices after a whole verb."""
    parts = grammar.parts(command).values()
    options = {flag: p for p in parts if p.is_flag for flag in p.names}
    places: list[str] = []
    waiting = None  # the option whose value comes next
    for each in after:
        if waiting is not None:
            waiting = None
        elif each.startswith("-"):
            part = options.get(each)
            waiting = part if part is not None and part.kind == "option" else None
        else:
            places.append(each)
    if waiting is not None:
        return _values(waiting, snapshot)
    ended = places and any(part.kind == "rest" for part in parts)
    if word.startswith("-") and not ended:
        fresh = [p for p in parts if p.is_flag]
        fresh = [p for p in fresh if p.many or not set(p.names) & set(after)]
        return [
            Choice(flag, "" if part.kind == "switch" else part.value.name)
            for part in fresh
            for flag in part.names
            if flag.startswith("--") or word == "-"
        ]
    holders = [part for part in parts if not part.is_flag]
    part = next((p for i, p in enumerate(holders) if p.many or i == len(places)), None)
    if part is None or (part.kind == "rest" and places):
        return []
    return [choice for choice in _values(part, snapshot) if choice.word not in places]


def _values(part: grammar.Part, snapshot: ClusterSnapshot) -> Iterable[Choice]:
    """What an argument or an option's value may be."""
    name = part.value.name if part.value.name == "SERVICE=REPLICAS" else part.names[0]
    if name == "CONTAINER":
        for container in snapshot.containers:
            yield Choice(container.name, f"{container.image} · {container.status}")
        for container in snapshot.containers:
            yield Choice(container.id[:12], container.name)
    elif name in ("IMAGE", "SOURCE_IMAGE", "REPOSITORY", "--image"):
        for image in snapshot.images:
            for tag in image.tags:
                yield Choice(tag.removesuffix(":latest"))
    elif name == "SERVICE":
        for service in snapshot.services:
            yield Choice(service.name, service.image)
    elif name == "SERVICE=REPLICAS":
        for service in snapshot.services:
            if service.replicas is not None:
                yield Choice(f"{service.name}=", str(service.replicas))
    elif name == "NODE":
        for node in snapshot.nodes:
            if not node.id_prefix:
                yield Choice(node.hostname, f"{node.role} · {node.availability}")
        for node in snapshot.nodes:
            yield Choice(
                node.id, f"{node.name} · {node.state}" if node.id_prefix else node.hostname
            )
    elif name == "PATH":
        yield Choice(".")
    elif "|" in part.value.name:
        yield from (Choice(word) for word in part.value.name.split("|") if word != "number")
