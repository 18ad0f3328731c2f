"""What outlives the dashboard, kept in one file; written behind, never on the way to an answer.

Owners are clusters, by their keys, and the class as a whole. An owner has **records**, each the
latest state of one thing, and **rows** of entries that only grow, such as the journal. Whoever
changes one says so; a moment later the thread here asks for what is new, and writes all of it in
one transaction. Where there is no folder, or none that can be written, everything goes on in
memory alone, and ``trouble`` says so.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from core.errors import EssaimError
from core.i18n import later as _
from core.storage import database
from core.storage.batch import Make, Place, Row, Tell, write
from core.storage.folder import PATIENCE, Folder
from core.storage.records import Unreadable, decode
from core.threads.supervised import SupervisedThread

log = logging.getLogger(__name__)

T = TypeVar("T")

FILE = "essaim.db"
#: Seconds from a change until it is written: more changes of this time go with it.
PAUSE = 0.4
#: The same after a write that failed, as on a full disk.
RETRY = 5.0


class Storage:
    """The kept records, until ``close()``. Any thread may call it.

    path: the folder; None where nothing is to be kept. patience: seconds to wait for another Essaim
    that has the folder. Raises FolderInUse. Whatever else is wrong is told by ``trouble`` and
    ``put_aside``.
    """

    def __init__(self, path: Path | None, patience: float = PATIENCE) -> None:
        self.path = path
        #: Why nothing is kept, or not now; None where all is well.
        self.trouble: EssaimError | None = None
        #: What of an earlier time could not be read; None for nothing.
        self.put_aside: EssaimError | None = None
        self._folder: Folder | None = None
        self._database: sqlite3.Connection | None = None
        self._using = threading.Lock()  # the database
        self._lock = threading.Lock()  # what follows
        self._made: dict[Place, Make] = {}
        self._grown = set[Place]()
        self._ended = set[str]()
        self._rows: dict[Place, Row] = {}
        self._wake = threading.Event()
        self._thread = SupervisedThread("storage", self._go_on, self._stopped)
        if path is None:
            self.trouble = EssaimError(_("Nothing is kept: ESSAIM_DATA is empty."))
            return
        self._open(path, patience)
        if self._database:
            self._thread.start()

    @property
    def folder(self) -> Path | None:
        """The folder, which is ours alone; None where nothing is kept."""
        return self._folder.path if self._folder and self._database else None

    def owners(self) -> tuple[str, ...]:
        """All that have something kept."""
        found = self._found("SELECT owner FROM record UNION SELECT owner FROM entry", ())
        return tuple(owner for (owner,) in found if owner not in self._ended)

    def record(self, owner: str, name: str, kind: type[T]) -> T | None:
        """The record as it was kept; None for none, and for one that cannot be read."""
        found = self._found("SELECT value FROM record WHERE owner = ? AND name = ?", (owner, name))
        if not found or owner in self._ended:
            return None
        return self._decoded((owner, name), found[0][0], kind)

    def row(self, owner: str, name: str, kind: type[T]) -> tuple[int, list[T]]:
        """The entries as they were kept, and the number of the next.

        One that cannot be read is left out.
        """
        found = self._found(
            "SELECT number, value FROM entry WHERE owner = ? AND name = ? ORDER BY number",
            (owner, name),
        )
        if not found or owner in self._ended:
            return 0, []
        entries = [self._decoded((owner, name), value, kind) for _number, value in found]
        return found[-1][0] + 1, [entry for entry in entries if entry is not None]

    def put(self, owner: str, name: str, make: Make) -> None:
        """Keep what ``make`` makes then, soon, in place of what was there."""
        self._soon(lambda: self._made.update({(owner, name): make}))

    def follow(self, owner: str, name: str, tell: Tell, written: int = 0) -> None:
        """Keep a row, which ``grow`` calls grown. written: the number of the next entry to keep."""
        with self._lock:
            self._rows[owner, name] = Row(tell, written)

    def grow(self, owner: str, name: str) -> None:
        """Keep what is new in a row, soon."""
        self._soon(lambda: self._grown.add((owner, name)))

    def end(self, owner: str) -> None:
        """Forget all of this owner."""

        def forget() -> None:
            self._ended.add(owner)
            self._made = {at: make for at, make in self._made.items() if at[0] != owner}
            self._rows = {at: row for at, row in self._rows.items() if at[0] != owner}

        self._soon(forget)

    def close(self) -> None:
        """Write what is left, and let another Essaim have the folder. May be called twice."""
        self._thread.stop()
        self._wake.set()
        if self._thread.ident is not None:
            self._thread.join()
        self._close()
        if self._folder:
            self._folder.leave()

    def flush(self) -> None:
        """Write now what is to be kept; where that fails, it is tried again later."""
        try:
            self._flush()
        except sqlite3.Error as error:
            self._failed(error)

    def _flush(self) -> None:
        with self._using:
            if self._database is None:
                return
            with self._lock:
                made, self._made = self._made, {}
                grown, self._grown = self._grown, set()
                ended, self._ended = self._ended, set()
                rows = {place: self._rows[place] for place in grown if place in self._rows}
            if not (made or rows or ended):
                return
            try:
                write(self._database, ended, made, rows)
            except BaseException:
                with self._lock:
                    kept = {at: make for at, make in made.items() if at[0] not in self._ended}
                    self._made = kept | self._made
                    self._grown |= grown
                    self._ended |= ended
                raise

    def _open(self, path: Path, patience: float) -> None:
        try:
            self._folder = folder = Folder(path, patience)
            try:
                self._database = database.opened(path / FILE)
            except (database.Damaged, database.Future) as error:
                self._begin_anew(folder, error)
        except (OSError, sqlite3.Error) as error:
            log.error("nothing is kept in %s: %s", path, error)
            self.trouble = EssaimError(
                _("Nothing is kept: {folder} cannot be used ({why})."),
                folder=str(path),
                why=str(error),
            )
            if self._folder:
                self._folder.leave()

    def _begin_anew(self, folder: Folder, error: database.Damaged | database.Future) -> None:
        aside = folder.put_aside(folder.path / FILE)
        log.error("%s is put aside as %s: %s", FILE, aside, error)
        if isinstance(error, database.Future):
            told = _("What was kept is of a later Essaim: it was put aside as {file}.")
        else:
            told = _("What was kept is damaged: it was put aside as {file}.")
        self.put_aside = EssaimError(told, file=aside.name)
        self._database = database.opened(folder.path / FILE)

    def _soon(self, note: Callable[[], None]) -> None:
        if self._database is not None:
            with self._lock:
                note()
            self._wake.set()

    def _go_on(self) -> None:
        ends = False
        while not ends:
            self._wake.wait()
            ends = self._thread.wait(RETRY if self.trouble else PAUSE)
            self._wake.clear()
            try:
                self._flush()
            except sqlite3.Error as error:
                self._failed(error)
                if database.is_damage(error):
                    raise  # it gets no better
            else:
                self.trouble = None

    def _failed(self, error: sqlite3.Error) -> None:
        log.error("what is new cannot be kept: %s", error)
        self.trouble = EssaimError(
            _("What is done now is not kept: the folder of Essaim cannot be written ({why})."),
            why=str(error),
        )
        self._wake.set()

    def _stopped(self, error: BaseException | None) -> None:
        if error is not None:
            log.error("nothing is kept from now on", exc_info=error)
            self.trouble = EssaimError(
                _("Nothing is kept from now on, until Essaim is started again ({why})."),
                why=str(error),
            )
            self._close()

    def _close(self) -> None:
        with self._using:
            if self._database:
                self._database.close()
            self._database = None

    def _found(self, question: str, values: tuple[str, ...]) -> list[tuple[Any, ...]]:
        with self._using:
            if self._database is None:
                return []
            try:
                return self._database.execute(question, values).fetchall()
            except sqlite3.Error:
                log.exception("what was kept cannot be read")
                return []

    def _decoded(self, place: Place, value: bytes, kind: type[T]) -> T | None:
        try:
            return decode(value, kind)
        except Unreadable as error:
            log.error("the kept %s of %s cannot be read: %s", place[1], place[0], error)
            return None
