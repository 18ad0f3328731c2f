"""docker service: look at services and at their tasks."""

from __future__ import annotations

import docker.errors

from core.cluster.engine_json import Json, count, items, part, text
from core.cluster.references import without_digest
from core.commands.command import Client, Command, Report, command
from core.commands.grammar import arguments, options, switch
from core.commands.kinds import Inspection, Listing
from core.commands.source import Call, Code, given, literal
from core.commands.table import short
from core.commands.tasks import listed, ports
from core.commands.values import LABEL, filters
from core.errors import EngineRejected


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
    published = items(service, "Endpoint", "Ports")
    return ", ".join(ports(p for p in published if p.get("PublishMode", "ingress") == "ingress"))


@command("service ls", "service list")
class ListServices(Listing):
    """List the services, with how many of their replicas run."""

    columns = (
        ("ID", lambda service: short(service["ID"])),
        ("NAME", lambda service: text(service, "Spec", "Name")),
        ("MODE", _mode),
        ("REPLICAS", _replicas),
        (
            "IMAGE",
            lambda s: without_digest(text(s, "Spec", "TaskTemplate", "ContainerSpec", "Image")),
        ),
        ("PORTS", _ports),
    )
    loop = (
        "service",
        'status = service["ServiceStatus"]',
        'print(service["Spec"]["Name"], status["RunningTasks"], "of", status["DesiredTasks"])',
    )
    quiet: bool = switch("--quiet", "-q")
    filter: tuple[str, ...] = options("--filter", "-f", value=LABEL)

    def _call(self) -> Call:
        return Call("client.api.services", **given(filters=filters(self.filter)), status=True)

    def _id(self, thing: Json) -> str:
        return short(thing["ID"])


@command("service ps")
class ServiceTasks(Command):
    """List the tasks of services: every replica, where it runs, and the ones it replaced."""

    no_trunc: bool = switch("--no-trunc")
    filter: tuple[str, ...] = options("--filter", "-f", value=LABEL)
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

    def _run(self, client: Client, report: Report) -> str:
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


@command("service inspect", reveals=True)
class InspectServices(Inspection):
    """Show all that the Swarm knows about services."""

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
