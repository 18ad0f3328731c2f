"""docker container: look at containers, their ports, programs and changed files."""

from __future__ import annotations

import ipaddress
import json
import re
from datetime import UTC, datetime
from typing import Any

from core.cluster.engine_json import Json, count, items, part, text
from core.cluster.references import of_container
from core.commands.api import Request, path
from core.commands.command import Client, Command, Report, command
from core.commands.grammar import argument, arguments, option, options, rest, switch
from core.commands.image_tree import API_OF_29, speaks
from core.commands.inspections import Inspection
from core.commands.kinds import OneCall
from core.commands.listing import ABSENT, Column, Listing, labels
from core.commands.source import Call, given, literal
from core.commands.streams import Streams
from core.commands.table import ago, cut, short, size
from core.commands.values import FILTER, INTEGER, filters
from core.errors import DockerRefused, TemplateError
from core.templates.typed import Nil

_SIZED = re.compile(r"\.Size|json \.\s*[|}]")  # formats that want the size


def _names(container: Json) -> str:
    # A name with a second slash is a link from another container.
    return next((name[1:] for name in items(container, "Names") if "/" not in name[1:]), "")


def _all_names(container: Json) -> str:
    return ",".join(name.removeprefix("/") for name in items(container, "Names"))


def _order(port: Json) -> tuple[int, tuple[int, bytes], int, str]:
    address = port.get("IP", "")
    known = ipaddress.ip_address(address) if address else None
    place = (known.version, known.packed) if known else (0, b"")
    return port["PrivatePort"], place, port.get("PublicPort", 0), port["Type"]


def _ports(container: Json) -> str:
    """``80/tcp`` for an open port, ``0.0.0.0:8080->80/tcp`` for a published one.

    Neighbours with the same number on both sides are one range (docker/cli, DisplayablePorts).
    """
    groups: dict[tuple[str, str], tuple[int, int]] = {}
    ranges, mapped = [], []
    for port in sorted(items(container, "Ports"), key=_order):
        inside, kind, address = port["PrivatePort"], port["Type"], port.get("IP", "")
        if address and port.get("PublicPort") != inside:
            mapped.append(f"{_joined(address, port['PublicPort'])}->{inside}/{kind}")
            continue
        first, last = groups.get((address, kind), (inside, inside - 1))
        if last + 1 != inside:
            ranges.append(_range(address, kind, first, last))
            first = inside
        groups[address, kind] = first, inside
    ranges += [_range(*key, *numbers) for key, numbers in groups.items()]
    return ", ".join([*ranges, *mapped])


def _joined(address: str, port: object) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def _range(address: str, kind: str, first: int, last: int) -> str:
    numbers = f"{first}-{last}" if first != last else str(first)
    return f"{_joined(address, numbers)}->{numbers}/{kind}" if address else f"{numbers}/{kind}"


def _size(container: Json) -> str:
    own, whole = size(count(container, "SizeRw")), count(container, "SizeRootFs")
    return f"{own} (virtual {size(whole)})" if whole else own


def _mounts(container: Json, length: int | None = None) -> str:
    names = (mount.get("Name") or mount.get("Source", "") for mount in items(container, "Mounts"))
    return ",".join(cut(name, length) if length else name for name in names)


def _created(container: Json) -> str:
    return datetime.fromtimestamp(container["Created"], UTC).strftime("%Y-%m-%d %H:%M:%S %z %Z")


def _quoted(words: str) -> str:
    return json.dumps(words, ensure_ascii=False)


def _health(container: Json) -> str:
    """Of engines before 29, it stands within the status alone."""
    if status := text(container, "Health", "Status"):
        return "" if status == "none" else status
    said = text(container, "Status").rpartition("(")[2].removesuffix(")").removeprefix("health: ")
    return said if said in ("healthy", "unhealthy", "starting") else ""


@command("container ls", "ps", "container ps", "container list")
class ListContainers(Listing):
    """List the containers that run on this engine; with --all those that have ended too."""

    columns = (
        Column("ID", "CONTAINER ID", lambda c: short(c["Id"]), lambda c: c["Id"]),
        Column("Image", "IMAGE", lambda c: of_container(text(c, "Image")) or "<no image>",
               lambda c: text(c, "Image") or "<no image>"),
        Column("Command", "COMMAND", lambda c: _quoted(cut(text(c, "Command"), 20)),
               lambda c: _quoted(text(c, "Command"))),
        Column("RunningFor", "CREATED", lambda c: ago(c["Created"])),
        Column("Status", "STATUS", lambda c: text(c, "Status")),
        Column("Ports", "PORTS", _ports),
        Column("Names", "NAMES", _names, _all_names),
        Column("Size", "SIZE", _size),
        Column("CreatedAt", "CREATED AT", _created),
        Column("State", "STATE", lambda c: text(c, "State")),
        Column("Labels", "LABELS",
               lambda c: ",".join(sorted(f"{k}={v}" for k, v in labels(c).items()))),
        Column("Mounts", "MOUNTS", lambda c: _mounts(c, 15), _mounts),
        Column("LocalVolumes", "LOCAL VOLUMES",
               lambda c: str(sum(m.get("Driver") == "local" for m in items(c, "Mounts")))),
        Column("Networks", "NETWORKS",
               lambda c: ",".join(part(c, "NetworkSettings", "Networks"))),
        Column("Platform", "PLATFORM",
               lambda c: part(c, "ImageManifestDescriptor", "platform") or Nil("*v1.Platform"),
               json=lambda c: part(c, "ImageManifestDescriptor", "platform") or None),
        # An older engine's containers are told as by docker's commands of its time.
        Column("HealthStatus", "HEALTH STATUS", _health,
               json=lambda c: _health(c) if "Health" in c else ABSENT),
    )  # fmt: skip
    shown = ("ID", "Image", "Command", "RunningFor", "Status", "Ports", "Names")
    kind = "*formatter.ContainerContext"
    quiet_first = True
    loop = ("container", "print(container.short_id, container.name, container.status)")
    all: bool = switch("-a", "--all")
    quiet: bool = switch("--quiet", "-q")
    filter: tuple[str, ...] = options("--filter", "-f", value=FILTER)
    format: str = option("--format")
    last: int = option("-n", "--last", value=INTEGER, default=-1)
    latest: bool = switch("-l", "--latest")
    no_trunc: bool = switch("--no-trunc")
    size: bool = switch("-s", "--size")

    def _shown(self) -> tuple[str, ...]:
        return (*self.shown, "Size") if self.size else self.shown

    def _limit(self) -> int:
        return 1 if self.latest and self.last < 0 else self.last

    def _call(self) -> Call:
        chosen = given(
            all=self.all, limit=max(self._limit(), 0) or None, filters=filters(self.filter)
        )
        # Containers of a Swarm come and go, also between the list and the look at each.
        return Call("client.containers.list", ignore_removed=True, **chosen)

    def _found(self, client: Client) -> list[Json]:
        chosen = given(filters=filters(self.filter))
        limit = max(self._limit(), 0) or -1
        sized = self.size or bool(_SIZED.search(self.format))
        return client.api.containers(all=self.all, limit=limit, size=sized, **chosen) or []

    def _run(self, client: Client, report: Report) -> str:
        if self.format in ("", "table", "json"):
            return Listing._run(self, client, report)
        try:
            self.listed([{"Id": "", "Created": 0}])
        except TemplateError as error:
            words = str(error).removeprefix("template parsing error: ")
            what = (
                "failed to execute template" if "executing" in words else "failed to parse template"
            )
            raise DockerRefused(f"{what}: {words}") from error
        return Listing._run(self, client, report)

    def _play(self, client: Client, streams: Streams) -> int:
        if self.quiet and self.format:
            why = "because both --format and --quiet are set."
            streams.warn(f"WARNING: Ignoring custom format, {why}")
        return Listing._play(self, client, streams)


@command("container inspect", reveals=True)
class InspectContainers(Inspection):
    """Show all that the engine knows about containers."""

    struct = "container.InspectResponse"
    format: str = option("-f", "--format")
    size: bool = switch("-s", "--size")
    containers: tuple[str, ...] = arguments("CONTAINER")

    def _call(self, name: str) -> Call:
        return Call("client.api.inspect_container", name)

    def _python(self) -> str:
        if not self.size:
            return Inspection._python(self)
        shown = "print(json.dumps(answer.json(), indent=4))"
        texts = (sized(name).text(shown) for name in self.containers)
        return "\n".join(("import json\n", *texts))

    def _look(self, client: Client, name: str) -> tuple[str, Json]:
        if not self.size:
            return Inspection._look(self, client, name)
        return self.struct, sized(name).json(client)


def sized(name: str) -> Request:
    """Ask about a container, the size of its files included."""
    return Request("get", path("/containers/{}/json", name), {"size": 1})


@command("container port", "port")
class ContainerPorts(OneCall):
    """Show at which of the node's ports a container's ports answer."""

    container: str = argument("CONTAINER")
    port: str = argument("PRIVATE_PORT", optional=True)

    def _call(self) -> Call:
        return Call("client.api.inspect_container", self.container)

    def _python(self) -> str:
        return f'print({self._call()}["NetworkSettings"]["Ports"])\n'

    def _said(self, client: Client, answer: Any) -> str:
        ports: Json = part(answer, "NetworkSettings", "Ports")
        if self.port:
            number, _, protocol = self.port.partition("/")
            if not number.isdigit() or int(number) > 65535:
                why = "value out of range" if number.isdigit() else "invalid syntax"
                words = f'invalid port ({number}): strconv.ParseUint: parsing "{number}": {why}'
                raise DockerRefused(f"Error: {words}")
            places = ports.get(f"{number}/{protocol or 'tcp'}")
            if not places:
                new = speaks(client, API_OF_29)
                words = "no public port" if new else "Error: No public port"
                raise DockerRefused(f"{words} '{self.port}' published for {self.container}")
            return "\n".join(_place(place) for place in _by_address(places))
        lines = [
            (int(port.partition("/")[0]), f"{port} -> {_place(place)}")
            for port, places in ports.items()
            for place in _by_address(places or ())
        ]
        lines.sort(key=lambda line: line[0])
        return "\n".join(line for _, line in lines)


def _by_address(places: Any) -> list[Json]:
    return sorted(places, key=lambda place: ":" in place["HostIp"])


def _place(place: Json) -> str:
    return _joined(place["HostIp"], place["HostPort"])


@command("container top", "top", reveals=True)
class ContainerTop(Command):
    """Show the programs of a container. It reveals: their arguments may hold passwords."""

    container: str = argument("CONTAINER")
    ps_args: tuple[str, ...] = rest("ps OPTIONS")

    def _call(self) -> Call:
        args = [" ".join(self.ps_args)] if self.ps_args else []
        return Call("client.api.top", self.container, *args)

    def _python(self) -> str:
        return f"""\
programs = {self._call()}
for program in [programs["Titles"], *programs["Processes"]]:
    print(*program)
"""

    def _run(self, client: Client, report: Report) -> str:
        said = self._call().on(client)
        lines = [said["Titles"], *(said["Processes"] or ())]
        widths = [
            max(20, *(len(cell) + 3 for cell in column)) for column in zip(*lines, strict=False)
        ]
        return "\n".join(
            "".join(cell.ljust(width) for cell, width in zip(line[:-1], widths, strict=False))
            + line[-1]
            for line in lines
        )


_CHANGES = ("C", "A", "D")  # by the API's number


@command("container diff", "diff", reveals=True)
class ContainerDiff(OneCall):
    """Show which files a container has changed, added or deleted."""

    container: str = argument("CONTAINER")

    def _call(self) -> Call:
        return Call("client.api.diff", self.container)

    def _python(self) -> str:
        return f"""\
for change in {self._call()} or []:
    print({literal("CAD")}[change["Kind"]], change["Path"])
"""

    def _said(self, client: Client, answer: Any) -> str:
        return "\n".join(f"{_CHANGES[change['Kind']]} {change['Path']}" for change in answer or ())
