"""The placeholders of a lab's lines, such as ``<token>``, and what stands for each in a cluster.

A placeholder in the singular makes one line for each of what it names, as one says it to one
machine after the other; one in the plural names them all in the same line.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from core.cluster.snapshot import Container, Node
from core.labs.facts import Facts, is_image

#: A name, or a name and a word: ``<token>``, ``<container alpine>``.
PLACEHOLDER = re.compile(r"<([a-z][A-Za-z0-9_./: -]*)>")


def nobody() -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Known:
    """What a line may be filled in with.

    token: answers the secret with which a worker joins, '' for a viewer who may not see it.
    """

    facts: Facts
    token: Callable[[], str] = nobody


@dataclass(frozen=True, slots=True)
class Placeholder:
    """What a placeholder stands for.

    means: in a sentence, for the documentation. unknown: stands in a line as long as nothing is
    known, as in docker's own help. argument: what the word after the name is; '' for none.
    """

    means: str
    unknown: str
    find: Callable[[Known, str], Iterable[str]] = field(repr=False)
    argument: str = ""
    plural: bool = False


def _address(known: Known, _: str) -> Iterator[str]:
    """Of the engine that answers: its machine's, where no Swarm has given it one yet."""
    engine = known.facts.snapshot.engine
    if engine and engine.node_address:
        yield engine.node_address
    elif engine:
        yield from (m.address for m in known.facts.machines if m.name == engine.name)


def _manager(known: Known, _: str) -> Iterator[str]:
    engine = known.facts.snapshot.engine
    if engine and engine.manager and engine.node_address:
        yield engine.node_address
    else:
        yield from [m.address for m in known.facts.machines if m.manages][:1]


def _token(known: Known, _: str) -> Iterator[str]:
    if token := known.token():
        yield token


def _names(containers: Iterable[Container]) -> list[str]:
    return [container.name for container in containers]


def _running_first(containers: Iterable[Container]) -> list[Container]:
    return sorted(containers, key=lambda container: container.state != "running")


def _container(known: Known, image: str) -> list[str]:
    mine = [c for c in known.facts.containers if not image or is_image(c.image, image)]
    return _names(_running_first(mine))[:1]


def _replica(known: Known, service: str) -> list[str]:
    containers = known.facts.snapshot.containers
    return _names(c for c in containers if c.service == service and c.state == "running")[:1]


def _noted(known: Known, step: str) -> list[str]:
    id = known.facts.kept.get(step, "").partition(" ")[0]
    return _names(c for c in known.facts.snapshot.containers if id and c.id == id)


def others(facts: Facts) -> list[Node]:
    """Every node but the one that answers."""
    engine = facts.snapshot.engine
    return [node for node in facts.snapshot.nodes if engine and node.id != engine.node_id]


def _other(known: Known, _: str) -> list[str]:
    found = sorted(others(known.facts), key=lambda n: (n.hostname != "node2", n.state != "ready"))
    return [node.reference for node in found][:1]


#: By name.
PLACEHOLDERS: dict[str, Placeholder] = {
    "address": Placeholder("the address of the machine whose engine answers", "ADDRESS", _address),
    "manager": Placeholder("the address of a manager", "MANAGER", _manager),
    "token": Placeholder("the secret with which a worker joins the Swarm", "TOKEN", _token),
    "container": Placeholder(
        "the learner's newest container, of those that run if any does",
        "CONTAINER",
        _container,
        "its image",
    ),
    "containers": Placeholder(
        "all containers that the learner made in this lab",
        "CONTAINER",
        lambda known, _: _names(known.facts.containers),
        plural=True,
    ),
    "running containers": Placeholder(
        "those of them that run",
        "CONTAINER",
        lambda known, _: _names(c for c in known.facts.containers if c.state == "running"),
        plural=True,
    ),
    "noted": Placeholder(
        "the container that an earlier step took note of", "CONTAINER", _noted, "the step's name"
    ),
    "replica": Placeholder(
        "a container of a service that runs on the engine that answers",
        "CONTAINER",
        _replica,
        "the service's name",
    ),
    "other node": Placeholder(
        "node2, or else another node than the one that answers", "NODE", _other
    ),
    "other nodes": Placeholder(
        "every node but the one that answers",
        "NODE",
        lambda known, _: [node.reference for node in others(known.facts)],
        plural=True,
    ),
    "other managers": Placeholder(
        "the managers among them",
        "NODE",
        lambda known, _: [n.reference for n in others(known.facts) if n.role == "manager"],
        plural=True,
    ),
    "idle node": Placeholder(
        "each node that is drained or paused",
        "NODE",
        lambda known, _: [
            n.reference for n in known.facts.snapshot.nodes if n.availability != "active"
        ],
    ),
}


@dataclass(frozen=True, slots=True)
class Filled:
    """A line with its placeholders filled in.

    ready: each had something to stand for it. plural: the first that had not is in the plural.
    """

    text: str
    ready: bool = True
    plural: bool = False


def fill(line: str, known: Known) -> tuple[Filled, ...]:
    """The line, once for each of what its placeholders in the singular name."""
    filled: tuple[Filled, ...] = (Filled(line),)
    for match in PLACEHOLDER.finditer(line):
        name, word = (match[1], "") if match[1] in PLACEHOLDERS else _parted(match[1])
        placeholder = PLACEHOLDERS.get(name)
        if placeholder is None:
            continue  # it is the shell's
        # A name that somebody else gave, such as a machine's, is one word for the shell.
        found = [shlex.quote(each) for each in placeholder.find(known, word)]
        words = [" ".join(found)] if found and placeholder.plural else found
        plural = placeholder.plural and not words
        filled = tuple(
            Filled(
                each.text.replace(match[0], word, 1),
                each.ready and bool(words),
                each.plural or (each.ready and plural),
            )
            for each in filled
            for word in words or [placeholder.unknown]
        )
    return filled


def unknown(line: str) -> str:
    """The first placeholder of a line that is none, or lacks its word; '' where all are right."""
    for match in PLACEHOLDER.finditer(line):
        name, word = (match[1], "") if match[1] in PLACEHOLDERS else _parted(match[1])
        if name not in PLACEHOLDERS or (word and not PLACEHOLDERS[name].argument):
            return match[0]
        if name in ("noted", "replica") and not word:
            return match[0]
    return ""


def sample(line: str) -> str:
    """The line with a word for each placeholder, to see whether docker's grammar takes it."""
    return PLACEHOLDER.sub("x", line)


def _parted(text: str) -> tuple[str, str]:
    name, _, word = text.rpartition(" ")
    return name, word
