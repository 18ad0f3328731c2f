"""``docker`` as a program in a terminal: its words, its help, its refusals and its exit codes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.commands import grammar, reference
from core.commands.command import Client, Command, spoken
from core.commands.registry import lookup
from core.commands.streams import Streams
from core.commands.versions import VERSION as VERSION
from core.errors import EssaimError, InvalidLine

#: Flags of the docker command itself that take a value. Only -H is of use here.
_WITH_VALUE = (
    *("--config", "-c", "--context", "-H", "--host", "-l", "--log-level"),
    *("--tlscacert", "--tlscert", "--tlskey"),
)
_SWITCHES = ("-D", "--debug", "--tls", "--tlsverify")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a line asks for: a command, or a text to be printed with an exit code."""

    command: Command | None = None
    text: str = ""
    code: int = 0
    host: str = ""  # of -H
    is_error: bool = False  # the text belongs on the standard error


def read(words: Sequence[str]) -> Asked:
    """What the words after ``docker`` ask for. Never raises."""
    left, host = list(words), ""
    while left and left[0].startswith("-"):
        flag, equals, value = left.pop(0).partition("=")
        if flag in ("-v", "--version"):
            return Asked(text=f"Docker version {VERSION}")
        if flag in ("-h", "--help"):
            return Asked(text=reference.top_text())
        if flag in _WITH_VALUE:
            if not equals and not left:
                short = f"{flag[1:]!r} in {flag}" if flag[1] != "-" else flag
                return _refused(f"flag needs an argument: {short}", (), 125)
            value = value if equals else left.pop(0)
            host = value if flag in ("-H", "--host") else host
        elif flag not in _SWITCHES:
            shown = (
                f"shorthand flag: {flag[1]!r} in {flag}" if flag[1:2] != "-" else f"flag: {flag}"
            )
            return _refused(f"unknown {shown}", (), 125)
    return _named(left, host)


def _named(words: list[str], host: str) -> Asked:
    if words[:1] == ["help"]:
        words = [*words[1:], "--help"]
    if not words or words[0] in ("-h", "--help"):
        return Asked(text=reference.top_text(), is_error=not words)
    found = lookup(words)
    if found is None:
        return _group(words)
    kind, typed, rest = found
    called = " ".join(("docker", *typed))
    if grammar.asks_help(kind, rest):
        return Asked(text=reference.help_text(kind.verb, typed))
    try:
        return Asked(kind(**grammar.read(kind, rest, called)), host=host)
    except InvalidLine as error:
        return _invalid(error, kind.verb, typed)
    except EssaimError as error:
        return Asked(text=spoken(error), code=1)


def _group(words: list[str]) -> Asked:
    """The help of a group, or the refusal of words that name no command."""
    group = (words[0],)
    if group not in reference.entries() or reference.entries()[group].usage != "COMMAND":
        more = "Run 'docker --help' for more information"
        return Asked(text=f"docker: unknown command: docker {words[0]}\n\n{more}", code=1)
    if len(words) == 1 or words[1] in ("-h", "--help"):
        return Asked(text=reference.group_text(group), is_error=len(words) == 1)
    if words[1].startswith("-"):
        return _refused(f"unknown flag: {words[1]}", group, 125)
    called = f"docker {words[0]}"
    text = f"docker: unknown command: {called} {words[1]}\n\nUsage:  {called}"
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
    usage = usage or f"Usage:  {called} [OPTIONS] COMMAND"
    return Asked(text=f"{why}\n\n{usage}\n\nRun '{called} --help' for more information", code=code)


def play(words: Sequence[str], streams: Streams, client: Callable[[str], Client]) -> int:
    """Do what the words after ``docker`` ask for, in a terminal; the exit code.

    client: gives the one of the engine at a host; '' stands for the machine's own.
    """
    asked = read(words)
    if asked.command is not None:
        return asked.command.play(client(asked.host), streams)
    if asked.code or asked.is_error:
        streams.warn(asked.text)
    else:
        streams.print(asked.text)
    return asked.code
