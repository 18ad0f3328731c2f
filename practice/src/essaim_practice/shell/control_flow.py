"""Builtins that run, name or end commands: eval, exec, trap and others."""

from __future__ import annotations

from posixpath import join

from essaim_practice.shell import launch
from essaim_practice.shell.builtins import done, number, quoted
from essaim_practice.shell.exits import Exit, Failure, Leave, Return
from essaim_practice.shell.launch import BUILTINS, SPECIAL, Missing, builtin, builtin_of
from essaim_practice.shell.pipes import Doing
from essaim_practice.shell.scripts import run_text
from essaim_practice.shell.state import Shell
from essaim_practice.shell.tokens import KEYWORDS
from essaim_practice.text.encoding import decoded

# Other commands


@builtin("eval")
def eval_(shell: Shell, argv: list[str]) -> Doing[int]:
    return (yield from run_text(shell, " ".join(argv[1:])))


@builtin(".", "source")
def source(shell: Shell, argv: list[str]) -> Doing[int]:
    if len(argv) < 2:
        return 0 if shell.dialect.name == "ash" else 2
    name = argv[1]
    path = join(shell.cwd, name) if "/" in name else launch.located(shell, name)
    try:
        text = decoded(shell.context.fs.read(path or join(shell.cwd, name)))
    except OSError as error:
        raise Failure(shell.dialect.cannot_source(name, error.strerror or "")) from None
    before = shell.positional
    shell.positional = argv[2:] or before
    try:
        return (yield from run_text(shell, text))
    except Return as end:
        return end.code
    finally:
        if argv[2:]:
            shell.positional = before


@builtin("exec")
def exec_(shell: Shell, argv: list[str]) -> Doing[int]:
    try:
        raise Exit((yield from launch.run(shell, argv[1:], becomes=True)))
    except Missing as missing:
        yield from shell.complain(missing.text, "exec")
        if shell.interactive:
            return missing.code
        raise Exit(missing.code) from None


@builtin("command")
def command(shell: Shell, argv: list[str]) -> Doing[int]:
    words = argv[1:]
    if words[:1] in (["-v"], ["-V"]):
        code = 0 if len(words) > 1 else 2
        for name in words[1:2] if shell.dialect.name == "ash" else words[1:]:
            what = _what(shell, name)
            if what is None:
                code = 127
                if words[0] == "-V":
                    yield from shell.say(f"{name}: not found\n")
            elif words[0] == "-V":
                yield from shell.say(f"{name} {what}\n")
            else:
                alias = shell.aliases.get(name)
                path = what.removeprefix("is ") if what.startswith("is /") else name
                yield from shell.say(f"{_alias(name, alias) if alias else path}\n")
        return code
    if words[:1] == ["-p"]:
        words = words[1:]
    return (yield from launch.command(shell, words, functions=False)) if words else 0


def _alias(name: str, value: str) -> str:
    return f"alias {name}={quoted(value)}"


@builtin("type")
def type_(shell: Shell, argv: list[str]) -> Doing[int]:
    code = 0
    for name in argv[1:]:
        what = _what(shell, name)
        yield from shell.say(f"{name}{f' {what}' if what else ': not found'}\n")
        code = code if what else 127
    return code


def _what(shell: Shell, name: str) -> str | None:
    if name in KEYWORDS:
        return "is a shell keyword"
    if name in shell.aliases:
        return f"is an alias for {shell.aliases[name]}"
    if name in shell.functions:
        return "is a shell function" if shell.dialect.name == "dash" else "is a function"
    if builtin_of(shell, name):
        special = name in SPECIAL and name not in ("source", "true")
        return f"is a {'special ' if special and shell.dialect.name != 'bash' else ''}shell builtin"
    try:
        path = launch.located(shell, name)
    except Missing:
        return None
    if path is None:
        return None
    return f"is {name if shell.dialect.name == 'ash' and '/' not in name else path}"


@builtin("alias")
def alias(shell: Shell, argv: list[str]) -> Doing[int]:
    code = 0
    if not argv[1:]:
        for name, value in sorted(shell.aliases.items()):
            yield from shell.say(
                f"{'alias ' if shell.dialect.name == 'bash' else ''}{name}={quoted(value)}\n"
            )
    for word in argv[1:]:
        name, equals, value = word.partition("=")
        if equals:
            shell.aliases[name] = value
        elif name in shell.aliases:
            yield from shell.say(f"{name}={quoted(shell.aliases[name])}\n")
        else:
            yield from shell.say(f"alias: {name} not found\n", 2)
            code = 1
    return code


@builtin("unalias")
def unalias(shell: Shell, argv: list[str]) -> Doing[int]:
    code = 0
    for name in argv[1:]:
        if name == "-a":
            shell.aliases.clear()
        elif shell.aliases.pop(name, None) is None:
            yield from shell.say(f"unalias: {name} not found\n", 2)
            code = 1
    return code


@builtin("help")
def help_(shell: Shell, argv: list[str]) -> Doing[int]:
    text, line = "Built-in commands:\n------------------\n", "\t"
    for name in sorted(BUILTINS):
        if len(line) + len(name) > 66:
            text, line = text + line.rstrip() + "\n", "\t"
        line += name + " "
    yield from shell.say(text + line.rstrip() + "\n")
    return 0


@builtin("history")
def history(shell: Shell, argv: list[str]) -> Doing[int]:
    for place, line in enumerate(shell.history.lines):
        yield from shell.say(f"{place:4} {line}\n")
    return 0


# Control


def _leave(shell: Shell, argv: list[str], again: bool) -> Doing[int]:
    loops = number(argv, 1)
    if loops < 1:
        raise Failure(f"Illegal number: {argv[1]}")
    if not shell.loops:
        return done(0)
    raise Leave(loops, again)


@builtin("break")
def break_(shell: Shell, argv: list[str]) -> Doing[int]:
    return _leave(shell, argv, again=False)


@builtin("continue")
def continue_(shell: Shell, argv: list[str]) -> Doing[int]:
    return _leave(shell, argv, again=True)


@builtin("return")
def return_(shell: Shell, argv: list[str]) -> Doing[int]:
    raise Return(number(argv, shell.code) & 255)


@builtin("exit")
def exit_(shell: Shell, argv: list[str]) -> Doing[int]:
    if shell.interactive and shell.dialect.name == "bash":
        yield from shell.say("exit\n", 2)
    raise Exit(number(argv, shell.code) & 255)


@builtin("trap")
def trap(shell: Shell, argv: list[str]) -> Doing[int]:
    words = [word for word in argv[1:] if word != "--"]
    if not words:
        for name, action in shell.traps.items():
            yield from shell.say(f"trap -- {quoted(action)} {name}\n")
        return 0
    action, names = (words[0], words[1:]) if len(words) > 1 else ("-", words)
    for name in names:
        name = {"0": "EXIT", "2": "INT", "15": "TERM"}.get(name, name.upper().removeprefix("SIG"))
        if action == "-":
            shell.traps.pop(name, None)
        else:
            shell.traps[name] = action
    return 0


@builtin("hash", "times")
def nothing(shell: Shell, argv: list[str]) -> Doing[int]:
    if argv[0] == "times":
        yield from shell.say("0m0.000s 0m0.000s\n" * 2)
    return 0
