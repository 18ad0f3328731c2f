"""The story of one service, told from snapshots: what happened to it from one calm to the next.

The cause may be a page, a colleague's docker command or a node that fails: each makes a report.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from core.cluster.history import Mark, marks_between
from core.cluster.snapshot import ClusterSnapshot, Service, Task

#: Seconds without anything due after which all counts as well.
CALM = 1.0
MOST_STEPS = 60
MOST_REPORTS = 8
_GOING = ("updating", "rollback_started")
_STOPPING = ("shutdown", "remove")
#: The kind of step with which a task comes to one of these states.
_ENDED = dict.fromkeys(("shutdown", "complete", "remove"), "stopped")
_ENDED |= {"failed": "failed", "rejected": "failed", "orphaned": "lost"}
#: Seconds within which steps of one kind are told together.
TOGETHER = 1.0


@dataclass(frozen=True, slots=True)
class Step:
    """kind: mark, told (to stop), placed, runs, stopped, failed, update; of these replicas."""

    time: float
    kind: str
    replicas: tuple[str, ...] = ()  # web.3
    node: str = ""  # its name
    detail: str = ""  # why it failed, or the state of the update
    mark: Mark | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """From the first event until all was well."""

    began: float
    steps: tuple[Step, ...]
    well: float | None = None  # when all was well; None while it is not
    running: int = 0
    wanted: int = 0

    @property
    def marks(self) -> tuple[Mark, ...]:
        return tuple(step.mark for step in self.steps if step.mark)


class Story:
    """The reports on one service. service: its id."""

    def __init__(self, service: str) -> None:
        self._service = service
        self._last: ClusterSnapshot | None = None
        self._calm_since: float | None = None
        self.reports: tuple[Report, ...] = ()

    @property
    def open(self) -> bool:
        """Whether something is still due."""
        return bool(self.reports) and self.reports[-1].well is None

    def see(self, snapshot: ClusterSnapshot, now: float) -> None:
        """Take in the cluster as of now; an unchanged one, too, as time goes by."""
        last, service = self._last, snapshot.service(self._service)
        if service is None or snapshot.outage is not None:
            return
        if last is None or last.revision != snapshot.revision:
            self._last = snapshot
            if last is not None:
                self._tell(steps(last, snapshot, service), snapshot.time)
            calm = well(snapshot, service)
            since = snapshot.time if self._calm_since is None else self._calm_since
            self._calm_since = since if calm else None
        if not self.reports or self.reports[-1].well is not None:
            return
        report = replace(
            self.reports[-1], running=service.running, wanted=_wanted(snapshot, service)
        )
        if self._calm_since is not None and now - max(self._calm_since, report.began) >= CALM:
            report = replace(report, well=max(self._calm_since, report.began))
        self.reports = (*self.reports[:-1], report)

    def _tell(self, news: list[Step], now: float) -> None:
        if not news:
            return
        self._calm_since = None
        if not self.reports or self.reports[-1].well is not None:
            self.reports = (*self.reports, Report(now, ()))[-MOST_REPORTS:]
        told = self.reports[-1].steps
        for step in news:
            told = _joined(told, step)
        self.reports = (*self.reports[:-1], replace(self.reports[-1], steps=told[:MOST_STEPS]))


def _joined(told: tuple[Step, ...], step: Step) -> tuple[Step, ...]:
    """With one more step; a step of the same kind at about the same time grows instead."""
    for index in range(len(told) - 1, -1, -1):
        other = told[index]
        if step.time - other.time > TOGETHER or not step.replicas:
            break
        same = (other.kind, other.node, other.detail) == (step.kind, step.node, step.detail)
        if same and step.replicas[0] not in other.replicas:
            grown = replace(other, replicas=(*other.replicas, *step.replicas))
            return (*told[:index], grown, *told[index + 1 :])
    return (*told, step)


def steps(old: ClusterSnapshot, new: ClusterSnapshot, service: Service) -> list[Step]:
    """The events between two snapshots that concern the service."""
    nodes = {node.name for node in new.nodes} | {node.name for node in old.nodes}
    told = [
        Step(mark.time, "mark", mark=mark)
        for mark in marks_between(old, new)
        if mark.subject == service.name or mark.subject in nodes
    ]
    before = old.service(service.id)
    state = service.update.state if service.update else ""
    if before and state and state != (before.update.state if before.update else ""):
        message = service.update.message if service.update else ""
        told.append(Step(new.time, "update", (), "", f"{state}: {message}".rstrip(": ")))
    known = {task.id: task for task in old.tasks}
    for task in sorted(new.tasks_of(service), key=lambda task: (task.slot, task.created)):
        told += _of_task(known.get(task.id), task, new)
    return told


def _of_task(old: Task | None, task: Task, snapshot: ClusterSnapshot) -> list[Step]:
    found: list[tuple[str, str]] = []
    stopping = task.desired_state in _STOPPING
    if (
        old is not None
        and stopping
        and old.desired_state not in _STOPPING
        and old.state not in _ENDED
        and task.state not in ("failed", "rejected", "complete")  # it ended by itself
    ):
        found.append(("told", ""))
    if task.node_id and not stopping and (old is None or not old.node_id):
        found.append(("placed", ""))
    if task.state == "running" and (old is None or old.state != "running"):
        found.append(("runs", ""))
    if old is not None and task.state in _ENDED and old.state not in _ENDED:
        kind = _ENDED[task.state]
        found.append((kind, task.error if kind == "failed" else ""))
    name = (snapshot.replica(task),)
    node = snapshot.hostname(task.node_id) if task.node_id else ""
    return [Step(snapshot.time, kind, name, node, detail) for kind, detail in found]


def well(snapshot: ClusterSnapshot, service: Service) -> bool:
    """Whether nothing is due: wanted tasks run, others have stopped."""
    if service.update and service.update.state in _GOING:
        return False
    down = snapshot.down_nodes
    tasks = [task for task in snapshot.tasks_of(service) if task.node_id not in down]
    if not all(task.settled for task in tasks):
        return False
    return sum(task.state == "running" for task in tasks) >= _wanted(snapshot, service)


def _wanted(snapshot: ClusterSnapshot, service: Service) -> int:
    if service.job:
        return 0  # its tasks end
    if service.replicas is not None:
        return service.replicas
    return sum(node.takes_tasks for node in snapshot.nodes)
