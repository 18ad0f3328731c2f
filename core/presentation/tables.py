"""Pandas tables of a snapshot, with headings in the viewer's language: pure functions.

Times are pandas timestamps in UTC; the page shows them in the browser's time zone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import pandas as pd

from core.cluster import references
from core.cluster.public import readable
from core.cluster.snapshot import ClusterSnapshot, Container, Image, Port, Service, Task
from core.i18n import Translate, number_marks
from core.i18n import later as _
from core.presentation.health import Health, health, last_heard
from core.presentation.marks import update
from core.presentation.phases import LOST, phase


def services(snapshot: ClusterSnapshot, _: Translate) -> pd.DataFrame:
    """One row per service. A column for the replicas alive is there if not all are well."""
    healths = [health(snapshot, service, _) for service in snapshot.services]
    unwell = any(each.summary for each in healths)
    return pd.DataFrame(
        {
            _("Name"): service.name,
            _("Image"): service.image,
            _("Mode"): service.mode,
            _("Replicas"): service.tally,
            **({_("Alive"): _alive(found)} if unwell else {}),
            _("Ports"): ", ".join(filter(None, map(_service_port, service.ports))),
            _("Update"): update(service.update.state, _) if service.update else "",
        }
        for service, found in zip(snapshot.services, healths, strict=True)
    )


def tasks(snapshot: ClusterSnapshot, service: Service, _: Translate) -> pd.DataFrame:
    """One row per task of a service, with its history, as `docker service ps` lists them."""
    down = snapshot.down_nodes
    shown = sorted(
        snapshot.tasks_of(service),
        key=lambda task: (task.slot, "" if task.slot else task.node_id, -task.created),
    )
    published = any(task.ports for task in shown)

    def message(task: Task) -> str:
        lost = phase(task, task.node_id in down) is LOST
        heard = last_heard(snapshot.node(task.node_id), _) if lost else ""
        return heard or readable(task.error or task.message, _)

    return pd.DataFrame(
        {
            _("Task"): ("" if task.live else "↳ ") + snapshot.replica(task),
            _("Node"): snapshot.hostname(task.node_id) if task.node_id else "",
            _("Wanted"): task.desired_state,
            _("State"): f"{phase(task, task.node_id in down).sign} {task.state}",
            _("Since"): moment(task.since),
            _("Message"): message(task),
            **({_("Ports"): ports(task.ports)} if published else {}),
            _("Image"): task.image,
            _("Task ID"): task.id[:12],
        }
        for task in shown
    )


def nodes(
    snapshot: ClusterSnapshot, _: Translate, machines: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """One row per node. machines: the states of a practice cluster's instances, by hostname."""
    running = Counter(task.node_id for task in snapshot.tasks if task.state == "running")
    return pd.DataFrame(
        {
            _("Node"): node.name,
            _("State"): node.state,
            **({_("Machine"): machines.get(node.hostname, "")} if machines is not None else {}),
            _("Availability"): node.availability,
            _("Role"): node.role + (" · leader" if node.leader else ""),
            _("Running tasks"): 0 if node.state == "down" else running[node.id],
            _("Address"): node.address,
            _("Labels"): ", ".join(f"{key}={value}" for key, value in node.labels),
            _("Engine"): node.engine_version,
            _("CPUs"): node.cpus,
            _("Memory"): size(node.memory, _),
        }
        for node in snapshot.nodes
    )


def containers(shown: Sequence[Container], _: Translate) -> pd.DataFrame:
    """One row per container."""
    return pd.DataFrame(
        {
            _("Name"): container.name,
            _("Image"): container.image,
            _("State"): container.status or container.state,
            _("Ports"): ports(container.ports),
            _("Command"): container.command,
            _("Service"): container.service,
            _("Container ID"): container.id[:12],
        }
        for container in shown
    )


def images(shown: Sequence[Image], _: Translate) -> pd.DataFrame:
    """One row per name; an image without a name has one row too, as in `docker image ls`."""
    return pd.DataFrame(
        {
            _("Repository"): references.split(name)[0] or references.NONE,
            _("Tag"): references.split(name)[1] or references.NONE,
            _("Image ID"): image.id.removeprefix("sha256:")[:12],
            _("Created"): moment(image.created),
            _("Size"): size(image.size, _),
        }
        for image in shown
        for name in (*image.tags, *image.repositories) or ("",)
    )


def ports(published: Sequence[Port]) -> str:
    """``8080→80/tcp`` for each published port."""
    return ", ".join(
        f"{port.published}→{port.target}/{port.protocol}" for port in published if port.published
    )


def _service_port(port: Port) -> str:
    """The same for a service's port; ``*`` where each node picks the number."""
    if port.mode == "host" and not port.published:
        return f"*→{port.target}/{port.protocol} (host)"
    return ports([port])


#: The units of bytes, each a thousand of the one before.
UNITS = (_("B"), _("kB"), _("MB"), _("GB"), _("TB"))


def size(count: float, translate: Translate = str) -> str:
    """Bytes with three digits and a decimal unit, as docker prints sizes; 8,31 Mo in French."""
    thousands = 0
    while count >= 999.5 and thousands < len(UNITS) - 1:
        count, thousands = count / 1000, thousands + 1
    digits = f"{count:.3g}".replace(".", number_marks(translate)[0])
    return f"{digits} {translate(UNITS[thousands])}"


def _alive(health: Health) -> str:
    sign = "✕ " if health.down else "▲ " if health.summary else ""
    return f"{sign}{health.alive}/{health.wanted}"


def moment(seconds: float) -> pd.Timestamp | None:
    """Seconds since the epoch as a cell of a table; None for 0."""
    return pd.Timestamp(seconds, unit="s", tz="UTC") if seconds else None
