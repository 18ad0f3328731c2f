"""docker service: look at services, their tasks and what these print."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import unquote

import docker
import docker.errors

from core.commands import engine_messages, terminal_output
from core.commands.command import Command, Interrupt, Json, Report, inspected
from core.commands.engine_json import count, items, part, text
from core.commands.grammar import argument, arguments, option, options, switch
from core.commands.source import call, given, literal
from core.commands.table import natural, short, table
from core.commands.tasks import TaskNames, listed, unpinned
from core.commands.values import LABEL, TAIL, filters
from core.errors import EngineRejected


@dataclass(frozen=True, slots=True, kw_only=True)
class ListServices(Command):
    """List the services, with how many of their replicas run."""

    verb: ClassVar[tuple[str, ...]] = ("service", "ls")

    quiet: bool = switch("--quiet", "-q")
    filter: tuple[str, ...] = options("--filter", "-f", value=LABEL)

    def _python(self) -> str:
        listing = call("client.api.services", **given(filters=filters(self.filter)), status=True)
        return f"""\
for service in {listing}:
    status = service["ServiceStatus"]
    print(service["Spec"]["Name"], status["RunningTasks"], "of", status["DesiredTasks"])
"""

    def _run(self, client: docker.DockerClient, report: Report) -> str:
        services = client.api.services(filters=filters(self.filter), status=True) or []
        services.sort(key=lambda service: natural(text(service, "Spec", "Name")))
        if self.quiet:
            return "\n".join(short(service["ID"]) for service in services)
        head = ("ID", "NAME", "MODE", "REPLICAS", "IMAGE", "PORTS")
        return table(head, map(_service_row, services))


def _service_row(service: Json) -> tuple[str, ...]:
    status = part(service, "ServiceStatus")
    most = count(service, "Spec", "TaskTemplate", "Placement", "MaxReplicas")
    replicas = f"{count(status, 'RunningTasks')}/{count(status, 'DesiredTasks')}"
    mode = part(service, "Spec", "Mode")
    if mode.keys() & {"ReplicatedJob", "GlobalJob"}:  # docker says nothing else of a job
        done, most = count(status, "CompletedTasks"), 0
        total = part(mode, "ReplicatedJob").get("TotalCompletions", 1)
        total = count(status, "DesiredTasks") + done if "GlobalJob" in mode else total
        replicas += f" ({done}/{total} completed)"
    ports = [
        f"*:{p['PublishedPort']}->{p['TargetPort']}/{p['Protocol']}"
        for p in items(service, "Endpoint", "Ports")
        if p.get("PublishMode", "ingress") == "ingress"
    ]
    return (
        short(service["ID"]),
        text(service, "Spec", "Name"),
        _mode(mode),
        replicas + (f" (max {most} per node)" if most else ""),
        unpinned(text(service, "Spec", "TaskTemplate", "ContainerSpec", "Image")),
        ", ".join(ports),
    )


def _mode(mode: Json) -> str:
    words = {"ReplicatedJob": "replicated job", "GlobalJob": "global job"}
    kind = next(iter(mode), "")
    return words.get(kind, kind.lower())


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceTasks(Command):
    """List the tasks of services: every replica, where it runs, and the ones it replaced."""

    verb: ClassVar[tuple[str, ...]] = ("service", "ps")

    no_trunc: bool = switch("--no-trunc")
    filter: tuple[str, ...] = options("--filter", "-f", value=LABEL)
    services: tuple[str, ...] = arguments("SERVICE")

    def _python(self) -> str:
        return f"""\
for name in {literal(list(self.services))}:
    service = client.services.get(name)
    for task in {call("service.tasks", *([filters(self.filter)] if self.filter else []))}:
        status = task["Status"]
        print(task["Slot"] if "Slot" in task else "", task.get("NodeID"), task["DesiredState"],
              status["State"], status.get("Err", ""))
"""

    def _run(self, client: docker.DockerClient, report: Report) -> str:
        ids, missing = [], []
        for name in self.services:
            try:
                ids.append(client.api.inspect_service(name)["ID"])
            except docker.errors.NotFound:
                missing.append(f"no such service: {name}")
        if not ids:
            raise EngineRejected("\n".join(missing), 404)
        tasks = client.api.tasks(filters=filters(self.filter) | {"service": ids}) or []
        return "\n".join([listed(client, tasks, whole=self.no_trunc), *missing])


@dataclass(frozen=True, slots=True, kw_only=True)
class InspectServices(Command):
    """Show all that the Swarm knows about services."""

    verb: ClassVar[tuple[str, ...]] = ("service", "inspect")
    reveals: ClassVar[bool] = True

    services: tuple[str, ...] = arguments("SERVICE")

    def _python(self) -> str:
        return f"""\
import json

names = {literal(list(self.services))}
services = [client.api.inspect_service(name, insert_defaults=True) for name in names]
print(json.dumps(services, indent=4))
"""

    def _run(self, client: docker.DockerClient, report: Report) -> str:
        return inspected(
            self.services, lambda name: client.api.inspect_service(name, insert_defaults=True)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceLogs(Command):
    """Show what the replicas of a service have printed.

    It reveals: programs print passwords, this dashboard's own first one among them.
    """

    verb: ClassVar[tuple[str, ...]] = ("service", "logs")
    reveals: ClassVar[bool] = True

    follow: bool = switch("-f", "--follow")
    tail: str = option("--tail", "-n", value=TAIL, default="all")
    timestamps: bool = switch("--timestamps", "-t")
    service: str = argument("SERVICE")

    def _python(self) -> str:
        logs = call(
            "service.logs",
            stdout=True,
            stderr=True,
            details=True,
            **given(follow=self.follow or None),
            tail=self.tail,
            timestamps=self.timestamps,
        )
        return f"""\
import codecs

service = client.services.get({literal(self.service)})
logs = {logs}
for text in codecs.iterdecode(logs, "utf-8", "replace"):
    # Each line begins with the node, the service and the task that it comes from.
    print(text, end=""{", flush=True" if self.follow else ""})
"""

    def _run(self, client: docker.DockerClient, report: Report) -> str:
        chunks = client.api.service_logs(
            self.service,
            details=True,
            stdout=True,
            stderr=True,
            tail=self.tail,
            timestamps=self.timestamps,
        )
        told = b"".join(_whole(chunks)).decode(errors="replace").removesuffix("\n")
        lines = [_Line.read(text, self.timestamps) for text in told.split("\n") if text]
        heads = _Heads(client)
        for line in lines:
            heads.learn(line)
        return "\n".join(map(heads.before, lines))

    @property
    def goes_on(self) -> bool:
        return self.follow

    def _follow(self, client: docker.DockerClient, report: Report, interrupt: Interrupt) -> str:
        known = client.api.inspect_service(self.service)
        stream = engine_messages.followed(
            client,
            f"/services/{known['ID']}/logs",
            bool(part(known, "Spec", "TaskTemplate", "ContainerSpec").get("TTY")),
            details=1,
            tail=self.tail,
            timestamps=int(self.timestamps),
        )
        interrupt.heard_by(lambda presses: stream.close())
        heads = _Heads(client)

        def shown(text: str) -> str:
            line = _Line.read(text, self.timestamps)
            heads.learn(line)
            return heads.before(line)

        return engine_messages.told(_whole(stream), report, shown)


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of a service's log, and whose it is."""

    task: str
    node: str
    text: str

    @classmethod
    def read(cls, line: str, timestamps: bool) -> _Line:
        stamp, _, rest = line.partition(" ") if timestamps else ("", "", line)
        details, _, text = rest.partition(" ")
        keys = dict(unquote(detail).split("=", 1) for detail in details.split(",") if "=" in detail)
        if "com.docker.swarm.task.id" not in keys:  # in the middle of what a terminal was sent
            text = rest
        return cls(
            keys.get("com.docker.swarm.task.id", ""),
            keys.get("com.docker.swarm.node.id", ""),
            " ".join(filter(None, [stamp, terminal_output.line(text)])),
        )


class _Heads:
    """What stands before the lines of each task; the engine is asked once a task."""

    def __init__(self, client: docker.DockerClient) -> None:
        self._client = client
        self._names = TaskNames(client)
        self._heads: dict[str, str] = {}

    def learn(self, line: _Line) -> None:
        if line.task not in self._heads:
            self._heads[line.task] = self._head(line)

    def before(self, line: _Line) -> str:
        """The line with its head, as wide as the widest so far."""
        width = max(map(len, self._heads.values()))
        return f"{self._heads[line.task].ljust(width)}    | {line.text}"

    def _head(self, line: _Line) -> str:
        """web.3.<task id>@node2, as the docker command writes it; '' where no task is named."""
        if not line.task:
            return ""
        try:
            replica = self._names.task(self._client.api.inspect_task(line.task))
        except docker.errors.NotFound:  # reaped since it printed this
            replica = "?"
        return f"{replica}.{short(line.task)}@{self._names.node(line.node)}"


#: How each piece of a service's log begins: perhaps a time, and whose it is.
_ORIGIN = re.compile(rb"(?:\S+ )?[^ =]+=\S*com\.docker\.swarm\.task\.id=([^,\s]+)\S* ")


def _whole(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same log, in which no line is interrupted.

    The engine cuts a line after 16 kB: each piece says again whose it is, and what other replicas
    print may come between two of them.
    """
    begun: dict[bytes, bytes] = {}
    for piece in pieces:
        origin = _ORIGIN.match(piece)
        if origin is None:  # of a terminal, which is sent as it comes
            yield piece
            continue
        before = begun.pop(origin[1], b"")
        so_far = before + piece[origin.end() if before else 0 :]
        if so_far.endswith(b"\n"):
            yield so_far
        else:
            begun[origin[1]] = so_far
    for rest in begun.values():
        yield rest + b"\n"
