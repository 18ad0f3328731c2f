"""Lab 4: what breaks, and what heals by itself."""

from __future__ import annotations

from core.cluster.snapshot import Node
from core.commands.containers import KillContainers
from core.commands.nodes import DemoteNodes, PromoteNodes
from core.commands.services import CreateService, RemoveServices, ScaleServices
from core.labs.lab import Docker, Facts, InstanceFault, Lab, Move, Step, Verdict, green, red
from core.labs.nginx import complete, web

WANTED = 3  # replicas and managers, at least


def managers(facts: Facts) -> list[Node]:
    return [node for node in facts.snapshot.nodes if node.role == "manager"]


def away(facts: Facts) -> list[str]:
    """The nodes that the managers hold for down, or cannot reach."""
    return [
        node.name
        for node in facts.snapshot.nodes
        if node.state == "down" or node.reachability == "unreachable"
    ]


def leaderless(facts: Facts) -> bool:
    """Whether the managers have lost their majority, in the daemon's own words."""
    outage = facts.snapshot.outage
    return outage is not None and "have a leader" in outage.message


def created(facts: Facts) -> Verdict:
    service = web(facts)
    if service is None:
        return red()
    if (service.replicas or 0) < WANTED:
        return red("few", replicas=service.replicas, wanted=WANTED)
    return green() if complete(facts, service) else red("coming")


def healed(facts: Facts) -> Verdict:
    service = web(facts)
    if service is None:
        return red("gone")
    before = {task.id for task in facts.step_start.tasks if task.state == "failed"}
    fallen = [t for t in facts.snapshot.tasks_of(service) if t.state == "failed"]
    if all(task.id in before for task in fallen):
        return red()
    return green() if complete(facts, service) else red("healing")


def survived(facts: Facts) -> Verdict:
    service = web(facts)
    if service is None:
        return red("gone")
    down = [node.name for node in facts.snapshot.nodes if node.state == "down"]
    if not down:
        return red()
    return green(down[0]) if complete(facts, service) else red("healing", node=down[0])


def returned(facts: Facts) -> Verdict:
    names = away(facts)
    return red("down", nodes=", ".join(names)) if names else green()


def promoted(facts: Facts) -> Verdict:
    reachable = sum(node.reachability == "reachable" for node in managers(facts))
    return green() if reachable >= WANTED else red("few", count=reachable)


def steered(facts: Facts) -> Verdict:
    if leaderless(facts):
        return red("lost")
    lost = [node.name for node in managers(facts) if node.name in away(facts)]
    if not lost:
        return red()
    service = web(facts)
    before = service and facts.step_start.service(service.id)
    if service is None or before is None:
        return red("gone")
    if service.replicas == before.replicas:
        return red("steer", node=lost[0])
    return green() if complete(facts, service) else red("coming")


def lost(facts: Facts) -> Verdict:
    if leaderless(facts):
        return green()
    count = len(managers(facts))
    left = sum(node.name not in away(facts) for node in managers(facts))
    if count < WANTED:
        return red("few", count=count)
    if left > count // 2:
        return red("majority", left=left, managers=count)
    if left == 1:  # lost, and the last one is about to find out
        return red("alone", managers=count)
    return red("minority", left=left, managers=count)


def mended(facts: Facts) -> Verdict:
    if leaderless(facts) or facts.snapshot.outage:
        return red("still")
    names = away(facts)
    return red("down", nodes=", ".join(names)) if names else green()


def tidied(facts: Facts) -> Verdict:
    if web(facts):
        return red("service")
    count = len(managers(facts))
    return red("managers", count=count) if count > 1 else green()


def crash(facts: Facts) -> tuple[Move, ...]:
    """A replica on the engine that we talk to, killed behind the Swarm's back."""
    mine = [c for c in facts.snapshot.containers if c.service and c.state == "running"]
    return (Docker(KillContainers(containers=(mine[0].name,))),) if mine else ()


def others(facts: Facts) -> tuple[str, ...]:
    """Every node but the one that answers."""
    engine = facts.snapshot.engine
    return tuple(n.reference for n in facts.snapshot.nodes if engine and n.id != engine.node_id)


def promote(facts: Facts) -> tuple[Move, ...]:
    return (Docker(PromoteNodes(nodes=others(facts))),)


def lose(facts: Facts) -> tuple[Move, ...]:
    machines = {n.hostname for n in managers(facts) if n.reference in others(facts)}
    return tuple(InstanceFault("off", machine) for machine in sorted(machines))


def tidy(facts: Facts) -> tuple[Move, ...]:
    engine = facts.snapshot.engine
    names = tuple(n.reference for n in managers(facts) if engine and n.id != engine.node_id)
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
            (InstanceFault("off", "node3"),),
            look=("docker node ls", "docker service ps web"),
        ),
        Step("back", returned, (InstanceFault("mend"),), look=("docker node ls",)),
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
            (InstanceFault("off", "node2"), Docker(ScaleServices(replicas=(("web", 8),)))),
            look=("docker node ls",),
        ),
        Step("quorum", lost, lose, look=("docker node ls",)),
        Step("mend", mended, (InstanceFault("mend"),), look=("docker node ls",)),
        Step(
            "tidy",
            tidied,
            tidy,
            typed=("docker node demote node2 node3", "docker service rm web"),
            look=("docker node ls", "docker service ls"),
        ),
    ),
)
