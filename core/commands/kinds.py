"""Kinds of commands that many families have: ls, inspect, logs, prune, and one call for each name.

A command of one of these kinds declares its own part, and no more.
"""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Iterable
from typing import Any, ClassVar

from docker.types import CancellableStream

from core.cluster.engine_json import Json, count
from core.commands import grammar
from core.commands.command import Client, Command, Interrupt, Report, each
from core.commands.engine_messages import followed
from core.commands.source import Call, Code, literal
from core.commands.streams import Streams
from core.commands.table import size
from core.errors import DockerRefused, EngineRejected, TemplateError
from core.templates.structs import Known
from core.templates.template import Template


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

    def _names(self) -> tuple[str, ...]:
        names: tuple[str, ...] = getattr(self, _field(self))
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


class Inspection(OnEach):
    """Show named things as the engine describes them: JSON, indented by four."""

    __slots__ = ()

    #: What the engine leaves out where it is empty, and what a template finds there.
    empty: ClassVar[Json] = {}

    def _python(self) -> str:
        found, names = _field(self), [self._reference(name) for name in self._names()]
        return f"""\
import json

{found} = [{self._call(Code("name"))} for name in {literal(names)}]
print(json.dumps({found}, indent=4))
"""

    def _run(self, client: Client, report: Report) -> str:
        found: list[Json] = []

        def look(name: str) -> None:
            found.append(self._look(client, name))

        try:
            each(self._names(), look)
        except EngineRejected as refusal:
            refusal.printed = self._shown(found)
            raise
        return self._shown(found)

    def _look(self, client: Client, name: str) -> Json:
        """One of them, as the engine describes it."""
        thing: Json = self._call(self._reference(name)).on(client)
        return thing

    def _shown(self, found: list[Json]) -> str:
        """What was found, as JSON or in the format that the line gives. Raises DockerRefused."""
        form = getattr(self, "format", "")
        if not form:
            return json.dumps(found, indent=4, ensure_ascii=False)
        try:
            template = Template("{{json .}}" if form == "json" else form)
            return "\n".join(
                template.render(Known(thing, self.empty), missing_in_json) for thing in found
            )
        except TemplateError as error:
            raise DockerRefused(f"template parsing error: {error}") from error

    def check_format(self) -> None:
        """Raise DockerRefused, with its own exit code, for a format that is no template."""
        try:
            Template(getattr(self, "format", ""))
        except TemplateError as error:
            raise DockerRefused(f"template parsing error: {error}", code=64) from error

    def _or_line(self, found: list[Json], streams: Streams) -> str:
        """``_shown``; where it refuses the first, the line's end is printed all the same."""
        try:
            return self._shown(found)
        except DockerRefused:
            streams.write(b"\n")
            raise

    def _play(self, client: Client, streams: Streams) -> int:
        self.check_format()
        return Command._play(self, client, streams)


def missing_in_json(name: str) -> bool:
    """Whether a key that an answer lacks is one of a map, as a label is, and no field's name."""
    return not name[:1].isupper()


def _field(command: Command) -> str:
    """The field with the names: nodes, of ``docker node rm NODE...``."""
    return next(name for name, part in grammar.parts(command).items() if part.kind == "argument")


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

    def _said(self, client: Client, answer: Json | None) -> str:
        pruned = answer or {}
        reclaimed = f"Total reclaimed space: {size(count(pruned, 'SpaceReclaimed'), 4)}"
        gone = "\n".join(self._deleted(pruned))
        return f"Deleted {self.things}:\n{gone}\n\n{reclaimed}" if gone else reclaimed
