"""What servers of SQL share: what was written goes into their files a little later."""

from __future__ import annotations

import sqlite3
from abc import ABC, abstractmethod
from contextlib import suppress
from math import inf

from essaim_practice.programs.base import Context
from essaim_practice.servers.daemon import Daemon
from essaim_practice.servers.sql.database import Database

_LAZY = 1.0  # seconds until what was written is in the file; at the end it is at once


class Keeper(Daemon, ABC):
    """A server that keeps databases in files of its container."""

    stream = 2

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.context = context
        self._due = inf  # when what was written goes into the files

    def touch(self) -> None:
        """Something was written: it goes into the files soon."""
        if self._due == inf:
            self._due = self.context.now() + _LAZY
            self.wake()

    def patience(self) -> float:
        return max(self._due - self.context.now(), 0.0)

    def on_time(self) -> None:
        if self._due <= self.context.now():
            self.flush()

    def flush(self, every: bool = False) -> None:
        """Write what is not in the files yet, or all of it. A full disk is told in the log."""
        self._due = inf
        self.write(every)

    @abstractmethod
    def write(self, every: bool) -> None:
        """Write the databases that were touched, or every one, and what else is known."""

    def close(self, databases: dict[str, Database]) -> None:
        """Keep what was written, and be no more."""
        self.hang_up()
        with suppress(OSError, sqlite3.Error):
            if self._due != inf:
                self.flush()
        for database in databases.values():
            database.close()
        databases.clear()
