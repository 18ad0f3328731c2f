"""docker container: look at containers and at what they print."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import docker

from core.commands import engine_messages, terminal_output
from core.commands.command import Command, Interrupt, Json, Report, inspected
from core.commands.engine_json import items, part, text
from core.commands.grammar import argument, arguments, option, options, switch
from core.commands.source import call, given, literal
from core.commands.table import ago, cut, short, table
from core.commands.values import LABEL, TAIL, filters


@dataclass(frozen=True, slots=True, kw_only=True)
class ListContainers(Command):
    """List the containers that run on this engine; with --all those that have ended too."""

    verb: ClassVar[tuple[str, ...]] = ("container", "ls")

    all: bool = switch("-a", "--all")
    quiet: bool = switch("--quiet", "-q")
    filter: tuple[str, ...] = options("--filter", "-f", value=LABEL)

    def _python(self) -> str:
        listing = call(
            "client.containers.list", **given(all=self.all, filters=filters(self.filter))
        )
        return f"""\
for container in {listing}:
    print(container.short_id, container.name, container.status)
"""

    def _run(self, client: docker.DockerClient, report: Report) -> str:
        containers = (
            client.api.containers(all=self.all, **given(filters=filters(self.filter))) or []
        )
        if self.quiet:
            return "\n".join(short(container["Id"]) for container in containers)
        head = ("CONTAINER ID", "IMAGE", "COMMAND", "CREATED", "STATUS", "PORTS", "NAMES")
        return table(head, map(_row, containers))


def _row(container: Json) -> tuple[str, ...]:
    # A name with a second slash is a link from another container.
    names = [name[1:] for name in items(container, "Names") if "/" not in name[1:]]
    return (
        short(container["Id"]),
        _image(text(container, "Image")),
        f'"{cut(text(container, "Command"), 20)}"',
        ago(container["Created"]),
        text(container, "Status"),
        ", ".join(_ports(items(container, "Ports"))),
        ",".join(names),
    )


def _image(name: str) -> str:
    """As it was called, without its digest; its short id, where the name is another's by now."""
    return short(name) if name.startswith("sha256:") else name.partition("@")[0]


def _ports(ports: list[Json]) -> list[str]:
    """``80/tcp`` for an open port, ``0.0.0.0:8080->80/tcp`` for a published one."""
    lines = []
    for port in sorted(ports, key=lambda p: (p["PrivatePort"], p["Type"], p.get("IP", ""))):
        inside = f"{port['PrivatePort']}/{port['Type']}"
        address = port.get("IP", "")
        outside = f"[{address}]" if ":" in address else address
        lines.append(
            f"{outside}:{port['PublicPort']}->{inside}" if "PublicPort" in port else inside
        )
    return lines


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerLogs(Command):
    """Show what a container has printed. It reveals: programs print passwords."""

    verb: ClassVar[tuple[str, ...]] = ("container", "logs")
    reveals: ClassVar[bool] = True

    follow: bool = switch("-f", "--follow")
    tail: str = option("--tail", "-n", value=TAIL, default="all")
    timestamps: bool = switch("--timestamps", "-t")
    container: str = argument("CONTAINER")

    def _python(self) -> str:
        asked = {"tail": _tail(self.tail), "timestamps": self.timestamps}
        get = f"container = client.containers.get({literal(self.container)})\n"
        if self.follow:
            logs = call("container.logs", stream=True, follow=True, **asked)
            return f"""\
import codecs

{get}for text in codecs.iterdecode({logs}, "utf-8", "replace"):
    print(text, end="", flush=True)
"""
        logs = call("container.logs", **asked)
        return f"""{get}print({logs}.decode(errors="replace"), end="")\n"""

    def _run(self, client: docker.DockerClient, report: Report) -> str:
        logs: bytes = client.api.logs(
            self.container, tail=_tail(self.tail), timestamps=self.timestamps
        )
        return "\n".join(terminal_output.lines(logs)).rstrip("\n")

    @property
    def goes_on(self) -> bool:
        return self.follow

    def _follow(self, client: docker.DockerClient, report: Report, interrupt: Interrupt) -> str:
        known = client.api.inspect_container(self.container)
        stream = engine_messages.followed(
            client,
            f"/containers/{known['Id']}/logs",
            bool(part(known, "Config").get("Tty")),
            tail=self.tail,
            timestamps=int(self.timestamps),
        )
        interrupt.heard_by(lambda presses: stream.close())
        return engine_messages.told(stream, report)


def _tail(text: str) -> int | str:
    """docker-py takes a number or ``all``, and silently reads any other word as ``all``."""
    return int(text) if text.isdigit() else "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class InspectContainers(Command):
    """Show all that the engine knows about containers."""

    verb: ClassVar[tuple[str, ...]] = ("container", "inspect")
    reveals: ClassVar[bool] = True

    containers: tuple[str, ...] = arguments("CONTAINER")

    def _python(self) -> str:
        return f"""\
import json

containers = [client.api.inspect_container(name) for name in {literal(list(self.containers))}]
print(json.dumps(containers, indent=4))
"""

    def _run(self, client: docker.DockerClient, report: Report) -> str:
        return inspected(self.containers, client.api.inspect_container)
