"""Removes .dockerignore and the Dockerfile from a context, if the former excludes them.

The client itself excludes all other files, but sends these two for the builder.
"""

from __future__ import annotations

from posixpath import normpath

from essaim_practice.files.filesystem import FileSystem
from essaim_practice.text import globs

_NAME = ".dockerignore"


def leave_out(context: FileSystem, dockerfile: str) -> None:
    """Remove those of the two files that .dockerignore excludes."""
    place = f"/{_NAME}"
    if not context.exists(place) or context.is_folder(place):
        return
    lines = context.read(place).decode(errors="replace").lstrip("\ufeff").splitlines()
    patterns = [line.strip() for line in lines if not line.startswith("#") and line.strip()]
    for name in (_NAME, normpath(dockerfile).lstrip("/")):
        if excluded(name, patterns) and context.exists(f"/{name}"):
            context.remove(f"/{name}")


def excluded(path: str, patterns: list[str]) -> bool:
    """Whether the last pattern that matches the path or its folder excludes it."""
    out = False
    for pattern in patterns:
        plain = normpath(pattern.removeprefix("!").strip() or ".").lstrip("/")
        if globs.matches(plain, path, below=True):
            out = not pattern.startswith("!")
    return out
