"""Lab 5: a new version without a break, and the way back from a bad one."""

from __future__ import annotations

from collections.abc import Callable

from core.cluster.snapshot import Service
from core.labs.checks import complete, of_web, web, web_removed
from core.labs.lab import Facts, Lab, Step, Verdict, green, red

FIRST, SECOND, THIRD, BROKEN = "nginx:1.27", "nginx:1.28", "nginx:1.29", "nginx:9.99"


def created(facts: Facts) -> Verdict:
    service = web(facts)
    if service is None:
        return red()
    if not service.image.endswith(FIRST):
        return red("version", image=service.image)
    if (service.replicas or 0) < 4:
        return red("few", replicas=service.replicas)
    return green() if complete(facts, service) else red("coming")


def runs(image: str) -> Callable[[Facts], Verdict]:
    """The check that every replica runs this image."""

    @of_web
    def check(facts: Facts, service: Service) -> Verdict:
        if not service.image.endswith(image):
            return red()
        new = sum(task.image.endswith(image) for task in facts.running(service))
        if new == service.replicas and complete(facts, service):
            return green(service.image)
        return red("rolling", new=new, wanted=service.replicas)

    return check


@of_web
def broken(facts: Facts, service: Service) -> Verdict:
    if service.update and service.update.state == "paused":
        return green()
    rejected = any(task.state == "rejected" for task in facts.snapshot.tasks_of(service))
    return red("trying") if rejected else red()


@of_web
def back(facts: Facts, service: Service) -> Verdict:
    if service.image != facts.kept["faster"]:
        return red()
    return green() if complete(facts, service) else red("rolling")


@of_web
def changed(facts: Facts, service: Service) -> Verdict:
    before = facts.step_start.service(service.id)
    if before is None or service.env == before.env:
        return red()
    old = {task.id for task in facts.running(service)} & {t.id for t in facts.step_start.tasks}
    done = not old and complete(facts, service)
    return green() if done else red("rolling", left=len(old))


@of_web
def labelled(facts: Facts, service: Service) -> Verdict:
    before = facts.step_start.service(service.id)
    return Verdict(before is not None and service.labels != before.labels)


CREATE = "docker service create --name web --replicas 6 -p 80:80 --update-delay 3s"
UPDATE = "docker service update"
FASTER = f"{UPDATE} --image {THIRD} --update-parallelism 3 --update-delay 1s web"
TASKS = ("docker service ps web",)

LAB = Lab(
    "lab5",
    "swarm",
    (
        Step("create", created, (f"{CREATE} {FIRST}",), look=("docker service ls",)),
        Step("update", runs(SECOND), (f"{UPDATE} --image {SECOND} web",), look=TASKS),
        Step("faster", runs(THIRD), (FASTER,), look=TASKS),
        Step("broken", broken, (f"{UPDATE} --image {BROKEN} web",), look=TASKS),
        Step("rollback", back, ("docker service rollback web",), look=TASKS),
        Step("env", changed, (f"{UPDATE} --env-add MODE=demo web",), look=TASKS),
        Step("label", labelled, (f"{UPDATE} --label-add team=bees web",), look=TASKS),
        Step("remove", web_removed, ("docker service rm web",), look=("docker service ls",)),
    ),
)
