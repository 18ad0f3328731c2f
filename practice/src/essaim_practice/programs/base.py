"""Simulated programs: their registry, their context, and the lookup of a command line.

Nothing really runs, and invented output says so. The programs are in ``docker``, ``installers``,
and in the packages ``servers``, ``shell`` and ``utilities``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from errno import ESRCH
from itertools import count
from posixpath import basename, join, normpath
from typing import Protocol

from essaim_practice.files.filesystem import FileSystem
from essaim_practice.programs.docker_lines import NO_DOCKER, Docker
from essaim_practice.programs.hosts import NO_NET, Net
from essaim_practice.programs.http import HttpRequest, HttpResponse
from essaim_practice.programs.steps import Steps, printing
from essaim_practice.programs.talk import Talks
from essaim_practice.store.file_tree import File, Inode
from essaim_practice.store.objects import Container, Image

MACHINE = "machine"  # what the machines themselves have, beside the images
SMALL = ("alpine", "busybox", MACHINE)  # bases whose shell and programs are BusyBox
GNU = ("debian", "ubuntu")  # bases whose small programs are GNU's
UNIX = (*SMALL, *GNU)  # all that have a shell
UNABLE = "unable to start container process"  # runc's beginning of why
LONGEST_STRING = 128 * 1024  # bytes of one argument or setting, as in Linux (MAX_ARG_STRLEN)
_POINTER = 9  # bytes that each of them takes besides, with its zero at the end
_LONGEST_STRINGS = 2 * 2**20  # bytes of all of them, as in Linux (a quarter of the stack)
NOT_STARTED = 128  # the exit code of a container whose network could not be set up


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

    def running(self) -> Sequence[tuple[int, str]]:
        """Pid, as the container counts, and command line of each."""
        ...

    def signal(self, pid: int, number: int) -> bool:
        """Send a signal; False where none has this pid."""
        ...


class StartError(Exception):
    """The program cannot start: the reason, and the exit code of its container."""

    def __init__(self, message: str, exit_code: int = 127) -> None:
        super().__init__(message)
        self.message = message
        self.exit_code = exit_code


@dataclass(frozen=True, slots=True)
class Running:
    """One process of a container, as ``ps`` shows it."""

    pid: int  # as the container counts: its first process is 1
    user: str
    started: float
    title: str  # its command line


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


@dataclass(frozen=True, slots=True)
class Context:
    """Everything that a program can see of its container, or of its machine."""

    image: Image
    hostname: str
    env: Mapping[str, str]
    cwd: str
    now: Callable[[], float]  # simulated seconds since the epoch
    interactive: bool  # its input stays open
    inside: Inside
    user: str = "root"
    groups: tuple[str, ...] = ()  # names or numbers of those besides the user's own
    tty: bool = False  # its output is a terminal
    typed: bool | None = None  # its input is one; None: as its output
    window: Callable[[], tuple[int, int]] | None = None  # of a terminal that is its own
    net: Net = NO_NET
    pid: int = 1  # the program's own, as the container counts
    depth: int = 0  # shells that it runs in, one in the other
    docker: Docker = NO_DOCKER  # the docker command of a machine

    @property
    def fs(self) -> FileSystem:
        return self.inside.disk()

    @property
    def view(self) -> FileSystem:
        """As ``fs``, for lookups of programs only."""
        return self.inside.view()

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns of the terminal; 0 if there is none, or its size is unknown."""
        return self.window() if self.window else self.inside.window()

    @property
    def keyboard(self) -> bool:
        """Whether its input is a terminal."""
        return self.tty if self.typed is None else self.typed

    def path(self, name: str) -> str:
        """The absolute path that a name means to the program."""
        return normpath(join(self.cwd, name))

    def file(self, path: str) -> bytes | None:
        """The content of a file; None if it cannot be read."""
        try:
            return self.fs.read(self.path(path))
        except OSError:
            return None


def not_created(error: StartError) -> str:
    """The daemon's message if the main program of a container cannot start."""
    return (
        "failed to create task for container: failed to create shim task: OCI runtime create "
        f"failed: runc create failed: {UNABLE}: error during container init: {error.message}"
    )


def settings(image: Image | None, more: object) -> list[str]:
    """``NAME=value`` of the container, then those of the image that it does not override."""
    asked = [str(pair) for pair in (more if isinstance(more, list | tuple) else ())]
    named = {pair.partition("=")[0] for pair in asked}
    own = (image.config.get("Env") if image else None) or ()
    return [*asked, *(str(pair) for pair in own if str(pair).partition("=")[0] not in named)]


def environment(image: Image | None, more: object) -> dict[str, str]:
    """The environment of a program; a name without a value removes the image's setting."""
    split = (pair.partition("=") for pair in settings(image, more))
    return {name: value for name, equals, value in split if equals}


def argv_of(container: Container, image: Image) -> list[str]:
    """Entrypoint and command, the container's own before the image's, as Docker combines them."""
    config = container.config
    entrypoint, command = config.get("Entrypoint"), config.get("Cmd")
    if entrypoint == [""]:  # `--entrypoint ""` clears the image's
        entrypoint = []
    elif not entrypoint:
        entrypoint = image.config.get("Entrypoint")
        command = command or image.config.get("Cmd")
    return [str(word) for word in [*(entrypoint or ()), *(command or ())]]


def program(argv: list[str], context: Context) -> Program:
    """The program that a command line means in a container.

    Raises StartError with the end of what runc says.
    """
    if not argv:
        raise StartError("no command specified", 127)
    if too_long(argv, context.env):
        raise StartError(f"exec {argv[0][:255]}: argument list too long", 126)
    maker = find(argv[0], context)
    if maker is not None:
        return maker(argv, context)
    name, code = argv[0], 127
    if "/" not in name:
        reason = "executable file not found in $PATH"
    elif not context.view.exists(context.path(name)):
        reason = f"stat {name}: no such file or directory"
    else:
        code = 126
        folder = context.view.is_folder(context.path(name))
        reason = "is a directory: permission denied" if folder else "permission denied"
    raise StartError(f'exec: "{name}": {reason}', code)


def too_long(argv: Iterable[str], env: Mapping[str, str]) -> bool:
    """Whether Linux refuses the arguments: one string is too long, or all together are."""
    sizes = [len(word) for word in argv]
    sizes += [len(name) + 1 + len(value) for name, value in env.items()]
    if sum(sizes) + _POINTER * len(sizes) >= _LONGEST_STRINGS:
        return True
    return max(sizes, default=0) >= LONGEST_STRING


Maker = Callable[[list[str], Context], Program]

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

INSTALLED = "installed"  # the base of no image: programs that only an installer brings
INSTALLED_PROGRAM = b"\x7fELF (simulated)\n"  # what is in the file of an installed command

_REMEMBERED = 256  # executables that were looked for in one tree

_EXECUTABLES: dict[tuple[str, str], Maker] = {}


def executable(owners: Iterable[str], *names: str) -> Callable[[Maker], Maker]:
    """Register a program by its names for the images of these behaviours or bases."""

    def enter(maker: Maker) -> Maker:
        for owner in owners:
            for name in names:
                _EXECUTABLES[owner, name] = maker
        return maker

    return enter


def played() -> frozenset[tuple[str, str]]:
    """All registered programs, as (behaviour or base of the image, name)."""
    return frozenset(_EXECUTABLES)


def find(name: str, context: Context) -> Maker | None:
    """The program that an executable's name or path means in an image."""
    known = context.view.known
    if known is None:
        return _find(name, context)
    # A thousand containers of an image look for the same few in the same tree.
    image = context.image
    asked = (name, context.cwd, context.env.get("PATH", _PATH), image.behaviour, image.base)
    if asked not in known:
        if len(known) >= _REMEMBERED:
            known.clear()
        known[asked] = _find(name, context)
    maker: Maker | None = known[asked]
    return maker


def _find(name: str, context: Context) -> Maker | None:
    path = _located(name, context)
    if path is None or not context.view.entry(path).mode & 0o111:
        return None
    for owner in (context.image.behaviour, context.image.base, INSTALLED):
        if maker := _EXECUTABLES.get((owner, basename(path))):
            return maker
    content = context.view.read(path)
    first = content.partition(b"\n")[0]
    if first.startswith(b"#!"):
        interpreter = first[2:].decode(errors="replace").split(None, 1)
        return lambda argv, context: program([*interpreter, path, *argv[1:]], context)
    if content == INSTALLED_PROGRAM:  # an image's build goes on, and is told that nothing ran
        return lambda argv, context: Program(printing(f"(simulated) {' '.join(argv)}"))
    words = f"{basename(path)}: unsupported by the practice engine"
    return lambda argv, context: Program(printing(words, 1, 2))


def _located(name: str, context: Context) -> str | None:
    """The path of a program; its mode is not checked here."""
    folders = context.env.get("PATH", _PATH).split(":") if "/" not in name else [""]
    paths = (join(context.cwd, folder, name) for folder in folders)
    return next((path for path in paths if isinstance(_entry(path, context), File)), None)


def _entry(path: str, context: Context) -> Inode | None:
    if context.view.lacks(path):
        return None
    try:
        return context.view.entry(path)
    except OSError:
        return None
