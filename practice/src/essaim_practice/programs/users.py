"""Users and groups as a container's files know them: what a name is, and whether it is known."""

from __future__ import annotations

import re

from essaim_practice.files import books
from essaim_practice.files.filesystem import FileSystem
from essaim_practice.programs.base import StartError

_NUMBER = re.compile(r"-?[0-9]+")


def check_user(fs: FileSystem, user: str) -> None:
    """Raises StartError in the daemon's words if these files know no such user."""
    for name, book in zip(user.split(":", 1), ("passwd", "group"), strict=False):
        if name:
            check_known(fs, name, book, 126)


def check_known(fs: FileSystem, name: str, book: str, code: int) -> None:
    """Raises StartError with this code for a name that /etc/passwd or /etc/group does not have."""
    if _NUMBER.fullmatch(name):
        if not 0 <= int(name[:20]) < 2**31:
            text = "uids and gids must be in range 0-2147483647"
            raise StartError(text, code)
    elif number(fs, name, book) is None:
        kind = "user" if book == "passwd" else "group"
        text = f"unable to find {kind} {name}: no matching entries in {book} file"
        raise StartError(text, code)


def number(fs: FileSystem, name: str, book: str) -> int | None:
    """The uid of a user (book: passwd) or the gid of a group (group); None where it is unknown."""
    for line in books.lines(fs, f"/etc/{book}"):
        known, *rest = line.split(":")
        if known == name and len(rest) > 1 and rest[1].isascii() and rest[1].isdigit():
            return int(rest[1][:10])
    return None
