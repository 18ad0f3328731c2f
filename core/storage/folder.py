"""The folder of what is kept: which one it is, whose it is, and what is put aside in it."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import platformdirs

from core.errors import FolderInUse
from core.i18n import later as _

#: Seconds for which a second Essaim waits until the first has ended: a container gets ten to stop.
PATIENCE = 12.0
#: Days for which what was put aside stays, and how many files at most.
DAYS, ASIDE = 30, 5


def chosen(environ: Mapping[str, str]) -> Path | None:
    """The folder that ESSAIM_DATA names, or the usual one of this user; None for none at all."""
    wish = environ.get("ESSAIM_DATA")
    if wish is None:
        return platformdirs.user_data_path("essaim")
    return Path(wish.strip()).expanduser() if wish.strip() else None


class Folder:
    """A folder that is ours alone until ``leave()``; made where it is not there.

    patience: seconds to wait for another Essaim that has it. Raises FolderInUse and OSError.
    """

    def __init__(self, path: Path, patience: float = PATIENCE) -> None:
        self.path = path
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock = os.open(path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            self._wait(time.monotonic() + patience)
            os.truncate(self._lock, 0)
            os.pwrite(self._lock, str(os.getpid()).encode(), 0)
            self._tidy()
        except BaseException:
            self.leave()
            raise

    def put_aside(self, file: Path) -> Path:
        """Move a file out of the way, with what SQLite has beside it; its new path."""
        aside = self.path / "aside"
        aside.mkdir(mode=0o700, exist_ok=True)
        when = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%f")
        for beside in ("-wal", "-shm", ""):  # the file last: until then, this can be done again
            if (source := file.with_name(file.name + beside)).exists():
                source.rename(aside / f"{file.stem}-{when}{file.suffix}{beside}")
        put = aside / f"{file.stem}-{when}{file.suffix}"
        os.utime(put)  # since when it is there
        self._tidy()
        return put

    def _tidy(self) -> None:
        """Remove what was put aside long ago, and the oldest where there is much."""
        there = {each: each.stat().st_mtime for each in (self.path / "aside").glob("*.db")}
        for number, each in enumerate(sorted(there, key=there.__getitem__, reverse=True)):
            if number >= ASIDE or time.time() - there[each] > DAYS * 86_400:
                for beside in ("-wal", "-shm", ""):
                    each.with_name(each.name + beside).unlink(missing_ok=True)

    def leave(self) -> None:
        """Let another Essaim have it. May be called twice."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def _wait(self, until: float) -> None:
        while True:
            try:
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                if time.monotonic() < until:
                    time.sleep(0.1)
                    continue
                whose = os.pread(self._lock, 20, 0).decode(errors="replace").strip()
                raise FolderInUse(
                    _(
                        "another Essaim (process {pid}) keeps what it has in {folder}. End that "
                        "one, or name another folder with ESSAIM_DATA; with ESSAIM_DATA= this one "
                        "keeps nothing"
                    ),
                    pid=whose,
                    folder=str(self.path),
                ) from None
