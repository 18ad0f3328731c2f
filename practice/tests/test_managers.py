"""Several managers: promotion, elections, quorums lost and found, nodes that leave."""

from __future__ import annotations

import pytest

from essaim_practice.store.objects import Container, Engine, Node
from essaim_practice.swarm.membership import force_new_cluster, leave, remove_node
from essaim_practice.swarm.quorum import NEW_LEADER, is_led, leader

from .simulation import Simulation


def promoted(*engines: str, nodes: int = 4, seed: int = 1) -> Simulation:
    """A Swarm whose managers are node1, which leads, and these."""
    swarm = Simulation(nodes=nodes, seed=seed)
    for name in engines:
        swarm.set_role(name, "manager")
    swarm.settle(2)
    return swarm


def leading(swarm: Simulation) -> str:
    """The engine of the leader; empty where nobody leads."""
    chosen = leader(swarm.store)
    return chosen.engine if chosen is not None and is_led(swarm.store) else ""


def states(swarm: Simulation) -> dict[str, str]:
    return {node.engine: node.state for node in swarm.store.all(Node)}


def test_a_promotion_has_two_phases() -> None:
    swarm = Simulation()
    swarm.set_role("node2", "manager")
    assert (swarm.node("node2").spec["Role"], swarm.node("node2").role) == ("manager", "worker")
    swarm.settle(2)
    assert swarm.node("node2").role == "manager"
    assert swarm.store.get(Engine, "node2").role == "manager"  # type: ignore[union-attr]
    swarm.set_role("node2", "worker")
    swarm.settle(2)
    assert swarm.node("node2").role == "worker"


def test_a_node_that_is_down_becomes_a_manager_when_it_is_back() -> None:
    swarm = Simulation()
    swarm.power("node2", up=False)
    swarm.settle(20)
    swarm.set_role("node2", "manager")
    swarm.settle(20)
    assert swarm.node("node2").role == "worker"
    swarm.power("node2", up=True)
    swarm.settle(5)
    assert swarm.node("node2").role == "manager"


def test_a_leader_that_is_demoted_hands_over_first() -> None:
    swarm = promoted("node2", "node3")
    swarm.set_role("node1", "worker")
    swarm.settle(1)
    assert swarm.node("node1").role == "worker"
    assert leading(swarm) in ("node2", "node3")
    swarm.settle(10)
    assert set(states(swarm).values()) == {"ready"}


@pytest.mark.parametrize("seed", range(5))
def test_a_dead_leader_is_replaced_and_its_tasks_much_later(seed: int) -> None:
    swarm = promoted("node2", "node3", seed=seed)
    swarm.create(replicas=4)
    swarm.settle(10)
    assert sorted(swarm.per_node()) == ["node1", "node2", "node3", "node4"]
    swarm.power("node1", up=False)
    swarm.settle(9.9)
    assert leading(swarm) == ""
    swarm.settle(10.2)
    assert leading(swarm) in ("node2", "node3")
    swarm.settle(10)
    assert states(swarm) == {"node1": "unknown"} | dict.fromkeys(
        ("node2", "node3", "node4"), "ready"
    )
    assert swarm.node("node1").message == NEW_LEADER
    assert "node1" in {swarm.engine_of(task) for task in swarm.live()}  # as far as anyone knows
    swarm.settle(24)
    assert states(swarm)["node1"] == "down"
    assert swarm.node("node1").message == 'heartbeat failure for node in "unknown" state'
    swarm.settle(10)
    assert len(swarm.live()) == 4
    assert "node1" not in swarm.per_node()
    swarm.power("node1", up=True)
    swarm.settle(10)
    assert states(swarm)["node1"] == "ready"
    assert leading(swarm) != "node1"
    assert "node1" not in swarm.per_node()


def test_without_a_quorum_everything_stays_as_it_is() -> None:
    swarm = promoted("node2", "node3")
    swarm.create(replicas=4)
    swarm.settle(10)
    before = {task.id: task for task in swarm.tasks()}
    swarm.power("node2", up=False)
    swarm.power("node3", up=False)
    swarm.settle(1)
    running = next(c for c in swarm.store.all(Container) if c.engine == "node4")
    swarm.runtime.end(running, 1)
    swarm.settle(600)
    assert leading(swarm) == ""
    assert {task.id: task for task in swarm.tasks()} == before
    assert set(states(swarm).values()) == {"ready"}

    swarm.power("node2", up=True)
    swarm.settle(10)
    assert leading(swarm) in ("node1", "node2")
    swarm.settle(10)
    assert before[running.task_id] not in swarm.tasks()
    assert states(swarm) == {"node3": "unknown"} | dict.fromkeys(
        ("node1", "node2", "node4"), "ready"
    )
    swarm.settle(60)
    assert len(swarm.live()) == 4
    assert "node3" not in swarm.per_node()


def test_a_quorum_lost_for_a_moment_costs_nothing() -> None:
    swarm = promoted("node2", "node3")
    for name in ("node2", "node3"):
        swarm.power(name, up=False)
    swarm.settle(5)
    swarm.power("node2", up=True)
    swarm.settle(1)
    assert leading(swarm) == "node1"
    assert states(swarm)["node4"] == "ready"


def test_a_survivor_goes_on_alone_and_the_others_join_it_again() -> None:
    swarm = promoted("node2", "node3")
    swarm.create(replicas=4)
    swarm.settle(10)
    swarm.power("node2", up=False)
    swarm.power("node3", up=False)
    swarm.settle(60)
    force_new_cluster(swarm.store, swarm.node("node1"))
    swarm.settle(60)
    assert leading(swarm) == "node1"
    assert swarm.node("node2").role == "worker"
    assert swarm.per_node() == {"node1": 2, "node4": 2}
    swarm.power("node2", up=True)
    swarm.settle(10)
    assert swarm.node("node2").role == "manager"
    assert leading(swarm) == "node1"


def test_a_worker_cut_off_goes_on_and_is_stopped_when_it_is_back() -> None:
    swarm = Simulation()
    swarm.create(replicas=3)
    swarm.settle(10)
    swarm.cut("node3")
    swarm.settle(30)
    assert states(swarm)["node3"] == "down"
    assert sum(swarm.per_node().values()) == 3
    (abandoned,) = swarm.containers("node3")
    assert abandoned.state == "running"
    swarm.cut("node3", cut=False)
    swarm.settle(10)
    assert states(swarm)["node3"] == "ready"
    assert {container.state for container in swarm.containers("node3")} == {"exited"}
    assert "node3" not in swarm.per_node()


def test_a_leader_cut_off_is_replaced_by_the_majority() -> None:
    swarm = promoted("node2", "node3")
    swarm.cut("node1")
    swarm.settle(60)
    assert leading(swarm) in ("node2", "node3")
    assert states(swarm)["node1"] == "down"
    swarm.cut("node1", cut=False)
    swarm.settle(5)
    assert states(swarm)["node1"] == "ready"


def test_who_leaves_lets_go_of_its_tasks_and_is_missed_later() -> None:
    swarm = Simulation()
    swarm.create(replicas=3)
    swarm.settle(10)
    leave(swarm.store, "node3")
    swarm.settle(1)
    assert list(swarm.containers("node3")) == []
    assert states(swarm)["node3"] == "ready"
    swarm.settle(30)
    assert states(swarm)["node3"] == "down"
    assert len(swarm.live()) == 3


def test_who_is_removed_by_force_is_not_told() -> None:
    swarm = Simulation()
    swarm.create(replicas=3)
    swarm.settle(10)
    remove_node(swarm.store, swarm.node("node3"))
    swarm.settle(30)
    assert swarm.store.get(Engine, "node3").node_id  # type: ignore[union-attr]
    assert [container.state for container in swarm.containers("node3")] == ["running"]
    assert len(swarm.live()) == 3
    leave(swarm.store, "node3")
    swarm.settle(5)
    assert list(swarm.containers("node3")) == []


def test_the_last_manager_takes_the_swarm_along_and_not_its_workers() -> None:
    swarm = Simulation()
    swarm.create(replicas=3)
    swarm.settle(10)
    leave(swarm.store, "node1")
    swarm.settle(60)
    assert list(swarm.store.all(Node)) == []
    assert list(swarm.containers("node1")) == []
    assert [container.state for container in swarm.containers("node2")] == ["running"]
    assert swarm.store.get(Engine, "node2").node_id  # type: ignore[union-attr]


def test_the_same_seed_gives_the_same_election() -> None:
    def played(seed: int) -> list[tuple[str, str, float]]:
        swarm = promoted("node2", "node3", seed=seed)
        swarm.create(replicas=5)
        swarm.settle(10)
        swarm.power("node1", up=False)
        swarm.settle(100)
        return [(task.id, swarm.engine_of(task), task.timestamp) for task in swarm.tasks()]

    assert played(3) == played(3)
    assert played(3) != played(4)


def test_a_promotion_waits_for_a_node_that_is_away_for_a_moment() -> None:
    swarm = Simulation()
    swarm.power("node2", up=False)
    swarm.set_role("node2", "manager")
    swarm.settle(3)
    swarm.power("node2", up=True)
    swarm.settle(10)
    assert swarm.node("node2").role == "manager"


def test_a_leader_off_the_network_for_a_moment_is_heard_again_by_all() -> None:
    swarm = Simulation()
    swarm.create(replicas=3)
    swarm.cut("node1")
    swarm.settle(1)
    swarm.cut("node1", cut=False)
    swarm.settle(5)
    assert swarm.per_node() == {"node1": 1, "node2": 1, "node3": 1}


def test_the_only_manager_leads_again_and_hears_from_its_workers_anew() -> None:
    swarm = Simulation()
    swarm.create(replicas=3)
    swarm.settle(10)
    before = {task.id for task in swarm.live()}
    swarm.power("node1", up=False)
    swarm.settle(30)
    swarm.power("node1", up=True)
    swarm.settle(1.1)
    assert leading(swarm) == "node1"
    assert states(swarm)["node2"] == states(swarm)["node3"] == "unknown"
    swarm.settle(10)
    assert set(states(swarm).values()) == {"ready"}
    swarm.settle(30)
    assert len(before & {task.id for task in swarm.live()}) >= 2


def test_a_leader_that_starts_again_waits_for_an_election_as_any_other() -> None:
    swarm = promoted("node2", "node3")
    swarm.power("node1", up=False)
    swarm.settle(1)
    swarm.power("node1", up=True)
    swarm.settle(1)
    assert leading(swarm) == ""
    swarm.settle(20)
    assert leading(swarm) != ""
