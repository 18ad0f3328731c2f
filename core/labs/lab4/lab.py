"""Lab 4: what breaks, and what heals by itself."""

from __future__ import annotations

from core.cluster.snapshot import Node
from core.commands.containers import KillContainers
from core.commands.nodes import DemoteNodes, PromoteNodes
from core.commands.services import CreateService, RemoveServices, ScaleServices
from core.labs.lab import Accident, Docker, Lab, Move, Scene, Step, Verdict, green, red
from core.labs.nginx import complete, web

WANTED = 3  # replicas and managers, at least


def managers(scene: Scene) -> list[Node]:
    return [node for node in scene.snapshot.nodes if node.role == "manager"]


def away(scene: Scene) -> list[str]:
    """The nodes that the managers hold for down, or cannot reach."""
    return [
        node.name
        for node in scene.snapshot.nodes
        if node.state == "down" or node.reachability == "unreachable"
    ]


def leaderless(scene: Scene) -> bool:
    """Whether the managers have lost their majority, in the daemon's own words."""
    trouble = scene.snapshot.trouble
    return trouble is not None and "have a leader" in trouble.message


def created(scene: Scene) -> Verdict:
    service = web(scene)
    if service is None:
        return red()
    if (service.replicas or 0) < WANTED:
        return red("few", replicas=service.replicas, wanted=WANTED)
    return green() if complete(scene, service) else red("coming")


def healed(scene: Scene) -> Verdict:
    service = web(scene)
    if service is None:
        return red("gone")
    before = {task.id for task in scene.entered.tasks if task.state == "failed"}
    fallen = [t for t in scene.snapshot.tasks_of(service) if t.state == "failed"]
    if all(task.id in before for task in fallen):
        return red()
    return green() if complete(scene, service) else red("healing")


def survived(scene: Scene) -> Verdict:
    service = web(scene)
    if service is None:
        return red("gone")
    down = [node.name for node in scene.snapshot.nodes if node.state == "down"]
    if not down:
        return red()
    return green(down[0]) if complete(scene, service) else red("healing", node=down[0])


def returned(scene: Scene) -> Verdict:
    names = away(scene)
    return red("down", nodes=", ".join(names)) if names else green()


def promoted(scene: Scene) -> Verdict:
    reachable = sum(node.reachability == "reachable" for node in managers(scene))
    return green() if reachable >= WANTED else red("few", count=reachable)


def steered(scene: Scene) -> Verdict:
    if leaderless(scene):
        return red("lost")
    lost = [node.name for node in managers(scene) if node.name in away(scene)]
    if not lost:
        return red()
    service = web(scene)
    before = service and scene.entered.service(service.id)
    if service is None or before is None:
        return red("gone")
    if service.replicas == before.replicas:
        return red("steer", node=lost[0])
    return green() if complete(scene, service) else red("coming")


def lost(scene: Scene) -> Verdict:
    if leaderless(scene):
        return green()
    count = len(managers(scene))
    left = sum(node.name not in away(scene) for node in managers(scene))
    if count < WANTED:
        return red("few", count=count)
    if left > count // 2:
        return red("majority", left=left, managers=count)
    if left == 1:  # lost, and the last one is about to find out
        return red("alone", managers=count)
    return red("minority", left=left, managers=count)


def mended(scene: Scene) -> Verdict:
    if leaderless(scene) or scene.snapshot.trouble:
        return red("still")
    names = away(scene)
    return red("down", nodes=", ".join(names)) if names else green()


def tidied(scene: Scene) -> Verdict:
    if web(scene):
        return red("service")
    count = len(managers(scene))
    return red("managers", count=count) if count > 1 else green()


def crash(scene: Scene) -> tuple[Move, ...]:
    """A replica on the engine that we talk to, killed behind the Swarm's back."""
    mine = [c for c in scene.snapshot.containers if c.service and c.state == "running"]
    return (Docker(KillContainers(containers=(mine[0].name,))),) if mine else ()


def others(scene: Scene) -> tuple[str, ...]:
    """Every node but the one that answers."""
    engine = scene.snapshot.engine
    return tuple(n.reference for n in scene.snapshot.nodes if engine and n.id != engine.node_id)


def promote(scene: Scene) -> tuple[Move, ...]:
    return (Docker(PromoteNodes(nodes=others(scene))),)


def lose(scene: Scene) -> tuple[Move, ...]:
    machines = {n.hostname for n in managers(scene) if n.reference in others(scene)}
    return tuple(Accident("off", machine) for machine in sorted(machines))


def tidy(scene: Scene) -> tuple[Move, ...]:
    engine = scene.snapshot.engine
    names = tuple(n.reference for n in managers(scene) if engine and n.id != engine.node_id)
    demote = (Docker(DemoteNodes(nodes=names)),) if names else ()
    return (*demote, Docker(RemoveServices(services=("web",))))


LAB = Lab(
    "lab4",
    "swarm",
    (
        Step(
            "create",
            created,
            (
                Docker(
                    CreateService(name="web", replicas=6, publish=("80:80",), image="nginx:latest")
                ),
            ),
            look=("docker service ps web",),
        ),
        Step(
            "crash",
            healed,
            crash,
            typed=("docker ps", "docker container kill <id>"),
            look=("docker service ps web",),
        ),
        Step(
            "node",
            survived,
            (Accident("off", "node3"),),
            look=("docker node ls", "docker service ps web"),
        ),
        Step("back", returned, (Accident("mend"),), look=("docker node ls",)),
        Step(
            "promote",
            promoted,
            promote,
            typed=("docker node promote node2 node3",),
            look=("docker node ls",),
        ),
        Step(
            "manager",
            steered,
            (Accident("off", "node2"), Docker(ScaleServices(replicas=(("web", 8),)))),
            look=("docker node ls",),
        ),
        Step("quorum", lost, lose, look=("docker node ls",)),
        Step("mend", mended, (Accident("mend"),), look=("docker node ls",)),
        Step(
            "tidy",
            tidied,
            tidy,
            typed=("docker node demote node2 node3", "docker service rm web"),
            look=("docker node ls", "docker service ls"),
        ),
    ),
)
