"""docker container: look at containers and at their output."""

from __future__ import annotations

from core.cluster.engine_json import Json, items, part, text
from core.cluster.references import of_container
from core.commands import engine_messages, terminal_output
from core.commands.command import Client, Interrupt, Report, command
from core.commands.grammar import argument, arguments, option, options, switch
from core.commands.kinds import Inspection, Listing, Logs
from core.commands.source import Call, given, literal
from core.commands.table import ago, cut, short
from core.commands.values import LABEL, TAIL, filters


def _names(container: Json) -> str:
    # A name with a second slash is a link from another container.
    return ",".join(name[1:] for name in items(container, "Names") if "/" not in name[1:])


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


@command("container ls", "ps", "container ps", "container list")
class ListContainers(Listing):
    """List the containers that run on this engine; with --all those that have ended too."""

    columns = (
        ("CONTAINER ID", lambda container: short(container["Id"])),
        ("IMAGE", lambda container: of_container(text(container, "Image"))),
        ("COMMAND", lambda container: f'"{cut(text(container, "Command"), 20)}"'),
        ("CREATED", lambda container: ago(container["Created"])),
        ("STATUS", lambda container: text(container, "Status")),
        ("PORTS", lambda container: ", ".join(_ports(items(container, "Ports")))),
        ("NAMES", _names),
    )
    loop = ("container", "print(container.short_id, container.name, container.status)")
    all: bool = switch("-a", "--all")
    quiet: bool = switch("--quiet", "-q")
    filter: tuple[str, ...] = options("--filter", "-f", value=LABEL)

    def _call(self) -> Call:
        chosen = given(all=self.all, filters=filters(self.filter))
        # Containers of a Swarm come and go, also between the list and the look at each.
        return Call("client.containers.list", ignore_removed=True, **chosen)

    def _found(self, client: Client) -> list[Json]:
        chosen = given(filters=filters(self.filter))
        return client.api.containers(all=self.all, **chosen) or []

    def _id(self, thing: Json) -> str:
        return short(thing["Id"])


@command("container logs", "logs", reveals=True)
class ContainerLogs(Logs):
    """Show what a container has printed. It reveals: programs print passwords."""

    follow: bool = switch("-f", "--follow")
    tail: str = option("--tail", "-n", value=TAIL, default="all")
    timestamps: bool = switch("--timestamps", "-t")
    container: str = argument("CONTAINER")

    def _python(self) -> str:
        asked = {"tail": _tail(self.tail), "timestamps": self.timestamps}
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

    def _run(self, client: Client, report: Report) -> str:
        logs: bytes = client.api.logs(
            self.container, tail=_tail(self.tail), timestamps=self.timestamps
        )
        return "\n".join(terminal_output.lines(logs)).rstrip("\n")

    def _follow(self, client: Client, report: Report, interrupt: Interrupt) -> str:
        known = client.api.inspect_container(self.container)
        path, tty = f"/containers/{known['Id']}/logs", bool(part(known, "Config").get("Tty"))
        stream = self._stream(client, path, tty, interrupt)
        return engine_messages.reported(stream, report)


def _tail(text: str) -> int | str:
    """docker-py takes a number or ``all``, and silently reads any other word as ``all``."""
    return int(text) if text.isdigit() else "all"


@command("container inspect", reveals=True)
class InspectContainers(Inspection):
    """Show all that the engine knows about containers."""

    method = "api.inspect_container"
    containers: tuple[str, ...] = arguments("CONTAINER")
