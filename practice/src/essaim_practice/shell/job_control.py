"""Builtins about jobs: jobs, fg, bg, wait and kill."""

from __future__ import annotations

from essaim_practice.programs import signals
from essaim_practice.shell import launch
from essaim_practice.shell.exits import Failure
from essaim_practice.shell.jobs import Job
from essaim_practice.shell.launch import Missing, builtin
from essaim_practice.shell.pipes import Blocked, Doing
from essaim_practice.shell.prompting import wait_for
from essaim_practice.shell.state import Shell


@builtin("jobs")
def jobs(shell: Shell, argv: list[str]) -> Doing[int]:
    """``jobs [-lp] [JOB…]``: ended ones are shown once."""
    options = "".join(word[1:] for word in argv[1:] if word.startswith("-"))
    named = [shell.jobs.named(word) for word in argv[1:] if not word.startswith("-")]
    listed = shell.jobs.listed if shell.dialect.name == "bash" else shell.jobs.listed[::-1]
    if shell.dialect.name == "bash":
        listed = sorted(listed, key=lambda job: job.number)
    for job in named or listed:
        if "p" in options:
            yield from shell.say(f"{job.pid}\n")
        else:
            yield from shell.say(shell.jobs.line(job, pids="l" in options))
        job.told = job.strand.frozen
        if job.over:
            shell.jobs.remove(job)
    return 0


@builtin("fg")
def fg(shell: Shell, argv: list[str]) -> Doing[int]:
    job = _stopped_or_running(shell, argv)
    yield from shell.say(f"{job.title}\n")
    shell.jobs.go_on(job, background=False)
    return (yield from wait_for(shell, job))


@builtin("bg")
def bg(shell: Shell, argv: list[str]) -> Doing[int]:
    for words in [[word] for word in argv[1:]] or [[]]:
        job = _stopped_or_running(shell, ["bg", *words])
        bash = shell.dialect.name == "bash"
        yield from shell.say(f"[{job.number}]{'+' * bash} {job.title}{' &' * bash}\n")
        shell.jobs.go_on(job, background=True)
    return 0


def _stopped_or_running(shell: Shell, argv: list[str]) -> Job:
    job = shell.jobs.named(argv[1] if len(argv) > 1 else "")
    if job.over:
        raise Failure(f"job {argv[1] if len(argv) > 1 else '%%'} has terminated", 1)
    return job


@builtin("wait")
def wait(shell: Shell, argv: list[str]) -> Doing[int]:
    code = 0
    for word in argv[1:]:
        try:
            job = shell.jobs.named(word)
        except Failure:
            code = 127
            continue
        code = yield from _ended(shell, job)
    if not argv[1:]:
        for job in shell.jobs.listed:
            if not job.strand.frozen:
                yield from _ended(shell, job)
    return code


def _ended(shell: Shell, job: Job) -> Doing[int]:
    while job.strand.code is None and not job.strand.frozen:
        yield Blocked(job.strand)
    if job.strand.code is None:
        return 128 + job.strand.frozen
    if shell.interactive and not job.strand.killed:
        shell.jobs.remove(job)
    if not shell.interactive and job.strand.killed not in (0, signals.INT, signals.PIPE):
        if not job.told:
            yield from shell.say(f"{job.state(shell.dialect.name == 'bash')}\n", 2)
        job.told = job.strand.killed
    return job.strand.code


@builtin("kill")
def kill(shell: Shell, argv: list[str]) -> Doing[int]:
    """``kill [-SIGNAL] PID|%JOB…``: other processes than jobs are left to the program kill."""
    words, options = argv[1:], []
    if words[:1] in (["-s"], ["-n"]):
        options, words = words[:2], words[2:]
    elif words and words[0].startswith("-") and len(words[0]) > 1 and words[0] != "--":
        options, words = words[:1], words[1:]
    words = words[1:] if words[:1] == ["--"] else words
    number = signals.number(options[-1].removeprefix("-") or "TERM") if options else signals.TERM
    code, left = 0, []
    for word in words:
        try:
            job = shell.jobs.named(word) if word.startswith("%") or word.isdecimal() else None
        except Failure as failure:
            if word.startswith("%"):
                yield from shell.complain(failure.text, "kill")
                code = 1
                continue
            job = None
        if job is None or (number is None and options != ["-0"]):
            left.append(word)
        elif not job.over:
            _send(shell, job, number or 0)
    if left or not words:
        try:
            return (yield from launch.run(shell, ["kill", *options, *left])) or code
        except Missing as missing:
            yield from shell.complain(missing.text)
            return missing.code
    return code


def _send(shell: Shell, job: Job, number: int) -> None:
    """One that is stopped goes on, so that it hears of its end."""
    shell.jobs.send(job, number)
    if number in (signals.TERM, signals.HUP, signals.INT):
        shell.jobs.send(job, signals.CONT)
