"""Builtins that read or change the state of the shell."""

from __future__ import annotations

import re
from posixpath import join, normpath

from essaim_practice.shell import expansion
from essaim_practice.shell.exits import Failure
from essaim_practice.shell.expansion import assign
from essaim_practice.shell.launch import builtin
from essaim_practice.shell.pipes import Doing
from essaim_practice.shell.scanner import NAME
from essaim_practice.shell.simple_utilities import Complaint, echoed, formatted, tested
from essaim_practice.shell.state import Shell


def done(code: int) -> Doing[int]:
    return code
    yield


def number(argv: list[str], otherwise: int) -> int:
    if len(argv) < 2:
        return otherwise
    if not re.fullmatch(r"-?[0-9]{1,9}", argv[1]):
        raise Failure(f"Illegal number: {argv[1]}")
    return int(argv[1])


# Where it is


@builtin("cd", "chdir")
def cd(shell: Shell, argv: list[str]) -> Doing[int]:
    words = [word for word in argv[1:] if word not in ("-L", "-P", "--")]
    if len(words) > 1 and shell.dialect.name == "bash":
        raise Failure("too many arguments", 1)
    before, name = shell.cwd, words[0] if words else shell.variables.get("HOME", "/root")
    if name == "-":
        name = shell.variables.get("OLDPWD", before)
        yield from shell.say(name + "\n")
    path = normpath(join(shell.cwd, name)).replace("//", "/")
    try:
        place = path if name else before
        shell.context.fs.listing(join(before, name) if name else before)
    except OSError as error:
        raise Failure(shell.dialect.cannot_enter(name, error.strerror or "")) from None
    shell.cwd = place
    for variable, value in (("OLDPWD", before), ("PWD", place)):
        assign(shell, variable, value)
        shell.variables.exported.add(variable)
    return 0


@builtin("pwd")
def pwd(shell: Shell, argv: list[str]) -> Doing[int]:
    place = shell.context.fs.resolve(shell.cwd) if "-P" in argv else shell.cwd
    yield from shell.say(place + "\n")
    return 0


@builtin("umask")
def umask(shell: Shell, argv: list[str]) -> Doing[int]:
    if len(argv) < 2:
        yield from shell.say(f"{shell.umask:04o}\n")
    elif argv[1] == "-S":
        bits = [("u", 6), ("g", 3), ("o", 0)]
        parts = []
        for who, shift in bits:
            allowed = ~shell.umask >> shift & 7
            parts.append(
                f"{who}=" + "".join(c for c, b in (("r", 4), ("w", 2), ("x", 1)) if allowed & b)
            )
        yield from shell.say(",".join(parts) + "\n")
    elif re.fullmatch(r"[0-7]{1,4}", argv[1]):
        shell.umask = int(argv[1], 8) & 0o777
    else:
        raise Failure(f"illegal mode: {argv[1]}")
    return 0


# What is printed and tested


@builtin("echo")
def echo(shell: Shell, argv: list[str]) -> Doing[int]:
    yield from shell.say(echoed(argv[1:], always=shell.dialect.name == "dash"))
    return 0


@builtin("printf")
def printf(shell: Shell, argv: list[str]) -> Doing[int]:
    try:
        text, problems = yield from formatted(argv[1:])
    except Complaint as complaint:
        return (yield from _complained(shell, argv[0], complaint))
    for problem in problems:
        yield from shell.complain(problem, _said(shell, "printf"))
    yield from shell.say(text)
    return int(bool(problems))


@builtin("test", "[", "[[")
def test(shell: Shell, argv: list[str]) -> Doing[int]:
    try:
        return int(not tested(argv, shell.context.fs, shell.cwd, shell.context.tty))
    except Complaint as complaint:
        return (yield from _complained(shell, argv[0], complaint))


def _said(shell: Shell, name: str) -> str:
    """ash does not name the builtins that are programs too."""
    return "" if shell.dialect.name == "ash" else name


def _complained(shell: Shell, name: str, complaint: Complaint) -> Doing[int]:
    yield from shell.complain(str(complaint), _said(shell, name))
    return complaint.code


@builtin(":", "true")
def true(shell: Shell, argv: list[str]) -> Doing[int]:
    return done(0)


@builtin("false")
def false(shell: Shell, argv: list[str]) -> Doing[int]:
    return done(1)


@builtin("let")
def let(shell: Shell, argv: list[str]) -> Doing[int]:
    value = 0
    for expression in argv[1:]:
        value = expansion.arithmetic(shell, expression)
    return done(int(value == 0))


# Variables


@builtin("export", "readonly")
def export(shell: Shell, argv: list[str]) -> Doing[int]:
    variables, words = shell.variables, argv[1:]
    marked = variables.exported if argv[0] == "export" else variables.read_only
    if not words or words == ["-p"]:
        for name in sorted(marked):
            value = variables.get(name)
            shown = f"={quoted(value)}" if value is not None else ""
            yield from shell.say(f"{argv[0]} {name}{shown}\n")
        return 0
    remove = words[0] == "-n"
    for word in words[remove:]:
        name, equals, value = word.partition("=")
        check_name(name)
        if equals:
            assign(shell, name, value)
        (marked.discard if remove else marked.add)(name)
    return 0


def quoted(value: str) -> str:
    return "'" + value.replace("'", "'\"'\"'") + "'"


def check_name(name: str) -> None:
    if not NAME.fullmatch(name):
        raise Failure(f"{name}: bad variable name")


@builtin("unset")
def unset(shell: Shell, argv: list[str]) -> Doing[int]:
    functions = "-f" in argv[1:2]
    for name in argv[1:]:
        if name in ("-f", "-v"):
            continue
        if functions or name in shell.functions:
            shell.functions.pop(name, None)
        else:
            check_name(name)
            if name in shell.variables.read_only:
                raise Failure(shell.dialect.read_only(name))
            shell.variables.pop(name, None)
    return done(0)


@builtin("local")
def local(shell: Shell, argv: list[str]) -> Doing[int]:
    if not shell.variables.in_function:
        raise Failure("not in a function")
    for word in argv[1:]:
        name, equals, value = word.partition("=")
        check_name(name)
        shell.variables.make_local(name)
        if equals:
            assign(shell, name, value)
    return done(0)


@builtin("set")
def set_(shell: Shell, argv: list[str]) -> Doing[int]:
    words = argv[1:]
    if words in (["-o"], ["+o"]):
        for name, letter in OPTIONS.items():
            yield from shell.say(f"{name:<15} {'on' if letter in shell.options else 'off'}\n")
        return 0
    if not words:
        for name in sorted(shell.variables):
            yield from shell.say(f"{name}={quoted(shell.variables[name])}\n")
        return 0
    set_options(shell, words)
    return 0


OPTIONS = {
    "errexit": "e",
    "noglob": "f",
    "ignoreeof": "I",
    "monitor": "m",
    "noexec": "n",
    "xtrace": "x",
    "verbose": "v",
    "noclobber": "C",
    "allexport": "a",
    "notify": "b",
    "nounset": "u",
    "vi": "V",
    "pipefail": "pipefail",
}


def set_options(shell: Shell, words: list[str]) -> None:
    """Take options as ``set`` and ``sh`` do; what follows them are parameters."""
    rest = list(words)
    while rest and rest[0][:1] in ("-", "+") and len(rest[0]) > 1:
        word = rest.pop(0)
        if word == "--":
            shell.positional = rest
            return
        change = shell.options.add if word[0] == "-" else shell.options.discard
        for letter in word[1:]:
            if letter == "o" and rest:
                name = rest.pop(0)
                if name not in OPTIONS or (name == "pipefail" and shell.dialect.name == "dash"):
                    raise Failure(f"illegal option {word[0]}o {name}")
                change(OPTIONS[name])
            elif letter not in "abCefhmnuvxio":
                capital = "Illegal" if shell.dialect.name == "dash" else "illegal"
                raise Failure(f"{capital} option {word[0]}{letter}")
            elif letter != "o":
                change(letter)
    if rest:
        shell.positional = rest


@builtin("shift")
def shift(shell: Shell, argv: list[str]) -> Doing[int]:
    count = number(argv, 1)
    if count > len(shell.positional) or count < 0:
        if shell.dialect.name == "dash":
            raise Failure("can't shift that many")
        return done(1)
    shell.positional = shell.positional[count:]
    return done(0)
