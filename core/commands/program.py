"""``docker`` as a program in a terminal: its words, its help, its refusals and its exit codes."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

import docker

from core.commands import grammar, reference
from core.commands.build import DEPRECATED, builds, is_classic
from core.commands.command import Client, Command, spoken
from core.commands.registry import lookup
from core.commands.streams import Streams
from core.commands.versions import COMMIT, of_its_time
from core.commands.versions import VERSION as VERSION
from core.errors import DockerRefused, EssaimError, InvalidLine

#: Flags of the docker command itself that take a value. Only -H is of use here.
_WITH_VALUE = (
    *("--config", "-c", "--context", "-H", "--host", "-l", "--log-level"),
    *("--tlscacert", "--tlscert", "--tlskey"),
)
_LEVELS = ("trace", "debug", "info", "warn", "warning", "error", "fatal", "panic")
_SWITCHES = ("-D", "--debug", "--tls", "--tlsverify")


#: What the docker command ends a group's usage with when it refuses its words: nothing, but here.
_GROUP_USAGE = {"volume": " COMMAND", "stack": " [OPTIONS]"}
_FOLDER = "/root/.docker"  # that the help names, where the environment names none
#: Flags that docker takes, does not show, and has a word about.
_OLD_FLAGS = {
    "--time": "use --timeout instead",
    "--pause": "and enabled by default. Use --no-pause to disable pausing during commit.",
    "--kernel-memory": "and no longer supported by the kernel",
    "--disable-content-trust": "support for docker content trust was removed",
}
_HELP_BY_H = "Flag shorthand -h has been deprecated, use --help\n"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a line asks for: a command, or a text to be printed with an exit code."""

    command: Command | None = None
    text: str = ""
    code: int = 0
    host: str = ""  # of -H
    is_error: bool = False  # the text belongs on the standard error
    warning: str = ""  # what comes before it on the standard error
    first: str = ""  # what docker prints before it does anything
    is_version: bool = False  # of the docker command, as that beside the newest engine


def read(words: Sequence[str]) -> Asked:
    """What the words after ``docker`` ask for. Never raises."""
    left, host = list(words), ""
    wants_version, wants_help = False, ""
    while left and left[0].startswith("-"):
        flag, equals, value = left.pop(0).partition("=")
        if flag == "--":
            break
        if flag in ("-v", "--version"):
            wants_version = True
        elif flag in ("-h", "--help"):
            wants_help = flag
        elif flag in _WITH_VALUE:
            if not equals and not left:
                short = f"{flag[1:]!r} in {flag}" if flag[1] != "-" else flag
                return _refused(f"flag needs an argument: {short}", (), 125)
            value = value if equals else left.pop(0)
            host = value if flag in ("-H", "--host") else host
            if flag in ("-l", "--log-level") and value not in _LEVELS:
                return Asked(text=f"Unable to parse logging level: {value}", code=1)
        elif flag not in _SWITCHES:
            return _refused(f"unknown {_flag(flag)}", (), 125)
    if wants_version and not (left and (lookup(left) or (left[0],) in reference.entries())):
        return Asked(text=_version(VERSION), is_version=True)
    if wants_help:
        return _helped(left, wants_help)
    return _named(left, host)


def _version(version: str) -> str:
    return f"Docker version {version}, build {COMMIT}"


def _flag(word: str) -> str:
    """What a refusal calls a flag."""
    return f"shorthand flag: {word[1:2]!r} in {word}" if word[1:2] != "-" else f"flag: {word}"


def _helped(words: list[str], flag: str) -> Asked:
    """The help that a flag before the first word asks for."""
    if words and (lookup(words) or (words[0],) in reference.entries()):
        return _named([*words, flag], "")
    warning = _HELP_BY_H.strip() if flag == "-h" else ""
    return Asked(text=reference.top_text(), warning=warning)


def _named(words: list[str], host: str) -> Asked:
    if not words:
        return Asked(text=reference.top_text(), is_error=True)
    if words[0] == "help":
        return _topic(words[1:])
    found = lookup(words)
    if found is None:
        return _group(words)
    kind, typed, rest = found
    called = " ".join(("docker", *typed))
    flag, others = _without_help(kind, rest)
    first = "\n".join(_of_old_flags(kind, others))
    try:
        values = grammar.read(kind, others, called)
        if not flag:
            return Asked(kind(**values), host=host, first=first)
    except InvalidLine as error:
        if error.kind == "flag":
            return _invalid(error, kind.verb, typed)
        if not flag:
            return replace(_invalid(error, kind.verb, typed), first=first)
    except EssaimError as error:
        if not flag:
            return Asked(text=spoken(error), code=1, first=first)
    before = _HELP_BY_H if flag == "-h" else ""
    return Asked(text=before + reference.help_text(kind.verb, typed))


def _without_help(command: type[Command], line: list[str]) -> tuple[str, list[str]]:
    """``--help`` or ``-h`` where it stands among the flags, or '', and the other words."""
    declared = grammar.parts(command)
    asks, with_value = {"--help", "-h"}, grammar.flags_with_value(declared)
    asks -= {name for part in declared.values() for name in part.names}
    stops = any(part.kind == "rest" for part in declared.values())
    queue, others, found = deque(line), list[str](), ""
    while queue and queue[0] != "--" and not (stops and not queue[0].startswith("-")):
        if (word := queue.popleft()) in asks:
            found = word
            continue
        others.append(word)
        if word.startswith("-") and word != "-":
            *_, (flag, given) = grammar.flags_in(word, with_value)
            if flag in with_value and given is None and queue:
                others.append(queue.popleft())
    return found, [*others, *queue]


def _of_old_flags(command: type[Command], line: list[str]) -> Iterator[str]:
    """What docker says of each old flag among the words after the verb, by its long name."""
    declared = grammar.parts(command)
    with_value = grammar.flags_with_value(declared)
    stops = any(part.kind == "rest" for part in declared.values())
    named = {name: part.names for part in declared.values() for name in part.names}
    queue = deque(line)
    while queue and (word := queue.popleft()) != "--":
        if not word.startswith("-") or word == "-":
            if stops:
                return
            continue
        for flag, given in grammar.flags_in(word, with_value):
            both = (flag, *named.get(flag, ()))
            name = next((name for name in both if name.startswith("--")), flag)
            if name in _OLD_FLAGS:
                yield f"Flag {name} has been deprecated, {_OLD_FLAGS[name]}"
            if flag in with_value and given is None and queue:
                queue.popleft()


def _topic(words: list[str]) -> Asked:
    """What ``docker help`` says of these words."""
    if not words:
        return Asked(text=reference.top_text())
    found = lookup(words)
    if found and not found[2]:
        return Asked(text=reference.help_text(found[0].verb, found[1]))
    if not found and len(words) == 1 and _is_group(words[0]):
        return Asked(text=reference.group_text((words[0],)))
    unknown = found[2] if found else words[1:] if _is_group(words[0]) else words
    return Asked(text=f"unknown help topic: {' '.join(unknown)}", code=1)


def _is_group(word: str) -> bool:
    entry = reference.entries().get((word,))
    return entry is not None and entry.usage == "COMMAND"


def _group(words: list[str]) -> Asked:
    """The help of a group, or the refusal of words that name no command."""
    asks_help = "--help" in words
    if not _is_group(words[0]):
        if asks_help:
            return Asked(text=reference.top_text())
        more = "Run 'docker --help' for more information"
        return Asked(text=f"docker: unknown command: docker {words[0]}\n\n{more}", code=1)
    name, *rest = words
    group = (name,)
    called = f"docker {name}"
    usage = f"Usage:  {called}{_GROUP_USAGE.get(name, '')}"
    for word in rest:
        if word.startswith("-") and word not in ("-", "--", "-h", "--help"):
            unknown = (
                f"flag: {word}" if word[1] == "-" else f"shorthand flag: {word[1]!r} in {word}"
            )
            return _refused(f"unknown {unknown}", group, 125, usage)
    if not rest or asks_help or "-h" in rest:
        named = [word for word in rest if word not in ("-h", "--help")]
        if named and lookup([name, *named]):
            return _named([name, *named, "--help"], "")
        before = _HELP_BY_H if "-h" in rest else ""
        return Asked(text=before + reference.group_text(group), is_error=not rest)
    text = f"docker: unknown command: {called} {rest[0]}\n\n{usage}"
    return Asked(text=f"{text}\n\nRun '{called} --help' for more information", code=1)


def _invalid(error: InvalidLine, verb: tuple[str, ...], typed: tuple[str, ...]) -> Asked:
    usage = reference.usage(verb, typed)
    if error.kind == "flag":
        return _refused(error.spoken, typed, error.code, usage)
    if error.kind == "late":
        return Asked(text=error.spoken, code=error.code)
    called = " ".join(("docker", *typed))
    words = error.spoken.replace(f"'docker {' '.join(verb)}'", f"'{called}'")
    no_most = "at least" in error.spoken and "at most" not in error.spoken
    see = "See" if no_most else "Run"
    more = f"{see} '{called} --help' for more information"
    return Asked(text=f"docker: {words}\n\n{usage}\n\n{more}", code=error.code)


def _refused(why: str, typed: tuple[str, ...], code: int, usage: str = "") -> Asked:
    called = " ".join(("docker", *typed))
    usage = usage or f"Usage:  {called} [OPTIONS] COMMAND [ARG...]"
    return Asked(text=f"{why}\n\n{usage}\n\nRun '{called} --help' for more information", code=code)


def play(words: Sequence[str], streams: Streams, client: Callable[[str], Client]) -> int:
    """Do what the words after ``docker`` ask for, in a terminal; the exit code.

    client: gives the one of the engine at a host; '' stands for the machine's own.
    """
    asked = read(words)
    streams.print(asked.first)
    if asked.command is not None:
        try:
            engine = client(asked.host)
        except docker.errors.DockerException:
            return _out_of_reach(asked, streams)
        return asked.command.play(engine, streams)
    if words and builds(words) and is_classic(streams):
        streams.warn(DEPRECATED)
    streams.warn(asked.warning)
    folder = streams.environment.get("DOCKER_CONFIG")
    text = asked.text.replace(_FOLDER, folder) if folder else asked.text
    if asked.is_version:
        with suppress(docker.errors.DockerException, DockerRefused):
            text = _version(of_its_time(str(client("").api.api_version))[0])
    if asked.code or asked.is_error:
        streams.warn(text)
    else:
        streams.print(text)
    return asked.code


def _out_of_reach(asked: Asked, streams: Streams) -> int:
    host = asked.host or streams.environment.get("DOCKER_HOST", "unix:///var/run/docker.sock")
    words = f"Cannot connect to the Docker daemon at {host}. Is the docker daemon running?"
    verb = asked.command.verb[-1:] if asked.command else ()
    if verb in (("run",), ("create",)):
        streams.warn(f"docker: {words}\n\nRun 'docker {verb[0]} --help' for more information")
        return 125
    streams.warn(words)
    return 1
