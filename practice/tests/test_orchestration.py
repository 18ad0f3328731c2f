"""What becomes of tasks: scaling, draining, failing, history, nodes that go and return."""

from __future__ import annotations

from collections import Counter

from essaim_practice.store.objects import Container, State, Task, changed
from essaim_practice.swarm.membership import remove_node

from .simulation import Simulation

PORT = {"TargetPort": 80, "PublishedPort": 80}


def test_the_third_lab() -> None:
    swarm = Simulation()
    swarm.create(replicas=1, ports=[PORT])
    swarm.settle()
    swarm.scale(15)
    swarm.settle()
    before = {task.id for task in swarm.live()}
    swarm.set_availability("node2", "drain")
    swarm.settle()
    assert sorted(swarm.per_node().values()) == [7, 8]
    assert "node2" not in swarm.per_node()
    drained = [task for task in swarm.tasks() if task.desired == State.SHUTDOWN]
    assert len(drained) == 5
    assert {task.state for task in drained} == {State.SHUTDOWN}
    kept = {task.id for task in swarm.live()} & before
    assert len(kept) == 10

    swarm.set_availability("node2", "active")
    swarm.settle()
    assert "node2" not in swarm.per_node()
    swarm.scale(10)
    swarm.settle()
    assert swarm.per_node() == {"node1": 5, "node3": 5}
    swarm.remove()
    swarm.settle()
    assert swarm.store.count(Task) == 0
    assert swarm.store.count(Container) == 0


def test_scaling_up_restarts_nothing_and_goes_where_few_are() -> None:
    swarm = Simulation()
    swarm.set_availability("node2", "drain")
    swarm.create(replicas=4)
    swarm.settle()
    before = {task.id for task in swarm.live()}
    swarm.set_availability("node2", "active")
    swarm.scale(6)
    swarm.settle()
    assert before < {task.id for task in swarm.live()}
    assert swarm.per_node() == {"node1": 2, "node2": 2, "node3": 2}
    assert swarm.service().update_status is None


def test_scaling_down_takes_waiting_tasks_first() -> None:
    swarm = Simulation()
    swarm.create(replicas=4, template={"Placement": {"MaxReplicas": 1}})
    swarm.settle()
    running = {task.id for task in swarm.live()}
    swarm.scale(3)
    swarm.settle()
    assert {task.id for task in swarm.tasks()} == running


def test_missing_slots_are_filled_from_the_lowest() -> None:
    swarm = Simulation()
    swarm.create(replicas=9)
    swarm.settle()
    swarm.scale(3)
    swarm.settle()
    swarm.scale(6)
    swarm.settle()
    kept = sorted(task.slot for task in swarm.live())
    assert len(set(kept)) == 6
    lowest_free = [slot for slot in range(1, 10) if slot in kept]
    assert kept == lowest_free
    assert kept[:3] == [1, 2, 3]


def test_a_drained_node_skips_the_delay_but_waits_for_the_old_task() -> None:
    swarm = Simulation(nodes=2)
    swarm.create(replicas=2, image="stubborn")
    swarm.settle()
    swarm.set_availability("node2", "drain")
    swarm.settle(5)
    new = swarm.tasks()[-1]
    assert (new.desired, new.state) == (State.READY, State.READY)
    swarm.settle(7)  # the old one is killed after its ten seconds of grace
    assert swarm.per_node() == {"node1": 2}


def test_a_failed_task_is_replaced_after_five_seconds() -> None:
    swarm = Simulation()
    swarm.create(replicas=1)
    swarm.settle()
    (task,) = swarm.live()
    container = swarm.store.get(Container, task.container_id)
    assert container is not None
    swarm.runtime.end(container, 3)
    swarm.settle(1)
    old, new = swarm.tasks()
    assert (old.state, old.error) == (State.FAILED, "task: non-zero exit (3)")
    assert (new.state, new.desired) == (State.READY, State.READY)
    assert new.slot == old.slot
    swarm.settle(3.5)
    assert swarm.tasks()[-1].desired == State.READY
    swarm.settle(1)
    assert swarm.tasks()[-1].state == State.RUNNING


def test_a_container_removed_by_hand_counts_as_killed() -> None:
    swarm = Simulation()
    swarm.create(replicas=1)
    swarm.settle()
    (task,) = swarm.live()
    swarm.store.delete(Container, task.container_id)
    swarm.settle(1)
    assert swarm.tasks()[0].error == "task: non-zero exit (137)"


def test_a_slot_remembers_five_tasks_with_their_containers() -> None:
    swarm = Simulation()
    swarm.create(replicas=1, image="crash")
    swarm.settle(90)
    assert len(swarm.tasks()) == 5
    assert swarm.store.count(Container) == 5
    assert {task.exit_code for task in swarm.tasks()[:-1]} == {1}


def test_a_missing_image_is_rejected_once_per_delay() -> None:
    swarm = Simulation()
    swarm.create(replicas=1, image="missing:latest")
    swarm.settle(3)
    old, new = swarm.tasks()
    assert (old.state, old.message) == (State.REJECTED, "preparing")
    assert old.error == new.error == "No such image: missing:latest"
    assert new.desired == State.READY
    swarm.settle(5)
    assert len(swarm.tasks()) == 3
    assert all(c.state == "new" for c in swarm.store.all(Container))


def test_what_completes_is_restarted_unless_told_otherwise() -> None:
    swarm = Simulation()
    swarm.create("any", 1, image="once")
    swarm.create("none", 1, image="once", template={"RestartPolicy": {"Condition": "none"}})
    policy = {"Condition": "on-failure"}
    swarm.create("failure", 1, image="once", template={"RestartPolicy": policy})
    swarm.settle(20)
    assert len(swarm.tasks("any")) > 2
    for name in ("none", "failure"):
        (task,) = swarm.tasks(name)
        assert (task.state, task.desired) == (State.COMPLETE, State.SHUTDOWN)


def test_attempts_are_counted_per_slot_and_begin_anew_with_a_new_spec() -> None:
    swarm = Simulation()
    policy = {"MaxAttempts": 2, "Delay": 10**9}
    swarm.create(replicas=1, image="crash", template={"RestartPolicy": policy})
    swarm.settle(60)
    assert len(swarm.tasks()) == 3
    assert swarm.live() == []
    swarm.force()
    swarm.settle(60)
    versions = Counter(task.spec_version for task in swarm.tasks())
    assert versions[swarm.service().spec_version] == 3


def test_a_dead_node_is_replaced_and_nothing_moves_back() -> None:
    swarm = Simulation()
    swarm.create(replicas=6)
    swarm.settle()
    swarm.power("node3", up=False)
    swarm.settle(8)
    assert swarm.node("node3").state == "ready"  # no heartbeat is overdue yet
    swarm.settle(9)
    assert (swarm.node("node3").state, swarm.node("node3").message) == ("down", "heartbeat failure")
    lost = [task for task in swarm.tasks() if swarm.engine_of(task) == "node3"]
    assert {(task.desired, task.state) for task in lost} == {(State.SHUTDOWN, State.RUNNING)}
    swarm.settle(10)
    assert swarm.per_node() == {"node1": 3, "node2": 3}

    swarm.power("node3", up=True)
    swarm.settle(10)
    assert swarm.node("node3").state == "ready"
    assert swarm.per_node() == {"node1": 3, "node2": 3}
    lost = [task for task in swarm.tasks() if swarm.engine_of(task) == "node3"]
    assert {task.state for task in lost} == {State.SHUTDOWN}
    assert {c.state for c in swarm.containers("node3")} == {"exited"}


def test_a_short_outage_is_not_noticed() -> None:
    swarm = Simulation()
    swarm.create(replicas=3)
    swarm.settle()
    before = swarm.tasks()
    swarm.power("node2", up=False)
    swarm.settle(7)
    swarm.power("node2", up=True)
    swarm.settle()
    assert swarm.tasks() == before


def test_a_removed_node_leaves_orphans_that_are_replaced() -> None:
    swarm = Simulation()
    swarm.create(replicas=3)
    swarm.settle()
    swarm.power("node3", up=False)
    remove_node(swarm.store, swarm.node("node3"))
    swarm.settle()
    orphan = next(task for task in swarm.tasks() if task.state == State.ORPHANED)
    assert orphan.message == "Task belonged to a node that has been deleted"
    assert len(swarm.live()) == 3


def test_a_global_service_follows_the_nodes() -> None:
    swarm = Simulation()
    swarm.create(replicas=None)
    swarm.settle()
    assert swarm.per_node() == {"node1": 1, "node2": 1, "node3": 1}
    swarm.set_availability("node2", "drain")
    swarm.settle()
    assert swarm.per_node() == {"node1": 1, "node3": 1}
    swarm.set_availability("node2", "active")
    swarm.power("node3", up=False)
    swarm.settle()
    assert swarm.per_node() == {"node1": 1, "node2": 1}
    swarm.power("node3", up=True)
    swarm.settle()
    assert swarm.per_node() == {"node1": 1, "node2": 1, "node3": 1}


def test_a_paused_node_keeps_its_tasks_and_gets_no_new_ones() -> None:
    swarm = Simulation()
    swarm.create(replicas=3)
    swarm.settle()
    swarm.set_availability("node1", "pause")
    swarm.scale(7)
    swarm.settle()
    assert swarm.per_node() == {"node1": 1, "node2": 3, "node3": 3}


def test_a_label_that_goes_ends_the_tasks_that_needed_it() -> None:
    swarm = Simulation()
    for engine in ("node1", "node2"):
        swarm.set_label(engine, disk="ssd")
    constraint = {"Placement": {"Constraints": ["node.labels.disk == ssd"]}}
    swarm.create(replicas=2, template=constraint)
    swarm.settle()
    swarm.set_label("node1", disk="hdd")
    swarm.settle()
    assert swarm.per_node() == {"node2": 2}
    rejected = next(task for task in swarm.tasks() if task.state == State.REJECTED)
    assert rejected.error == "assigned node no longer meets constraints"
    assert len(list(swarm.containers("node1"))) == 0


def test_services_get_free_ports_and_addresses_of_their_own() -> None:
    swarm = Simulation()
    for name in ("one", "two"):
        swarm.create(name, replicas=2, ports=[{"TargetPort": 80}])
    swarm.settle()
    one, two = swarm.service("one"), swarm.service("two")
    assert (one.ports[0].published, two.ports[0].published) == (30000, 30001)
    given = [address for service in (one, two) for _, address in service.virtual_ips]
    given += [a for name in ("one", "two") for t in swarm.tasks(name) for _, a in t.addresses]
    assert len(set(given)) == 6
    assert all(address.startswith("10.0.0.") for address in given)
    swarm.scale(3, "one")
    assert swarm.service("one").ports == one.ports
    swarm.remove("one")
    swarm.create("three", replicas=1, ports=[{"TargetPort": 80}])
    assert swarm.service("three").ports[0].published == 30000


def test_the_components_keep_no_timers_when_nothing_is_to_do() -> None:
    swarm = Simulation()
    swarm.create(replicas=5, ports=[PORT])
    swarm.settle(120)
    assert swarm.clock.waiting == 0


def test_an_unhealthy_task_fails_once_its_container_has_stopped() -> None:
    swarm = Simulation()
    swarm.create(replicas=1, image="stubborn")
    swarm.settle(5)
    (task,) = swarm.live()
    (container,) = swarm.store.where(Container, "task", task.id)
    swarm.store.put(changed(container, health="unhealthy"))
    swarm.settle(9)
    assert [task.state for task in swarm.tasks()] == [State.RUNNING]
    swarm.settle(3)
    failed = swarm.tasks()[0]
    assert failed.state == State.FAILED
    assert failed.error == "task: non-zero exit (137): dockerexec: unhealthy container"
    swarm.settle(10)
    assert len(swarm.live()) == 1
