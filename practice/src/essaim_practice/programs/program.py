"""A program about to run, and what it can ask of its container: files, terminal, processes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from errno import ESRCH
from itertools import count
from posixpath import basename
from typing import Protocol

from essaim_practice.files.filesystem import FileSystem
from essaim_practice.programs.http import HttpRequest, HttpResponse
from essaim_practice.programs.steps import Steps
from essaim_practice.programs.talk import Talks


@dataclass(frozen=True, slots=True)
class Program:
    """A program about to run."""

    steps: Steps
    term_code: int | None = None  # exit code after SIGTERM and the like; None: it does not listen
    ports: frozenset[int] = frozenset()  # where it answers HTTP
    site: Site | None = None  # what it answers there
    processes: tuple[str, ...] = ()  # what `docker top` shows
    hears: frozenset[int] = frozenset()  # the signals that are thrown into it as Interrupted
    script: Callable[[], str] | None = None  # the source of the Streamlit app that it runs
    jobs: Jobs | None = None  # a shell's: processes inside its own, as its container sees them
    talks: Mapping[int, Talks] = field(default_factory=dict)  # where it speaks no HTTP, by port


Site = Callable[[HttpRequest], HttpResponse]


class Jobs(Protocol):
    """What a shell runs."""

    @property
    def title(self) -> str:
        """The shell's own command line, once it has become another program."""
        ...

    @property
    def name(self) -> str:
        """The name of that program."""
        ...

    @property
    def hears(self) -> frozenset[int]:
        """The signals that that program hears of, beside the shell's own."""
        ...

    def running(self) -> Sequence[Running]:
        """Each process, but for its user."""
        ...

    def signal(self, pid: int, number: int) -> bool:
        """Send a signal; False where none has this pid."""
        ...


_NAME = 15  # letters of a process's name that the kernel keeps


@dataclass(frozen=True, slots=True)
class Running:
    """One process of a container, as ``ps`` shows it."""

    pid: int  # as the container counts: its first process is 1
    user: str
    started: float
    title: str  # its command line
    parent: int = 0  # the pid of its parent there; 0: none that the container sees
    name: str = ""  # of what it executes, where the command line does not say

    @property
    def called(self) -> str:
        """The name of what it executes, as /proc/PID/comm has it."""
        first = basename(self.title.split(" ")[0]).removeprefix("-").removesuffix(":")
        return (self.name or first)[:_NAME]


class Inside(Protocol):
    """The container of a program: files, terminal and processes, as they are at each call."""

    def disk(self) -> FileSystem:
        """The files; made when a program first needs them."""
        ...

    def view(self) -> FileSystem:
        """As ``disk``, for lookups of programs only: it may be shared with other containers."""
        ...

    def window(self) -> tuple[int, int]:
        """Rows and columns of its terminal."""
        ...

    def processes(self) -> Sequence[Running]: ...

    def kill(self, pid: int, number: int) -> None:
        """Send a signal. Raises ProcessLookupError."""
        ...

    def new_pid(self) -> int:
        """A number for one more process."""
        ...

    def adopt(self, program: Program) -> None:
        """Let a program go on whose shell has ended, without a terminal."""
        ...


class Files:
    """The container of a build step: files only."""

    def __init__(self, files: FileSystem) -> None:
        self._files = files
        self._pids = count(2)

    def disk(self) -> FileSystem:
        return self._files

    def view(self) -> FileSystem:
        return self._files

    def window(self) -> tuple[int, int]:
        return 0, 0

    def processes(self) -> Sequence[Running]:
        return ()

    def kill(self, pid: int, number: int) -> None:
        if pid != 1:  # which takes no signal from inside that it has not asked for
            raise ProcessLookupError(ESRCH, "No such process")

    def new_pid(self) -> int:
        return next(self._pids)

    def adopt(self, program: Program) -> None:
        program.steps.close()
