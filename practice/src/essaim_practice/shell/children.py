"""The processes that a shell starts, as ``ps`` shows them."""

from __future__ import annotations

from posixpath import basename

from essaim_practice.programs.base import Running
from essaim_practice.shell.jobs import Child, Job
from essaim_practice.shell.pipes import Doing
from essaim_practice.shell.state import Shell
from essaim_practice.shell.tree import Command, Pipeline, Sequence, Simple

#: What BusyBox's shell calls in a fork of itself, instead of executing it.
_CALLED = frozenset(
    [
        "awk",
        "cat",
        "chmod",
        "chown",
        "cp",
        "cut",
        "date",
        "dd",
        "df",
        "env",
        "expr",
        "find",
        "head",
        "id",
        "ls",
        "mkdir",
        "mv",
        "nl",
        "od",
        "ps",
        "rm",
        "sed",
        "seq",
        "sort",
        "tr",
        "wc",
        "xargs",
        "yes",
    ]
)


def shown_of(shell: Shell, argv: list[str], pid: int) -> Running:
    """A program as ``ps`` shows it: what BusyBox only calls keeps the shell's command line."""
    name = basename(argv[0])
    called = shell.dialect.name == "ash" and name in _CALLED
    return Running(
        pid,
        "",
        shell.context.now(),
        shell.title if called else " ".join(argv),
        shell.process,
        name if called else "",
    )


def is_program(command: Command) -> bool:
    """Whether a command is a simple one: its process is that of its program."""
    while isinstance(command, Sequence) and len(command.items) == 1:
        command = command.items[0][0]
    while isinstance(command, Pipeline) and len(command.commands) == 1:
        command = command.commands[0]
    return isinstance(command, Simple)


def as_job(shell: Shell, steps: Doing[int], job: Job, program: bool) -> Doing[int]:
    """Run the commands of a job of its own, as a process that ``ps`` shows."""
    family = shell.jobs.family.children
    if program:
        shell.takes = job.pid
        return (yield from steps)
    shown = Running(job.pid, "", shell.context.now(), shell.title, shell.process)
    family[job.pid] = Child(shown, shell.strand, job)
    shell.process = job.pid
    try:
        return (yield from steps)
    finally:
        family.pop(job.pid, None)
