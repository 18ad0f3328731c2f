"""Whether a .dockerignore leaves itself and the Dockerfile out of a context that was sent.

The client leaves out all else, but sends these two, for the builder reads them first.
"""

from __future__ import annotations

from posixpath import normpath

from essaim_practice.files.filesystem import FileSystem
from essaim_practice.text import globs

_NAME = ".dockerignore"


def leave_out(context: FileSystem, dockerfile: str) -> None:
    """Remove the two from an unpacked context, as far as its .dockerignore wants it."""
    place = f"/{_NAME}"
    if not context.exists(place) or context.is_folder(place):
        return
    lines = context.read(place).decode(errors="replace").lstrip("\ufeff").splitlines()
    patterns = [line.strip() for line in lines if not line.startswith("#") and line.strip()]
    for name in (_NAME, normpath(dockerfile).lstrip("/")):
        if excluded(name, patterns) and context.exists(f"/{name}"):
            context.remove(f"/{name}")


def excluded(path: str, patterns: list[str]) -> bool:
    """Whether the last pattern that means the path, or a folder above it, is no exception."""
    out = False
    for pattern in patterns:
        plain = normpath(pattern.removeprefix("!").strip() or ".").lstrip("/")
        if globs.matches(plain, path, below=True):
            out = not pattern.startswith("!")
    return out
