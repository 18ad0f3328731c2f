"""The program ``sh``: with ``-c``, with a script, or reading commands from its input."""

from __future__ import annotations

from dataclasses import replace
from posixpath import basename, join

from essaim_practice.programs import signals
from essaim_practice.programs.base import SMALL, UNIX, Context, Program, executable
from essaim_practice.programs.steps import Steps, ending
from essaim_practice.shell import (
    builtins,
    control_flow,
    job_control,
    lookahead,
    prompting,
    reading,
    ulimits,
)
from essaim_practice.shell.dialect import ASH, BASH, DASH
from essaim_practice.shell.exits import Failure, Leave
from essaim_practice.shell.interpreter import execute
from essaim_practice.shell.pipes import Doing
from essaim_practice.shell.prompts import log_in, prompt
from essaim_practice.shell.scripts import first_command, guarded, run_whole
from essaim_practice.shell.state import Shell
from essaim_practice.shell.variables import Variables
from essaim_practice.text.encoding import decoded

_LONGEST = 128 * 1024  # characters of a text given to -c, as in Linux; of a typed command too


@executable(UNIX, "sh", "ash", "bash", "dash")
def shell(argv: list[str], context: Context) -> Program:
    """``sh [-eux…] [-c text [name [parameters]] | script [parameters]]``."""
    new = _shell(argv, context)
    words = argv[1:]
    options: list[str] = []
    while words and words[0][:1] in ("-", "+") and words[0] not in ("-", "--"):
        options.append(words.pop(0))
        if options[-1][-1] == "o" and words:
            options.append(words.pop(0))
    words = words[1:] if words[:1] in (["-"], ["--"]) else words
    command = any(word[0] == "-" and "c" in word[1:] for word in options if word[1:2] != "o")
    logs_in = argv[0].startswith("-") or any(word in ("-l", "--login") for word in options)
    set_ = [word for word in options if word not in ("-i", "-l", "-s", "--login", "--norc")]
    new.called = " ".join(argv)
    title = (new.called,)
    if command and not words:
        return Program(_refuse(new, "-c requires an argument"), processes=title)
    kept = [word.replace("c", "") for word in set_]
    try:
        builtins.set_options(new, [word for word in kept if word not in ("-", "")])
    except Failure as failure:
        return Program(_refuse(new, failure.text), processes=title)
    if command:
        text, new.own, new.positional = words[0], (words[1:2] or [new.own])[0], words[2:]
        return _playing(new, text, title, last=True)
    if words:
        new.positional = words[1:]
        return _script(new, words[0], title)
    new.interactive = (context.tty and context.keyboard) or "-i" in options
    return Program(
        new.with_strands(_reading(new, logs_in)),  # type: ignore[arg-type]
        hears=_hears(new),
        processes=title,
        jobs=new.jobs,
    )


def _hears(new: Shell) -> frozenset[int]:
    """The signals that a shell hears of that is typed at; as a container's first, no hang-up."""
    if not new.interactive:
        return frozenset()
    known = {signals.INT, signals.TSTP, signals.CONT, signals.WINCH}
    return frozenset(known if new.context.pid == 1 else {*known, signals.HUP})


def _shell(argv: list[str], context: Context) -> Shell:
    name = basename(argv[0])
    dialect = ASH if context.image.base in SMALL else BASH if name == "bash" else DASH
    variables = Variables(context.env)
    variables.setdefault("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
    level = variables.get("SHLVL", "0")
    if dialect is not DASH:
        variables["SHLVL"] = str(int(level) + 1 if level.isdigit() and len(level) < 5 else 1)
        variables.exported.add("SHLVL")
    variables["PWD"] = context.cwd
    variables.exported.add("PWD")
    variables["IFS"] = " \t\n"
    variables["OPTIND"] = "1"
    root = context.user in ("", "root", "0") or context.user.startswith(("root:", "0:"))
    prompts = {"ash": "\\w \\$ ", "dash": "# " if root else "$ ", "bash": "\\u@\\h:\\w\\$ "}
    variables.setdefault("PS1", prompts[dialect.name])
    variables["PS2"], variables["PS4"] = "> ", "+ "
    return Shell(context, dialect, argv[0], variables, context.cwd, execute, pid=context.pid)


def _heard(text: str) -> frozenset[int]:
    """The signals that a text may set a trap for."""
    return frozenset({2, 15, signals.CONT}) if "trap" in text else frozenset({signals.CONT})


def _refuse(new: Shell, text: str) -> Steps:
    yield from new.complain(text)  # type: ignore[misc]
    return 2


def _script(new: Shell, name: str, title: tuple[str, ...]) -> Program:
    path = join(new.cwd, name)
    try:
        text = decoded(new.context.fs.read(path))
    except OSError as error:
        reason = error.strerror or ""
        said = f"can't open '{name}': {reason}"
        if new.dialect is DASH:
            said = f"cannot open {name}: No such file"
        steps = _refuse(new, said if new.dialect is not BASH else f"{name}: {reason}")
        return Program(steps, processes=title)
    new.own = name
    return _playing(new, text, title)


def _playing(new: Shell, text: str, title: tuple[str, ...], last: bool = False) -> Program:
    """The program that runs a text, and answers as what stays of it does.

    last: the shell becomes the last program of the text, as it does after -c.
    """
    served = lookahead.server(new, text) or Program(ending(0))
    return replace(
        served,
        steps=new.with_strands(_whole(new, text, last)),  # type: ignore[arg-type]
        hears=served.hears | _heard(text),
        processes=title,
        jobs=new.jobs,
    )


def _whole(shell: Shell, text: str, last: bool) -> Doing[int]:
    if len(text) > _LONGEST:
        yield from shell.complain("Argument list too long")
        return 126
    return (yield from run_whole(shell, text, last))


# Reading commands


def _reading(shell: Shell, logs_in: bool) -> Doing[int]:
    def steps() -> Doing[int]:
        if logs_in:
            yield from log_in(shell)
        return (yield from _commands(shell))

    return (yield from guarded(shell, steps))


def _commands(shell: Shell) -> Doing[int]:
    """Read commands from the input and run each; a terminal is prompted."""
    if shell.interactive and shell.context.tty and shell.context.keyboard:
        return (yield from prompting.commands(shell))
    text, ended = "", False
    while True:
        if shell.interactive:
            shown = yield from prompt(shell, "PS2" if text else "PS1")
            yield from shell.say(shown, 2)
        if not ended:
            data = yield from shell.descriptors[0].get()
            ended = not data
            text += decoded(data)
        text = yield from _run_what_is_whole(shell, text, ended)
        if ended:
            if shell.interactive:
                yield from shell.say("exit\n" if shell.dialect is BASH else "\n", 2)
            return shell.code


def _run_what_is_whole(shell: Shell, text: str, ended: bool) -> Doing[str]:
    """Run the commands at the beginning of a text; returns what is no whole command yet."""
    while text and (ended or "\n" in text):
        rest = ""
        try:
            found = yield from first_command(shell, text, ended)
            if found is None:
                return text
            command, rest = found
            if command is not None:
                yield from shell.run(command)
        except Failure as failure:
            if not shell.interactive:
                raise
            yield from shell.complain(failure.text, failure.command)
            shell.code = failure.code
        except Leave:
            pass
        text = rest
    return text


__all__ = ["control_flow", "job_control", "reading", "shell", "ulimits"]  # all enter their builtins
