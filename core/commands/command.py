"""One action on an engine, with three faces: the docker line, the docker-py text, and doing it."""

from __future__ import annotations

import shlex
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import ClassVar, Self, TypeAlias, TypeVar, dataclass_transform

import docker

from core.cluster.failures import daemon_errors, unforeseen
from core.cluster.snapshot import ClusterSnapshot
from core.commands import grammar
from core.commands.streams import Interrupt as Interrupt
from core.commands.streams import Streams
from core.errors import DockerRefused, EngineRejected, EssaimError, InvalidCommand
from core.i18n import later as _

#: The beginning of every Python text.
HEADER = "import docker\n\nclient = docker.from_env()\n"
Client: TypeAlias = docker.DockerClient


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one step of a long action is: a layer of a pull, a step of a build."""

    step: str  # the layer's id, or the step's number
    text: str
    current: int | None = None  # bytes, or steps
    total: int | None = None


Report = Callable[[Progress], None]


def no_report(progress: Progress) -> None:
    """The report of a caller who does not want to hear it."""


class Command(ABC):
    """One docker verb. Subclasses are declared with ``@command``; their fields are grammar's."""

    __slots__ = ()

    verb: ClassVar[tuple[str, ...]]  # ("service", "scale")
    written: ClassVar[tuple[str, ...]] = ()  # the words that people write for the verb, if others
    aliases: ClassVar[tuple[tuple[str, ...], ...]] = ()  # docker's other words for the verb
    changes: ClassVar[bool] = False  # needs a right on a real engine
    reveals: ClassVar[bool] = False  # shows tokens, environments, or the output of programs
    destructive: ClassVar[bool] = False  # a page asks first

    def __post_init__(self) -> None:
        """Raise InvalidCommand for a value that the line could not have held."""
        grammar.check(self, self.called())

    @property
    def at_keyboard(self) -> bool:
        """Whether a viewer types to its program: then only a terminal can do it, not ``run``."""
        return False

    @property
    def goes_on(self) -> bool:
        """Whether it may go on until a viewer stops it, and is best heard as it comes."""
        return False

    @property
    def warning(self) -> str:
        """The warning that docker prints before it asks for a yes; '' where it does not ask."""
        return ""

    def is_noop(self, snapshot: ClusterSnapshot) -> bool:
        """Whether the cluster is already as the command asks; False where that is not known.

        Sent all the same, such an update takes the place of the spec that a rollback goes back to.
        The docker command does send it, and so does a typed line; buttons and forms ask here first.
        """
        return False

    @classmethod
    def called(cls) -> str:
        """The beginning of its line: ``docker service scale``."""
        return " ".join(("docker", *(cls.written or cls.verb)))

    def argv(self) -> tuple[str, ...]:
        """The words of the docker line, starting with ``docker``."""
        return ("docker", *(self.written or self.verb), *grammar.words(self))

    def line(self) -> str:
        """The docker line, quoted for a shell."""
        return shlex.join(self.argv())

    def python(self) -> str:
        """A runnable docker-py text that does the same as ``run``."""
        try:
            return f"{HEADER}{self._python().strip()}\n"
        except DockerRefused as refusal:
            words = " ".join(str(refusal).splitlines())
            return f"{HEADER}# The docker command refuses this itself: {words}\n"

    def run(
        self, client: Client, report: Report = no_report, interrupt: Interrupt | None = None
    ) -> str:
        """Do it, and return the text that the docker command would print.

        interrupt: stops a command that goes on; without one it ends by itself.

        Raises:
            EngineUnreachable, EngineRejected, NotAManager: see core.cluster.failures.
            InvalidCommand: the values of the fields make no sense together, or it is at_keyboard.
            EssaimError: the engine gave an unforeseen answer; the log has the traceback.
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

    def play(self, client: Client, streams: Streams) -> int:
        """Do it in a terminal, as the docker command does; its exit code. Never raises."""
        try:
            with daemon_errors():
                return self._play(client, streams)
        except Exception as error:
            refused = unforeseen(error)
            streams.print(getattr(refused, "printed", ""))
            streams.warn(spoken(refused))
            return getattr(refused, "code", 1)

    def masked(self, private: bool = False) -> Self:
        """The same command with environment values and tokens masked, to be written down.

        private: for everybody to read, on a real engine: arguments and labels are masked, too.
        """
        hidden: Self = grammar.masked(self, private)
        return hidden

    @classmethod
    def usage(cls) -> str:
        return grammar.usage(cls, cls.called())

    @abstractmethod
    def _python(self) -> str:
        """The text after ``client = docker.from_env()``."""

    @abstractmethod
    def _run(self, client: Client, report: Report) -> str:
        """Do it; exceptions of docker-py are turned into ours by ``run``."""

    def _play(self, client: Client, streams: Streams) -> int:
        """Do it in a terminal; exceptions are told by ``play``."""
        if self.warning and not streams.agreed(self.warning):
            return 0
        streams.print(self._run(client, no_report))
        return 0

    def _follow(self, client: Client, report: Report, interrupt: Interrupt) -> str:
        """Do it if it goes on: each line is reported as it comes."""
        return self._run(client, report)


_C = TypeVar("_C", bound=Command)


@dataclass_transform(frozen_default=True, kw_only_default=True)
def command(
    verb: str,
    *aliases: str,
    changes: bool = False,
    reveals: bool = False,
    destructive: bool = False,
) -> Callable[[type[_C]], type[_C]]:
    """Declare a command: ``@command("service ls", "service list")`` before its class.

    The flags are those of ``Command``. The class becomes a frozen, slotted dataclass, and the
    first line of its docstring is its help.
    """

    def declare(kind: type[_C]) -> type[_C]:
        kind.verb = tuple(verb.split())
        kind.aliases = tuple(tuple(alias.split()) for alias in aliases)
        kind.changes, kind.reveals, kind.destructive = changes, reveals, destructive
        return dataclass(frozen=True, slots=True, kw_only=True)(kind)

    return declare


def each(names: Iterable[str], act: Callable[[str], str | None]) -> str:
    """Act on every name, as the docker command does: a refusal does not spare the next ones.

    act: returns the line to print; None stands for the name.

    Raises:
        EngineRejected: after the last name, with all the refusals, a line each.
    """
    done, refusals = [], []
    for name in names:
        try:
            with daemon_errors():
                done.append(act(name) or name)
        except EngineRejected as error:
            refusals.append(error)
    if not refusals:
        return "\n".join(done)
    refusal = refusals[0]
    if len(refusals) > 1:
        refusal = EngineRejected("\n".join(map(str, refusals)), refusal.status)
        refusal.spoken = "\n".join(map(spoken, refusals))
    refusal.printed = "\n".join(done)
    raise refusal


def spoken(error: EssaimError) -> str:
    """The words of the docker command for an error; they are English."""
    if isinstance(error, EngineRejected) and not error.spoken:
        return f"Error response from daemon: {error}"
    return getattr(error, "spoken", "") or str(error)
