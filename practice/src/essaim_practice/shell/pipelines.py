"""Concurrent commands: pipelines, and commands in the background."""

from __future__ import annotations

from essaim_practice.programs.steps import Wait
from essaim_practice.shell import children
from essaim_practice.shell.exits import Failure
from essaim_practice.shell.pipes import PIPE, Doing, Held, Pipe
from essaim_practice.shell.state import Shell
from essaim_practice.shell.strands import Strand, side_by_side
from essaim_practice.shell.tree import Command
from essaim_practice.store.memory import NoMemory, allocated

_MOST_FORKS = 200  # commands that one shell has going on at once


def piped(shell: Shell, commands: tuple[Command, ...]) -> Doing[int]:
    strands: list[Strand] = []
    before: Pipe | None = None
    for number, command in enumerate(commands):
        twin = shell.fork()
        try:
            after = Pipe(room=allocated(PIPE)) if number + 1 < len(commands) else None
        except NoMemory:
            raise Failure(shell.dialect.cannot_fork()) from None
        twin.descriptors = dict(shell.descriptors)
        if before is not None:
            twin.descriptors[0] = before
        if after is not None:
            twin.descriptors[1] = after
        strand = Strand(twin.alone(command), writes=after, reads=before, outer=shell.strand)
        twin.strand = strand
        twin.takes = shell.context.inside.new_pid() if children.is_program(command) else 0
        strands.append(strand)
        before = after
    own = {id(strand.writes) for strand in strands if strand.writes is not None}
    shell.effort.piped += len(strands)
    try:
        _check(shell)
        shell.require_room(len(strands))
        yield from side_by_side(strands, own, None, shell.context.now)
    finally:
        shell.effort.piped -= len(strands)
        for strand in strands:
            strand.steps.close()
    codes = [strand.code or 0 for strand in strands]
    if "pipefail" in shell.options:
        return next((code for code in reversed(codes) if code), 0)
    return codes[-1]


def begin(shell: Shell, command: Command, title: str) -> Doing[None]:
    """Start a command in the background; it goes on whenever this shell waits.

    One that was typed is stopped where it reads what is typed next; else there is nothing to read.
    """
    shell.require_room(1)
    twin = shell.fork()
    typed = shell.interactive and shell.context.tty
    if not typed:
        twin.descriptors = {**shell.descriptors, 0: Held()}
    strand = twin.strand = Strand(twin.alone(command), background=typed)
    shell.strands.append(strand)
    _check(shell)
    job = twin.job = shell.jobs.add(strand, title)
    strand.steps = children.as_job(twin, strand.steps, job, children.is_program(command))
    shell.jobs.number(job)
    shell.jobs.last_pid = job.pid
    if typed:
        yield from shell.say(f"[{job.number}] {job.pid}\n", 2)
    shell.code = 0
    yield Wait(0.0)  # the other's turn


def _check(shell: Shell) -> None:
    alive = sum(strand.code is None for strand in shell.strands)
    if alive + shell.effort.piped > _MOST_FORKS:
        raise Failure(shell.dialect.cannot_fork())
