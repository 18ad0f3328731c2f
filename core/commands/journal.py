"""The journal: who did what, when, and how it ended. It holds no secret."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

from core.cluster.public import HIDDEN, MASK, safe_words
from core.commands import grammar
from core.commands.command import Client, Command, Interrupt, Report, no_report
from core.errors import EngineRejected, EssaimError
from core.i18n import later as _
from core.storage.batch import News

Outcome = Literal["ok", "refused"]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Record:
    """One action that was tried. Environment values and tokens are masked in all of it."""

    time: float  # when it began, seconds since the epoch
    who: str
    line: str
    python: str
    outcome: Outcome
    refusal: EssaimError | None  # why it was refused
    seconds: float  # how long it took
    machine: str = ""  # where it was typed into a terminal; '' for what Essaim did itself
    code: int = 0  # its exit code there

    @property
    def error(self) -> str:
        """Why it was refused, in English, or ''."""
        return str(self.refusal or "")


class Journal:
    """Keeps the last records. Any thread may run commands through it and read it.

    size: the number of records kept. clock: seconds since the epoch. private: tells whether the
    engine is a real one, whose journal everybody reads: then arguments and labels are masked, too.
    added: called after each record.
    """

    def __init__(
        self,
        size: int = 200,
        clock: Callable[[], float] = time.time,
        private: Callable[[], bool] = lambda: False,
        added: Callable[[], None] = lambda: None,
    ) -> None:
        self._clock = clock
        self._private = private
        self._lock = threading.Lock()
        self._added = added
        self._records: deque[Record] = deque(maxlen=size)
        self._next = 0  # the number of the next record
        self._followers: set[Callable[[], None]] = set()

    def records(self) -> tuple[Record, ...]:
        """All that are kept, the oldest first."""
        with self._lock:
            return tuple(self._records)

    def follow(self, told: Callable[[], None]) -> None:
        """Call back after each record, on the thread that adds it, until ``leave``."""
        with self._lock:
            self._followers.add(told)

    def leave(self, told: Callable[[], None]) -> None:
        with self._lock:
            self._followers.discard(told)

    def news(self, since: int) -> News:
        """The records from this number on, to be kept."""
        with self._lock:
            oldest = self._next - len(self._records)
            first = max(since, oldest)
            return News(oldest, first, tuple(self._records)[first - oldest :])

    def restore(self, count: int, records: Sequence[Record]) -> None:
        """Go on where an earlier process was. count: the number of the next record."""
        with self._lock:
            self._records.extend(records)
            self._next = count

    def run(
        self,
        command: Command,
        client: Client,
        who: str,
        report: Report = no_report,
        interrupt: Interrupt | None = None,
    ) -> str:
        """Run the command, and record how it ended. Raises the errors of ``Command.run``."""
        began = self._clock()
        try:
            text = command.run(client, report, interrupt)
        except EssaimError as error:
            self.refused(command, who, error, began)
            raise
        self._record(command, who, began)
        return text

    def refused(
        self, command: Command, who: str, error: EssaimError, began: float | None = None
    ) -> None:
        """Record a command that the engine refused, or that its viewer had no right to.

        began: seconds since the epoch; now where it was not even begun.
        """
        private = self._private()

        def hide(text: str) -> str:
            for secret in filter(None, grammar.secrets(command, private)):
                text = text.replace(secret, MASK)
            return text

        began = self._clock() if began is None else began
        self._record(command, who, began, error.kept(hide))

    def masked(self, command: Command) -> Command:
        """The command as it is recorded."""
        return command.masked(self._private())

    def note(self, line: str, python: str, who: str, action: Callable[[], T]) -> T:
        """Do an action that is no command, and record how it ended. Raises the action's errors."""
        began = self._clock()
        try:
            answer = action()
        except EssaimError as error:
            self._add(line, python, who, began, error.kept())
            raise
        self._add(line, python, who, began)
        return answer

    def typed(
        self, line: str, python: str, machine: str, code: int, refusal: EssaimError | None
    ) -> None:
        """Record a docker line that was typed on a machine and has ended there just now."""
        who = f"root@{machine}"
        self._keep(
            Record(self._clock(), who, line, python, _outcome(refusal), refusal, 0.0, machine, code)
        )

    def _record(
        self, command: Command, who: str, began: float, refusal: EssaimError | None = None
    ) -> None:
        masked = self.masked(command)
        self._add(masked.line(), masked.python(), who, began, refusal)

    def _add(
        self, line: str, python: str, who: str, began: float, refusal: EssaimError | None = None
    ) -> None:
        # Of an engine's words, everybody may read those that are harmless.
        rejected = isinstance(refusal, EngineRejected) and self._private()
        if rejected and safe_words(str(refusal)) == HIDDEN:
            refusal = EssaimError(_("The engine refused; its words are shown to who did it alone."))
        seconds = self._clock() - began
        self._keep(Record(began, who, line, python, _outcome(refusal), refusal, seconds))

    def _keep(self, record: Record) -> None:
        with self._lock:
            self._records.append(record)
            self._next += 1
            followers = list(self._followers)
        self._added()
        for told in followers:
            told()


def _outcome(refusal: EssaimError | None) -> Outcome:
    return "refused" if refusal else "ok"
