"""The journal: who did what, when, and how it ended. It holds no secret."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeVar

import docker

from core.cluster.public import HIDDEN, MASK, safe_words
from core.commands import grammar
from core.commands.command import Command, Interrupt, Report, unheard
from core.errors import EngineRejected, EssaimError
from core.i18n import later as _

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

    @property
    def error(self) -> str:
        """Why it was refused, in English, or ''."""
        return str(self.refusal or "")


class Journal:
    """Keeps the last records. Any thread may run commands through it and read it.

    private: whether the engine is a real one, of which everybody reads this: arguments and labels
    are masked then, too.
    """

    def __init__(
        self,
        size: int = 200,
        clock: Callable[[], float] = time.time,
        private: Callable[[], bool] = lambda: False,
    ) -> None:
        self._clock = clock
        self._private = private
        self._lock = threading.Lock()
        self._records: deque[Record] = deque(maxlen=size)

    def records(self) -> tuple[Record, ...]:
        """Oldest first."""
        with self._lock:
            return tuple(self._records)

    def run(
        self,
        command: Command,
        client: docker.DockerClient,
        who: str,
        report: Report = unheard,
        interrupt: Interrupt | None = None,
    ) -> str:
        """Run the command, and write down how it ended; its errors are raised on."""
        began = self._clock()
        try:
            text = command.run(client, report, interrupt)
        except EssaimError as error:
            self.refused(command, who, error, began)
            raise
        self._write(command, who, began)
        return text

    def refused(
        self, command: Command, who: str, error: EssaimError, began: float | None = None
    ) -> None:
        """Write down what was not done: by the engine's word, or for want of a right."""
        private = self._private()

        def hide(text: str) -> str:
            for secret in filter(None, grammar.secrets(command, private)):
                text = text.replace(secret, MASK)
            return text

        began = self._clock() if began is None else began
        self._write(command, who, began, self._told(error.kept(hide)))

    def told(self, command: Command) -> Command:
        """The command as it is written down."""
        return command.masked(self._private())

    def _told(self, error: EssaimError) -> EssaimError:
        """What everybody may read of a refusal: of an engine's words, those that are harmless."""
        if (
            self._private()
            and isinstance(error, EngineRejected)
            and safe_words(str(error)) == HIDDEN
        ):
            return EssaimError(_("The engine refused; its words are shown to who did it alone."))
        return error

    def note(self, line: str, python: str, who: str, action: Callable[[], T]) -> T:
        """Do what no command does, and write down how it ended; its errors are raised on."""
        began = self._clock()
        try:
            answer = action()
        except EssaimError as error:
            self._enter(line, python, who, began, self._told(error.kept()))
            raise
        self._enter(line, python, who, began)
        return answer

    def _write(
        self, command: Command, who: str, began: float, refusal: EssaimError | None = None
    ) -> None:
        told = self.told(command)
        self._enter(told.line(), told.python(), who, began, refusal)

    def _enter(
        self, line: str, python: str, who: str, began: float, refusal: EssaimError | None = None
    ) -> None:
        outcome: Outcome = "refused" if refusal else "ok"
        record = Record(began, who, line, python, outcome, refusal, self._clock() - began)
        with self._lock:
            self._records.append(record)
