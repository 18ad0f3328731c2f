"""All commands there are, and the way from a docker line to one of them."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from itertools import takewhile

from core.commands import (
    build,
    container_views,
    containers,
    execs,
    grammar,
    images,
    nodes,
    secrets,
    service_views,
    services,
    stacks,
    swarm,
    system,
)
from core.commands.command import Command
from core.errors import InvalidCommand
from core.i18n import later as _

COMMANDS: tuple[type[Command], ...] = (
    system.Version,
    system.Info,
    images.ListImages,
    images.PullImage,
    build.BuildImage,
    images.TagImage,
    images.ImageHistory,
    images.InspectImages,
    images.RemoveImages,
    images.PruneImages,
    containers.RunContainer,
    container_views.ListContainers,
    container_views.ContainerLogs,
    container_views.InspectContainers,
    execs.ExecContainer,
    execs.AttachContainer,
    containers.StartContainers,
    containers.StopContainers,
    containers.RestartContainers,
    containers.KillContainers,
    containers.RemoveContainers,
    containers.PruneContainers,
    swarm.InitSwarm,
    swarm.JoinToken,
    swarm.JoinSwarm,
    swarm.LeaveSwarm,
    nodes.ListNodes,
    nodes.NodeTasks,
    nodes.InspectNodes,
    nodes.UpdateNode,
    nodes.PromoteNodes,
    nodes.DemoteNodes,
    nodes.RemoveNodes,
    services.CreateService,
    service_views.ListServices,
    service_views.ServiceTasks,
    service_views.InspectServices,
    services.ScaleServices,
    services.UpdateService,
    services.RollbackService,
    services.RemoveServices,
    service_views.ServiceLogs,
    secrets.CreateSecret,
    secrets.ListSecrets,
    secrets.RemoveSecrets,
    stacks.DeployStack,
    stacks.ListStacks,
    stacks.StackServices,
    stacks.StackTasks,
    stacks.RemoveStacks,
)

#: Docker's older and shorter words for the same.
ALIASES: dict[tuple[str, ...], tuple[str, ...]] = {
    ("images",): ("image", "ls"),
    ("pull",): ("image", "pull"),
    ("tag",): ("image", "tag"),
    ("history",): ("image", "history"),
    ("rmi",): ("image", "rm"),
    ("image", "build"): ("build",),
    ("image", "list"): ("image", "ls"),
    ("image", "remove"): ("image", "rm"),
    ("run",): ("container", "run"),
    ("ps",): ("container", "ls"),
    ("logs",): ("container", "logs"),
    ("exec",): ("container", "exec"),
    ("attach",): ("container", "attach"),
    ("start",): ("container", "start"),
    ("stop",): ("container", "stop"),
    ("restart",): ("container", "restart"),
    ("kill",): ("container", "kill"),
    ("rm",): ("container", "rm"),
    ("container", "ps"): ("container", "ls"),
    ("container", "list"): ("container", "ls"),
    ("container", "remove"): ("container", "rm"),
    ("node", "list"): ("node", "ls"),
    ("node", "remove"): ("node", "rm"),
    ("service", "list"): ("service", "ls"),
    ("service", "remove"): ("service", "rm"),
    ("secret", "list"): ("secret", "ls"),
    ("secret", "remove"): ("secret", "rm"),
    ("stack", "up"): ("stack", "deploy"),
    ("stack", "list"): ("stack", "ls"),
    ("stack", "remove"): ("stack", "rm"),
    ("stack", "down"): ("stack", "rm"),
}

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
    """The words that may follow these after ``docker``, each with what it stands for."""
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
