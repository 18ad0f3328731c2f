"""The folder that docker lines with a path may read: the course's demo folder, and nothing else.

A path of a line is one of the machine that the dashboard runs on. What is read from there ends up
where the viewer can see it, so only this folder is open.
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from core.commands.build import FOLDER, LIMIT
from core.errors import InvalidCommand
from core.i18n import later as _


def read(path: str) -> bytes:
    """A file's content. Raises InvalidCommand for one that is not there, or not in the folder."""
    root = FOLDER.resolve()
    try:
        file = (root / path).resolve()
        if file.is_relative_to(root) and file.is_file() and file.stat().st_size <= LIMIT:
            return file.read_bytes()
    except (OSError, ValueError):
        pass
    raise InvalidCommand(
        _(
            "There is no file {path!r} here: only those of the demo folder can be read, such as "
            "{some}."
        ),
        path=path,
        some=", ".join(_some(root)),
    )


def beside(path: str, name: str) -> str:
    """A path that is written in the file at ``path``, as seen from the folder."""
    return str(PurePosixPath(path).parent / name)


def _some(root: Path) -> list[str]:
    return sorted(f.relative_to(root).as_posix() for f in (root / "stack").glob("*.*"))
