"""docker service, node, secret and config inspect: as JSON, by a template, or for people."""

from __future__ import annotations

import json
from abc import abstractmethod
from typing import Any, ClassVar

from core.cluster.engine_json import Json
from core.cluster.failures import daemon_errors
from core.commands.command import Client, Report, spoken
from core.commands.kinds import Inspection
from core.commands.source import Call
from core.commands.streams import Streams
from core.commands.swarm_types import TYPES
from core.errors import DockerRefused, EngineRejected, TemplateError
from core.templates.template import Template
from core.templates.typed import Struct, ordered


class SwarmInspection(Inspection):
    """Show named objects of the Swarm."""

    __slots__ = ()

    struct: ClassVar[str]  # Go's name of the type
    typed: ClassVar[bool] = False  # whether docker shows its own struct, not the engine's JSON
    format: str
    pretty: bool

    def _call(self, name: str) -> Call:
        return Call(f"client.{self.method}", name)

    @abstractmethod
    def _told(self, client: Client, thing: Json) -> str:
        """What --pretty says of one."""

    def _missing(self, name: str, refusal: EngineRejected) -> str:
        """docker's words for a thing that cannot be shown."""
        return spoken(refusal)

    def _looked(self, client: Client) -> tuple[str, list[str]]:
        """The whole output, and docker's words for what went wrong."""
        form = "pretty" if self.pretty else self.format
        if self.pretty and self.format:
            raise DockerRefused("--format is incompatible with human friendly format")
        template = self._template(form) if form not in ("", "json", "pretty") else None
        found: list[Json] = []
        wrong: list[str] = []
        lines: list[str] = []
        for name in self._names():
            try:
                with daemon_errors():
                    thing = self._call(self._reference(name)).on(client)
            except EngineRejected as refusal:
                wrong.append(self._missing(name, refusal))
                if form == "pretty":
                    break
                continue
            if self.typed:
                thing = ordered(thing, self.struct, TYPES)
            found.append(thing)
            if form == "pretty":
                lines.append(self._told(client, thing))
            elif template:
                try:
                    lines.append(template.render(Struct(thing, self.struct, TYPES)) + "\n")
                except TemplateError as error:
                    wrong.append(f"template parsing error: {error}")
                    break
        if form == "pretty":
            return "".join(lines), wrong
        if template:
            return "".join(lines) or "\n", wrong
        whole = _written(found) if form == "" else "\n".join(map(_line, found))
        return f"{whole}\n", wrong

    def _template(self, form: str) -> Template:
        try:
            return Template(form)
        except TemplateError as error:
            raise DockerRefused(f"template parsing error: {error}") from error

    def _run(self, client: Client, report: Report) -> str:
        text, wrong = self._looked(client)
        if wrong:
            refusal = DockerRefused("\n".join(wrong), 404)
            refusal.printed = text.removesuffix("\n")
            raise refusal
        return text.removesuffix("\n")

    def _play(self, client: Client, streams: Streams) -> int:
        text, wrong = self._looked(client)
        streams.write(text.encode())
        streams.warn("\n".join(wrong))
        return 1 if wrong else 0


def _written(found: list[Json]) -> str:
    return json.dumps(found, indent=4, ensure_ascii=False)


def _line(thing: Any) -> str:
    return json.dumps(thing, ensure_ascii=False, separators=(",", ":"))


def labels(marks: Json, before: str) -> list[str]:
    """A line for each label: ``a=b``."""
    return [f"{before}{key}{f'={marks[key]}' if marks[key] else ''}" for key in sorted(marks)]
