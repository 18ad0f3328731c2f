"""Commands that show named things as the engine describes them: JSON, a template, or for people."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from core.cluster.engine_json import Json
from core.cluster.failures import daemon_errors
from core.commands import engine_types, swarm_types
from core.commands.command import Client, Report, spoken
from core.commands.kinds import OnEach
from core.commands.source import Call, Code, literal
from core.commands.streams import Streams
from core.errors import DockerRefused, EngineRejected, TemplateError
from core.templates.template import Template
from core.templates.typed import Struct, ordered
from core.templates.values import untyped

_TYPES: Mapping[str, Mapping[str, str]] = {**engine_types.TYPES, **swarm_types.TYPES}


class Inspection(OnEach):
    """Show named things (docker/cli, cli/command/inspect)."""

    __slots__ = ()

    struct: ClassVar[str]  # Go's name of the type in which docker holds one
    #: Whether docker keeps the engine's JSON: to print it, and for templates that the type refuses.
    keeps_json: ClassVar[bool] = True
    format: str

    def _call(self, name: str) -> Call:
        return Call(f"client.{self.method}", name)

    def _python(self) -> str:
        found, names = self._field(), [self._reference(name) for name in self._names()]
        return f"""\
import json

{found} = [{self._call(Code("name"))} for name in {literal(names)}]
print(json.dumps({found}, indent=4))
"""

    def _look(self, client: Client, name: str) -> tuple[str, Json]:
        """One of them, as the engine describes it, after Go's name of its type."""
        return self.struct, self._call(self._reference(name)).on(client)

    def _told(self, client: Client, thing: Json) -> str:
        """What --pretty says of one."""
        raise NotImplementedError

    def _warned(self, struct: str) -> str:
        """A warning about one of this type, or ''."""
        return ""

    def _missing(self, client: Client, name: str, refusal: EngineRejected) -> EngineRejected:
        """The refusal of a thing that cannot be shown, as docker tells it."""
        return refusal

    def _looked(
        self, client: Client, warn: Callable[[str], None] = lambda words: None
    ) -> tuple[str, list[EngineRejected]]:
        """The whole output, and what went wrong."""
        is_pretty = getattr(self, "pretty", False)
        template = None if is_pretty or self.format in ("", "json") else self._template()
        found: list[Json] = []
        lines: list[str] = []
        wrong: list[EngineRejected] = []
        for name in self._names():
            try:
                with daemon_errors():
                    struct, thing = self._look(client, name)
                warn(self._warned(struct))
                if is_pretty:
                    lines.append(self._told(client, thing))
                elif template:
                    lines.append(self._rendered(template, struct, thing))
                elif self.keeps_json:
                    found.append(thing)
                else:
                    found.append(ordered(thing, struct, _TYPES))
            except EngineRejected as refusal:
                wrong.append(self._missing(client, name, refusal))
                if is_pretty:
                    break
        if is_pretty:
            return "".join(lines), wrong
        if template:
            return "".join(f"{line}\n" for line in lines) or "\n", wrong
        return f"{_compact(found) if self.format else _indented(found)}\n", wrong

    def _template(self) -> Template:
        try:
            return Template(self.format)
        except TemplateError as error:
            raise DockerRefused(f"template parsing error: {error}", code=64) from error

    def _rendered(self, template: Template, struct: str, thing: Json) -> str:
        try:
            return template.render(Struct(thing, struct, _TYPES))
        except TemplateError as error:
            refusal = error
        if self.keeps_json:
            try:
                return template.render(untyped(thing), missing=lambda name: False)
            except TemplateError as error:
                refusal = error
        raise DockerRefused(f"template parsing error: {refusal}")

    def _run(self, client: Client, report: Report) -> str:
        text, wrong = self._looked(client)
        if wrong:
            words = "\n".join(map(str, wrong))
            refusal = EngineRejected(words, wrong[0].status) if wrong[1:] else wrong[0]
            refusal.spoken = "\n".join(map(spoken, wrong))
            refusal.printed = text.removesuffix("\n")
            raise refusal
        return text.removesuffix("\n")

    def _play(self, client: Client, streams: Streams) -> int:
        text, wrong = self._looked(client, streams.warn)
        streams.write(text.encode())
        streams.warn("\n".join(map(spoken, wrong)))
        return 1 if wrong else 0


def _indented(found: list[Json]) -> str:
    return json.dumps(found, indent=4, ensure_ascii=False)


def _compact(found: Any) -> str:
    return json.dumps(found, ensure_ascii=False, separators=(",", ":"))


def labels(marks: Json, before: str) -> list[str]:
    """A line for each label: ``a=b``."""
    return [f"{before}{key}{f'={marks[key]}' if marks[key] else ''}" for key in sorted(marks)]
