"""Lab 3: a web service on three nodes, from the first replica to the last."""

from __future__ import annotations

from collections.abc import Callable

from core.cluster.public import HIDDEN
from core.commands.nodes import UpdateNode
from core.commands.services import CreateService, RemoveServices, ScaleServices, UpdateService
from core.commands.swarm import InitSwarm
from core.labs.lab import Curl, Docker, Facts, Join, Lab, Step, Verdict, green, red
from core.labs.nginx import web

NODES = 3


def initialised(facts: Facts) -> Verdict:
    engine = facts.snapshot.engine
    if engine and engine.manager:
        return green()
    return red("worker") if engine and engine.in_swarm else red()


def joined(facts: Facts) -> Verdict:
    ready = sum(node.state == "ready" for node in facts.snapshot.nodes)
    return green() if ready >= NODES else red("few", ready=ready, wanted=NODES)


def created(facts: Facts) -> Verdict:
    service = web(facts)
    if service is None:
        return red("elsewhere", name=s[0].name) if (s := facts.snapshot.workloads) else red()
    if not any(port.target == 80 and port.published for port in service.ports):
        return red("unpublished", name=service.name)
    if facts.running(service):
        return green()
    tasks = facts.snapshot.tasks_of(service)
    errors = [task.error for task in tasks if task.error not in ("", HIDDEN)]
    return red("failing", error=errors[0]) if errors else red("coming")


def reached(facts: Facts) -> Verdict:
    service = web(facts)
    if service is None:
        return red("gone")
    return green() if facts.ask.answered(service.id) else red()


def replicas(wanted: int) -> Callable[[Facts], Verdict]:
    """The check that so many are wanted, and run."""

    def check(facts: Facts) -> Verdict:
        service = web(facts)
        if service is None:
            return red("gone")
        if service.replicas != wanted:
            return red("other", replicas=service.replicas, wanted=wanted)
        running = len(facts.running(service))
        return green() if running == wanted else red("coming", running=running, wanted=wanted)

    return check


def balanced(facts: Facts) -> Verdict:
    service = web(facts)
    if service is None:
        return red("gone")
    answered = len(facts.ask.answered(service.id))
    return green() if answered >= NODES else red("few", answered=answered, wanted=NODES)


def drained(facts: Facts) -> Verdict:
    service = web(facts)
    if service is None:
        return red("gone")
    away = [node for node in facts.snapshot.nodes if node.availability == "drain"]
    if not away:
        paused = [n.name for n in facts.snapshot.nodes if n.availability == "pause"]
        return red("paused", node=paused[0]) if paused else red()
    if len(away) > 1:
        return red("several", nodes=", ".join(node.name for node in away))
    left = facts.spread(service).get(away[0].name, 0)
    if left:
        return red("leaving", node=away[0].name, left=left)
    running = len(facts.running(service))
    if running != service.replicas:
        return red("coming", running=running, wanted=service.replicas)
    return green(away[0].name)


def activated(facts: Facts) -> Verdict:
    idle = [n.name for n in facts.snapshot.nodes if n.availability != "active"]
    return red("still", nodes=", ".join(idle)) if idle else green()


def rebalanced(facts: Facts) -> Verdict:
    service = web(facts)
    if service is None:
        return red("gone")
    counts = facts.spread(service)
    if len(facts.running(service)) != service.replicas:
        return red("coming")
    return green() if max(counts.values()) - min(counts.values()) <= 1 else red()


def removed(facts: Facts) -> Verdict:
    return red() if web(facts) else green()


def other(facts: Facts) -> str:
    """A node to drain: the course's node2, or another that is not the one that answers."""
    engine = facts.snapshot.engine
    others = [n for n in facts.snapshot.nodes if not engine or n.id != engine.node_id]
    others.sort(key=lambda n: (n.hostname != "node2", n.state != "ready"))
    return others[0].reference if others else "node2"


def leave(facts: Facts) -> tuple[Docker, ...]:
    return (Docker(UpdateNode(availability="drain", node=other(facts))),)


def come_back(facts: Facts) -> tuple[Docker, ...]:
    idle = [n.reference for n in facts.snapshot.nodes if n.availability != "active"]
    return tuple(Docker(UpdateNode(availability="active", node=node)) for node in idle)


def init(facts: Facts) -> tuple[Docker, ...]:
    engine = facts.snapshot.engine
    return (Docker(InitSwarm(advertise_addr=engine.node_address if engine else "")),)


def create(facts: Facts) -> tuple[Docker, ...]:
    return (Docker(CreateService(publish=("80:80",), name="web", image="nginx:latest")),)


LAB = Lab(
    "lab3",
    "apart",
    (
        Step("init", initialised, init, typed=("docker swarm init --advertise-addr <ip>",)),
        Step("join", joined, (Join("node2"), Join("node3")), look=("docker node ls",)),
        Step(
            "create",
            created,
            create,
            typed=("docker service create -p 80:80 --name web nginx:latest",),
            look=("docker service ls", "docker service ps web"),
        ),
        Step(
            "reach",
            reached,
            (Curl(80, NODES),),  # by each node's door
            typed=("curl http://localhost:80",),
            asks=True,
        ),
        Step(
            "scale",
            replicas(15),
            (Docker(ScaleServices(replicas=(("web", 15),))),),
            look=("docker service ps web",),
        ),
        Step("balance", balanced, (Curl(80, 15),), asks=True),
        Step(
            "drain",
            drained,
            leave,
            typed=("docker node update --availability drain node2",),
            look=("docker node ls", "docker node ps node2", "docker service ps web"),
        ),
        Step(
            "activate",
            activated,
            come_back,
            typed=("docker node update --availability active node2",),
            look=("docker service ps web",),
        ),
        Step(
            "fewer",
            replicas(10),
            (Docker(ScaleServices(replicas=(("web", 10),))),),
            look=("docker service ps web",),
        ),
        Step(
            "rebalance",
            rebalanced,
            (Docker(UpdateService(force=True, service="web")),),
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
