"""What the engine sends bit by bit while it pulls, builds or follows logs, told line by line."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

import docker
from docker.types import CancellableStream

from core.commands import terminal_output
from core.commands.command import Progress, Report
from core.commands.engine_json import Json
from core.errors import EngineRejected

#: Of what goes on for long, its last lines are the answer.
MOST_LINES = 2000

_STEP = re.compile(r"Step ([0-9]+)/([0-9]+) : (.*)")


def pull(client: docker.DockerClient, image: str, report: Report) -> str:
    """Pull an image, and return what is on the terminal in the end: a line for each layer.

    Raises:
        EngineRejected: also when the refusal comes inside the stream.
    """
    lines: dict[str, str] = {}
    for message in client.api.pull(image, stream=True, decode=True):
        _refuse(message)
        id, status = message.get("id", ""), message.get("status", "")
        detail = message.get("progressDetail") or {}
        report(Progress(id, status, detail.get("current"), detail.get("total")))
        lines[id or status] = f"{id}: {status}" if id else status
    return "\n".join(lines.values())


def build(messages: Iterable[Json], report: Report) -> str:
    """Follow a build by the classic builder, and return its log.

    Progress counts in steps of the Dockerfile, and in bytes for the layers that a FROM pulls.
    """
    log: list[str] = []
    step, steps, rest = 0, 0, ""
    for message in messages:
        _refuse(message)
        if "status" in message:
            detail = message.get("progressDetail") or {}
            layer = Progress(
                message.get("id", ""),
                message["status"],
                detail.get("current"),
                detail.get("total"),
            )
            report(layer)
            continue
        *whole, rest = (rest + message.get("stream", "")).split("\n")
        for text in map(terminal_output.line, whole):
            log.append(text)
            if match := _STEP.match(text):
                step, steps = int(match[1]), int(match[2])
            if text.strip():
                report(Progress("", text, step, steps))
    return "\n".join([*log, terminal_output.line(rest)]).rstrip("\n")


def _refuse(message: Json) -> None:
    if "error" in message:
        raise EngineRejected(str(message["error"]).strip())


def followed(client: docker.DockerClient, path: str, tty: bool, **asked: Any) -> CancellableStream:
    """What is logged at a path, as it comes, without an end; any thread may close it.

    docker-py has it for containers alone, and gives up where nothing is said for a minute.
    """
    api = client.api
    given = {"follow": 1, "stdout": 1, "stderr": 1, **asked}
    response = api._get(api._url(path), params=given, stream=True, timeout=None)
    return CancellableStream(api._get_result_tty(True, response, tty), response)


def told(
    chunks: Iterable[bytes], report: Report, line: Callable[[str], str] = terminal_output.line
) -> str:
    """Report each line, as ``line`` has it, when it is whole; return the last of them."""
    lines = deque[str](maxlen=MOST_LINES)

    def tell(text: bytes) -> None:
        lines.append(line(text.decode(errors="replace")))
        report(Progress("", lines[-1]))

    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        for text in whole:
            tell(text)
    if rest:
        tell(rest)
    return "\n".join(lines)
