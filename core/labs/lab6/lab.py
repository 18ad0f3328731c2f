"""Lab 6: a secret, and a stack that uses it."""

from __future__ import annotations

from core.cluster.snapshot import Service
from core.commands.compose import NAMESPACE
from core.commands.execs import ExecContainer
from core.commands.secrets import CreateSecret, RemoveSecrets
from core.commands.services import ScaleServices
from core.commands.stacks import DeployStack, RemoveStacks
from core.labs.lab import Docker, Facts, Lab, Step, Verdict, green, red
from core.labs.nginx import complete

SECRET, STACK, FILE = "db_password", "site", "stack/stack.yml"
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
    return red() if SECRET in facts.ask.secrets() else green()


def look_inside(facts: Facts) -> tuple[Docker, ...]:
    readers = [
        c
        for c in facts.snapshot.containers
        if c.service.endswith("_reader") and c.state == "running"
    ]
    name = readers[0].name if readers else "site_reader"
    return (
        Docker(ExecContainer(container=name, command=("cat", INSIDE))),
        Docker(ExecContainer(container=name, command=("cp", INSIDE, COPY))),
    )


DEPLOY = Docker(DeployStack(compose_file=FILE, stack=STACK))

LAB = Lab(
    "lab6",
    "swarm",
    (
        Step(
            "secret",
            kept,
            (Docker(CreateSecret(name=SECRET, file="stack/password.txt")),),
            look=("docker secret ls",),
            asks=True,
        ),
        Step(
            "deploy",
            deployed,
            (DEPLOY,),
            look=("docker stack services site", "docker stack ps site"),
        ),
        Step(
            "read",
            read,
            look_inside,
            typed=(
                "docker ps",
                f"docker exec <id> cat {INSIDE}",
                f"docker exec <id> cp {INSIDE} {COPY}",
            ),
            asks=True,
        ),
        Step(
            "scale",
            scaled,
            (Docker(ScaleServices(replicas=((f"{STACK}_web", 5),))),),
            look=("docker stack services site",),
        ),
        Step("again", restored, (DEPLOY,), look=("docker stack services site",)),
        Step(
            "remove",
            removed,
            (Docker(RemoveStacks(stacks=(STACK,))),),
            look=("docker stack ls", "docker secret ls"),
        ),
        Step(
            "forget",
            forgotten,
            (Docker(RemoveSecrets(secrets=(SECRET,))),),
            look=("docker secret ls",),
            asks=True,
        ),
    ),
)
