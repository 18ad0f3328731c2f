"""The folder that docker lines with a path may read: the course's demo folder, and nothing else.

A path of a line is one of the machine that the dashboard runs on, and its content ends up where the
viewer can see it: in a secret, a service, or an image. So only this folder is open.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from core.commands.streams import Streams
from core.errors import DockerRefused, InvalidCommand
from core.i18n import later as _

#: The demo folder, which ``.`` stands for in a docker line.
FOLDER = Path(__file__).parents[2] / "demo"
#: The most that is read for one command, in bytes.
LIMIT = 1_000_000


def read(path: str) -> bytes:
    """A file's content. Raises InvalidCommand for one that is not there, or not in the folder."""
    root = FOLDER.resolve()
    try:
        file = (root / path).resolve()
        if file.is_relative_to(root) and file.is_file() and file.stat().st_size <= LIMIT:
            return file.read_bytes()
    except (OSError, ValueError):
        pass
    sentence = _(
        "There is no file {path!r} here: only those of the demo folder can be read, such as {some}."
    )
    some = sorted(f.relative_to(root).as_posix() for f in (root / "stack").glob("*.*"))
    raise InvalidCommand(sentence, path=path, some=", ".join(some))


@dataclass(frozen=True, slots=True)
class Machine:
    """Where a line is typed: its files, and the environment of its shell.

    read: raises an EssaimError for a file that is not there. here: the folder, '' where unknown.
    """

    read: Callable[[str], bytes]
    environment: Mapping[str, str] = field(default_factory=dict)
    here: str = ""


#: Where a page's commands are: the demo folder.
DEMO = Machine(lambda path: read(path))
#: For a text that shows no file's content.
UNREAD = Machine(lambda path: b"")


def machine(streams: Streams) -> Machine:
    """The one of a terminal."""

    def opened(path: str) -> bytes:
        try:
            return streams.folder.read(path)
        except OSError as error:
            why = (error.strerror or str(error)).lower()
            verb = "read" if isinstance(error, IsADirectoryError) else "open"
            raise DockerRefused(f"{verb} {path}: {why}") from None

    return Machine(opened, streams.environment, streams.environment.get("PWD", ""))


def texts(paths: Iterable[str], files: Machine, streams: Streams | None = None) -> list[str]:
    """The contents of files; ``-`` is the standard input. Raises InvalidCommand, DockerRefused."""
    found = []
    for path in paths:
        data = streams.read() if streams and path == "-" else files.read(path)
        try:
            found.append(data.decode())
        except UnicodeDecodeError:
            raise InvalidCommand(_("{file} is no text."), file=path) from None
    return found


def read_all(path: str) -> dict[str, bytes]:
    """All files of a folder at or below the demo folder, by their path in it.

    Links are left out: they may lead elsewhere.

    Raises:
        InvalidCommand: it is no folder there, or larger than the limit.
    """
    root = FOLDER.resolve()
    folder = (root / path).resolve()
    if not folder.is_relative_to(root) or not folder.is_dir():
        sentence = _(
            "Only the demo folder can be built here: write . or a folder in it, not {path!r}."
        )
        raise InvalidCommand(sentence, path=path)
    found: dict[str, bytes] = {}
    size = 0
    for file in sorted(folder.rglob("*")):
        if file.is_file() and not file.is_symlink() and file.resolve().is_relative_to(root):
            size += file.stat().st_size
            check_size(size)
            found[file.relative_to(folder).as_posix()] = file.read_bytes()
    return found


def check_size(size: int, most: int = LIMIT) -> None:
    """Raise InvalidCommand for more bytes than the limit."""
    if size > most:
        sentence = _("The files to build from are larger than {size} kB in all.")
        raise InvalidCommand(sentence, size=most // 1000)


def beside(path: str, name: str) -> str:
    """The path of a file that the file at ``path`` names."""
    return str(PurePosixPath(path).parent / name)
