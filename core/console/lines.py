"""From typed lines to commands: each makes one, or is answered with help or a sentence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from core.commands import grammar
from core.commands.command import Command
from core.commands.registry import COMMANDS, following, lookup, parse, split, summary
from core.console.shell import REDIRECTIONS, Piece, pieces
from core.errors import InvalidCommand
from core.i18n import Translate
from core.i18n import later as _


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Docker's own first words that have no command here.
ELSEWHERE = _words("buildx checkpoint compose context debug manifest plugin scout trust")
#: Programs that one types into a shell out of habit.
HABITS = _words(
    "apt bash cat cd chmod clear cp curl cut df du echo env exit export find git grep head htop"
    " kill less ls make man mkdir mv nano ping pip ps pwd python python3 rm sed sh ssh sudo tail"
    " tar top touch uname vi vim wget which whoami"
)

Kind = Literal["command", "help", "refused", "clear"]


@dataclass(frozen=True, slots=True)
class Line:
    """One typed line, and how to answer it."""

    line: str
    kind: Kind
    command: Command | None = None
    text: str = ""  # the help, or the reason of a refusal
    host: str = ""  # of docker -H: another instance than the connected one
    after_success: bool = False  # skipped where the line before it was refused
    goes_on: bool = False  # typed on one line with the one before it


def read(typed: str, _: Translate) -> Iterator[Line]:
    """Each line of a text. Never raises."""
    for piece in pieces(typed):
        line = _line(piece, _)
        yield replace(line, after_success=piece.after_success, goes_on=piece.goes_on)


def _line(piece: Piece, _: Translate) -> Line:
    line = piece.text
    if piece.foreign:
        return Line(line, "refused", text=_foreign(piece.foreign, _))
    try:
        words = split(line)
        if words[:1] == ["sudo"]:
            words = words[1:]
        if words in (["clear"], ["cls"]):
            return Line(line, "clear")
        if (text := _help(words, _)) is not None:
            return Line(line, "help", text=text)
        words, host = _addressed(words)
        command = parse(_docker(words))
    except InvalidCommand as refusal:
        return Line(line, "refused", text=" ".join(refusal.said(_).split()))
    return Line(line, "command", command, host=host)


def _addressed(words: list[str]) -> tuple[list[str], str]:
    """The line without ``-H``, and the host that it names; ``docker`` may be left out."""
    at = 1 if words[:1] == ["docker"] else 0
    if words[at : at + 1] in (["-H"], ["--host"]) and len(words) > at + 1:
        return ["docker", *words[at + 2 :]], words[at + 1]
    return words, ""


def _docker(words: list[str]) -> list[str]:
    """The words with ``docker`` in front, which may be left out.

    Raises InvalidCommand where they are no docker line: the reason, and what to write instead.
    """
    if words[:1] == ["docker"]:
        if len(words) > 1 and words[1] in ELSEWHERE and lookup(words[1:]) is None:
            raise InvalidCommand(
                _("docker {word} is Docker's, but this console does not have it: type help."),
                word=words[1],
            )
        return words
    first = words[0] if words else ""
    if lookup(words) is not None or first in following(()):
        return ["docker", *words]
    if first in HABITS:
        raise InvalidCommand(
            _(
                "{word} would be a line for a shell: the console takes docker lines only, such as "
                "docker exec NAME {word}."
            ),
            word=first,
        )
    if near := grammar.nearest(first, ["docker", *following(())]):
        sentence = _("{word} begins no docker line. Did you mean {near}?")
        raise InvalidCommand(sentence, word=first[:40], near=near)
    sentence = _("{word} begins no docker line: type help for those there are.")
    raise InvalidCommand(sentence, word=first[:40])


def _foreign(sign: str, _: Translate) -> str:
    if sign in REDIRECTIONS:
        text = _(
            "The console is no shell, {sign} does nothing here: inside a container it does, as in "
            "docker exec NAME sh -c 'ls {sign} …'."
        )
    elif sign == "&":
        text = _(
            "The console is no shell, {sign} does nothing here: docker run -d goes on by itself."
        )
    else:
        text = _(
            "The console is no shell, {sign} stands for nothing here: write it out, or put it "
            "between single quotes."
        )
    return text.format(sign=sign)


def _help(words: list[str], _: Translate) -> str | None:
    """The help that these words ask for, if they ask for any."""
    asked = [word for word in words if word not in ("docker", "help", "--help", "-h")]
    if words[:1] == ["help"] or words[:2] == ["docker", "help"] or words in (["docker"], ["?"]):
        return _help_on([] if words == ["?"] else asked, _)
    if words and words[-1] in ("--help", "-h") and all(not w.startswith("-") for w in asked):
        found = lookup(asked)
        # After an image, --help is for the program in the container.
        if not asked or found is None or not found[2]:
            return _help_on(asked, _)
    if len(asked) == 1 and len(words) <= 2 and lookup(asked) is None and following(tuple(asked)):
        return _help_on(asked, _)
    return None


def _help_on(asked: list[str], _: Translate) -> str | None:
    if found := lookup(asked):
        command, verb, _rest = found
        return f"{_summary(command, _)}\n\n{grammar.usage(command, ' '.join(('docker', *verb)))}"
    prefix = tuple(asked)
    known = [c for c in COMMANDS if c.verb[: len(prefix)] == prefix]
    if not known:
        return None
    width = max(len(" ".join(c.verb)) for c in known)
    rows = [f"  docker {' '.join(c.verb).ljust(width)}  {_summary(c, _)}" for c in known]
    head = _("Type one of these lines; its own help: {line} --help. Tab completes, ↑ goes back.")
    example = " ".join(("docker", *known[0].verb))
    return "\n".join([head.format(line=example), "", *rows])


def _summary(command: type[Command], translate: Translate) -> str:
    return translate(summary(command))
