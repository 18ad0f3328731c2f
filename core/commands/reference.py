"""What ``docker COMMAND --help`` says: read from reference.toml, laid out as docker does."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_WIDTH = 79  # columns, of a terminal with 80 (docker/cli, cli/cobra.go)
_SLOP = 5
#: Flags that docker shows where an engine of Windows or with experiments answers.
_HIDDEN = (
    "--cpu-count", "--cpu-percent", "--io-maxbandwidth", "--io-maxiops", "--checkpoint",
    "--checkpoint-dir", "--squash",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """One command or group.

    usage: the words after the verb; each line after that is one more form of the line. listed: what
    its group's help says of it. flags: the flag with the kind of its value, and what it does.
    """

    usage: str
    short: str
    listed: str
    aliases: tuple[str, ...]
    flags: tuple[tuple[str, str], ...]


@cache
def entries() -> dict[tuple[str, ...], Entry]:
    """By verb: ``("service", "ls")``; a group by its one word."""
    text = Path(__file__).with_name("reference.toml").read_text(encoding="utf-8")
    return {
        tuple(verb.split()): Entry(
            said["usage"],
            said["short"],
            said.get("listed", said["short"]),
            tuple(said.get("aliases", ())),
            tuple((flag, words) for flag, words in said.get("flags", ())),
        )
        for verb, said in tomllib.loads(text).items()
    }


def shown(verb: tuple[str, ...]) -> frozenset[str]:
    """The flags that the help of a command shows."""
    each = (flag.split() for flag, _ in entries()[verb].flags)
    return frozenset(
        word.rstrip(",")
        for words in each
        if words[0] not in _HIDDEN
        for word in words
        if word[0] == "-"
    )


def usage(verb: tuple[str, ...], typed: tuple[str, ...]) -> str:
    """``Usage:  docker ps [OPTIONS]``. typed: the verb as it was typed, perhaps an alias."""
    form, *more = entries()[verb].usage.splitlines() or [""]
    return "\n\t".join([f"Usage:  {' '.join(('docker', *typed, form))}".rstrip(), *more])


def help_text(verb: tuple[str, ...], typed: tuple[str, ...]) -> str:
    """The help of one command."""
    entry = entries()[verb]
    parts = [usage(verb, typed), entry.short]
    if entry.aliases:
        names = ", ".join(f"docker {name}" for name in (" ".join(verb), *entry.aliases))
        parts.append(f"Aliases:\n  {names}")
    if entry.flags:
        parts.append("Options:\n" + "\n".join(_flags(entry.flags)))
    return "\n\n".join(parts)


def group_text(verb: tuple[str, ...]) -> str:
    """The help of a group such as ``docker service``."""
    below = {key[-1]: entry for key, entry in entries().items() if key[:-1] == verb}
    for key, entry in entries().items():  # builder build is an alias from another group
        for *group, name in map(str.split, entry.aliases):
            if tuple(group) == verb != key[:-1]:
                below[name] = entry
    commands = "\n".join(_commands(below))
    called = " ".join(("docker", *verb))
    return (
        f"{usage(verb, verb)}\n\n{entries()[verb].short}\n\nCommands:\n{commands}\n\n"
        f"Run '{called} COMMAND --help' for more information on a command."
    )


@cache
def top_text() -> str:
    """The help of docker itself."""
    return Path(__file__).with_name("reference-top.txt").read_text(encoding="utf-8").rstrip()


def _commands(below: dict[str, Entry]) -> Iterator[str]:
    width = max(11, *map(len, below))  # cobra's least
    for name in sorted(below):
        yield f"  {name.ljust(width)} {below[name].listed.splitlines()[0]}"


def _flags(flags: Iterable[tuple[str, str]]) -> Iterator[str]:
    """All texts begin in one column (pflag, FlagUsagesWrapped)."""
    rows = [
        (f"{'' if flag[1] != '-' else '    '}{flag}", said)
        for flag, said in flags
        if flag.split()[0] not in _HIDDEN
    ]
    column = max(len(flag) for flag, _ in rows) + 5
    for flag, said in rows:
        yield f"  {flag}".ljust(column) + f"\n{' ' * column}".join(_wrapped(said, column))


def _wrapped(text: str, column: int) -> list[str]:
    """The lines of a text that begins in a column (pflag, wrap and wrapN).

    A line may be five letters too long where that spares a short last one.
    """
    width = _WIDTH - column - _SLOP
    lines = []
    while len(text) >= width + _SLOP:
        at = max(text.rfind(" ", 0, width), text.rfind("\n", 0, width))
        if at <= 0:
            break
        newline = text.rfind("\n", 0, width)
        at = newline if newline > 0 else at
        lines.append(text[:at])
        text = text[at + 1 :]
    return [line for piece in (*lines, text) for line in piece.split("\n")]
