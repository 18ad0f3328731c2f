"""docker service: look at services and at their tasks."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import docker.errors

from core.cluster.engine_json import Json, count, items, part, text
from core.cluster.references import without_digest
from core.commands import service_told
from core.commands.command import Client, command
from core.commands.grammar import arguments, option, options, switch
from core.commands.image_tree import API_OF_29, speaks
from core.commands.inspections import Inspection
from core.commands.listing import Column, Listing
from core.commands.source import Call, Code, given, literal
from core.commands.table import short
from core.commands.tasks import TaskListing
from core.commands.values import FILTER, filters
from core.errors import DockerRefused, EngineRejected


def _replicas(service: Json) -> str:
    """``2/3 (max 1 per node)``, or of a job ``1/1 (2/5 completed)``."""
    status, mode = part(service, "ServiceStatus"), part(service, "Spec", "Mode")
    wanted = count(status, "DesiredTasks")
    replicas = f"{count(status, 'RunningTasks')}/{wanted}"
    if mode.keys() & {"ReplicatedJob", "GlobalJob"}:  # docker says nothing else of a job
        done = count(status, "CompletedTasks")
        total = part(mode, "ReplicatedJob").get("TotalCompletions", 1)
        return f"{replicas} ({done}/{wanted + done if 'GlobalJob' in mode else total} completed)"
    most = count(service, "Spec", "TaskTemplate", "Placement", "MaxReplicas")
    return replicas + (f" (max {most} per node)" if most else "")


def _mode(service: Json) -> str:
    words = {"ReplicatedJob": "replicated job", "GlobalJob": "global job"}
    kind = next(iter(part(service, "Spec", "Mode")), "")
    return words.get(kind, kind.lower())


def _ports(service: Json) -> str:
    """Ports that follow one another are told as one range (docker/cli, service/formatter.go)."""
    found = [
        (p.get("Protocol", ""), count(p, "PublishedPort"), count(p, "TargetPort"))
        for p in items(service, "Endpoint", "Ports")
        if p.get("PublishMode", "ingress") == "ingress"
    ]
    ranges: list[list[int | str]] = []
    for protocol, published, target in sorted(found):
        if ranges:
            known, first, last, first_target, last_target = ranges[-1]
            apart = published - int(last) > 1 or target - int(last_target) > 1
            overlaps = last_target != first_target and target <= int(last_target)
            if protocol == known and not apart and not overlaps:
                ranges[-1] = [known, first, published, first_target, target]
                continue
        ranges.append([protocol, published, published, target, target])
    return ", ".join(
        f"*:{_range(first, last)}->{_range(target, last_target)}/{protocol}"
        for protocol, first, last, target, last_target in ranges
        if first
    )


def _range(first: int | str, last: int | str) -> str:
    return f"{first}-{last}" if int(last) > int(first) else str(first)


@command("service ls", "service list")
class ListServices(Listing):
    """List the services, with how many of their replicas run."""

    columns = (
        Column("ID", "ID", lambda service: short(service["ID"])),
        Column("Name", "NAME", lambda service: text(service, "Spec", "Name")),
        Column("Mode", "MODE", _mode),
        Column("Replicas", "REPLICAS", _replicas),
        Column(
            "Image",
            "IMAGE",
            lambda s: without_digest(text(s, "Spec", "TaskTemplate", "ContainerSpec", "Image")),
        ),
        Column("Ports", "PORTS", _ports),
    )
    shown = ("ID", "Name", "Mode", "Replicas", "Image", "Ports")
    kind = "*service.serviceContext"
    loop = (
        "service",
        'status = service["ServiceStatus"]',
        'print(service["Spec"]["Name"], status["RunningTasks"], "of", status["DesiredTasks"])',
    )
    quiet: bool = switch("--quiet", "-q")
    format: str = option("--format")
    filter: tuple[str, ...] = options("--filter", "-f", value=FILTER)

    def _call(self) -> Call:
        return Call("client.api.services", **given(filters=filters(self.filter)), status=True)


@command("service ps")
class ServiceTasks(TaskListing):
    """List the tasks of services: every replica, where it runs, and the ones it replaced."""

    quiet: bool = switch("--quiet", "-q")
    no_trunc: bool = switch("--no-trunc")
    no_resolve: bool = switch("--no-resolve")
    format: str = option("--format")
    filter: tuple[str, ...] = options("--filter", "-f", value=FILTER)
    services: tuple[str, ...] = arguments("SERVICE")

    def _python(self) -> str:
        return f"""\
for name in {literal(list(self.services))}:
    service = client.services.get(name)
    for task in {Call("service.tasks", *([filters(self.filter)] if self.filter else []))}:
        status = task["Status"]
        print(task["Slot"] if "Slot" in task else "", task.get("NodeID"), task["DesiredState"],
              status["State"], status.get("Err", ""))
"""

    def _tasks(self, client: Client) -> tuple[list[Json], Sequence[str]]:
        ids, missing = [], []
        for name in self.services:
            try:
                ids.append(client.api.inspect_service(name)["ID"])
            except docker.errors.NotFound:
                missing.append(f"no such service: {name}")
        if not ids:
            raise DockerRefused("\n".join(missing), 404)
        return client.api.tasks(filters=self._chosen() | {"service": ids}) or [], missing


@command("service inspect", reveals=True)
class InspectServices(Inspection):
    """Show all that the Swarm knows about services."""

    struct = "swarm.Service"
    keeps_json = False
    format: str = option("--format", "-f")
    pretty: bool = switch("--pretty")
    services: tuple[str, ...] = arguments("SERVICE")

    def _call(self, name: str) -> Call:
        return Call("client.api.inspect_service", name, insert_defaults=True)

    def _python(self) -> str:
        return f"""\
import json

names = {literal(list(self.services))}
services = [{self._call(Code("name"))} for name in names]
print(json.dumps(services, indent=4))
"""

    def _looked(
        self, client: Client, warn: Callable[[str], None] = lambda words: None
    ) -> tuple[str, list[EngineRejected]]:
        if self.pretty and self.format:
            raise DockerRefused("--format is incompatible with human friendly format")
        return Inspection._looked(self, client, warn)

    def _told(self, client: Client, thing: Json) -> str:
        wanted = items(thing, "Spec", "TaskTemplate", "Networks")
        known = client.api.networks() or () if wanted else ()
        return service_told.pretty(thing, {network["Id"]: network["Name"] for network in known})

    def _missing(self, client: Client, name: str, refusal: EngineRejected) -> EngineRejected:
        if refusal.status != 404:
            return refusal
        missing = DockerRefused(f"no such service: {name}", 404)
        if not speaks(client, API_OF_29):
            missing.spoken = f"Error: {missing}"
        return missing
