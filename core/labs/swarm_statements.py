"""The statements on a Swarm: its nodes, managers, secrets, networks and stacks."""

from __future__ import annotations

from core.cluster.snapshot import Node, Service
from core.commands.compose_specs import NAMESPACE
from core.i18n import later as _
from core.labs.facts import Facts, Verdict, green, red
from core.labs.statement import Statement, param, statement


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


@statement(
    "manager",
    {"worker": _("This engine is a worker of a Swarm already: one of its managers is to ask.")},
)
class IsManager(Statement):
    """The engine that answers is a manager of a Swarm."""

    def judge(self, facts: Facts) -> Verdict:
        engine = facts.snapshot.engine
        if engine and engine.manager:
            return green()
        return red("worker") if engine and engine.in_swarm else red()


@statement("nodes", {"few": _("{ready} of {count} nodes are ready so far.")})
class NodesReady(Statement):
    """So many nodes are ready."""

    count: int = param("how many, at least")

    def judge(self, facts: Facts) -> Verdict:
        ready = sum(node.state == "ready" for node in facts.snapshot.nodes)
        return green() if ready >= self.count else red("few", ready=ready)


@statement("nodes active", {"still": _("Still to be set to `active`: {nodes}.")})
class NodesActive(Statement):
    """Every node is active: none is drained or paused."""

    def judge(self, facts: Facts) -> Verdict:
        idle = [n.name for n in facts.snapshot.nodes if n.availability != "active"]
        return red("still", nodes=", ".join(idle)) if idle else green()


@statement(
    "nodes back",
    {
        "still": _("No leader yet: switch on one manager at least."),
        "down": _("Still missing: {nodes}."),
    },
)
class NodesBack(Statement):
    """The managers have a leader, and miss no node."""

    def judge(self, facts: Facts) -> Verdict:
        if facts.snapshot.outage:
            return red("still")
        names = away(facts)
        return red("down", nodes=", ".join(names)) if names else green()


@statement(
    "managers",
    {
        "few": _("Managers that can be reached: {found}. It takes {at_least}."),
        "many": _("There are {found} managers: keep {at_most}."),
    },
)
class Managers(Statement):
    """So many managers can be reached."""

    at_least: int = param("no fewer", default=1)
    at_most: int = param("no more; 0 for any number", default=0)

    def judge(self, facts: Facts) -> Verdict:
        reachable = sum(node.reachability == "reachable" for node in managers(facts))
        if reachable < self.at_least:
            return red("few", found=reachable)
        there = len(managers(facts))
        return red("many", found=there) if 0 < self.at_most < there else green()


@statement(
    "manager down",
    {"lost": _("That went too far: there is no majority left. Switch a manager on again.")},
)
class ManagerDown(Statement):
    """A manager is down, and the others still have their majority."""

    def judge(self, facts: Facts) -> Verdict:
        if leaderless(facts):
            return red("lost")
        return Verdict(any(node.name in away(facts) for node in managers(facts)))


@statement(
    "no majority",
    {
        "few": _("Managers: {managers}. It takes {at_least} to lose one too many."),
        "majority": _("{left} of {managers} managers are still there: that is a majority."),
        "alone": _("One manager of {managers} is left: no majority any more. It is finding out."),
        "minority": _(
            "{left} of {managers} managers are left: no majority any more. They are finding out."
        ),
    },
)
class NoMajority(Statement):
    """The managers have lost their majority, and know it."""

    at_least: int = param("managers that there must have been", default=3)

    def judge(self, facts: Facts) -> Verdict:
        if leaderless(facts):
            return green()
        count = len(managers(facts))
        left = sum(node.name not in away(facts) for node in managers(facts))
        if count < self.at_least:
            return red("few", managers=count)
        if left > count // 2:
            return red("majority", left=left, managers=count)
        if left == 1:
            return red("alone", managers=count)
        return red("minority", left=left, managers=count)


@statement("secret", {"other": _("There is a secret `{found}`; this lab wants `{name}`.")}, True)
class HasSecret(Statement):
    """The Swarm keeps a secret of this name."""

    name: str = param("its name")

    def judge(self, facts: Facts) -> Verdict:
        names = facts.ask.secrets()
        if self.name in names:
            return green()
        return red("other", found=min(names)) if names else red()


@statement("no secret", asks=True)
class NoSecret(Statement):
    """The Swarm keeps no secret of this name."""

    name: str = param("its name")

    def judge(self, facts: Facts) -> Verdict:
        return Verdict(self.name not in facts.ask.secrets())


@statement(
    "network",
    {
        "driver": _("The network `{name}` is there, but its driver is {found}: it takes {driver}."),
        "missing": _("Not on the network `{name}` yet: {missing}."),
        "coming": _("They are starting…"),
    },
    asks=True,
)
class HasNetwork(Statement):
    """There is a network of this name, and these services are on it and run."""

    name: str = param("its name")
    driver: str = param("its driver", default="overlay")
    services: tuple[str, ...] = param("the services that must be on it", default=())

    def judge(self, facts: Facts) -> Verdict:
        driver = facts.ask.networks().get(self.name)
        if driver is None:
            return red()
        if driver != self.driver:
            return red("driver", found=driver)
        there = [(name, facts.service(name)) for name in self.services]
        missing = [
            name
            for name, service in there
            if service is None or self.name not in facts.ask.networks_of(service.id)
        ]
        if missing:
            return red("missing", missing=", ".join(missing))
        return green() if all(s and facts.complete(s) for _, s in there) else red("coming")


@statement("no network", asks=True)
class NoNetwork(Statement):
    """There is no network of this name."""

    name: str = param("its name")

    def judge(self, facts: Facts) -> Verdict:
        return Verdict(self.name not in facts.ask.networks())


def stack(facts: Facts, name: str) -> list[Service]:
    """The services of the stack of this name, or else of any stack."""
    services = facts.snapshot.services
    named = [s for s in services if (NAMESPACE, name) in s.labels]
    return named or [s for s in services if NAMESPACE in dict(s.labels)]


@statement(
    "stack",
    {
        "gone": _("The stack is gone: deploy it again."),
        "coming": _("The stack is getting ready: {names}…"),
    },
)
class HasStack(Statement):
    """A stack is deployed, and its services run; it may have another name."""

    name: str = param("its name")
    services: int = param("how many it has, at least", default=1)

    def judge(self, facts: Facts) -> Verdict:
        found = stack(facts, self.name)
        if len(found) < self.services:
            return red("gone") if stack_before(facts, self.name) else red()
        late = [service.name for service in found if not facts.complete(service)]
        return red("coming", names=", ".join(late)) if late else green()


def stack_before(facts: Facts, name: str) -> bool:
    """Whether the step began with services that were called after the stack."""
    return any(s.name.startswith(f"{name}_") for s in facts.step_start.services)


@statement("no stack", {"left": _("Left of the stack: {names}.")})
class NoStack(Statement):
    """No service of the stack is left."""

    name: str = param("its name")

    def judge(self, facts: Facts) -> Verdict:
        left = [service.name for service in stack(facts, self.name)]
        return red("left", names=", ".join(left)) if left else green()
