"""Jobs: what a shell at a terminal runs, in the foreground, in the background, or stopped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from essaim_practice.programs import base as programs
from essaim_practice.programs import signals
from essaim_practice.programs.base import Running
from essaim_practice.programs.steps import Interrupted
from essaim_practice.shell.exits import Failure
from essaim_practice.shell.strands import Strand

ENDED = {1: "Hangup", 2: "Interrupt", 3: "Quit", 9: "Killed", 15: "Terminated"}
_MOST = 200  # jobs of one shell that go on at once; ended ones are forgotten sooner
_CONTINUING = (signals.CONT, signals.KILL)  # they wake one that is stopped
_STOPPING = (signals.STOP, signals.TSTP, signals.TTIN, signals.TTOU)


@dataclass(slots=True, eq=False)
class Job:
    """One command line.

    number: as ``jobs`` shows it; 0 for one that was never but in the foreground.
    """

    pid: int
    title: str
    strand: Strand
    number: int = 0
    inner: int = 0  # shells that it runs, which stop commands of their own
    told: int = 0  # the signal that stopped it, once that was said
    raised: Exception | None = None  # what the shell that waits for it is to raise

    @property
    def over(self) -> bool:
        return self.strand.code is not None

    def state(self, bash: bool) -> str:
        """``Running``, ``Stopped``, ``Done(2)``: as the shell says it."""
        strand, code = self.strand, self.strand.code
        if code is None:
            if not strand.frozen:
                return "Running"
            at_input = strand.frozen == signals.TTIN and not bash
            return "Stopped (tty input)" if at_input else "Stopped"
        if strand.killed:
            return ENDED.get(strand.killed, f"Signal {strand.killed}")
        if not code:
            return "Done"
        return f"Exit {code}" if bash else f"Done({code})"


class ChildKilled(Interrupted):
    """A signal for what a strand runs in the foreground, not for the strand."""


@dataclass(slots=True, eq=False)
class Child:
    """A process that a shell or one of its subshells has started."""

    shown: Running
    strand: Strand | None  # that runs it
    job: Job | None = None  # which it is the process of
    killed: Interrupted | None = None
    inner: programs.Jobs | None = None  # its own processes, of one that is a shell


@dataclass(slots=True)
class Family:
    """The processes of one shell and its subshells, by pid."""

    children: dict[int, Child] = field(default_factory=dict)
    title: str = ""  # the shell's own, once it has become another program
    name: str = ""
    hears: frozenset[int] = frozenset()  # the signals that this program hears of
    inner: programs.Jobs | None = None  # its processes, where it is a shell


class Jobs:
    """The jobs of one shell, the current one last. new_pid: draws a number for a process."""

    def __init__(
        self, new_pid: Callable[[], int], bash: bool, family: Family | None = None
    ) -> None:
        self.all: list[Job] = []
        self.family = family or Family()
        self.foreground: Job | None = None
        self.warned = False  # that there are stopped ones, when the shell was to end
        self.last_pid = 0  # $!
        self._new_pid = new_pid
        self._bash = bash

    def twin(self) -> Jobs:
        """Those of a shell that this one has begun: none yet."""
        twin = Jobs(self._new_pid, self._bash, self.family)
        twin.last_pid = self.last_pid
        return twin

    def add(self, strand: Strand, title: str) -> Job:
        job = Job(self._new_pid(), title, strand)
        if len(self.all) > _MOST:  # forget those that ended long ago
            self.all = [j for j in self.all if not j.over]
        self.all.append(job)
        return job

    def remove(self, job: Job) -> None:
        if job in self.all:
            self.all.remove(job)

    def number(self, job: Job) -> None:
        """Give a job a number: it goes on, or stays, behind the prompt."""
        job.number = job.number or max((j.number for j in self.all), default=0) + 1

    def current(self, job: Job) -> None:
        """Make it the one that fg, bg and %% mean."""
        self.remove(job)
        self.all.append(job)

    @property
    def listed(self) -> list[Job]:
        """Those with a number: stopped ones come last, as they are the current ones."""
        numbered = [job for job in self.all if job.number]
        return sorted(numbered, key=lambda job: bool(job.strand.frozen and not job.over))

    def line(self, job: Job, pids: bool = False) -> str:
        """``[1]+  Running                    sleep 100``, as ash or bash shows it."""
        listed = self.listed
        place = len(listed) - listed.index(job) if job in listed else 0
        mark = {1: "+", 2: "-"}.get(place, " ")
        pid = f"{job.pid} " if pids else ""
        ends = " &" if self._bash and not job.over and not job.strand.frozen else ""
        state = f"{job.state(self._bash):<{24 if self._bash else 27}}"
        return f"[{job.number}]{mark}  {pid}{state}{job.title}{ends}\n"

    def news(self) -> list[str]:
        """Lines about jobs that ended or stopped since the last look; ended ones are forgotten."""
        news = [job for job in self.listed if job.over or job.told != job.strand.frozen]
        lines = [self.line(job) for job in sorted(news, key=lambda job: job.number)]
        for job in news:
            job.told = job.strand.frozen
            if job.over:
                self.remove(job)
        return lines

    def named(self, word: str) -> Job:
        """The job that ``%1``, ``%%``, ``%-``, ``%name`` or a pid means. Raises Failure."""
        listed = self.listed
        name = word.removeprefix("%")
        found: list[Job] = []
        if word in ("", "%", "%%", "%+"):
            found = listed[-1:]
        elif word == "%-":
            found = listed[-2:-1] or listed[-1:]
        elif name.isdecimal() and len(name) < 10:
            number = int(name)
            by_pid = not word.startswith("%")
            found = [j for j in listed if (j.pid if by_pid else j.number) == number]
        elif name.startswith("?"):
            found = [j for j in listed if name[1:] in j.title]
        else:
            found = [j for j in listed if j.title.startswith(name)]
        if not found:
            if self._bash:
                raise Failure(f"{word or 'current'}: no such job", 1)
            raise Failure(f"{word}: no such job" if word else "No current job")
        return found[-1]

    # Signals

    @property
    def title(self) -> str:
        return self.family.title

    @property
    def name(self) -> str:
        return self.family.name

    def running(self) -> list[Running]:
        """All processes of the shell and its subshells, as ``ps`` shows them."""
        inner = self.family.inner
        shown = inner.running() if inner is not None else []
        for child in self.family.children.values():
            within = child.inner
            one = child.shown
            if within is not None and within.title:
                one = replace(one, title=within.title, name=within.name)
            shown = [*shown, one, *(within.running() if within is not None else ())]
        return list(shown)

    def signal(self, pid: int, number: int) -> bool:
        """Send a signal to a process; False where none has this pid."""
        child = self.family.children.get(pid)
        if child is None:
            return self._signal_within(pid, number)
        if child.job is not None:
            self.send(child.job, number)
        elif child.strand is not None and number not in signals.HARMLESS:
            child.killed = ChildKilled(number)
            child.strand.interrupt(child.killed)
            child.strand.wake()
        return True

    def _signal_within(self, pid: int, number: int) -> bool:
        """Send a signal to a process of a shell that this one has started, or has become."""
        if self.family.inner is not None and self.family.inner.signal(pid, number):
            return True
        for child in list(self.family.children.values()):
            if child.inner is not None and child.inner.signal(pid, number):
                if child.strand is not None:
                    child.strand.interrupt(Interrupted(signals.CONT))
                    child.strand.wake()
                return True
        return False

    @property
    def hears(self) -> frozenset[int]:
        return self.family.hears

    def send(self, job: Job, number: int) -> None:
        strand = job.strand
        if number in _STOPPING:
            strand.frozen = number
        elif number in _CONTINUING:
            strand.frozen = job.told = 0
        if number == signals.KILL or (number and number not in signals.HARMLESS):
            strand.interrupt(Interrupted(number))

    def go_on(self, job: Job, background: bool) -> None:
        """Let a stopped job go on."""
        strand = job.strand
        strand.background, strand.frozen, job.told = background, 0, 0
        if background and strand.wants:
            strand.frozen = signals.TTIN

    def stopped(self) -> bool:
        return any(job.strand.frozen and not job.over for job in self.all)

    def heed(self, number: int, shell: Strand) -> Strand | None:
        """The strand that a signal to the shell is thrown into, if any."""
        foreground = self.foreground.strand if self.foreground is not None else None
        if number == signals.TSTP and self.foreground is not None:
            if self.foreground.inner:
                return foreground
            self.foreground.strand.frozen = number
        elif number in (signals.INT, signals.QUIT):
            return foreground or shell
        elif number == signals.HUP:
            self._hang_up()
            return shell
        elif number not in signals.HARMLESS:
            return shell
        return None

    def _hang_up(self) -> None:
        """End all jobs but those that do not listen to it."""
        for job in self.all:
            if not job.over:
                job.strand.frozen = 0
                job.strand.interrupt(Interrupted(signals.HUP))
