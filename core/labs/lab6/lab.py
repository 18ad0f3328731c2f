"""Lab 6: a secret, and a stack that uses it."""

from __future__ import annotations

from core.cluster.snapshot import Service
from core.commands.compose_specs import NAMESPACE
from core.labs.checks import complete
from core.labs.lab import Facts, Lab, Step, Verdict, green, red

SECRET, STACK = "db_password", "site"
INSIDE, COPY = f"/run/secrets/{SECRET}", "/tmp/copy"  # noqa: S108  in a container
REPLICAS = 2  # of site_web, by the file


def stack(facts: Facts) -> list[Service]:
    """The services of the lab's stack, whatever its name."""
    named = [s for s in facts.snapshot.services if (NAMESPACE, STACK) in s.labels]
    return named or [s for s in facts.snapshot.services if NAMESPACE in dict(s.labels)]


def front(facts: Facts) -> Service | None:
    return next((s for s in stack(facts) if s.name.endswith("_web")), None)


def kept(facts: Facts) -> Verdict:
    names = facts.ask.secrets()
    if SECRET in names:
        return green()
    return red("other", name=min(names)) if names else red()


def deployed(facts: Facts) -> Verdict:
    services = stack(facts)
    if len(services) < 2:
        return red()
    late = [s.name for s in services if s.replicas is not None and not complete(facts, s)]
    late += [s.name for s in services if s.replicas is None and not facts.running(s)]
    return red("coming", names=", ".join(late)) if late else green()


def read(facts: Facts) -> Verdict:
    if not stack(facts):
        return red("gone")
    if facts.did("docker container exec"):
        return green()
    mine = [c for c in facts.snapshot.containers if c.service and c.state == "running"]
    return green() if any(COPY in facts.ask.files(c.id) for c in mine) else red()


def scaled(facts: Facts) -> Verdict:
    service = front(facts)
    if service is None:
        return red("gone")
    if service.replicas == REPLICAS:
        return red()
    return green() if complete(facts, service) else red("coming")


def restored(facts: Facts) -> Verdict:
    service = front(facts)
    if service is None:
        return red("gone")
    return green() if service.replicas == REPLICAS else red("drift", replicas=service.replicas)


def removed(facts: Facts) -> Verdict:
    left = [s.name for s in stack(facts)]
    return red("left", names=", ".join(left)) if left else green()


def forgotten(facts: Facts) -> Verdict:
    return Verdict(SECRET not in facts.ask.secrets())


def look_inside(facts: Facts) -> tuple[str, ...]:
    readers = (
        c.name
        for c in facts.snapshot.containers
        if c.service.endswith("_reader") and c.state == "running"
    )
    exec_in = f"docker container exec {next(readers, 'site_reader')}"
    return f"{exec_in} cat {INSIDE}", f"{exec_in} cp {INSIDE} {COPY}"


DEPLOY = ("docker stack deploy -c stack/stack.yml site",)
SERVICES = ("docker stack services site",)

LAB = Lab(
    "lab6",
    "swarm",
    (
        Step(
            "secret",
            kept,
            (f"docker secret create {SECRET} stack/password.txt",),
            look=("docker secret ls",),
            asks=True,
        ),
        Step("deploy", deployed, DEPLOY, look=(*SERVICES, "docker stack ps site")),
        Step(
            "read",
            read,
            look_inside,
            typed=(
                "docker ps",
                f"docker exec <replica site_reader> cat {INSIDE}",
                f"docker exec <replica site_reader> cp {INSIDE} {COPY}",
            ),
            asks=True,
        ),
        Step("scale", scaled, ("docker service scale site_web=5",), look=SERVICES),
        Step("again", restored, DEPLOY, look=SERVICES),
        Step(
            "remove",
            removed,
            ("docker stack rm site",),
            look=("docker stack ls", "docker secret ls"),
        ),
        Step(
            "forget",
            forgotten,
            (f"docker secret rm {SECRET}",),
            look=("docker secret ls",),
            asks=True,
        ),
    ),
)
