"""Runs a simple command: assignments, a builtin, a function or a program."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from posixpath import join

from essaim_practice.files.filesystem import File
from essaim_practice.programs import base as programs
from essaim_practice.programs import signals
from essaim_practice.programs.base import Program, StartError
from essaim_practice.programs.steps import Work
from essaim_practice.shell import expansion, redirections, scripts
from essaim_practice.shell.children import shown_of
from essaim_practice.shell.exits import Failure, Return
from essaim_practice.shell.expansion import assign
from essaim_practice.shell.jobs import ENDED, Child, ChildKilled
from essaim_practice.shell.pipes import Doing, Outer, connected
from essaim_practice.shell.state import Shell
from essaim_practice.shell.tree import Command, Simple
from essaim_practice.store.memory import VALUE, NoMemory, allocated
from essaim_practice.text.encoding import decoded

Builtin = Callable[[Shell, list[str]], Doing[int]]

BUILTINS: dict[str, Builtin] = {}
SPECIAL = frozenset(
    (".", ":", "break", "continue", "eval", "exec", "exit", "export", "readonly", "return", "set")
) | {"shift", "source", "times", "trap", "unset"}

_DEEPEST = 8  # shells that run in one another
_LAUNCH = 150  # microseconds that it costs to start a program


class Missing(Exception):
    """No program can start: the shell's message, and the exit code."""

    def __init__(self, text: str, code: int) -> None:
        super().__init__(text)
        self.text = text
        self.code = code


def builtin(*names: str) -> Callable[[Builtin], Builtin]:
    def enter(function: Builtin) -> Builtin:
        BUILTINS.update(dict.fromkeys(names, function))
        return function

    return enter


def simple(shell: Shell, command: Simple) -> Doing[int]:
    """Run a simple command."""
    shell.code, before = 0, shell.code
    if not command.words:
        return (
            yield from redirections.within(
                shell, command.redirections, lambda: _bare(shell, command)
            )
        )
    shell.code = before
    argv = yield from expansion.words(shell, command.words)
    if not argv:
        return 0
    try:
        room = allocated(sum(map(len, argv)) + VALUE * len(argv))
    except NoMemory:
        raise Failure("out of memory") from None
    values = []
    for name, word in command.assignments:
        values.append((name, (yield from expansion.single(shell, word))))
    yield from trace(shell, [*(f"{name}={value}" for name, value in values), *argv])
    if argv[0] == "exec" and len(argv) == 1:
        return (yield from _keep(shell, command))

    def action() -> Doing[int]:
        return _with_assignments(shell, argv, values)

    try:
        if not command.redirections:
            return (yield from action())
        return (yield from redirections.within(shell, command.redirections, action))
    finally:
        room.release()


def _bare(shell: Shell, command: Simple) -> Doing[int]:
    for name, word in command.assignments:
        value = yield from expansion.single(shell, word)
        yield from trace(shell, [f"{name}={value}"])
        assign(shell, name, value)
    return shell.code


def _keep(shell: Shell, command: Simple) -> Doing[int]:
    """``exec >file``: the redirections stay."""
    try:
        shell.descriptors = yield from redirections.opened(shell, command.redirections)
    except redirections.Refused as refused:
        raise Failure(str(refused), 1) from None
    return 0


def trace(shell: Shell, words: list[str]) -> Doing[None]:
    if "x" in shell.options:
        quoted = [quote(word) for word in words]
        yield from shell.say(shell.variables.get("PS4", "+ ") + " ".join(quoted) + "\n", 2)


def quote(word: str) -> str:
    """A word as the shell would read it back."""
    if word and all(sign.isalnum() or sign in "_-./=:,+@%^" for sign in word):
        return word
    return "'" + word.replace("'", "'\"'\"'") + "'"


def _with_assignments(shell: Shell, argv: list[str], values: list[tuple[str, str]]) -> Doing[int]:
    """Run a command with variables that are its own (a special builtin's stay)."""
    variables = shell.variables
    before = [(name, variables.get(name), name in variables.exported) for name, _ in values]
    for name, value in values:
        assign(shell, name, value)
        variables.exported.add(name)
    try:
        return (yield from command(shell, argv))
    finally:
        if argv[0] not in SPECIAL or argv[0] in shell.functions:
            for name, old, exported in reversed(before):
                variables.restore(name, old, exported)


def command(shell: Shell, argv: list[str], functions: bool = True) -> Doing[int]:
    """Run a function, a builtin or a program."""
    name = argv[0]
    if functions and name in shell.functions:
        return (yield from _call(shell, shell.functions[name], argv[1:]))
    if function := builtin_of(shell, name):
        try:
            return (yield from function(shell, argv))
        except Failure as failure:
            if name in SPECIAL and not shell.interactive:
                failure.command = failure.command or name
                raise
            yield from shell.complain(failure.text, failure.command or name)
            return failure.code
        except OSError as error:
            known = "" if shell.dialect.name == "ash" else name
            yield from shell.complain(f"write error: {error.strerror}", known)
            return 1
    try:
        return (yield from run(shell, argv))
    except Missing as missing:
        yield from shell.complain(missing.text)
        return missing.code


def builtin_of(shell: Shell, name: str) -> Builtin | None:
    if shell.dialect.name == "dash" and name in ("source", "help", "history", "let", "[["):
        return None
    return BUILTINS.get(name)


def _call(shell: Shell, body: Command, positional: list[str]) -> Doing[int]:
    before, shell.positional = shell.positional, positional
    loops, shell.loops = shell.loops, 0
    shell.variables.enter()
    try:
        return (yield from shell.run(body))
    except Return as end:
        return end.code
    finally:
        shell.variables.leave()
        shell.positional, shell.loops = before, loops


def run(shell: Shell, argv: list[str], becomes: bool = False) -> Doing[int]:
    """Run a program, or a script without ``#!``. Raises Missing.

    becomes: the shell's own process does, as after ``exec``.
    """
    leaves, shell.leaves = shell.leaves, False
    path = located(shell, argv[0])
    script = script_of(shell, path) if path else None
    if script is not None and path is not None:
        name = argv[0] if "/" in argv[0] else path
        first = script.partition("\n")[0]
        if not first.startswith("#!"):
            return (yield from _script(shell, name, script, argv[1:]))
        given, argv = argv, [*first[2:].strip().split(" ", 1), name, *argv[1:]]
        try:
            located(shell, argv[0])
        except Missing:
            raise Missing(shell.dialect.not_found(given[0]), 127) from None
    if not (becomes or leaves or shell.job or shell.effort.piped):  # which began for this
        shell.require_room(1)
    yield Work(_LAUNCH + len(shell.variables.exported) // 4 + len(argv) // 4)
    if becomes or leaves:
        return (yield from _become(shell, argv))
    pid, shell.takes = shell.takes or shell.context.inside.new_pid(), 0
    program, job = program_of(shell, argv, pid), shell.job
    own = job if job is not None and job.pid == pid else None
    child = Child(shown_of(shell, argv, pid), shell.strand, own, inner=program.jobs)
    family, inner = shell.jobs.family.children, job is not None and signals.TSTP in program.hears
    family[pid] = child
    if job is not None:
        job.inner += inner
    try:
        code = yield from connected(program.steps, shell.descriptors)
    except ChildKilled as signal:
        if signal is not child.killed:
            raise
        program.steps.close()
        code = 128 + signal.signal
    finally:
        family.pop(pid, None)
        if job is not None:
            job.inner -= inner
    killed = child.killed.signal if child.killed is not None else 0
    if child.strand is not None and killed and child.strand.signal is child.killed:
        child.strand.signal, code = None, 128 + killed  # it ended before it heard of that
    if killed and code == 128 + killed and killed not in (signals.INT, signals.PIPE):
        yield from shell.say(f"{ENDED.get(killed, f'Signal {killed}')}\n", 2)
    return code


def _become(shell: Shell, argv: list[str]) -> Doing[int]:
    """Run a program in the shell's own process."""
    program = program_of(shell, argv, shell.process)
    shown, family = shown_of(shell, argv, shell.process), shell.jobs.family
    if child := family.children.get(shell.process):
        child.shown, child.inner = replace(shown, parent=child.shown.parent), program.jobs
    else:
        family.title, family.name = shown.title, shown.name
        family.hears, family.inner = program.hears, program.jobs
    return (yield from connected(program.steps, shell.descriptors))


def program_of(shell: Shell, argv: list[str], pid: int = 1) -> Program:
    """A program about to run as a command of this shell. Raises Missing."""
    stdout = shell.descriptors.get(1)
    outside = isinstance(stdout, Outer) and stdout.stream == 1
    environment = shell.variables.environment()
    environment["PWD"] = shell.cwd
    if programs.too_long(argv, environment):
        raise Missing(f"{argv[0]}: Argument list too long", 126)
    depth = shell.context.depth + 1
    if depth > _DEEPEST:
        raise Missing(shell.dialect.cannot_fork(), 2)
    tty = shell.context.tty and outside
    typed = shell.context.keyboard and isinstance(shell.descriptors.get(0), Outer)
    context = replace(
        shell.context,
        env=environment,
        cwd=shell.cwd,
        tty=tty,
        typed=typed,
        depth=depth,
        pid=pid,
        parent=shell.context.parent if pid == shell.process else shell.process,
    )
    try:
        return programs.program(argv, context)
    except StartError:
        raise Missing(shell.dialect.not_found(argv[0]), 127) from None


def located(shell: Shell, name: str) -> str | None:
    """The path of a program; None if no file is found on PATH. Raises Missing."""
    fs, dialect = shell.context.fs, shell.dialect
    if "/" in name:
        try:
            path = join(shell.cwd, name)
            entry = fs.entry(path)
        except OSError as error:
            if error.errno == 2:
                raise Missing(dialect.not_found(name), 127) from None
            raise Missing(f"{name}: {error.strerror}", 126) from None
        if isinstance(entry, File) and entry.mode & 0o111:
            return path
        whole = dialect.name == "bash" and not isinstance(entry, File)
        raise Missing(f"{name}: {'Is a directory' if whole else 'Permission denied'}", 126)
    for folder in shell.variables.get("PATH", "").split(":"):
        path = join(shell.cwd, folder, name)
        if fs.lacks(path):
            continue
        try:
            entry = fs.entry(path)
        except OSError:
            continue
        if isinstance(entry, File) and entry.mode & 0o111:
            return path
    return None


def script_of(shell: Shell, path: str) -> str | None:
    """The text of a script; None for a simulated program."""
    try:
        data = shell.context.fs.read(path)
    except OSError:
        return None
    text = data.startswith(b"#!") or (data and b"\0" not in data[:256] and data[:4] != b"\x7fELF")
    return decoded(data) if text else None


def _script(shell: Shell, path: str, text: str, positional: list[str]) -> Doing[int]:
    twin = shell.fork()
    twin.positional, twin.own, twin.functions = positional, path, {}
    return (yield from scripts.run_whole(twin, text))
