"""All commands there are, and the way from a docker line to one of them."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from itertools import takewhile

from core.commands import (
    build,
    build_cache,
    container_images,
    container_logs,
    container_stats,
    container_updates,
    container_views,
    containers,
    copies,
    disk_usage,
    events,
    execs,
    grammar,
    image_history,
    images,
    inspection,
    networks,
    nodes,
    registries,
    runs,
    secrets,
    service_logs,
    service_updates,
    service_views,
    services,
    stacks,
    swarm,
    swarm_settings,
    system,
    transfers,
    versions,
    volumes,
)
from core.commands.command import Command
from core.errors import InvalidCommand
from core.i18n import later as _

#: Every module with commands in it, in the order of docs/commands.md.
_MODULES = (
    versions, system, disk_usage, events, inspection, images, image_history, transfers, registries,
    build, build_cache, networks, volumes, runs, container_views, container_logs, container_stats,
    execs, containers, container_updates, copies, container_images,
    swarm, swarm_settings, nodes, service_views, services, service_updates, service_logs,
    secrets, stacks,
)  # fmt: skip

COMMANDS: tuple[type[Command], ...] = tuple(
    kind
    for module in _MODULES
    for kind in vars(module).values()
    if isinstance(kind, type) and issubclass(kind, Command)
    if kind.__module__ == module.__name__ and hasattr(kind, "verb")
)

#: Docker's older and shorter words for the same, the shortest first.
ALIASES: dict[tuple[str, ...], tuple[str, ...]] = dict(
    sorted(
        ((alias, command.verb) for command in COMMANDS for alias in command.aliases),
        key=lambda pair: len(pair[0]),
    )
)

_BY_VERB = {command.verb: command for command in COMMANDS}


def parse(line: str | Sequence[str]) -> Command:
    """The command that a docker line asks for: a line as typed, or its words.

    Raises:
        InvalidCommand: with one sentence that says what is wrong, and the nearest that is right.
    """
    words = split(line) if isinstance(line, str) else list(line)
    if not words or words[0] != "docker":
        raise InvalidCommand(_("A line starts with docker, as in: docker node ls"))
    command, verb, rest = _find(words[1:])
    called = " ".join(("docker", *verb))
    if "--help" in rest[:1]:
        raise InvalidCommand(grammar.usage(command, called))
    return command(**grammar.read(command, rest, called))


def split(line: str) -> list[str]:
    """The words of a line, as a shell would part them. Raises InvalidCommand."""
    try:
        return shlex.split(line)
    except ValueError:
        raise InvalidCommand(_("A quote is opened in this line and never closed.")) from None


def lookup(words: Sequence[str]) -> tuple[type[Command], tuple[str, ...], list[str]] | None:
    """The command of the words after ``docker``, the verb as typed, and the words after it."""
    for length in (2, 1):
        typed = tuple(words[:length])
        command = _BY_VERB.get(ALIASES.get(typed, typed))
        if command is not None:
            return command, typed, list(words[length:])
    return None


def following(given: tuple[str, ...]) -> dict[str, str]:
    """The words that may follow these after ``docker``, each with its meaning, or ''."""
    found: dict[str, str] = {}
    short = [alias for alias in ALIASES if len(alias) == 1]  # the longer ones only repeat
    for verb in (*_BY_VERB, *short):
        if verb[: len(given)] == given and len(verb) > len(given):
            whole = _BY_VERB.get(ALIASES.get(verb, verb)) if len(verb) == len(given) + 1 else None
            found.setdefault(verb[len(given)], summary(whole) if whole else "")
    return found


def summary(command: type[Command]) -> str:
    """What it does, in one sentence."""
    return (command.__doc__ or "").splitlines()[0]


def _find(words: list[str]) -> tuple[type[Command], tuple[str, ...], list[str]]:
    """The command, the verb as it was typed, and the words after it."""
    if found := lookup(words):
        return found
    given = tuple(takewhile(lambda word: not word.startswith("-"), words[:2]))
    under = {verb[len(given)] for verb in _BY_VERB if verb[: len(given)] == given}
    if under:
        so_far = " ".join(("docker", *given))
        sentence = _("{so_far} wants one more word: {words}.")
        raise InvalidCommand(sentence, so_far=so_far, words=", ".join(sorted(under)))
    asked = " ".join(words[:2])
    near = grammar.nearest(asked, [" ".join(verb) for verb in (*_BY_VERB, *ALIASES)])
    if near:
        sentence = _("There is no docker {asked} here. Did you mean docker {near}?")
        raise InvalidCommand(sentence, asked=asked, near=near)
    raise InvalidCommand(_("There is no docker {asked} here."), asked=asked)
