"""The syntax tree of a shell's text: words and commands."""

from __future__ import annotations

from dataclasses import dataclass

# Words


@dataclass(frozen=True, slots=True)
class Text:
    """Characters that stand for themselves; unquoted ones may still be patterns or a tilde."""

    text: str
    quoted: bool


@dataclass(frozen=True, slots=True)
class Parameter:
    """``$name`` or ``${name…}``; the operator is what stands after the name, ``length`` for #."""

    name: str
    quoted: bool
    operator: str = ""
    word: Word = ()


@dataclass(frozen=True, slots=True)
class Substitution:
    """``$(…)`` or backquotes: the output of commands."""

    body: Command | None
    quoted: bool


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """``$((…))``."""

    expression: Word
    quoted: bool


Part = Text | Parameter | Substitution | Arithmetic
Word = tuple[Part, ...]


# Commands


@dataclass(slots=True)
class Redirection:
    """Where a descriptor leads: a file (<, >, >>, <>), a descriptor (&), or a text (<<)."""

    descriptor: int
    operator: str  # "<", ">", ">>", "<>", "&", "<<"; "&>" and "&>>" mean both outputs
    target: Word  # of "<<": the text itself, which the parser finds only after the line


@dataclass(frozen=True, slots=True)
class Simple:
    """A simple command: assignments, words and redirections."""

    assignments: tuple[tuple[str, Word], ...]
    words: tuple[Word, ...]
    redirections: tuple[Redirection, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Commands joined by ``|``, perhaps after a ``!``."""

    commands: tuple[Command, ...]
    negated: bool


@dataclass(frozen=True, slots=True)
class Either:
    """``left && right`` or ``left || right``."""

    left: Command
    operator: str
    right: Command


@dataclass(frozen=True, slots=True)
class Sequence:
    """Commands one after the other; those with a text, which is their own, in the background."""

    items: tuple[tuple[Command, str], ...]


@dataclass(frozen=True, slots=True)
class Group:
    """``{ …; }``, or ``( … )`` in a shell of its own."""

    body: Command
    subshell: bool


@dataclass(frozen=True, slots=True)
class If:
    """``if``, with each condition and its commands."""

    branches: tuple[tuple[Command, Command], ...]
    otherwise: Command | None


@dataclass(frozen=True, slots=True)
class While:
    """``while`` or ``until``."""

    condition: Command
    body: Command
    until: bool


@dataclass(frozen=True, slots=True)
class For:
    """``for NAME in WORDS``."""

    name: str
    words: tuple[Word, ...] | None  # None: over "$@"
    body: Command


@dataclass(frozen=True, slots=True)
class Case:
    """``case``, with the patterns and the commands of each branch."""

    word: Word
    branches: tuple[tuple[tuple[Word, ...], Command | None], ...]


@dataclass(frozen=True, slots=True)
class Function:
    """The definition of a function."""

    name: str
    body: Command


@dataclass(frozen=True, slots=True)
class Redirected:
    """A compound command with redirections of its own."""

    command: Command
    redirections: tuple[Redirection, ...]


Command = (
    Simple | Pipeline | Either | Sequence | Group | If | While | For | Case | Function | Redirected
)
