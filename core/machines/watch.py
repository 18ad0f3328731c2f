"""What machines a practice cluster has, and what docker lines are typed on them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from core.cluster.failures import unforeseen
from core.commands.journal import Journal
from core.engine.connection import Connection
from core.engine.practice import Machine, calls
from core.errors import EngineRejected, EngineUnreachable, InvalidCommand
from core.i18n import later as _
from core.machines.typed import TypedLine, command_of, faces, host_of, refusal, typed_since
from core.threads.supervised import SupervisedThread

log = logging.getLogger(__name__)


class MachineWatch:
    """Follows the machines of a cluster on our workers; of any other it knows none.

    A worker's word that something has changed starts a thread, which ends when all is asked. So
    nothing runs and nothing is asked while nothing happens. journal: gets each docker line.
    """

    def __init__(self, connection: Connection, journal: Journal) -> None:
        self._connection, self._journal = connection, journal
        self._lock = threading.Lock()
        self._asking = threading.Lock()  # held while machines are asked
        self._due: set[str] = set()
        self._working = False
        self._machines: tuple[Machine, ...] = ()
        self._numbers: dict[str, int] = {}  # of the last line known of each machine
        self._heard = False
        self._followers: set[Callable[[], None]] = set()
        connection.listen(self.hint, lambda came_back: self.hint("machines"))

    @property
    def machines(self) -> tuple[Machine, ...]:
        """As they were when last asked for, which is soon after each change."""
        return self._machines

    def current(self) -> tuple[Machine, ...]:
        """The same, asked for now."""
        if self._connection.practice:
            self._look({"machines"})
        return self._machines

    def follow(self, told: Callable[[], None]) -> None:
        """Call back after each change of the machines, on another thread, until ``leave``."""
        with self._lock:
            self._followers.add(told)
        self.hint("machines", "lines")

    def leave(self, told: Callable[[], None]) -> None:
        with self._lock:
            self._followers.discard(told)

    def at(self, name: str) -> Connection:
        """The way to the engine of the machine of this name. Raises InvalidCommand."""
        for machine in self.current():
            if machine.name == name:
                return self._connection.at(machine)
        raise InvalidCommand(_("There is no machine {name}."), name=name)

    def hint(self, *parts: str) -> None:
        """These parts of the cluster have changed. Cheap; any thread may call it."""
        news = {"machines", "lines"}.intersection(parts)
        if not news or not self._connection.practice:
            return
        with self._lock:
            self._due |= news
            if self._working:
                return
            self._working = True
        SupervisedThread("machines", self._work, self._ended).start()

    def _work(self) -> None:
        while True:
            with self._lock:
                due, self._due = self._due, set()
                if not due:
                    self._working = False
                    return
            self._look(due)

    def _ended(self, error: BaseException | None) -> None:
        if error is not None:
            log.error("the machines cannot be followed", exc_info=error)
            with self._lock:
                self._working = False

    def _look(self, due: set[str]) -> None:
        with self._asking:
            try:
                if "machines" in due or not self._machines:
                    self._ask()
                if "lines" in due:
                    # A journal that was kept over a restart has those lines already.
                    kept = not self._heard and any(r.machine for r in self._journal.records())
                    for machine in self._machines:
                        self._hear(machine, kept)
                    self._heard = True
            except (EngineRejected, EngineUnreachable) as error:
                log.debug("no machine answers: %s", error)  # the worker tells when it is back

    def _ask(self) -> None:
        before, self._machines = self._machines, self._connection.send(calls.machines())
        if before != self._machines:
            with self._lock:
                followers = list(self._followers)
            for told in followers:
                told()

    def _hear(self, machine: Machine, kept: bool) -> None:
        """Put the new lines of a machine into the journal; kept: they are there already."""
        if not machine.up:
            return
        known = self._numbers.get(machine.name, 0)
        at = self._connection.at(machine)
        try:
            # The last known one, too: where it is missing, the machine counts anew.
            lines = at.send(typed_since(max(known - 1, 0)))
            if known and not any(line.number == known for line in lines):
                known, lines = 0, at.send(typed_since(0))
        except (EngineRejected, EngineUnreachable) as error:
            log.debug("the lines of %s are not known: %s", machine.name, error)
            return
        for line in lines:
            if line.number > known:
                self._numbers[machine.name] = line.number
                if kept:
                    continue
                try:
                    self._note(machine.name, line)
                except Exception as error:  # no typed line keeps the next ones out
                    unforeseen(error)

    def _note(self, machine: str, line: TypedLine) -> None:
        command = command_of(line)
        if command is None and line.code == 0:
            return  # a help text
        masked = self._journal.masked(command) if command else None
        text, python = faces(line, masked)
        where = host_of(line) or machine
        self._journal.typed(text, python, where, line.code, refusal(line, command))
