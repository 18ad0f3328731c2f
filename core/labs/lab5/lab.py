"""Lab 5: a new version without a break, and the way back from a bad one."""

from __future__ import annotations

from collections.abc import Callable

from core.cluster.snapshot import Service
from core.commands.services import CreateService, RemoveServices, RollbackService, UpdateService
from core.labs.lab import Docker, Facts, Lab, Step, Verdict, green, red
from core.labs.nginx import complete, web

FIRST, SECOND, THIRD, BROKEN = "nginx:1.27", "nginx:1.28", "nginx:1.29", "nginx:9.99"


def state(service: Service) -> str:
    return service.update.state if service.update else ""


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

    def check(facts: Facts) -> Verdict:
        service = web(facts)
        if service is None:
            return red("gone")
        if not service.image.endswith(image):
            return red()
        new = sum(task.image.endswith(image) for task in facts.running(service))
        if new == service.replicas and complete(facts, service):
            return green(service.image)
        return red("rolling", new=new, wanted=service.replicas)

    return check


def broken(facts: Facts) -> Verdict:
    service = web(facts)
    if service is None:
        return red("gone")
    if state(service) == "paused":
        return green()
    rejected = any(task.state == "rejected" for task in facts.snapshot.tasks_of(service))
    return red("trying") if rejected else red()


def back(facts: Facts) -> Verdict:
    service = web(facts)
    if service is None:
        return red("gone")
    if service.image != facts.kept["faster"]:
        return red()
    return green() if complete(facts, service) else red("rolling")


def changed(facts: Facts) -> Verdict:
    service = web(facts)
    if service is None:
        return red("gone")
    before = facts.step_start.service(service.id)
    if before is None or service.env == before.env:
        return red()
    old = {task.id for task in facts.running(service)} & {t.id for t in facts.step_start.tasks}
    if old:
        return red("rolling", left=len(old))
    return green() if complete(facts, service) else red("rolling", left=0)


def labelled(facts: Facts) -> Verdict:
    service = web(facts)
    if service is None:
        return red("gone")
    before = facts.step_start.service(service.id)
    return red() if before is None or service.labels == before.labels else green()


def removed(facts: Facts) -> Verdict:
    return red() if web(facts) else green()


def update(image: str) -> Docker:
    return Docker(UpdateService(image=image, service="web"))


LAB = Lab(
    "lab5",
    "swarm",
    (
        Step(
            "create",
            created,
            (
                Docker(
                    CreateService(
                        name="web",
                        replicas=6,
                        publish=("80:80",),
                        update_delay="3s",
                        image=FIRST,
                    )
                ),
            ),
            look=("docker service ls",),
        ),
        Step("update", runs(SECOND), (update(SECOND),), look=("docker service ps web",)),
        Step(
            "faster",
            runs(THIRD),
            (
                Docker(
                    UpdateService(
                        image=THIRD, update_parallelism=3, update_delay="1s", service="web"
                    )
                ),
            ),
            look=("docker service ps web",),
        ),
        Step("broken", broken, (update(BROKEN),), look=("docker service ps web",)),
        Step(
            "rollback",
            back,
            (Docker(RollbackService(service="web")),),
            look=("docker service ps web",),
        ),
        Step(
            "env",
            changed,
            (Docker(UpdateService(env_add=("MODE=demo",), service="web")),),
            look=("docker service ps web",),
        ),
        Step(
            "label",
            labelled,
            (Docker(UpdateService(label_add=("team=bees",), service="web")),),
            look=("docker service ps web",),
        ),
        Step(
            "remove",
            removed,
            (Docker(RemoveServices(services=("web",))),),
            look=("docker service ls",),
        ),
    ),
)
