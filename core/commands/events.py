"""docker events: what happens on an engine, as it happens."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from docker.types import CancellableStream

from core.cluster.engine_json import Json, count, part, text
from core.commands.command import Client, Command, Interrupt, Progress, Report, command
from core.commands.grammar import option, options
from core.commands.moments import timestamp
from core.commands.source import Call, given
from core.commands.streams import Streams
from core.commands.values import FILTER, filters
from core.errors import DockerRefused, TemplateError
from core.templates.structs import Struct
from core.templates.template import Template

#: The keys of an event in JSON, in the order of Go's fields.
_ORDER = (
    "status", "id", "from", "Type", "Action", "Actor", "scope", "time", "timeNano",
)  # fmt: skip
_BY_A_SIGNAL = 130  # the exit code of what Ctrl-C has ended


@command("system events", "events", reveals=True)
class Events(Command):
    """Show what happens on the engine, as it happens. It reveals: labels and programs show."""

    filter: tuple[str, ...] = options("--filter", "-f", value=FILTER)
    format: str = option("--format")
    since: str = option("--since")
    until: str = option("--until")

    @property
    def goes_on(self) -> bool:
        return not self.until

    def _python(self) -> str:
        asked = given(since=self.since, until=self.until, filters=filters(self.filter))
        now = time.time()
        for key in ("since", "until"):
            if key in asked:
                try:
                    asked[key] = timestamp(str(asked[key]), now)
                except DockerRefused:
                    continue
        events = Call("client.events", **asked, decode=True)
        show = 'print(event["Type"], event["Action"], event["Actor"]["ID"])'
        return f"for event in {events}:\n    {show}\n"

    def _stream(self, client: Client, until: str = "") -> CancellableStream:
        now = time.time()
        moments = {"since": self.since, "until": self.until or until}
        asked = {key: timestamp(word, now) for key, word in moments.items() if word}
        api = client.api
        params = asked | given(filters=json.dumps(filters(self.filter)) if self.filter else "")
        response = api._get(api._url("/events"), params=params, stream=True, timeout=None)
        api._raise_for_status(response)
        return CancellableStream(api._stream_helper(response, decode=True), response)

    def _run(self, client: Client, report: Report) -> str:
        """Without an end in the line, what has happened up to now."""
        line = self._line()
        return "\n".join(map(line, self._stream(client, f"{time.time():.9f}")))

    def _follow(self, client: Client, report: Report, interrupt: Interrupt) -> str:
        line, told = self._line(), ""
        for event in _until_interrupted(self._stream(client), interrupt):
            told = line(event)
            report(Progress("", told))
        return told

    def _play(self, client: Client, streams: Streams) -> int:
        line = self._line()
        for event in _until_interrupted(self._stream(client), streams.interrupt):
            streams.write(f"{line(event)}\n".encode())
        return _BY_A_SIGNAL if streams.interrupt.presses else 0

    def _line(self) -> Any:
        """The function that gives an event's line. Raises DockerRefused."""
        if not self.format:
            return _pretty
        try:
            template = Template("{{json .}}" if self.format == "json" else self.format)
            template.render(_message({}))
        except TemplateError as error:
            raise DockerRefused(f"Error parsing format: {error}", code=64) from error
        return lambda event: template.render(_message(event), lambda name: True)


def _until_interrupted(stream: CancellableStream, interrupt: Interrupt) -> Iterator[Json]:
    interrupt.on_press(lambda presses: stream.close())
    yield from stream


def _message(event: Json) -> Struct:
    """Go's events.Message; an engine of API 1.52 fills in no status, id and from."""
    actor = part(event, "Actor")
    in_json = {name: event[name] for name in _ORDER if name in event}
    if event:
        attributes = part(actor, "Attributes")
        in_order = {key: attributes[key] for key in sorted(attributes)}
        in_json["Actor"] = {"ID": text(actor, "ID"), "Attributes": in_order}
    fields = {
        "Status": text(event, "status"),
        "ID": text(event, "id"),
        "From": text(event, "from"),
        "Type": text(event, "Type"),
        "Action": text(event, "Action"),
        "Actor": {"ID": text(actor, "ID"), "Attributes": part(actor, "Attributes")},
        "Scope": text(event, "scope"),
        "Time": count(event, "time"),
        "TimeNano": count(event, "timeNano"),
    }
    return Struct("*events.Message" if not event else "events.Message", fields, in_json)


def _pretty(event: Json) -> str:
    """One event in docker's form: when, what kind, what happened, to whom, and more."""
    nanoseconds = count(event, "timeNano") or count(event, "time") * 10**9
    seconds, fraction = divmod(nanoseconds, 10**9)
    at = f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{fraction:09}Z"
    attributes = part(event, "Actor", "Attributes")
    more = ", ".join(f"{key}={attributes[key]}" for key in sorted(attributes))
    what = f"{text(event, 'Type')} {text(event, 'Action')} {text(event, 'Actor', 'ID')}"
    return f"{at} {what}" + (f" ({more})" if more else "")
