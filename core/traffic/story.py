"""What Swarm did with one service, in order, from one calm to the next: told from snapshots.

Whoever did it, a page, a colleague's docker command or a machine that fell, makes a report.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from core.cluster.history import Mark, marks_between
from core.cluster.snapshot import ClusterSnapshot, Service, Task

#: Seconds for which nothing may be due before all counts as well.
CALM = 1.0
MOST_STEPS = 60
MOST_REPORTS = 8
_GOING = ("updating", "rollback_started")
#: Seconds within which steps of one kind are told together.
TOGETHER = 1.0


@dataclass(frozen=True, slots=True)
class Step:
    """kind: mark, told (to stop), placed, runs, stopped, failed, update; of these replicas."""

    time: float
    kind: str
    replicas: tuple[str, ...] = ()  # web.3
    node: str = ""  # what it is called
    detail: str = ""  # why it failed, or the state of the update
    mark: Mark | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """From the first thing that was done, or befell, until all was well."""

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
        """Whether all is not well yet."""
        return bool(self.reports) and self.reports[-1].well is None

    def see(self, snapshot: ClusterSnapshot, now: float) -> None:
        """The cluster as of now; the same one may be seen again as time goes by."""
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
    """A step more; one of the same kind at about the same time grows instead."""
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
    """What happened between two snapshots, as far as it concerns the service."""
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
    ended = ("shutdown", "complete", "failed", "rejected", "orphaned", "remove")
    stopping = ("shutdown", "remove")
    if (
        old is not None
        and old.desired_state not in stopping
        and task.desired_state in stopping
        and old.state not in ended
        and task.state not in ("failed", "rejected", "complete")  # it ended by itself
    ):
        found.append(("told", ""))
    if task.node_id and (old is None or not old.node_id) and task.desired_state not in stopping:
        found.append(("placed", ""))
    if task.state == "running" and (old is None or old.state != "running"):
        found.append(("runs", ""))
    if task.state in ended and old is not None and old.state not in ended:
        failed = task.state in ("failed", "rejected")
        lost = task.state == "orphaned"
        kind = "failed" if failed else "lost" if lost else "stopped"
        found.append((kind, task.error if failed else ""))
    name = (snapshot.replica(task),)
    node = snapshot.hostname(task.node_id) if task.node_id else ""
    return [Step(snapshot.time, kind, name, node, detail) for kind, detail in found]


def well(snapshot: ClusterSnapshot, service: Service) -> bool:
    """Whether nothing is due: what should run runs, what should not has stopped."""
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
