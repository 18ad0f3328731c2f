"""From a snapshot to pandas tables, with their headings in the viewer's language: pure functions.

Times are pandas timestamps in UTC; the page shows them in the browser's time zone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from core.cluster import references
from core.cluster.public import readable
from core.cluster.snapshot import ClusterSnapshot, Container, Image, Port, Service, Task
from core.commands.journal import Record
from core.i18n import Translate, number_marks
from core.i18n import later as _
from core.presentation.health import Health, health, last_heard
from core.presentation.marks import update
from core.presentation.phases import LOST, phase


def services(snapshot: ClusterSnapshot, _: Translate) -> pd.DataFrame:
    """One row a service. Replicas are counted as docker counts them; alive ones have a column."""
    by_service = {service.id: health(snapshot, service, _) for service in snapshot.services}
    told = any(each.summary for each in by_service.values())
    return _table(
        {
            _("Name"): service.name,
            _("Image"): service.image,
            _("Mode"): service.mode,
            _("Replicas"): service.tally,
            **({_("Alive"): _alive(by_service[service.id])} if told else {}),
            _("Ports"): ", ".join(filter(None, map(_service_port, service.ports))),
            _("Update"): update(service.update.state, _) if service.update else "",
        }
        for service in snapshot.services
    )


def tasks(snapshot: ClusterSnapshot, service: Service, _: Translate) -> pd.DataFrame:
    """One row a task of a service, history included, as `docker service ps` lists them."""
    down = snapshot.down_nodes
    shown = _by_slot(snapshot.tasks_of(service))
    published = any(task.ports for task in shown)

    def lost_with(task: Task) -> str:
        lost = phase(task, task.node_id in down) is LOST
        return last_heard(snapshot.node(task.node_id), _) if lost else ""

    return _table(
        {
            _("Task"): ("" if task.live else "↳ ") + snapshot.replica(task),
            _("Node"): snapshot.hostname(task.node_id) if task.node_id else "",
            _("Wanted"): task.desired_state,
            _("State"): f"{phase(task, task.node_id in down).sign} {task.state}",
            _("Since"): _time(task.since),
            _("Message"): lost_with(task) or readable(task.error or task.message, _),
            **({_("Ports"): ports(task.ports)} if published else {}),
            _("Image"): task.image,
            _("Task ID"): task.id[:12],
        }
        for task in shown
    )


def nodes(
    snapshot: ClusterSnapshot, _: Translate, machines: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """One row a node. machines: of a practice cluster, the state of each by its name."""
    down = snapshot.down_nodes
    running = pd.Series(
        [t.node_id for t in snapshot.tasks if t.state == "running" and t.node_id not in down],
        dtype="str",
    ).value_counts()
    return _table(
        {
            _("Node"): node.name,
            _("State"): node.state,
            **({_("Machine"): machines.get(node.hostname, "")} if machines is not None else {}),
            _("Availability"): node.availability,
            _("Role"): node.role + (" · leader" if node.leader else ""),
            _("Running tasks"): int(running.get(node.id, 0)),
            _("Address"): node.address,
            _("Labels"): ", ".join(f"{key}={value}" for key, value in node.labels),
            _("Engine"): node.engine_version,
            _("CPUs"): node.cpus,
            _("Memory"): size(node.memory, _),
        }
        for node in snapshot.nodes
    )


def containers(shown: Sequence[Container], _: Translate) -> pd.DataFrame:
    """One row a container."""
    return _table(
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
    """One row a name; an image without any has one row too, as in `docker image ls`."""
    return _table(
        {
            _("Repository"): references.split(name)[0] or references.NONE,
            _("Tag"): references.split(name)[1] or references.NONE,
            _("Image ID"): image.id.removeprefix("sha256:")[:12],
            _("Created"): _time(image.created),
            _("Size"): size(image.size, _),
        }
        for image in shown
        for name in (*image.tags, *image.repositories) or ("",)
    )


def journal(entries: Sequence[Record], _: Translate) -> pd.DataFrame:
    """One row an action, the newest first."""
    return _table(
        {
            _("Time"): _time(entry.time),
            _("Who"): entry.who,
            _("Line"): entry.line,
            _("Result"): entry.refusal.said(_) if entry.refusal else entry.outcome,
            _("Seconds"): round(entry.seconds, 1),
        }
        for entry in reversed(entries)
    )


def ports(published: Sequence[Port]) -> str:
    """``8080→80/tcp`` for each port that is published."""
    return ", ".join(
        f"{port.published}→{port.target}/{port.protocol}" for port in published if port.published
    )


def _service_port(port: Port) -> str:
    """The same of a service; where each node picks the number itself, its tasks tell it."""
    if port.mode == "host" and not port.published:
        return f"*→{port.target}/{port.protocol} (host)"
    return ports([port])


#: The units of bytes: each is a thousand of the one before.
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


def _by_slot(of_service: Iterable[Task]) -> list[Task]:
    return sorted(
        of_service, key=lambda task: (task.slot, task.node_id * (not task.slot), -task.created)
    )


def _time(seconds: float) -> pd.Timestamp | None:
    return pd.Timestamp(seconds, unit="s", tz="UTC") if seconds else None


def _table(rows: Iterable[dict[str, object]]) -> pd.DataFrame:
    return pd.DataFrame(list(rows))
