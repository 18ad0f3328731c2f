"""The JSON streams that the engine sends while it pulls or builds, told line by line."""

from __future__ import annotations

import re
from collections.abc import Iterable

import docker

from core.commands.command import Json, Progress, Report
from core.errors import EngineRejected

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
    step, steps = 0, 0
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
        text = message.get("stream", "")
        log.append(text)
        if match := _STEP.match(text):
            step, steps = int(match[1]), int(match[2])
        if text.strip():
            report(Progress("", text.rstrip("\n"), step, steps))
    return "".join(log).rstrip("\n")


def _refuse(message: Json) -> None:
    if "error" in message:
        raise EngineRejected(str(message["error"]).strip())
