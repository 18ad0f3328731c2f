"""The messages that the engine sends bit by bit while it pulls, builds or follows a log."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from docker.types import CancellableStream

from core.cluster.engine_json import Json, count, part, text
from core.commands import terminal_output
from core.commands.command import Client, Progress, Report
from core.commands.streams import Captured, Streams
from core.commands.table import size
from core.errors import DockerRefused, EngineRejected

#: Of a log that goes on for long, so many last lines are the answer.
MOST_LINES = 2000

#: How the classic builder begins each step (moby, builder/dockerfile).
_STEP = re.compile(r"Step ([0-9]+)/([0-9]+) : (.*)")


def no_aux(message: Any) -> None:
    """The listener of who needs nothing that is meant for programs."""


def pull(client: Client, image: str, report: Report, **more: Any) -> str:
    """Pull an image, and return the text left on a terminal: a line for each layer.

    more: keywords of docker-py.

    Raises:
        EngineRejected: also when the refusal comes inside the stream.
    """
    return layers(client.api.pull(image, stream=True, decode=True, **more), report)


def layers(messages: Iterable[Json], report: Report) -> str:
    """Follow a pull or a push, and return the text left on a terminal. Raises EngineRejected."""
    lines: dict[str, str] = {}
    for message in messages:
        _refuse(message)
        if "aux" in message:
            continue
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
        for line in map(terminal_output.line, whole):
            log.append(line)
            if match := _STEP.match(line):
                step, steps = int(match[1]), int(match[2])
            if line.strip():
                report(Progress("", line, step, steps))
    return "\n".join([*log, terminal_output.line(rest)]).rstrip("\n")


def show(
    messages: Iterable[Json],
    streams: Streams,
    heard: Callable[[Any], None] = no_aux,
    terse: bool = False,
) -> None:
    """Print messages as the docker command does: with bars that move where that is a terminal.

    The rules are those of docker/docker, pkg/jsonmessage. heard: gets what is meant for programs.
    terse: of layers nothing is told but on a terminal, as docker does since 29.

    Raises:
        DockerRefused: the stream ends with an error; with the exit code of a failed step.
    """
    rows: dict[str, int] = {}
    terminal = streams.out_is_terminal
    for message in messages:
        if "error" in message or "errorDetail" in message:
            detail = part(message, "errorDetail")
            words = text(detail, "message") or text(message, "error")
            raise DockerRefused(words.strip(), code=count(detail, "code") or 1)
        if "aux" in message:
            heard(message["aux"])
            continue
        id, moves = text(message, "id"), message.get("progressDetail") is not None
        bar = _bar(part(message, "progressDetail"), streams.size[1]) if moves else ""
        if not terminal and (bar or (terse and moves)):
            continue
        up = 0
        if id and moves:
            if id not in rows:
                rows[id] = len(rows)
                streams.write(b"\n" * terminal)
            up = len(rows) - rows[id]
        else:
            rows.clear()
        said = message.get("stream", "")
        if terminal and moves and not said:
            line = f"\x1b[2K\r{f'{id}: ' if id else ''}{text(message, 'status')} {bar}\r"
        else:
            line = f"{id}: " if id else ""
            line += said or f"{text(message, 'status')}\n"
        if terminal and up:
            line = f"\x1b[{up}A{line}\x1b[{up}B"
        streams.write(line.encode())


def swallow(messages: Iterable[Json]) -> None:
    """Follow messages that nobody wants to read. Raises DockerRefused."""
    show(messages, Captured())


def texts(messages: Iterable[Json]) -> Iterator[str]:
    """The texts of messages, each with its line's end. Raises EngineRejected."""
    for message in messages:
        _refuse(message)
        yield message.get("stream") or f"{text(message, 'status')}\n"


def _bar(detail: Json, width: int) -> str:
    """How far a layer is: ``[====>    ]  1.2MB/3.4MB``, without the bar in a narrow terminal."""
    current, total = count(detail, "current"), count(detail, "total")
    if current <= 0 and total <= 0:
        return ""
    if total <= 0:
        return f"{_bytes(current):>8}"
    done = min(int(current / total * 100) // 2, 50)
    bar = f"[{'=' * done}>{' ' * (50 - done)}] " if width > 110 else ""
    return f"{bar}{_bytes(current):>8}" + (f"/{_bytes(total)}" if current <= total else "")


def _bytes(number: int) -> str:
    return size(number, 4)


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
        for each in whole:
            tell(each)
    if rest:
        tell(rest)
    return "\n".join(lines)
