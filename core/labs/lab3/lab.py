"""Lab 3: a web service on three nodes, from the first replica to the last."""

from __future__ import annotations

from collections.abc import Callable

from core.cluster.public import HIDDEN
from core.commands.nodes import UpdateNode
from core.commands.services import CreateService, RemoveServices, ScaleServices, UpdateService
from core.commands.swarm import InitSwarm
from core.labs.lab import Docker, Join, Lab, Scene, Step, Verdict, Visit, green, red
from core.labs.nginx import web

NODES = 3


def initialised(scene: Scene) -> Verdict:
    engine = scene.snapshot.engine
    if engine and engine.manager:
        return green()
    return red("worker") if engine and engine.in_swarm else red()


def joined(scene: Scene) -> Verdict:
    ready = sum(node.state == "ready" for node in scene.snapshot.nodes)
    return green() if ready >= NODES else red("few", ready=ready, wanted=NODES)


def created(scene: Scene) -> Verdict:
    service = web(scene)
    if service is None:
        return red("elsewhere", name=s[0].name) if (s := scene.snapshot.workloads) else red()
    if not any(port.target == 80 and port.published for port in service.ports):
        return red("unpublished", name=service.name)
    if scene.running(service):
        return green()
    tasks = scene.snapshot.tasks_of(service)
    errors = [task.error for task in tasks if task.error not in ("", HIDDEN)]
    return red("failing", error=errors[0]) if errors else red("coming")


def reached(scene: Scene) -> Verdict:
    service = web(scene)
    if service is None:
        return red("gone")
    return green() if scene.ask.answered(service.id) else red()


def replicas(wanted: int) -> Callable[[Scene], Verdict]:
    """The check that so many are wanted, and run."""

    def check(scene: Scene) -> Verdict:
        service = web(scene)
        if service is None:
            return red("gone")
        if service.replicas != wanted:
            return red("other", replicas=service.replicas, wanted=wanted)
        running = len(scene.running(service))
        return green() if running == wanted else red("coming", running=running, wanted=wanted)

    return check


def balanced(scene: Scene) -> Verdict:
    service = web(scene)
    if service is None:
        return red("gone")
    answered = len(scene.ask.answered(service.id))
    return green() if answered >= NODES else red("few", answered=answered, wanted=NODES)


def drained(scene: Scene) -> Verdict:
    service = web(scene)
    if service is None:
        return red("gone")
    away = [node for node in scene.snapshot.nodes if node.availability == "drain"]
    if not away:
        paused = [n.name for n in scene.snapshot.nodes if n.availability == "pause"]
        return red("paused", node=paused[0]) if paused else red()
    if len(away) > 1:
        return red("several", nodes=", ".join(node.name for node in away))
    left = scene.spread(service).get(away[0].name, 0)
    if left:
        return red("leaving", node=away[0].name, left=left)
    running = len(scene.running(service))
    if running != service.replicas:
        return red("coming", running=running, wanted=service.replicas)
    return green(away[0].name)


def activated(scene: Scene) -> Verdict:
    idle = [n.name for n in scene.snapshot.nodes if n.availability != "active"]
    return red("still", nodes=", ".join(idle)) if idle else green()


def rebalanced(scene: Scene) -> Verdict:
    service = web(scene)
    if service is None:
        return red("gone")
    counts = scene.spread(service)
    if len(scene.running(service)) != service.replicas:
        return red("coming")
    return green() if max(counts.values()) - min(counts.values()) <= 1 else red()


def removed(scene: Scene) -> Verdict:
    return red() if web(scene) else green()


def other(scene: Scene) -> str:
    """A node to drain: the course's node2, or another that is not the one that answers."""
    engine = scene.snapshot.engine
    others = [n for n in scene.snapshot.nodes if not engine or n.id != engine.node_id]
    others.sort(key=lambda n: (n.hostname != "node2", n.state != "ready"))
    return others[0].reference if others else "node2"


def leave(scene: Scene) -> tuple[Docker, ...]:
    return (Docker(UpdateNode(availability="drain", node=other(scene))),)


def come_back(scene: Scene) -> tuple[Docker, ...]:
    idle = [n.reference for n in scene.snapshot.nodes if n.availability != "active"]
    return tuple(Docker(UpdateNode(availability="active", node=node)) for node in idle)


def init(scene: Scene) -> tuple[Docker, ...]:
    engine = scene.snapshot.engine
    return (Docker(InitSwarm(advertise_addr=engine.node_address if engine else "")),)


def create(scene: Scene) -> tuple[Docker, ...]:
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
            (Visit(80, NODES),),  # by each node's door
            typed=("curl http://localhost:80",),
            asks=True,
        ),
        Step(
            "scale",
            replicas(15),
            (Docker(ScaleServices(replicas=(("web", 15),))),),
            look=("docker service ps web",),
        ),
        Step("balance", balanced, (Visit(80, 15),), asks=True),
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
