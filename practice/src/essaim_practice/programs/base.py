"""Simulated programs: their registry, their context, and the lookup of a command line.

Nothing really runs, and invented output says so. The programs are in ``docker``, ``installers``,
and in the packages ``servers``, ``shell`` and ``utilities``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from posixpath import basename, join, normpath

from essaim_practice.files import rights
from essaim_practice.files.filesystem import FileSystem
from essaim_practice.files.guarded import Guarded
from essaim_practice.files.rights import USUAL_BOUNDS, Bounds, Rights
from essaim_practice.programs.docker_lines import NO_DOCKER, Docker
from essaim_practice.programs.hosts import NO_NET, Net
from essaim_practice.programs.overview import Overview
from essaim_practice.programs.program import Files as Files
from essaim_practice.programs.program import Inside as Inside
from essaim_practice.programs.program import Jobs as Jobs
from essaim_practice.programs.program import Program as Program
from essaim_practice.programs.program import Running as Running
from essaim_practice.programs.program import Site as Site
from essaim_practice.programs.steps import printing
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


class StartError(Exception):
    """The program cannot start: the reason, and the exit code of its container."""

    def __init__(self, message: str, exit_code: int = 127) -> None:
        super().__init__(message)
        self.message = message
        self.exit_code = exit_code


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
    parent: int = 0  # that of the shell that started it
    depth: int = 0  # shells that it runs in, one in the other
    docker: Docker = NO_DOCKER  # the docker command of a machine
    bounds: Bounds = USUAL_BOUNDS  # what its container lets it have
    overview: Callable[[], Overview | None] = lambda: None  # by the engine's socket, if it has it

    @property
    def rights(self) -> Rights:
        """Of its user, as the container's books tell now."""
        if self.user in ("", "root", "0") and not self.groups:  # most: without files of their own
            return Rights(bounding=self.bounds.capabilities)
        return rights.of(self.inside.disk(), self.user, self.groups, self.bounds.capabilities)

    @property
    def fs(self) -> FileSystem:
        """The files, as far as its rights go."""
        own, disk = self.rights, self.inside.disk()
        disk.reader = self.pid
        return disk if own.is_free else Guarded(disk, own)

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
    if maker is not None and context.image.platform:  # a program of another kind of processor
        path = _located(argv[0], context) or argv[0]
        return Program(printing(f"exec {path}: exec format error", 255, 2))
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

#: What makes a program of a file's content, by how that begins.
READERS: dict[bytes, Callable[[bytes], Maker]] = {}

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
    for reader in (reader for start, reader in READERS.items() if content.startswith(start)):
        return reader(content)
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
