"""One action on an engine, with three faces: the docker line, the docker-py text, and doing it."""

from __future__ import annotations

import json
import shlex
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import docker

from core.cluster.failures import daemon_errors, unforeseen
from core.commands import grammar
from core.errors import EngineRejected, InvalidCommand
from core.i18n import later as _

#: How every Python text begins.
HEADER = "import docker\n\nclient = docker.from_env()\n"
#: Specs and objects as the API gives them; they never leave this package.
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one step of a long action is: a layer of a pull, a step of a build."""

    step: str  # the layer's id, or the step's number
    text: str
    current: int | None = None  # bytes, or steps
    total: int | None = None


Report = Callable[[Progress], None]


class Interrupt:
    """Ctrl-C: pressed by whoever watches, heard by what goes on. The second press lets go of it."""

    __slots__ = ("_hear", "_lock", "presses")

    def __init__(self) -> None:
        self.presses = 0
        self._lock = threading.Lock()
        self._hear: Callable[[int], None] | None = None

    def press(self, times: int = 1) -> None:
        with self._lock:
            self.presses += times
            if self._hear:
                self._hear(self.presses)

    def heard_by(self, hear: Callable[[int], None]) -> None:
        """From now on each press calls this with how many there were; one that came early, too."""
        with self._lock:
            self._hear = hear
            if self.presses:
                hear(self.presses)


def unheard(progress: Progress) -> None:
    """The report of somebody who does not want to hear it."""


class Command(ABC):
    """What every action has. Subclasses are frozen dataclasses of grammar fields."""

    __slots__ = ()

    verb: ClassVar[tuple[str, ...]]  # ("service", "scale")
    changes: ClassVar[bool] = False  # needs a right on a real engine
    reveals: ClassVar[bool] = False  # shows tokens or environments, or what programs print
    destructive: ClassVar[bool] = False  # a page asks first

    def __post_init__(self) -> None:
        """Raise InvalidCommand for a value that the line could not have held."""
        grammar.check(self, " ".join(("docker", *self.verb)))

    @property
    def at_keyboard(self) -> bool:
        """Whether somebody types to what it runs: only a terminal can do it, and ``run`` not."""
        return False

    @property
    def goes_on(self) -> bool:
        """Whether it may go on until somebody stops it, and is best heard as it comes."""
        return False

    @property
    def warning(self) -> str:
        """What docker warns of before it asks whether to go on; '' where it does not ask."""
        return ""

    def argv(self) -> tuple[str, ...]:
        """The words of the docker line, starting with ``docker``."""
        return ("docker", *self.verb, *grammar.words(self))

    def line(self) -> str:
        """The docker line, quoted for a shell."""
        return shlex.join(self.argv())

    def python(self) -> str:
        """A runnable docker-py text that does what ``run`` does."""
        return f"{HEADER}{self._python().strip()}\n"

    def run(
        self,
        client: docker.DockerClient,
        report: Report = unheard,
        interrupt: Interrupt | None = None,
    ) -> str:
        """Do it, and return what the docker command would print.

        interrupt: by which whoever hears the report can stop what goes on.

        Raises:
            EngineUnreachable, EngineRejected, NotAManager: see core.cluster.failures.
            InvalidCommand: the values of the fields make no sense together, or it is at_keyboard.
            EssaimError: the engine gave an answer that nobody foresaw; the log has the traceback.
        """
        if self.at_keyboard:
            raise InvalidCommand(
                _("There is no keyboard here for {verb}: type it into the console."),
                verb=" ".join(self.verb),
            )
        try:
            with daemon_errors():
                if interrupt and self.goes_on:
                    return self._follow(client, report, interrupt)
                return self._run(client, report)
        except Exception as error:
            raise unforeseen(error) from error

    def masked(self, private: bool = False) -> Self:
        """The same command with environment values and tokens masked, to be written down.

        private: for everybody to read, on a real engine: arguments and labels are masked, too.
        """
        hidden: Self = grammar.masked(self, private)
        return hidden

    @classmethod
    def usage(cls) -> str:
        return grammar.usage(cls, " ".join(("docker", *cls.verb)))

    @abstractmethod
    def _python(self) -> str:
        """The text after ``client = docker.from_env()``."""

    @abstractmethod
    def _run(self, client: docker.DockerClient, report: Report) -> str:
        """Do it; exceptions of docker-py are turned into ours by ``run``."""

    def _follow(self, client: docker.DockerClient, report: Report, interrupt: Interrupt) -> str:
        """The same for what goes on: each line is reported as it comes."""
        return self._run(client, report)


def each(names: Iterable[str], act: Callable[[str], str | None]) -> str:
    """Act on every name, as the docker command does: a refusal does not spare the next ones.

    Raises:
        EngineRejected: after the last, with all the refusals, a line each.
    """
    done, refusals = [], []
    for name in names:
        try:
            with daemon_errors():
                done.append(act(name) or name)
        except EngineRejected as error:
            refusals.append(error)
    if len(refusals) == 1:
        raise refusals[0]
    if refusals:
        raise EngineRejected("\n".join(map(str, refusals)), refusals[0].status)
    return "\n".join(done)


def inspected(names: Iterable[str], look: Callable[[str], Json]) -> str:
    """The objects behind the names as the daemon describes them: JSON, indented by four."""
    found: list[Json] = []

    def keep(name: str) -> None:
        found.append(look(name))

    each(names, keep)
    return json.dumps(found, indent=4, ensure_ascii=False)
