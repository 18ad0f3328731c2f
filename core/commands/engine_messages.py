"""The messages that the engine sends bit by bit while it pulls, builds or follows a log."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

from docker.types import CancellableStream

from core.cluster.engine_json import Json, part
from core.commands import terminal_output
from core.commands.command import Client, Progress, Report
from core.errors import EngineRejected

#: Of a log that goes on for long, so many last lines are the answer.
MOST_LINES = 2000

#: How the classic builder begins each step (moby, builder/dockerfile).
_STEP = re.compile(r"Step ([0-9]+)/([0-9]+) : (.*)")


def pull(client: Client, image: str, report: Report) -> str:
    """Pull an image, and return the text left on a terminal: a line for each layer.

    Raises:
        EngineRejected: also when the refusal comes inside the stream.
    """
    lines: dict[str, str] = {}
    for message in client.api.pull(image, stream=True, decode=True):
        _refuse(message)
        layer = _progress(message)
        report(layer)
        lines[layer.step or layer.text] = f"{layer.step}: {layer.text}".removeprefix(": ")
    return "\n".join(lines.values())


def build(messages: Iterable[Json], report: Report) -> str:
    """Follow a build by the classic builder, and return its log.

    Progress counts in steps of the Dockerfile, and in bytes for the layers that a FROM pulls.

    Raises:
        EngineRejected: the build failed.
    """
    log: list[str] = []
    step, steps, rest = 0, 0, ""
    for message in messages:
        _refuse(message)
        if "status" in message:
            report(_progress(message))
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


def _progress(message: Json) -> Progress:
    """That of a layer, in bytes."""
    detail = part(message, "progressDetail")
    step, text = message.get("id", ""), message.get("status", "")
    return Progress(step, text, detail.get("current"), detail.get("total"))


def followed(client: Client, path: str, tty: bool, **asked: Any) -> CancellableStream:
    """The log at a path of the API, as it comes, without an end; any thread may close it.

    tty: whether the program has a terminal. asked: more of the request's parameters. docker-py has
    this for containers alone, and gives up where nothing is said for a minute.
    """
    api = client.api
    given = {"follow": 1, "stdout": 1, "stderr": 1, **asked}
    response = api._get(api._url(path), params=given, stream=True, timeout=None)
    return CancellableStream(api._get_result_tty(True, response, tty), response)


def reported(
    chunks: Iterable[bytes], report: Report, line: Callable[[str], str] = terminal_output.line
) -> str:
    """Report each line when it is whole; return the last of them.

    line: makes the text to show of a line.
    """
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
