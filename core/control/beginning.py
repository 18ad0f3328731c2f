"""The beginnings of labs: one engine, three machines that are no Swarm yet, or a Swarm of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from core.commands.swarm import LeaveSwarm
from core.control import instances, reset
from core.control.control import Control
from core.errors import NotAllowed
from core.i18n import later as _

Beginning = Literal["engine", "apart", "swarm"]

ONLY = _("Essaim takes only a practice cluster apart: on a real one, type the lines yourself.")


@dataclass(frozen=True, slots=True)
class Loss:
    """What a new beginning would take away."""

    services: tuple[str, ...]  # their names
    containers: int  # of the engine that answers, without the services' own


def there(cluster: Control, wanted: Beginning) -> bool:
    """Whether the cluster is one with which such a lab can begin."""
    engine = cluster.snapshot.engine
    if engine is None:
        return False
    if wanted == "apart":
        machines = cluster.machines.current()
        return not (engine.in_swarm or any(m.swarm != "inactive" for m in machines))
    return wanted == "engine" or engine.manager


def pristine(cluster: Control) -> bool:
    """Whether a new beginning would lose nothing: nobody has done or opened anything there yet."""
    # What somebody left out is known to no engine, and would be forgotten as well.
    begun = [progress for progress in cluster.labs.begun() if progress.current]
    gone = any(way != "given" for progress in begun for way in progress.ways)
    return not gone and cluster.connection.untouched()


def loss(cluster: Control) -> Loss:
    """As far as the snapshot knows it."""
    now = cluster.snapshot
    services = tuple(service.name for service in now.services)
    return Loss(services, sum(not container.service for container in now.containers))


def begin(cluster: Control, wanted: Beginning, who: str, lab: str = "") -> None:
    """Forget everything in a practice cluster, and begin as wanted; the lab of this name, too.

    One engine is what every cluster has: to begin with ``engine`` forgets nothing. Raises
    NotAllowed on a real engine and for viewers who look on; EngineRejected and EngineUnreachable.
    """
    if wanted != "engine":
        reset.reset(cluster, who, formed=wanted == "swarm")
        _until(cluster, lambda: there(cluster, wanted))
    if lab:
        cluster.labs.reset(lab)


def take_apart(cluster: Control, who: str, lab: str = "") -> None:
    """Have every machine leave the Swarm, the managers last; what is on the machines stays.

    Raises as ``begin`` does.
    """
    cluster.require_practice(NotAllowed(ONLY))
    members = [m for m in cluster.machines.current() if m.swarm != "inactive" and m.up]
    answering = cluster.snapshot.engine.name if cluster.snapshot.engine else ""
    members.sort(key=lambda m: (m.role == "manager", m.name == answering))
    for machine in members:
        instances.run(cluster, LeaveSwarm(force=machine.role == "manager"), machine, who)
    _until(cluster, lambda: there(cluster, "apart"))
    if lab:
        cluster.labs.reset(lab)


def _until(cluster: Control, so: Callable[[], bool]) -> None:
    """Have the collector ask until it is so: its round may have begun before. A few are enough."""
    for _round in range(5):
        cluster.collector.refresh()
        if so():
            return
