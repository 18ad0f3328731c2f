"""Buttons that disturb a service while it is under load: nodes, replicas, updates, and faults."""

from __future__ import annotations

from functools import partial

from core.cluster.snapshot import Service, Task
from core.commands.containers import KillContainers
from core.commands.nodes import UpdateNode
from core.commands.services import RollbackService, ScaleServices, UpdateService
from core.control import faults
from core.engine.practice import calls
from core.errors import InvalidCommand
from core.ui.alive import drain_button
from core.ui.faults import do
from core.ui.forms import row
from core.ui.lines import button, practice_button
from core.ui.selection import segments
from core.ui.session import Viewer, _, answers_here, control, plural

#: A tag that no image has: the new replicas cannot be made.
BROKEN = "no-such-tag"


def disturbance_buttons(service: Service) -> None:
    """A row of buttons: first those for a node, then those for the service."""
    snapshot = control().snapshot
    names = [node.name for node in snapshot.nodes]
    workers = [node.name for node in snapshot.nodes if node.role == "worker"]
    with row(gap="xsmall", key="disturbances"):
        name = segments(_("Node"), names, "disturbed_node", default=(workers or names)[0])
        node = snapshot.nodes[names.index(name)]
        drain_button(_("Drain"), node, key="disturb_drain")
        button(
            _("Activate"),
            partial(UpdateNode, availability="active", node=node.reference),
            UpdateNode,
            key="disturb_active",
        )
        if control().practice:
            answers = answers_here(node.hostname)
            for label, on in ((_("Power off"), False), (_("Power on"), True)):
                practice_button(
                    label,
                    partial(do, faults.power(node.hostname, on)),
                    key=f"disturb_power_{on}",
                    disabled=answers,
                    help=_("This node answers Essaim: without it, nobody would.")
                    if answers
                    else None,
                )
        _service(service)


def _service(service: Service) -> None:
    name = service.name
    if service.replicas is not None:
        for count in (1, 3, 15):
            button(
                plural("{count} replica", "{count} replicas", count),
                partial(ScaleServices, replicas=((name, count),)),
                ScaleServices,
                key=f"disturb_scale_{count}",
            )
    button(
        _("Rebalance"),
        lambda: UpdateService(service=name, force=True),
        UpdateService,
        key="disturb_force",
    )
    _kill(service)
    button(
        _("Broken image"),
        lambda: UpdateService(service=name, image=f"{repository(service.image)}:{BROKEN}"),
        UpdateService,
        key="disturb_broken",
        help=_("Updates to an image that is not there, and lets you see how the update stops."),
    )
    button(
        _("Roll back"),
        lambda: RollbackService(service=name),
        RollbackService,
        key="disturb_rollback",
        help=_("Back to the spec before its last change; this undoes a scale, too."),
    )


def _kill(service: Service) -> None:
    """Ends one replica's program: any on the practice engine, else one on the connected node."""

    def crash(here: Viewer) -> None:
        if task := _first(service):
            do(calls.crash(task.id), here)

    label, key = _("Kill a replica"), "disturb_kill"
    if control().practice:
        practice_button(label, crash, key=key)
    else:
        button(label, lambda: _local(service), KillContainers, key=key)


def _first(service: Service) -> Task | None:
    """The running replica of the lowest slot, as of now."""
    tasks = control().snapshot.tasks_of(service)
    return next((task for task in tasks if task.state == "running" and task.live), None)


def _local(service: Service) -> KillContainers:
    for container in control().snapshot.containers:
        if container.service == service.name and container.state == "running":
            return KillContainers(containers=(container.name,))
    raise InvalidCommand(_("None of its replicas runs on the node that answers Essaim."))


def repository(image: str) -> str:
    """``nginx`` of ``nginx:latest``; a registry's port stays."""
    front, slash, last = image.rpartition("/")
    return f"{front}{slash}{last.partition(':')[0]}"
