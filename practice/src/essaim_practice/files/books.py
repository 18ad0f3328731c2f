"""The books of a system, such as /etc/passwd and /etc/hosts: lines that many programs look up."""

from __future__ import annotations

from essaim_practice.files.filesystem import FileSystem
from essaim_practice.text.encoding import decoded

_MOST = 64 * 1024  # bytes that are looked at: what reads a book does so between two steps


def lines(fs: FileSystem, path: str) -> list[str]:
    """The lines of a book; none where it cannot be read."""
    try:
        return decoded(fs.read(path)[:_MOST]).splitlines()
    except OSError:
        return []
