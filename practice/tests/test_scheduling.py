"""Where tasks go: spread, filters with their explanations, preferences, failing nodes."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from essaim_practice.store.objects import Container, Node, State, Task
from essaim_practice.swarm.records import observe

from .simulation import Simulation


def test_fifteen_replicas_on_three_nodes_are_five_each() -> None:
    swarm = Simulation()
    swarm.create(replicas=15)
    swarm.settle()
    assert swarm.per_node() == {"node1": 5, "node2": 5, "node3": 5}


def test_total_load_breaks_ties_between_services() -> None:
    swarm = Simulation()
    swarm.create("first", replicas=2)
    swarm.settle()
    swarm.create("second", replicas=1)
    swarm.settle()
    (task,) = swarm.live("second")
    assert swarm.engine_of(task) not in swarm.per_node("first")


def test_pending_tasks_say_why() -> None:
    swarm = Simulation()
    swarm.set_availability("node3", "drain")
    swarm.create(replicas=1, template={"Placement": {"Constraints": ["node.labels.disk==ssd"]}})
    swarm.settle()
    (task,) = swarm.tasks()
    assert (task.state, task.message) == (State.PENDING, "pending task scheduling")
    assert task.error == (
        "no suitable node (scheduling constraints not satisfied on 2 nodes; "
        "1 node not available for new tasks)"
    )
    swarm.set_label("node2", disk="ssd")
    swarm.settle()
    assert swarm.per_node() == {"node2": 1}
    assert swarm.live()[0].error == ""


def test_global_tasks_say_why_without_the_frame() -> None:
    swarm = Simulation()
    reserve = {"Reservations": {"MemoryBytes": 900 * 2**30}}
    swarm.create(replicas=None, template={"Resources": reserve})
    swarm.settle()
    assert {task.error for task in swarm.tasks()} == {"insufficient resources on 1 node"}
    assert len(swarm.tasks()) == 3


def test_reservations_fill_nodes_and_limits_do_not() -> None:
    swarm = Simulation()
    swarm.create("big", 5, template={"Resources": {"Reservations": {"NanoCPUs": 10**9}}})
    swarm.create("free", 9, template={"Resources": {"Limits": {"NanoCPUs": 2 * 10**9}}})
    swarm.settle()
    assert sorted(swarm.per_node("big").values()) == [1, 2, 2]
    assert len(swarm.live("free")) == 9
    swarm.scale(7, "big")
    swarm.settle()
    assert len(swarm.live("big")) == 6
    waiting = next(task for task in swarm.tasks("big") if task.state == State.PENDING)
    assert waiting.error == "no suitable node (insufficient resources on 3 nodes)"


def test_nobody_has_a_device_to_reserve() -> None:
    swarm = Simulation()
    gpu = {"DiscreteResourceSpec": {"Kind": "gpu", "Value": 1}}
    swarm.create(replicas=1, template={"Resources": {"Reservations": {"GenericResources": [gpu]}}})
    swarm.settle()
    assert swarm.tasks()[0].error == "no suitable node (insufficient resources on 3 nodes)"


def test_a_host_port_is_given_once_per_node() -> None:
    swarm = Simulation()
    port = {"TargetPort": 80, "PublishedPort": 8080, "PublishMode": "host"}
    swarm.create(replicas=4, ports=[port])
    swarm.settle()
    assert swarm.per_node() == {"node1": 1, "node2": 1, "node3": 1}
    waiting = next(task for task in swarm.tasks() if task.state == State.PENDING)
    assert waiting.error == "no suitable node (host-mode port already in use on 3 nodes)"


def test_at_most_so_many_replicas_per_node() -> None:
    swarm = Simulation()
    swarm.create(replicas=7, template={"Placement": {"MaxReplicas": 2}})
    swarm.settle()
    assert swarm.per_node() == {"node1": 2, "node2": 2, "node3": 2}
    waiting = next(task for task in swarm.tasks() if task.state == State.PENDING)
    assert waiting.error == "no suitable node (max replicas per node limit exceed)"


def test_another_platform_is_not_supported() -> None:
    swarm = Simulation()
    platform = {"Architecture": "arm64", "OS": "linux"}
    swarm.create(replicas=1, template={"Placement": {"Platforms": [platform]}})
    swarm.settle()
    assert swarm.tasks()[0].error == "no suitable node (unsupported platform on 3 nodes)"


def test_preferences_even_out_labels_before_nodes() -> None:
    swarm = Simulation()
    for engine, zone in (("node1", "east"), ("node2", "west"), ("node3", "west")):
        swarm.set_label(engine, zone=zone)
    spread = {"Spread": {"SpreadDescriptor": "node.labels.zone"}}
    swarm.create(replicas=8, template={"Placement": {"Preferences": [spread]}})
    swarm.settle()
    assert swarm.per_node() == {"node1": 4, "node2": 2, "node3": 2}


def test_a_node_that_failed_five_times_comes_last() -> None:
    swarm = Simulation()
    swarm.create(replicas=3, template={"RestartPolicy": {"Delay": 0}})
    swarm.settle()
    for _ in range(5):
        for task in swarm.live():
            if swarm.engine_of(task) == "node1":
                observe(swarm.store, task, State.FAILED, "started", error="boom")
        swarm.settle(5)
        if "node1" not in swarm.per_node():
            break
    else:
        raise AssertionError("node1 was never avoided")
    assert sum(swarm.per_node().values()) == 3


def test_chance_is_the_seeds() -> None:
    def placed(seed: int) -> list[str]:
        swarm = Simulation(seed=seed)
        swarm.create(replicas=7)
        swarm.settle()
        return [swarm.engine_of(task) for task in swarm.live()]

    assert placed(7) == placed(7)
    assert len({tuple(placed(seed)) for seed in range(5)}) > 1


_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("scale"), st.integers(0, 12)),
        st.tuples(st.just("drain"), st.integers(1, 4)),
        st.tuples(st.just("active"), st.integers(1, 4)),
        st.tuples(st.just("pause"), st.integers(1, 4)),
        st.tuples(st.just("down"), st.integers(2, 4)),
        st.tuples(st.just("up"), st.integers(2, 4)),
        st.tuples(st.just("force"), st.just(0)),
        st.tuples(st.just("wait"), st.integers(0, 9)),
    ),
    max_size=8,
)


@settings(max_examples=60, deadline=None)
@given(steps=_STEPS, seed=st.integers(0, 1000))
def test_whatever_is_done_the_swarm_settles(steps: list[tuple[str, int]], seed: int) -> None:
    swarm = Simulation(nodes=4, seed=seed)
    swarm.create(replicas=3, UpdateConfig={"Parallelism": 0, "Monitor": 10**9})
    wanted = 3
    for what, value in steps:
        if what == "scale":
            wanted = value
            swarm.scale(value)
        elif what in ("drain", "active", "pause"):
            swarm.set_availability(f"node{value}", what)
        elif what in ("down", "up"):
            swarm.power(f"node{value}", up=what == "up")
        elif what == "force":
            swarm.force()
        swarm.settle(0.2 if what != "wait" else value)
    swarm.settle(300)

    nodes = {node.id: node for node in swarm.store.all(Node)}
    live = [
        task
        for task in swarm.tasks()
        if task.desired == State.RUNNING and task.state == State.RUNNING
    ]
    holding = [n for n in nodes.values() if n.state == "ready" and n.availability != "drain"]
    open_to_new = [node for node in holding if node.availability == "active"]
    if open_to_new:
        assert len(live) == wanted
    assert len(live) <= wanted
    assert {task.node_id for task in live} <= {node.id for node in holding}
    slots = Counter(task.slot for task in live)
    assert not slots or max(slots.values()) == 1
    assert max(Counter(task.slot for task in swarm.tasks()).values(), default=0) <= 5
    assert all(task.slot >= 1 for task in swarm.store.all(Task))


_TROUBLE = st.lists(
    st.one_of(
        st.tuples(st.just("scale"), st.integers(0, 12)),
        st.tuples(st.sampled_from(("drain", "active", "pause")), st.integers(1, 4)),
        st.tuples(st.sampled_from(("down", "up", "cut", "plug")), st.integers(1, 4)),
        st.tuples(st.sampled_from(("manager", "worker", "label", "crash")), st.integers(1, 4)),
        st.tuples(st.just("force"), st.just(0)),
        st.tuples(st.just("wait"), st.integers(0, 60)),
    ),
    max_size=10,
)


def _suffer(swarm: Simulation, steps: list[tuple[str, int]], name: str = "web") -> int:
    """Do all that to a Swarm and its service; how many replicas it should have in the end."""
    wanted = len(swarm.tasks(name))
    for what, value in steps:
        engine = f"node{value}"
        if what == "scale":
            wanted = value
            swarm.scale(value, name)
        elif what in ("drain", "active", "pause"):
            swarm.set_availability(engine, what)
        elif what in ("down", "up"):
            swarm.power(engine, up=what == "up")
        elif what in ("cut", "plug"):
            swarm.cut(engine, cut=what == "cut")
        elif what in ("manager", "worker"):
            if what == "manager" or swarm.may_demote(engine):
                swarm.set_role(engine, what)
        elif what == "label":
            swarm.set_label(engine, step=str(len(swarm.tasks(name))))
        elif what == "crash":
            for container in swarm.containers(engine):
                swarm.runtime.end(container, 1)
        elif what == "force":
            swarm.force(name)
        swarm.settle(0.2 if what != "wait" else value)
    return wanted


@settings(max_examples=60, deadline=None)
@given(steps=_TROUBLE, seed=st.integers(0, 1000))
def test_whatever_befalls_the_machines_the_swarm_recovers(
    steps: list[tuple[str, int]], seed: int
) -> None:
    swarm = Simulation(nodes=4, seed=seed)
    swarm.create(replicas=3, UpdateConfig={"Parallelism": 0, "Monitor": 10**9})
    wanted = _suffer(swarm, steps)
    for number in range(1, 5):
        swarm.power(f"node{number}", up=True)
        swarm.cut(f"node{number}", cut=False)
    swarm.settle(300)

    nodes = {node.id: node for node in swarm.store.all(Node)}
    assert {node.state for node in nodes.values()} == {"ready"}
    assert [node.role for node in nodes.values()] == [n.spec["Role"] for n in nodes.values()]
    assert sum(node.leader for node in nodes.values()) == 1
    live = swarm.live()
    if any(node.availability == "active" for node in nodes.values()):
        assert len(live) == wanted
    assert len(live) <= wanted
    assert "drain" not in {nodes[task.node_id].availability for task in live}
    assert max(Counter(task.slot for task in live).values(), default=1) == 1
    running = [c for c in swarm.store.all(Container) if c.state == "running"]
    assert len(running) == len(live)  # nobody runs what was replaced


@settings(max_examples=20, deadline=None)
@given(steps=_TROUBLE, seed=st.integers(0, 1000))
def test_a_seed_has_one_story(steps: list[tuple[str, int]], seed: int) -> None:
    def told() -> list[object]:
        swarm = Simulation(nodes=4, seed=seed)
        swarm.create(replicas=3)
        _suffer(swarm, steps)
        return [*swarm.store.all(Task), *swarm.store.all(Node), *swarm.store.all(Container)]

    assert told() == told()


@settings(max_examples=30, deadline=None)
@given(nodes=st.integers(1, 6), replicas=st.integers(0, 25), seed=st.integers(0, 1000))
def test_fresh_replicas_are_spread_within_one(nodes: int, replicas: int, seed: int) -> None:
    swarm = Simulation(nodes=nodes, seed=seed)
    swarm.create(replicas=replicas)
    swarm.settle()
    counts = swarm.per_node()
    assert sum(counts.values()) == replicas
    each = [counts.get(f"node{n}", 0) for n in range(1, nodes + 1)]
    assert max(each) - min(each) <= 1
