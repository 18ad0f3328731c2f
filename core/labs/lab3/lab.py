"""Lab 3: a web service on three nodes, from the first replica to the last."""

from __future__ import annotations

from collections.abc import Callable

from core.cluster.public import HIDDEN
from core.cluster.snapshot import Service
from core.labs.checks import complete, of_web, web, web_removed
from core.labs.lab import Curl, Facts, Join, Lab, Step, Verdict, green, red

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


@of_web
def reached(facts: Facts, service: Service) -> Verdict:
    return Verdict(bool(facts.ask.answered(service.id)))


def replicas(wanted: int) -> Callable[[Facts], Verdict]:
    """The check that so many are wanted, and run."""

    @of_web
    def check(facts: Facts, service: Service) -> Verdict:
        if service.replicas != wanted:
            return red("other", replicas=service.replicas, wanted=wanted)
        running = len(facts.running(service))
        return green() if running == wanted else red("coming", running=running, wanted=wanted)

    return check


@of_web
def balanced(facts: Facts, service: Service) -> Verdict:
    answered = len(facts.ask.answered(service.id))
    return green() if answered >= NODES else red("few", answered=answered, wanted=NODES)


@of_web
def drained(facts: Facts, service: Service) -> Verdict:
    away = [node.name for node in facts.snapshot.nodes if node.availability == "drain"]
    if not away:
        paused = [n.name for n in facts.snapshot.nodes if n.availability == "pause"]
        return red("paused", node=paused[0]) if paused else red()
    if len(away) > 1:
        return red("several", nodes=", ".join(away))
    if left := facts.spread(service).get(away[0], 0):
        return red("leaving", node=away[0], left=left)
    if not complete(facts, service):
        running = len(facts.running(service))
        return red("coming", running=running, wanted=service.replicas)
    return green(away[0])


def activated(facts: Facts) -> Verdict:
    idle = [n.name for n in facts.snapshot.nodes if n.availability != "active"]
    return red("still", nodes=", ".join(idle)) if idle else green()


@of_web
def rebalanced(facts: Facts, service: Service) -> Verdict:
    if not complete(facts, service):
        return red("coming")
    counts = facts.spread(service).values()
    return Verdict(max(counts) - min(counts) <= 1)


def init(facts: Facts) -> tuple[str, ...]:
    engine = facts.snapshot.engine
    address = engine.node_address if engine else ""
    return (f"docker swarm init --advertise-addr {address}" if address else "docker swarm init",)


def drain(facts: Facts) -> tuple[str, ...]:
    """Drain the course's node2, or another that is not the one that answers."""
    engine = facts.snapshot.engine
    others = [n for n in facts.snapshot.nodes if not engine or n.id != engine.node_id]
    others.sort(key=lambda n: (n.hostname != "node2", n.state != "ready"))
    node = others[0].reference if others else "node2"
    return (f"docker node update --availability drain {node}",)


def activate(facts: Facts) -> tuple[str, ...]:
    idle = [n.reference for n in facts.snapshot.nodes if n.availability != "active"]
    return tuple(f"docker node update --availability active {node}" for node in idle)


TASKS = ("docker service ps web",)

LAB = Lab(
    "lab3",
    "apart",
    (
        Step("init", initialised, init, typed=("docker swarm init --advertise-addr <address>",)),
        Step("join", joined, (Join("node2"), Join("node3")), look=("docker node ls",)),
        Step(
            "create",
            created,
            ("docker service create -p 80:80 --name web nginx:latest",),
            look=("docker service ls", *TASKS),
        ),
        Step(
            "reach",
            reached,
            (Curl(80, NODES),),  # through each node once
            typed=("curl http://localhost:80",),
            asks=True,
        ),
        Step("scale", replicas(15), ("docker service scale web=15",), look=TASKS),
        Step("balance", balanced, (Curl(80, 15),), asks=True),
        Step(
            "drain",
            drained,
            drain,
            typed=("docker node update --availability drain node2",),
            look=("docker node ls", "docker node ps node2", *TASKS),
        ),
        Step(
            "activate",
            activated,
            activate,
            typed=("docker node update --availability active node2",),
            look=TASKS,
        ),
        Step("fewer", replicas(10), ("docker service scale web=10",), look=TASKS),
        Step("rebalance", rebalanced, ("docker service update --force web",), look=TASKS),
        Step("remove", web_removed, ("docker service rm web",), look=("docker service ls",)),
    ),
)
