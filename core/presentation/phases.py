"""The phases of a task, each with a colour and a sign.

A task of Docker has an observed and a desired state; only both together tell a replica that is
about to stop from one that serves. The colours are those of Okabe and Ito, for colour-blind people;
the sign says the same without any colour.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.cluster.snapshot import ClusterSnapshot, Task
from core.i18n import Translate
from core.i18n import later as _


@dataclass(frozen=True, slots=True)
class Phase:
    """What a task is doing, for a viewer: its name, colour and sign."""

    key: str
    color: str
    sign: str
    label: str  # sign and key; its translation adds the meaning of Docker's word

    def name(self, translate: Translate) -> str:
        """Docker's word; in another language, with its meaning."""
        return translate(self.label).removeprefix(f"{self.sign} ")


RUNNING = Phase("running", "#009E73", "●", _("● running"))
STARTING = Phase("starting", "#E69F00", "◔", _("◔ starting"))
PENDING = Phase("pending", "#CC79A7", "?", _("? pending"))
STOPPING = Phase("stopping", "#56B4E9", "▾", _("▾ stopping"))
FAILED = Phase("failed", "#D55E00", "✕", _("✕ failed"))
LOST = Phase("lost", "#8C8C8C", "∅", _("∅ lost"))
DONE = Phase("done", "#B0B7BF", "✓", _("✓ done"))

#: In the order in which they are stacked and explained.
PHASES = (RUNNING, STARTING, PENDING, STOPPING, FAILED, LOST, DONE)


def phase(task: Task, node_down: bool = False) -> Phase:
    """The phase of a task. node_down: its node is down, so that its state is the last one heard."""
    if task.state in ("failed", "rejected"):
        return FAILED
    if task.state == "orphaned":
        return LOST
    if task.state in ("complete", "shutdown", "remove"):
        return DONE
    if node_down:
        return LOST
    if task.desired_state not in ("running", "ready", "complete"):  # complete: the task of a job
        return STOPPING
    if task.state == "running":
        return RUNNING
    if task.state in ("new", "pending"):
        return PENDING
    return STARTING


@dataclass(frozen=True, slots=True)
class Tile:
    """One task as the cluster's picture shows it."""

    task: Task
    phase: Phase
    failures: int  # earlier tasks of its slot that failed or were rejected
    last_error: str  # of the newest of those


def tiles(snapshot: ClusterSnapshot) -> tuple[Tile, ...]:
    """The tasks that the picture shows, by service and slot: live, stopping, or just failed.

    Of the failed tasks of a slot it shows the newest, until its successor runs.
    """
    down = snapshot.down_nodes
    slots: dict[tuple[str, object], list[Task]] = {}
    for task in snapshot.tasks:
        slots.setdefault((task.service_id, task.slot or task.node_id), []).append(task)
    shown: list[Tile] = []
    for of_slot in slots.values():
        failed = [task for task in of_slot if task.state in ("failed", "rejected")]
        failed.sort(key=lambda task: task.created, reverse=True)
        error = failed[0].error if failed else ""
        healthy = False
        for task in of_slot:
            now = phase(task, task.node_id in down)
            if now in (FAILED, DONE) or task.state == "orphaned":
                continue
            healthy = healthy or now is RUNNING
            shown.append(Tile(task, now, len(failed), error))
        if failed and not healthy:
            shown.append(Tile(failed[0], FAILED, len(failed), error))
    return tuple(shown)
