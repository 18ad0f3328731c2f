"""The state of one shell, with the operations that all its parts use."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, field
from random import Random

from essaim_practice.files import books
from essaim_practice.programs.base import Context, Program
from essaim_practice.programs.steps import Wait, Work
from essaim_practice.shell.dialect import Dialect
from essaim_practice.shell.exits import Exit, Failure, Leave
from essaim_practice.shell.history import History
from essaim_practice.shell.jobs import Job, Jobs
from essaim_practice.shell.pipes import Descriptors, Doing, Full, Held, Outer
from essaim_practice.shell.strands import Strand, side_by_side
from essaim_practice.shell.tree import Command, Group, Pipeline, Simple
from essaim_practice.shell.variables import LONGEST, Variables
from essaim_practice.store.memory import NoMemory, overrun
from essaim_practice.text.encoding import decoded, encoded

_DEEPEST = 60  # commands inside commands, functions among them
_COMMAND = Work(50)  # what a command costs besides what it does
_BURST = 40  # commands that take no simulated time together
_SHORTEST, _LONGEST_WAIT = 0.002, 0.1  # seconds between bursts: the longer it runs, the longer


@dataclass(slots=True)
class Effort:
    """Counts of the commands that a shell and its subshells have run and still run."""

    commands: int = 0
    piped: int = 0  # commands of pipelines that go on


@dataclass(slots=True)
class Shell:
    """One shell's state; ``fork`` makes a subshell's."""

    context: Context
    dialect: Dialect
    own: str  # $0, as complaints name it
    variables: Variables
    cwd: str
    execute: Callable[[Shell, Command], Doing[int]]  # runs one command; see interpreter.py
    positional: list[str] = field(default_factory=list)
    interactive: bool = False
    options: set[str] = field(default_factory=set)  # letters of `set`
    functions: dict[str, Command] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    traps: dict[str, str] = field(default_factory=dict)
    descriptors: Descriptors = field(default_factory=lambda: {n: Outer(n) for n in range(3)})
    code: int = 0  # $?
    strands: list[Strand] = field(default_factory=list)  # this shell, and all that it has begun
    jobs: Jobs = field(init=False)
    job: Job | None = None  # the one that it runs, or is part of
    pid: int = 1
    process: int = 1  # its own number, which a subshell has of its own, unlike $$
    takes: int = 0  # the number that the next program takes; 0: a new one
    leaves: bool = False  # its process becomes the next program: nothing comes after
    strand: Strand | None = None  # that runs it
    line: int = 1
    called: str = "sh"  # its command line, before it becomes another program
    umask: int = 0o022
    tested: int = 0  # inside conditions, where `set -e` does not apply
    loops: int = 0
    depth: int = 0
    effort: Effort = field(default_factory=Effort)
    history: History = field(default_factory=History)

    def __post_init__(self) -> None:
        self.process = self.pid
        self.jobs = Jobs(self.context.inside.new_pid, self.dialect.name == "bash")

    def fork(self) -> Shell:
        """Raises Failure where there is no memory for one more."""
        twin = copy(self)
        try:
            twin.variables = self.variables.copy()
        except NoMemory:
            raise Failure(self.dialect.cannot_fork()) from None
        twin.options, twin.functions = set(self.options), dict(self.functions)
        twin.aliases, twin.positional = dict(self.aliases), list(self.positional)
        twin.traps, twin.jobs, twin.interactive = {}, self.jobs.twin(), False
        twin.leaves = False
        return twin

    @property
    def title(self) -> str:
        """Its command line."""
        return self.jobs.title or self.called

    def require_room(self, more: int) -> None:
        """Raises Failure if the container's limit of processes allows no more of them."""
        most, context = self.context.bounds.pids, self.context
        alive = context.depth + sum(strand.code is None for strand in self.strands)
        if most and max(len(context.inside.processes()), alive) + more > most:
            raise Failure(self.dialect.cannot_fork())

    # Saying

    def say(self, text: str, descriptor: int = 1) -> Doing[None]:
        """Write a text as it is."""
        target = self.descriptors.get(descriptor)
        if target is not None and text:
            yield from target.put(encoded(text))

    def complain(self, text: str, command: str = "") -> Doing[None]:
        said = self.dialect.complaint(self.own, self.line, command, text, self.interactive)
        yield from self.say(said + "\n", 2)

    # What words ask for

    def parameter(self, name: str) -> list[str] | None:
        """The values of a parameter, None when it is not set."""
        if name in ("@", "*"):
            return self.positional
        if name.isdigit():
            number = int(name) if len(name) < 6 else 10**6
            if number == 0:
                return [self.own]
            return [self.positional[number - 1]] if number <= len(self.positional) else None
        special: dict[str, Callable[[], str]] = {
            "?": lambda: str(self.code),
            "#": lambda: str(len(self.positional)),
            "$": lambda: str(self.pid),
            "PPID": lambda: str(self.context.parent),
            "!": lambda: str(self.jobs.last_pid or ""),
            "-": lambda: "".join(letter for letter in sorted(self.options) if len(letter) == 1),
            "LINENO": lambda: str(self.line),
            "RANDOM": lambda: str(_drawn(self.context, self.effort.commands)),
        }
        if name in special and not (self.dialect.name == "dash" and name == "RANDOM"):
            return [special[name]()]
        value = self.variables.get(name)
        return None if value is None else [value]

    def home_of(self, user: str) -> str:
        return _home_of(self.context, user)

    def output_of(self, body: Command | None) -> Doing[str]:
        """The output of commands, without trailing newlines."""
        if body is None:
            return ""
        held = Held(most=LONGEST)
        shell = self.fork()
        shell.descriptors = {**self.descriptors, 1: held}
        try:
            self.code = yield from shell.alone(body)
        except Full:
            raise (NoMemory() if overrun() else Failure("out of memory")) from None
        return decoded(bytes(held.data)).replace("\0", "").rstrip("\n")

    # Running

    def alone(self, command: Command) -> Doing[int]:
        """Run a command as a shell of its own; returns its exit code."""
        try:
            return (yield from self.run(command))
        except Exit as end:
            return end.code
        except Leave:
            return 0
        except Failure as failure:
            yield from self.complain(failure.text, failure.command)
            return failure.code

    def run(self, command: Command) -> Doing[int]:
        """Run a command. Raises Exit, Return, Leave and Failure."""
        self.depth += 1
        if self.depth > _DEEPEST:
            self.depth = 0
            raise Exit((yield from self._too_deep()))
        try:
            self.code = yield from self.execute(self, command)
        finally:
            self.depth -= 1
        plain = isinstance(command, Simple | Group)
        plain = plain or (isinstance(command, Pipeline) and not command.negated)
        if self.code and plain and "e" in self.options and not self.tested:
            raise Exit(self.code)
        return self.code

    def _too_deep(self) -> Doing[int]:
        yield from self.complain("out of memory: nested too deeply for the practice engine")
        return 2

    def test(self, command: Command) -> Doing[int]:
        self.tested += 1
        try:
            return (yield from self.run(command))
        finally:
            self.tested -= 1

    def breathe(self) -> Doing[None]:
        """Let simulated time pass now and then, so that no loop stops the clock."""
        self.effort.commands += 1
        yield _COMMAND
        bursts, rest = divmod(self.effort.commands, _BURST)
        if not rest:
            yield Wait(min(_LONGEST_WAIT, _SHORTEST * (1 + bursts / 50)))

    def with_strands(self, steps: Doing[int]) -> Doing[int]:
        """Run the shell, and beside it what it starts in the background, until the shell ends."""
        main = self.strand = Strand(steps)
        self.strands.append(main)
        jobs, now = self.jobs, self.context.now

        def heed(number: int) -> Strand | None:
            return jobs.heed(number, main)

        left: list[Strand] = []
        try:
            yield from side_by_side(self.strands, None, main, now, heed)
            if self.interactive:
                left = [job.strand for job in jobs.all if not (job.over or job.strand.frozen)]
                if left:
                    titles = tuple(job.title for job in jobs.all if not job.over)
                    go_on = Program(_to_their_ends(left, now), processes=titles)  # type: ignore
                    self.context.inside.adopt(go_on)
        finally:
            for strand in self.strands:
                if strand not in left:
                    strand.steps.close()
        return main.code or 0


def _to_their_ends(strands: list[Strand], now: Callable[[], float]) -> Doing[int]:
    try:
        yield from side_by_side(strands, None, None, now)
    finally:
        for strand in strands:
            strand.steps.close()
    return 0


def _drawn(context: Context, number: int) -> int:
    """``$RANDOM``: the same in the same run."""
    return Random(f"{context.hostname} {number}").randrange(32768)


def _home_of(context: Context, user: str) -> str:
    fields = (entry.split(":") for entry in books.lines(context.fs, "/etc/passwd"))
    return next((found[5] for found in fields if found[0] == user and len(found) > 5), "")
