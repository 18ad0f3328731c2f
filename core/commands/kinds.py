"""Kinds of commands that many families have: ls, inspect, logs, prune, and one call for each name.

A command of one of these kinds declares its own part, and no more.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from typing import Any, ClassVar

from docker.types import CancellableStream

from core.cluster.engine_json import Json, count
from core.commands import grammar
from core.commands.command import Client, Command, Interrupt, Report, each
from core.commands.engine_messages import followed
from core.commands.source import Call
from core.commands.table import size


class OneCall(Command):
    """Done by one call of docker-py."""

    __slots__ = ()

    @abstractmethod
    def _call(self) -> Call: ...

    def _python(self) -> str:
        return self._call()

    def _run(self, client: Client, report: Report) -> str:
        return self._said(client, self._call().on(client))

    @abstractmethod
    def _said(self, client: Client, answer: Any) -> str:
        """The text that docker prints. answer: that of docker-py's call."""


class OnEach(Command):
    """Done to one named thing after another, by a call for each; docker prints the names."""

    __slots__ = ()

    method: ClassVar[str]  # that of docker-py's client: api.kill

    def _call(self, name: str) -> Call:
        """The call for one. Each flag is a keyword of the same name; None is left out."""
        flags = (field for field, part in grammar.parts(self).items() if part.is_flag)
        named = {flag: getattr(self, flag) for flag in flags if getattr(self, flag) is not None}
        return Call(f"client.{self.method}", name, **named)

    def _reference(self, name: str) -> str:
        """The name as docker-py takes it."""
        return name

    @classmethod
    def _field(cls) -> str:
        """The field with the names: nodes, of ``docker node rm NODE...``."""
        declared = grammar.parts(cls).items()
        return next(name for name, part in declared if part.kind == "argument")

    def _names(self) -> tuple[str, ...]:
        names: tuple[str, ...] = getattr(self, self._field())
        return names

    def _text(self, name: str) -> str:
        """The Python text for one."""
        return self._call(self._reference(name))

    def _act(self, client: Client, name: str) -> None:
        """Do it to one."""
        self._call(self._reference(name)).on(client)

    def _python(self) -> str:
        return "\n".join(map(self._text, self._names()))

    def _run(self, client: Client, report: Report) -> str:
        return each(self._names(), lambda name: self._act(client, name))


class Logs(Command):
    """Show what programs have printed, and with --follow what they print from now on."""

    __slots__ = ()

    follow: bool
    tail: str  # a number of lines, or "all"
    timestamps: bool

    @property
    def goes_on(self) -> bool:
        return self.follow

    def _stream(
        self, client: Client, path: str, tty: bool, interrupt: Interrupt, **more: int
    ) -> CancellableStream:
        """The log at this path of the API, as it comes, until the interrupt."""
        asked = {"tail": self.tail, "timestamps": int(self.timestamps), **more}
        stream = followed(client, path, tty, **asked)
        interrupt.on_press(lambda presses: stream.close())
        return stream


class Prune(OneCall):
    """Remove all things of one kind that are not used."""

    __slots__ = ()

    things: ClassVar[str]  # as docker's title has them: Images
    force: bool  # without it the console and pages ask; the command itself never does

    @property
    def warning(self) -> str:
        return "" if self.force else f"WARNING! This will remove all {self._doomed()}."

    @abstractmethod
    def _doomed(self) -> str:
        """The things to remove, in docker's words."""

    @abstractmethod
    def _deleted(self, pruned: Json) -> Iterable[str]:
        """A line for each removed thing, of the engine's answer."""

    def told(self, pruned: Json) -> str:
        """The removed things under their title; '' where there are none."""
        gone = "\n".join(self._deleted(pruned))
        return f"Deleted {self.things}:\n{gone}" if gone else ""

    def _said(self, client: Client, answer: Json | None) -> str:
        pruned = answer or {}
        reclaimed = f"Total reclaimed space: {size(count(pruned, 'SpaceReclaimed'), 4)}"
        gone = self.told(pruned)
        return f"{gone}\n\n{reclaimed}" if gone else reclaimed
