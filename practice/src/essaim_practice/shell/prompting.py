"""A shell that is typed at: prompts, edited lines, and commands that Ctrl-Z stops."""

from __future__ import annotations

from essaim_practice.programs import signals
from essaim_practice.programs.steps import COOKED, RAW, Interrupted, Read, Work
from essaim_practice.shell import children, completion
from essaim_practice.shell.exits import Exit, Failure, Leave
from essaim_practice.shell.jobs import Job
from essaim_practice.shell.line_editor import LineEditor, Outcome
from essaim_practice.shell.line_screen import column_after
from essaim_practice.shell.pipes import Blocked, Doing, LastRow, Outer
from essaim_practice.shell.prompts import prompt
from essaim_practice.shell.scripts import first_command
from essaim_practice.shell.state import Shell
from essaim_practice.shell.strands import Strand
from essaim_practice.shell.tree import Command
from essaim_practice.text.encoding import decoded

_KEYS = Read(raw=True)
_KEY = 20  # microseconds that a key costs
_COLUMNS = 80  # of a terminal that does not say
_HISTORY = {"ash": ".ash_history", "bash": ".bash_history"}


def commands(shell: Shell) -> Doing[int]:
    """Prompt for commands and run each, until the input ends. Raises Exit."""
    row = LastRow()
    shell.descriptors = {n: Outer(n, row) for n in range(3)}
    editor = _editor(shell)
    text = ""
    while True:
        try:
            if not text:
                for line in shell.jobs.news():
                    yield from shell.say(line, 2)
            asking = yield from prompt(shell, "PS2" if text else "PS1")
            outcome, line = yield from _asked(shell, row, editor, asking)
            if outcome is Outcome.END:
                if (yield from _may_leave(shell)):
                    yield from shell.say("exit\n" if shell.dialect.name == "bash" else "\n", 2)
                    return shell.code
            elif outcome is Outcome.INTERRUPT:
                text, shell.code = "", 130
            else:
                shell, text = yield from _run(shell, text + line + "\n")
        except Interrupted as signal:  # between a command and the next prompt
            if signal.signal != signals.INT:
                raise
            text, shell.code = "", 130
            shell.tested = shell.loops = shell.depth = 0


def _editor(shell: Shell) -> LineEditor | None:
    """dash has none: the terminal itself lets one erase."""
    if shell.dialect.name == "dash":
        return None
    home = shell.variables.get("HOME", "")
    usual = f"{home}/{_HISTORY[shell.dialect.name]}" if home else ""
    if path := shell.variables.get("HISTFILE", usual):
        shell.history.keep_in(shell.context.fs, path)
    return LineEditor(shell.history)


def _may_leave(shell: Shell) -> Doing[bool]:
    """Whether the shell may end: it warns once of stopped jobs."""
    if not shell.jobs.stopped() or shell.jobs.warned:
        return True
    shell.jobs.warned = True
    yield from shell.say("\nYou have stopped jobs.\n", 2)
    return False


# Reading


def _asked(
    shell: Shell, row: LastRow, editor: LineEditor | None, text: str
) -> Doing[tuple[Outcome, str]]:
    """The line that is typed at a prompt."""
    if editor is None:
        return (yield from _plainly_asked(shell, text))
    yield RAW  # before it is prompted: nothing typed then is shown twice
    columns = shell.context.size[1] or _COLUMNS
    editor.begin(text, column_after(decoded(row.text), columns), columns)
    data: bytes | None = b""
    while True:
        outcome = editor.type(data or b"")
        yield Work(_KEY + len(editor.text) // 8)
        yield from shell.say(editor.show(), 2)
        if outcome is Outcome.COMPLETE:
            yield from completion.complete(shell, editor)
            data = b""
            continue
        if outcome is not None:
            break
        try:
            data = yield _KEYS
        except Interrupted as signal:
            if signal.signal not in (signals.WINCH, signals.INT):
                raise
            data = b"\x03" if signal.signal == signals.INT else b""
            if not data:
                editor.resized(shell.context.size[1] or _COLUMNS)
            continue
        if not data:
            outcome = Outcome.END
            break
    yield COOKED
    if outcome is Outcome.LINE:
        shell.history.add(editor.text)
    return outcome, editor.text


def _plainly_asked(shell: Shell, text: str) -> Doing[tuple[Outcome, str]]:
    yield from shell.say(text, 2)
    try:
        data = yield Read()
    except Interrupted as signal:
        if signal.signal != signals.INT:
            raise
        yield from shell.say("\n", 2)
        return Outcome.INTERRUPT, ""
    line = (data or b"").decode(errors="surrogateescape")
    return Outcome.LINE if data else Outcome.END, line.removesuffix("\n")


# Running


def _run(shell: Shell, text: str) -> Doing[tuple[Shell, str]]:
    """Run the commands of a text; returns what is no whole command yet, and the shell now."""
    while True:
        try:
            found = yield from first_command(shell, text, ended=False)
        except Failure as failure:
            yield from shell.complain(failure.text)
            shell.code = failure.code
            return shell, ""
        if found is None:
            return shell, text
        command, rest = found
        if command is None:
            return shell, ""
        title = " ".join(text.removesuffix(rest).split())
        try:
            shell = yield from _foreground(shell, command, title)
        except Exit:
            if (yield from _may_leave(shell)):
                raise
        text = rest


def _foreground(shell: Shell, command: Command, title: str) -> Doing[Shell]:
    """Run a command to its end, or until it is stopped. Returns the shell that goes on."""
    before = shell.descriptors, shell.positional
    strand = Strand(iter(()))  # type: ignore[arg-type]
    job = shell.jobs.add(strand, title)
    strand.steps, shell.job, shell.strand = _kept(shell, command, job), job, strand
    shell.takes = job.pid if children.is_program(command) else 0
    shell.strands.append(strand)
    yield from wait_for(shell, job)
    if not job.over:
        return _apart(shell, *before)
    if strand.killed:
        shell.tested = shell.loops = shell.depth = 0
        shell.code = 128 + strand.killed
    if job.raised is not None:
        raise job.raised
    return shell


def _kept(shell: Shell, command: Command, job: Job) -> Doing[int]:
    """Run a command; what it raises is raised by the shell that waits for it."""
    try:
        yield from shell.run(command)
    except Failure as failure:
        yield from shell.complain(failure.text, failure.command)
        shell.code = failure.code
    except Leave:
        pass
    except Exit as end:
        job.raised = end
    return shell.code


def wait_for(shell: Shell, job: Job) -> Doing[int]:
    """Give a job the terminal until it ends or is stopped; returns its code."""
    jobs, strand = shell.jobs, job.strand
    outer, jobs.foreground = jobs.foreground, job
    try:
        while strand.code is None and not strand.frozen:
            yield Blocked(strand)
    finally:
        jobs.foreground = outer
    if strand.code is None:
        jobs.number(job)
        jobs.current(job)
        job.told = strand.frozen
        yield from shell.say("\n" + jobs.line(job), 2)
        shell.code = 128 + strand.frozen
        return shell.code
    jobs.remove(job)
    if strand.killed:
        said = "" if strand.killed in (signals.INT, signals.PIPE) else job.state(True)
        yield from shell.say(said + "\n", 2)
    return strand.code


def _apart(shell: Shell, descriptors: object, positional: list[str]) -> Shell:
    """The shell that goes on where a command of it was stopped, which keeps the old one."""
    twin = shell.fork()
    twin.descriptors, twin.positional = descriptors, positional  # type: ignore[assignment]
    twin.interactive, twin.traps, twin.jobs = True, shell.traps, shell.jobs
    twin.tested = twin.loops = twin.depth = 0
    while twin.variables.in_function:
        twin.variables.leave()
    return twin
