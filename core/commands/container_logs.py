"""docker container logs: what a container has printed."""

from __future__ import annotations

import time
from dataclasses import replace

from docker.types import CancellableStream

from core.cluster.engine_json import part
from core.commands import engine_messages, terminal_output
from core.commands.attached import frames, printed
from core.commands.command import Client, Interrupt, Report, command
from core.commands.grammar import argument, option, switch
from core.commands.kinds import Logs
from core.commands.moments import timestamp
from core.commands.source import Call, given, literal
from core.commands.streams import Streams
from core.errors import DockerRefused


@command("container logs", "logs", reveals=True)
class ContainerLogs(Logs):
    """Show what a container has printed. It reveals: programs print passwords."""

    follow: bool = switch("-f", "--follow")
    tail: str = option("--tail", "-n", default="all")
    timestamps: bool = switch("--timestamps", "-t")
    since: str = option("--since")
    until: str = option("--until")
    details: bool = switch("--details")
    container: str = argument("CONTAINER")

    def _asked(self) -> dict[str, object]:
        """The parameters of the request beside the streams. Raises DockerRefused."""
        since, until = _moment("since", self.since), _moment("until", self.until)
        return given(
            since=since,
            until=until,
            timestamps=int(self.timestamps) or None,
            details=int(self.details) or None,
        )

    def _python(self) -> str:
        asked: dict[str, object] = {"tail": _tail(self.tail), "timestamps": self.timestamps}
        for name, word in (("since", self.since), ("until", self.until)):
            # docker-py takes seconds since the epoch.
            asked |= {name: float(_moment(name, word))} if word else {}
        get = f"container = client.containers.get({literal(self.container)})\n"
        if self.follow:
            logs = Call("container.logs", stream=True, follow=True, **asked)
            return f"""\
import codecs

{get}for text in codecs.iterdecode({logs}, "utf-8", "replace"):
    print(text, end="", flush=True)
"""
        return (
            f"""{get}print({Call("container.logs", **asked)}.decode(errors="replace"), end="")\n"""
        )

    def _pieces(self, client: Client) -> CancellableStream:
        """The output, each piece with the number of its stream; any thread may close it."""
        api = client.api
        known = api.inspect_container(self.container)
        wanted = {"stdout": 1, "stderr": 1, "follow": int(self.follow), "tail": self.tail}
        response = api._get(
            api._url("/containers/{0}/logs", known["Id"]),
            params=wanted | self._asked(),
            stream=True,
            timeout=None if self.follow else api.timeout,
        )
        api._raise_for_status(response)
        tty = bool(part(known, "Config").get("Tty"))
        return CancellableStream(frames(response.iter_content(None), tty), response)

    def _run(self, client: Client, report: Report) -> str:
        logs = b"".join(data for _, data in replace(self, follow=False)._pieces(client))
        return "\n".join(terminal_output.lines(logs)).rstrip("\n")

    def _follow(self, client: Client, report: Report, interrupt: Interrupt) -> str:
        stream = self._pieces(client)
        interrupt.on_press(lambda presses: stream.close())
        return engine_messages.reported((data for _, data in stream), report)

    def _play(self, client: Client, streams: Streams) -> int:
        stream = self._pieces(client)
        streams.interrupt.on_press(lambda presses: stream.close())
        printed(stream, streams)
        return 0


def _moment(flag: str, word: str) -> str:
    """A moment as the API takes it; '' for ''. Raises DockerRefused."""
    try:
        return timestamp(word, time.time()) if word else ""
    except DockerRefused as error:
        raise DockerRefused(f'invalid value for "{flag}": {error}') from None


def _tail(text: str) -> int | str:
    """docker-py takes a number or ``all``, and silently reads any other word as ``all``."""
    return int(text) if text.isdigit() else "all"
