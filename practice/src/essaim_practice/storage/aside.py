"""Files of clusters that cannot be read, put aside for whoever wants to look into them.

They are at ``aside/KEY-TIME.cluster``. The newest ones stay for some weeks.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path

DAYS = 30  # that one stays
MOST = 30  # that stay, of all clusters: a class whose files are all of a later version


def parts(path: Path) -> tuple[Path, ...]:
    """The file of a cluster, and what SQLite has beside it."""
    return path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")


def put(path: Path) -> None:
    """Move the file of a cluster aside. Raises OSError."""
    aside = path.parent / "aside"
    aside.mkdir(mode=0o700, exist_ok=True)
    stem = f"{path.stem}-{time.strftime('%Y%m%dT%H%M%S')}"
    number = 1
    while (place := aside / f"{stem}{f'-{number}' * (number > 1)}.cluster").exists():
        number += 1
    for each in parts(path):
        if each.exists():
            each.rename(place.with_name(each.name.replace(path.name, place.name)))
    os.utime(place)  # since when it is here
    tidy(path.parent)


def tidy(folder: Path) -> None:
    """Remove what was put aside long ago, and the oldest where there is much."""
    since = dict[Path, float]()
    for each in (folder / "aside").glob("*.cluster"):
        with suppress(FileNotFoundError):  # another process tidies up, too
            since[each] = each.stat().st_mtime
    newest = sorted(since, key=since.__getitem__, reverse=True)
    for number, each in enumerate(newest):
        if number >= MOST or time.time() - since[each] > DAYS * 86_400:
            for part in parts(each):
                part.unlink(missing_ok=True)
