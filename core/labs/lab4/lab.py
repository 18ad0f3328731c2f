"""Lab 4: what breaks, and what heals by itself."""

from __future__ import annotations

from core.cluster.snapshot import Node, Service
from core.labs.checks import complete, of_web, web
from core.labs.lab import Facts, InstanceFault, Lab, Step, Verdict, green, red

WANTED = 3  # replicas and managers, at least


def managers(facts: Facts) -> list[Node]:
    return [node for node in facts.snapshot.nodes if node.role == "manager"]


def away(facts: Facts) -> list[str]:
    """The nodes that the managers hold for down, or cannot reach."""
    nodes = facts.snapshot.nodes
    return [n.name for n in nodes if n.state == "down" or n.reachability == "unreachable"]


def leaderless(facts: Facts) -> bool:
    """True where the managers have lost their majority, as the engine says it."""
    outage = facts.snapshot.outage
    return outage is not None and "have a leader" in outage.message


def created(facts: Facts) -> Verdict:
    service = web(facts)
    if service is None:
        return red()
    if (service.replicas or 0) < WANTED:
        return red("few", replicas=service.replicas, wanted=WANTED)
    return green() if complete(facts, service) else red("coming")


@of_web
def healed(facts: Facts, service: Service) -> Verdict:
    before = {task.id for task in facts.step_start.tasks if task.state == "failed"}
    failed = {task.id for task in facts.snapshot.tasks_of(service) if task.state == "failed"}
    if failed <= before:
        return red()
    return green() if complete(facts, service) else red("healing")


@of_web
def survived(facts: Facts, service: Service) -> Verdict:
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
    if left == 1:  # it has lost the majority, and is about to find out
        return red("alone", managers=count)
    return red("minority", left=left, managers=count)


def mended(facts: Facts) -> Verdict:
    return red("still") if facts.snapshot.outage else returned(facts)


def tidied(facts: Facts) -> Verdict:
    if web(facts):
        return red("service")
    count = len(managers(facts))
    return red("managers", count=count) if count > 1 else green()


def crash(facts: Facts) -> tuple[str, ...]:
    """A replica on the engine that answers, killed without the Swarm's knowledge."""
    containers = facts.snapshot.containers
    mine = [c.name for c in containers if c.service and c.state == "running"]
    return (f"docker container kill {mine[0]}",) if mine else ()


def others(facts: Facts) -> list[Node]:
    """Every node but the one that answers."""
    engine = facts.snapshot.engine
    return [node for node in facts.snapshot.nodes if engine and node.id != engine.node_id]


def promote(facts: Facts) -> tuple[str, ...]:
    return (f"docker node promote {' '.join(node.reference for node in others(facts))}",)


def lose(facts: Facts) -> tuple[InstanceFault, ...]:
    instances = {node.hostname for node in others(facts) if node.role == "manager"}
    return tuple(InstanceFault("off", instance) for instance in sorted(instances))


def tidy(facts: Facts) -> tuple[str, ...]:
    names = [node.reference for node in others(facts) if node.role == "manager"]
    demote = (f"docker node demote {' '.join(names)}",) if names else ()
    return (*demote, "docker service rm web")


NODES, TASKS = ("docker node ls",), ("docker service ps web",)

LAB = Lab(
    "lab4",
    "swarm",
    (
        Step(
            "create",
            created,
            ("docker service create --name web --replicas 6 -p 80:80 nginx:latest",),
            look=TASKS,
        ),
        Step(
            "crash",
            healed,
            crash,
            typed=("docker ps", "docker container kill <replica web>"),
            look=TASKS,
        ),
        Step("node", survived, (InstanceFault("off", "node3"),), look=(*NODES, *TASKS)),
        Step("back", returned, (InstanceFault("mend"),), look=NODES),
        Step("promote", promoted, promote, typed=("docker node promote node2 node3",), look=NODES),
        Step(
            "manager",
            steered,
            (InstanceFault("off", "node2"), "docker service scale web=8"),
            look=NODES,
        ),
        Step("quorum", lost, lose, look=NODES),
        Step("mend", mended, (InstanceFault("mend"),), look=NODES),
        Step(
            "tidy",
            tidied,
            tidy,
            typed=("docker node demote node2 node3", "docker service rm web"),
            look=(*NODES, "docker service ls"),
        ),
    ),
)
