"""Runs the commands of a shell: pipelines, conditions, loops."""

from __future__ import annotations

from collections.abc import Iterable

from essaim_practice.shell import expansion, launch, patterns, pipelines, redirections
from essaim_practice.shell.exits import Failure, Leave
from essaim_practice.shell.expansion import assign
from essaim_practice.shell.pipes import Doing
from essaim_practice.shell.state import Shell
from essaim_practice.shell.tree import (
    Case,
    Command,
    Either,
    For,
    Function,
    Group,
    If,
    Pipeline,
    Redirected,
    Sequence,
    Simple,
    While,
)
from essaim_practice.text.expressions import TooLarge


def execute(shell: Shell, command: Command) -> Doing[int]:
    leaves, shell.leaves = shell.leaves, False
    match command:
        case Simple():
            yield from shell.breathe()
            shell.line, shell.leaves = command.line, leaves
            return (yield from launch.simple(shell, command))
        case Sequence(items):
            for number, (item, background) in enumerate(items, 1):
                if background:
                    yield from pipelines.begin(shell, item, background)
                else:
                    shell.leaves = leaves and number == len(items)
                    yield from shell.run(item)
            return shell.code
        case Pipeline(commands, negated):
            shell.leaves = leaves and not negated and len(commands) == 1
            return (yield from _pipeline(shell, commands, negated))
        case Either(left, operator, right):
            code = yield from shell.test(left)
            if (operator == "&&") == (code == 0):
                shell.leaves = leaves
                return (yield from shell.run(right))
            shell.tested += 1  # a left side that failed does not end `set -e`
            try:
                return code
            finally:
                shell.tested -= 1
        case Group(body, True):
            return (yield from shell.fork().alone(body))
        case Group(body, False):
            return (yield from shell.run(body))
        case Redirected(inner, given):
            return (yield from redirections.within(shell, given, lambda: shell.run(inner)))
        case If(branches, otherwise):
            for condition, body in branches:
                if (yield from shell.test(condition)) == 0:
                    return (yield from shell.run(body))
            return (yield from shell.run(otherwise)) if otherwise else 0
        case While(condition, body, until):
            return (yield from _while(shell, condition, body, until))
        case For(name, words, body):
            return (yield from _for(shell, name, words, body))
        case Case():
            return (yield from _case(shell, command))
        case Function(name, body):
            shell.functions[name] = body
    return 0


# Loops


def _turn(shell: Shell, body: Command) -> Doing[bool]:
    """One turn of a loop; returns whether there may be another."""
    shell.loops += 1
    try:
        yield from shell.run(body)
    except Leave as leave:
        if leave.loops > 1 and shell.loops > 1:
            raise Leave(leave.loops - 1, leave.again) from None
        return leave.again
    finally:
        shell.loops -= 1
    return True


def _while(shell: Shell, condition: Command, body: Command, until: bool) -> Doing[int]:
    code = 0
    while True:
        yield from shell.breathe()
        shell.loops += 1
        try:
            tested = yield from shell.test(condition)
        except Leave as leave:
            if leave.again:
                continue
            return 0
        finally:
            shell.loops -= 1
        if (tested == 0) == until:
            return code
        if not (yield from _turn(shell, body)):
            return 0
        code = shell.code


def _for(shell: Shell, name: str, words: Iterable[object] | None, body: Command) -> Doing[int]:
    if words is None:
        values = list(shell.positional)
    else:
        values = yield from expansion.words(shell, tuple(words))  # type: ignore[arg-type]
    code = 0
    for value in values:
        yield from shell.breathe()
        assign(shell, name, value)
        if not (yield from _turn(shell, body)):
            return 0
        code = shell.code
    return code


def _case(shell: Shell, command: Case) -> Doing[int]:
    text = yield from expansion.single(shell, command.word)
    for words, body in command.branches:
        for word in words:
            fragments = yield from expansion.pattern(shell, word)
            try:
                found = patterns.matches(fragments, text)
            except TooLarge:
                raise Failure("out of memory") from None
            if found:
                return (yield from shell.run(body)) if body is not None else 0
    return 0


# Side by side


def _pipeline(shell: Shell, commands: tuple[Command, ...], negated: bool) -> Doing[int]:
    if len(commands) == 1:
        code = yield from shell.test(commands[0])
    else:
        code = yield from pipelines.piped(shell, commands)
    return int(code == 0) if negated else code
