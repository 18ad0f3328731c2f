"""What holds of every placement, whatever the nodes and services are: drawn by Hypothesis."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from essaim_practice.store.objects import Container, Engine, Node, State, Task

from .simulation import Simulation

DISKS = ("ssd", "hdd", "")  # "": no label
CPU, MEMORY = 10**8, 2**28  # the units in which services reserve


@dataclass(frozen=True, slots=True)
class Machine:
    disk: str = ""
    availability: str = "active"
    up: bool = True


@dataclass(frozen=True, slots=True)
class Wish:
    """A service, as it is asked for; later it is scaled to ``then``."""

    replicas: int
    then: int
    most: int = 0  # replicas per node; 0: as many as there is room for
    constraint: tuple[str, str] | None = None  # == or !=, and a disk
    cpus: int = 0
    memory: int = 0

    @property
    def template(self) -> dict[str, Any]:
        constraints = [f"node.labels.disk{''.join(self.constraint)}"] if self.constraint else []
        reserved = {"NanoCPUs": self.cpus * CPU, "MemoryBytes": self.memory * MEMORY}
        return {
            "Placement": {"Constraints": constraints, "MaxReplicas": self.most},
            "Resources": {"Reservations": reserved},
        }

    def allows(self, node: Node) -> bool:
        if self.constraint is None:
            return True
        operator, disk = self.constraint
        return bool((node.labels.get("disk", "") == disk) == (operator == "=="))


_MACHINES = st.lists(
    st.builds(
        Machine,
        disk=st.sampled_from(DISKS),
        availability=st.sampled_from(("active", "active", "pause", "drain")),
        up=st.sampled_from((True, True, True, False)),
    ),
    min_size=1,
    max_size=4,
).map(lambda others: [Machine("ssd"), *others])  # the first is the manager: it stays up

_WISHES = st.lists(
    st.builds(
        Wish,
        replicas=st.integers(0, 12),
        then=st.integers(0, 12),
        most=st.integers(0, 3),
        constraint=st.none() | st.tuples(st.sampled_from(("==", "!=")), st.sampled_from(DISKS[:2])),
        cpus=st.sampled_from((0, 3, 7, 25)),
        memory=st.sampled_from((0, 5, 6, 17)),
    ),
    min_size=1,
    max_size=3,
)


def cluster(machines: list[Machine], seed: int) -> Simulation:
    swarm = Simulation(nodes=len(machines), seed=seed)
    for number, machine in enumerate(machines, 1):
        name = f"node{number}"
        if machine.disk:
            swarm.set_label(name, disk=machine.disk)
        swarm.set_availability(name, machine.availability)
        swarm.power(name, up=machine.up)
    swarm.settle(30)  # until those that are down are known to be
    return swarm


def has_room(swarm: Simulation, wish: Wish, name: str, node: Node) -> bool:
    """Whether one more replica could go there: worked out from the tasks, not as the scheduler."""
    if node.state != "ready" or node.availability != "active" or not wish.allows(node):
        return False
    here = [task for task in swarm.store.all(Task) if holds(task) and task.node_id == node.id]
    own = {task.id for task in swarm.tasks(name)}
    engine = swarm.store.get(Engine, node.engine)
    assert engine is not None
    cpus = sum(reserved(task, "NanoCPUs") for task in here) + wish.cpus * CPU
    memory = sum(reserved(task, "MemoryBytes") for task in here) + wish.memory * MEMORY
    fits = cpus <= engine.cpus * 10**9 and memory <= engine.memory
    return fits and (not wish.most or sum(task.id in own for task in here) < wish.most)


def holds(task: Task) -> bool:
    """Whether a task takes what it reserves of its node."""
    return bool(task.node_id) and State.ASSIGNED <= task.state <= State.RUNNING


def reserved(task: Task, what: str) -> int:
    return int(task.spec["Resources"]["Reservations"].get(what) or 0)


@settings(max_examples=120, deadline=None)
@given(machines=_MACHINES, wishes=_WISHES, seed=st.integers(0, 1000))
def test_every_task_is_where_it_may_be_and_waits_only_where_it_must(
    machines: list[Machine], wishes: list[Wish], seed: int
) -> None:
    swarm = cluster(machines, seed)
    for number, wish in enumerate(wishes):
        swarm.create(f"s{number}", wish.replicas, template=wish.template)
    swarm.settle(60)
    check(swarm, wishes, [wish.replicas for wish in wishes])
    for container in [c for c in swarm.store.all(Container) if c.state == "running"]:
        swarm.runtime.end(container, 1)  # what has ended holds nothing of its node any more
    swarm.settle(60)
    check(swarm, wishes, [wish.replicas for wish in wishes])
    for number, wish in enumerate(wishes):
        swarm.scale(wish.then, f"s{number}")
    swarm.settle(60)
    check(swarm, wishes, [wish.then for wish in wishes])


def check(swarm: Simulation, wishes: list[Wish], wanted: list[int]) -> None:
    nodes = {node.id: node for node in swarm.store.all(Node)}
    for number, (wish, count) in enumerate(zip(wishes, wanted, strict=True)):
        name = f"s{number}"
        live = swarm.live(name)
        assert len(live) <= count
        assert max(Counter(task.slot for task in live).values(), default=1) == 1
        for task in live:
            node = nodes[task.node_id]
            assert node.state == "ready"
            assert node.availability == "active"
            assert wish.allows(node)
        assert not wish.most or max(swarm.per_node(name).values(), default=0) <= wish.most
        if len(live) < count:
            assert not any(has_room(swarm, wish, name, node) for node in nodes.values())
    for node in nodes.values():
        here = [task for task in swarm.store.all(Task) if holds(task) and task.node_id == node.id]
        engine = swarm.store.get(Engine, node.engine)
        assert engine is not None
        assert sum(reserved(task, "NanoCPUs") for task in here) <= engine.cpus * 10**9
        assert sum(reserved(task, "MemoryBytes") for task in here) <= engine.memory


@settings(max_examples=40, deadline=None)
@given(
    nodes=st.integers(1, 6),
    others=st.integers(0, 9),
    sizes=st.lists(st.integers(0, 25), min_size=1, max_size=4),
    seed=st.integers(0, 1000),
)
def test_replicas_stay_spread_within_one_however_they_are_scaled(
    nodes: int, others: int, sizes: list[int], seed: int
) -> None:
    swarm = Simulation(nodes=nodes, seed=seed)
    crowd = {"Placement": {"Constraints": ["node.hostname==node1"]}}
    swarm.create("crowd", others, template=crowd)  # another service counts for less than its own
    swarm.settle()
    swarm.create(replicas=0)
    for size in sizes:
        swarm.scale(size)
        swarm.settle()
        counts = swarm.per_node()
        each = [counts.get(f"node{n}", 0) for n in range(1, nodes + 1)]
        assert sum(each) == size
        assert max(each) - min(each) <= 1


@settings(max_examples=40, deadline=None)
@given(
    before=st.integers(1, 20),
    more=st.integers(0, 4),
    fewer=st.integers(1, 20),
    seed=st.integers(0, 1000),
)
def test_scaling_down_takes_from_the_fullest_nodes(
    before: int, more: int, fewer: int, seed: int
) -> None:
    swarm = Simulation(nodes=3, seed=seed)
    swarm.set_availability("node3", "drain")
    swarm.create(replicas=before)
    swarm.settle()
    swarm.set_availability("node3", "active")
    swarm.scale(before + more)
    swarm.settle()
    counts = swarm.per_node()
    left = sorted(counts.get(f"node{n}", 0) for n in (1, 2, 3))
    for _ in range(min(fewer, sum(left))):
        left[-1] -= 1
        left.sort()
    swarm.scale(sum(left))
    swarm.settle()
    counts = swarm.per_node()
    assert sorted(counts.get(f"node{n}", 0) for n in (1, 2, 3)) == left


def test_what_becomes_free_is_given_to_those_who_wait() -> None:
    swarm = Simulation(nodes=2)
    whole = {"Resources": {"Reservations": {"NanoCPUs": 2 * 10**9}}}
    swarm.create("first", 2, template=whole)
    swarm.settle()
    swarm.create("second", 2, template=whole)
    swarm.settle()
    assert swarm.per_node("second") == {}
    swarm.scale(0, "first")
    swarm.settle()
    assert swarm.per_node("second") == {"node1": 1, "node2": 1}


@settings(max_examples=40, deadline=None)
@given(
    zones=st.lists(st.sampled_from(("east", "west", "north")), min_size=1, max_size=6),
    replicas=st.integers(0, 25),
    seed=st.integers(0, 1000),
)
def test_a_preference_spreads_over_labels_and_then_over_their_nodes(
    zones: list[str], replicas: int, seed: int
) -> None:
    swarm = Simulation(nodes=len(zones), seed=seed)
    for number, zone in enumerate(zones, 1):
        swarm.set_label(f"node{number}", zone=zone)
    spread = {"Spread": {"SpreadDescriptor": "node.labels.zone"}}
    swarm.create(replicas=replicas, template={"Placement": {"Preferences": [spread]}})
    swarm.settle()
    counts = swarm.per_node()
    by_zone: dict[str, list[int]] = {zone: [] for zone in zones}
    for number, zone in enumerate(zones, 1):
        by_zone[zone].append(counts.get(f"node{number}", 0))
    sums = [sum(each) for each in by_zone.values()]
    assert sum(sums) == replicas
    assert max(sums) - min(sums) <= 1
    assert all(max(each) - min(each) <= 1 for each in by_zone.values())
