"""The statements on services: what is wanted, what runs, where, and who has answered.

Where a lab names a stand-in for a service and no service has its name, the only service that runs
the stand-in's image counts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import TypeVar

from core.cluster.public import HIDDEN
from core.cluster.snapshot import Service
from core.i18n import later as _
from core.labs.facts import Facts, Verdict, green, is_image, red
from core.labs.statement import Statement, param, statement

_NAME = "the service's name"
_GONE = _("There is no service `{service}` any more: create it again to go on.")
_COMING = _("{running} of {wanted} run, the others are on their way…")
_ROLLING = _("The rollout goes on: {new} of {wanted} in the new version.")


class Named(Statement):
    """A statement on one service."""

    service: str


N = TypeVar("N", bound="Named")


def there(judge: Callable[[N, Facts, Service], Verdict]) -> Callable[[N, Facts], Verdict]:
    """A judge of a service that is there; without it, it is red with the remark ``gone``."""

    @wraps(judge)
    def judged(self: N, facts: Facts) -> Verdict:
        service = facts.service(self.service)
        return judge(self, facts, service) if service else red("gone")

    return judged


def coming(facts: Facts, service: Service) -> Verdict:
    return red("coming", running=len(facts.running(service)), wanted=service.replicas or 0)


@statement(
    "service",
    {
        "elsewhere": _("There is a service, `{found}`, but this lab wants one called `{service}`."),
        "version": _("This service runs `{found}`; this lab wants `{image}`."),
        "unpublished": _("`{found}` runs, but its port {port} is published nowhere."),
        "few": _("Replicas asked for: {found}. Take {replicas} at least."),
        "failing": _("The replica does not start: {error}"),
        "coming": _COMING,
    },
)
class HasService(Statement):
    """There is a service, and all its replicas run."""

    service: str = param(_NAME)
    image: str = param("its image, as in nginx, for any tag, or nginx:1.27", default="")
    port: int = param("the port inside that must be published; 0 for none", default=0)
    replicas: int = param("how many it must want, at least", default=1)

    def judge(self, facts: Facts) -> Verdict:
        service = facts.service(self.service)
        if service is None:
            others = facts.snapshot.workloads
            return red("elsewhere", found=others[0].name) if others else red()
        if self.image and not is_image(service.image, self.image):
            return red("version", found=service.image)
        if self.port and not any(p.target == self.port and p.published for p in service.ports):
            return red("unpublished", found=service.name)
        if service.replicas is not None and service.replicas < self.replicas:
            return red("few", found=service.replicas)
        if facts.complete(service):
            return green()
        tasks = facts.snapshot.tasks_of(service)
        errors = [task.error for task in tasks if task.error not in ("", HIDDEN)]
        return red("failing", error=errors[0]) if errors else coming(facts, service)


@statement(
    "no service",
    {
        "there": _("The service `{service}` is still there."),
        "stopping": _("The service is gone; its containers are stopping: {left}."),
    },
)
class NoService(Statement):
    """There is no such service any more, and no replica of it still runs."""

    service: str = param(_NAME)

    def judge(self, facts: Facts) -> Verdict:
        if facts.service(self.service):
            return red("there")
        now, was = facts.snapshot, replace(facts, snapshot=facts.step_start).service(self.service)
        left = [t for t in now.tasks_of(was) if t.state == "running"] if was else []
        left = [task for task in left if task.node_id not in now.down_nodes]
        return red("stopping", left=len(left)) if left else green()


@statement(
    "replicas",
    {
        "gone": _GONE,
        "other": _("Replicas that `{service}` wants: {found}. This lab asks for {count}."),
        "coming": _COMING,
    },
)
class Replicas(Named):
    """The service wants exactly so many replicas, and they run."""

    service: str = param(_NAME)
    count: int = param("how many")

    @there
    def judge(self, facts: Facts, service: Service) -> Verdict:
        if service.replicas != self.count:
            return red("other", found=service.replicas or 0)
        return green() if facts.complete(service) else coming(facts, service)


@statement(
    "scaled",
    {
        "gone": _GONE,
        "same": _("`{service}` still wants as many replicas as before."),
        "coming": _COMING,
    },
)
class Scaled(Named):
    """The service wants another number of replicas than when the step began, and they run."""

    service: str = param(_NAME)
    from_count: int = param("another number than this one instead", default=-1)

    @there
    def judge(self, facts: Facts, service: Service) -> Verdict:
        was = facts.step_start.service(service.id)
        before = self.from_count if self.from_count >= 0 else was and was.replicas
        if service.replicas == before:
            return red("same")
        return green() if facts.complete(service) else coming(facts, service)


@statement(
    "answered",
    {
        "gone": _GONE,
        "few": _("Replicas that have answered so far: {answered}. Send more to reach {replicas}."),
    },
    asks=True,
)
class Answered(Named):
    """So many replicas have answered a request, by the log of their web server."""

    service: str = param(_NAME)
    replicas: int = param("how many, at least", default=1)

    @there
    def judge(self, facts: Facts, service: Service) -> Verdict:
        answered = len(facts.ask.answered(service.id))
        if answered >= self.replicas:
            return green()
        return red("few", answered=answered) if self.replicas > 1 else red()


@statement(
    "node drained",
    {
        "gone": _GONE,
        "paused": _("{node} is paused: it keeps what it has. Here it must be `drain`."),
        "several": _("Several nodes are drained ({nodes}): keep one for this step."),
        "leaving": _("{node} is emptying; replicas still to stop: {left}."),
        "coming": _("Their replacements start: {running} of {wanted}."),
    },
)
class NodeDrained(Named):
    """One node is drained, the service has left it, and is whole on the others."""

    service: str = param(_NAME)

    @there
    def judge(self, facts: Facts, service: Service) -> Verdict:
        nodes = facts.snapshot.nodes
        drained = [node.name for node in nodes if node.availability == "drain"]
        if not drained:
            paused = [node.name for node in nodes if node.availability == "pause"]
            return red("paused", node=paused[0]) if paused else red()
        if len(drained) > 1:
            return red("several", nodes=", ".join(drained))
        if left := facts.spread(service).get(drained[0], 0):
            return red("leaving", node=drained[0], left=left)
        return green(drained[0]) if facts.complete(service) else coming(facts, service)


@statement("spread evenly", {"gone": _GONE, "coming": _("The rollout is under way…")})
class SpreadEvenly(Named):
    """The numbers of replicas on two ready nodes differ by one at most."""

    service: str = param(_NAME)

    @there
    def judge(self, facts: Facts, service: Service) -> Verdict:
        if not facts.complete(service):
            return red("coming")
        counts = facts.spread(service).values()
        return Verdict(max(counts) - min(counts) <= 1)


@statement(
    "replica failed",
    {"gone": _GONE, "healing": _("A replica has fallen; its replacement is on its way.")},
)
class ReplicaFailed(Named):
    """A replica has failed since the step began, and another has taken its place."""

    service: str = param(_NAME)

    @there
    def judge(self, facts: Facts, service: Service) -> Verdict:
        before = {task.id for task in facts.step_start.tasks if task.state == "failed"}
        failed = {task.id for task in facts.snapshot.tasks_of(service) if task.state == "failed"}
        if failed <= before:
            return red()
        return green() if facts.complete(service) else red("healing")


@statement(
    "node down",
    {
        "gone": _GONE,
        "healing": _("{node} is held for down; its replicas are coming up elsewhere."),
    },
)
class NodeDown(Named):
    """A node is down, and the service is whole on the others."""

    service: str = param(_NAME)

    @there
    def judge(self, facts: Facts, service: Service) -> Verdict:
        down = [node.name for node in facts.snapshot.nodes if node.state == "down"]
        if not down:
            return red()
        return green(down[0]) if facts.complete(service) else red("healing", node=down[0])


@statement("rolled out", {"gone": _GONE, "rolling": _ROLLING})
class RolledOut(Named):
    """Every replica runs this image. The step takes note of it."""

    service: str = param(_NAME)
    image: str = param("with its tag, as in nginx:1.28")

    @there
    def judge(self, facts: Facts, service: Service) -> Verdict:
        if not is_image(service.image, self.image):
            return red()
        new = sum(is_image(task.image, self.image) for task in facts.running(service))
        if new == service.replicas and facts.complete(service):
            return green(service.image)
        return red("rolling", new=new, wanted=service.replicas or 0)


@statement(
    "update paused",
    {
        "gone": _GONE,
        "trying": _("The new replicas are rejected; Swarm is about to notice, and to pause…"),
    },
)
class UpdatePaused(Named):
    """Swarm has paused an update of the service, as its new replicas fail."""

    service: str = param(_NAME)

    @there
    def judge(self, facts: Facts, service: Service) -> Verdict:
        if service.update and service.update.state == "paused":
            return green()
        rejected = any(task.state == "rejected" for task in facts.snapshot.tasks_of(service))
        return red("trying") if rejected else red()


@statement("rolled back", {"gone": _GONE, "rolling": _("On the way back…")})
class RolledBack(Named):
    """The service has the image again that an earlier step took note of, and runs."""

    service: str = param(_NAME)
    step: str = param("the earlier step")

    @there
    def judge(self, facts: Facts, service: Service) -> Verdict:
        if service.image != facts.kept.get(self.step):
            return red()
        return green() if facts.complete(service) else red("rolling")


@statement(
    "environment changed",
    {
        "gone": _GONE,
        "rolling": _("The rollout goes on; old replicas that are left: {left}."),
    },
)
class EnvironmentChanged(Named):
    """The environment of the service is another since the step began, in all its replicas."""

    service: str = param(_NAME)

    @there
    def judge(self, facts: Facts, service: Service) -> Verdict:
        before = facts.step_start.service(service.id)
        if before is None or service.env == before.env:
            return red()
        was = {task.id for task in facts.step_start.tasks}
        old = {task.id for task in facts.running(service)} & was
        done = not old and facts.complete(service)
        return green() if done else red("rolling", left=len(old))


@statement("labels changed", {"gone": _GONE})
class LabelsChanged(Named):
    """The labels of the service are others since the step began."""

    service: str = param(_NAME)

    @there
    def judge(self, facts: Facts, service: Service) -> Verdict:
        before = facts.step_start.service(service.id)
        return Verdict(before is not None and service.labels != before.labels)
