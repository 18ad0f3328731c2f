"""The lines of a step: with this cluster's values, each on the machine where it belongs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from core.cluster.snapshot import ClusterSnapshot, Container, Engine, Node
from core.control.control import Control
from core.control.instances import worker_token
from core.control.rights import Right
from core.engine.practice import Machine
from core.labs.catalogue import BY_NAME, LABS
from core.labs.facts import Facts
from core.labs.lab import Step
from core.labs.lines import ELSEWHERE, Line, lines, look
from core.labs.placeholders import PLACEHOLDER
from core.labs.queries import EngineQueries
from tests.cluster.test_collector import until

from .playing import PATIENCE, do_it_for_me, practice, turns_green

ENGINE = Engine("node1", "", "", True, "active", True, "id1", "10.0.0.1", "", 1, 1)
OUTSIDE = replace(ENGINE, swarm_state="inactive", manager=False, node_id="", node_address="")
NODE = Node("id1", "node1", "manager", "active", "ready", "", "", True, "", (), "", 1, 1, 1)


def machine(name: str, swarm: str = "inactive", role: str = "") -> Machine:
    return Machine(name, True, False, False, f"10.0.0.{name[-1]}", "", swarm, role, ())


EMPTY = tuple(machine(f"node{number}") for number in (1, 2, 3))
FIRST = (machine("node1", "active", "manager"), *EMPTY[1:])


def facts(engine: Engine = ENGINE, machines: tuple[Machine, ...] = (), **now: Any) -> Facts:
    start = ClusterSnapshot(0.0, 1, engine)
    snapshot = replace(start, **now)
    return Facts(snapshot, start, start, (), {}, EngineQueries(lambda: None), machines)


def step(*typed: str, looks: tuple[str, ...] = ()) -> Step:
    return Step("a", (), (), typed=typed, look=looks)


def container(name: str, image: str, state: str = "running", service: str = "") -> Container:
    return Container(name, name, image, "", 0.0, state, "", (), service)


def test_a_name_is_one_word_whoever_gave_it() -> None:
    evil = replace(NODE, id="id2", hostname="a; docker swarm leave --force")
    now = facts(nodes=(NODE, evil))
    typed = step("docker node rm <other node>", "docker node ps <other nodes>")
    assert [line.text for line in lines(typed, now)] == [
        "docker node rm 'a; docker swarm leave --force'",
        "docker node ps 'a; docker swarm leave --force'",
    ]


JOIN = BY_NAME["lab3"].step("join")


@pytest.mark.parametrize(
    ("engine", "machines", "text", "ready"),
    [
        (ENGINE, (), "10.0.0.1", True),  # as the engine says it
        (OUTSIDE, EMPTY, "10.0.0.1", True),  # as the machine has it
        (OUTSIDE, (), "ADDRESS", False),
    ],
)
def test_a_swarm_is_made_at_this_machines_address(
    engine: Engine, machines: tuple[Machine, ...], text: str, ready: bool
) -> None:
    (line,) = lines(BY_NAME["lab3"].step("init"), facts(engine, machines))
    assert line == Line(f"docker swarm init --advertise-addr {text}", "", ready)


def test_each_machine_outside_the_swarm_joins_by_a_line_of_its_own() -> None:
    wanted = "docker swarm join --token SWMTKN-1 10.0.0.1:2377"
    assert lines(JOIN, facts(machines=FIRST), lambda: "SWMTKN-1") == (
        Line(wanted, "node2"),
        Line(wanted, "node3"),
    )
    joined = (FIRST[0], machine("node2", "active", "worker"), FIRST[2])
    assert [line.machine for line in lines(JOIN, facts(machines=joined))] == ["node3"]
    all_in = (*joined[:2], machine("node3", "active", "worker"))
    assert [line.machine for line in lines(JOIN, facts(machines=all_in))] == ["node2", "node3"]


def test_a_swarm_that_was_made_on_another_machine_is_joined_there() -> None:
    made = (EMPTY[0], machine("node2", "active", "manager"), EMPTY[2])
    found = lines(JOIN, facts(OUTSIDE, made), lambda: "SWMTKN-1")
    wanted = "docker swarm join --token SWMTKN-1 10.0.0.2:2377"
    assert found == (Line(wanted, "node1"), Line(wanted, "node3"))


def test_the_machines_of_a_real_swarm_are_not_known_and_its_token_not_everybodys() -> None:
    (line,) = lines(JOIN, facts())
    assert line == Line("docker swarm join --token TOKEN 10.0.0.1:2377", ELSEWHERE, False)


def test_a_token_is_asked_for_by_a_line_that_has_one_alone() -> None:
    def never() -> str:
        raise AssertionError

    assert lines(step("docker node ls"), facts(), never) == (Line("docker node ls"),)


def test_containers_are_called_by_their_names() -> None:
    there = (
        container("old", "alpine", "exited"),
        container("sleepy", "alpine"),
        container("app", "my-streamlit-app:latest"),
        container("web.1.x", "nginx", service="web"),
    )
    now = facts(containers=there)
    found = lines(
        step(
            "docker logs <container alpine>",
            "docker rm <containers>",
            "docker stop <running containers>",
            "docker kill <replica web>",
        ),
        now,
    )
    assert [line.text for line in found] == [
        "docker logs sleepy",
        "docker rm old sleepy app",
        "docker stop sleepy app",
        "docker kill web.1.x",
    ]
    assert all(line.ready for line in found)
    nothing = look(step(looks=("docker logs <container alpine>", "cat < file")), facts())
    assert nothing == (Line("docker logs CONTAINER", ready=False), Line("cat < file"))


def test_a_placeholder_in_the_singular_makes_a_line_for_each() -> None:
    nodes = tuple(
        replace(NODE, id=f"id{at}", hostname=f"node{at}", availability=said)
        for at, said in ((1, "active"), (2, "drain"), (3, "pause"))
    )
    now = facts(nodes=nodes)
    activate = step("docker node update --availability active <idle node>")
    assert [line.text.split()[-1] for line in lines(activate, now)] == ["node2", "node3"]
    assert lines(step("docker node promote <other nodes>"), now)[0].text.endswith(" node2 node3")
    assert lines(step("docker node ps <other node>"), now)[0].text == "docker node ps node2"


def test_the_labs_show_no_placeholder() -> None:
    for lab in LABS:
        for each in lab.steps:
            for line in (*lines(each, facts()), *look(each, facts())):
                assert not PLACEHOLDER.search(line.text), line


def test_on_practice_machines_the_lines_of_lab_3_are_those_that_work() -> None:
    lab = BY_NAME["lab3"]
    with practice(lab) as control:
        control.labs.progress("lab3")
        (init,) = lines(lab.step("init"), control.labs.facts("lab3"))
        assert init.ready
        assert init.text.split()[-1] == control.machines.machines[0].address
        assert worker_token(control, Right()) == ""
        do_it_for_me(control, lab.step("init").moves(control.labs.facts("lab3")))
        turns_green(control, lab, "init")
        joins = joining(control)
        assert [line.machine for line in joins] == ["node2", "node3"]
        assert all(line.ready and "--token SWMTKN-1-" in line.text for line in joins)
        assert [line.ready for line in joining(control.as_read_only())] == [False, False]
        do_it_for_me(control, lab.step("join").moves(control.labs.facts("lab3"))[:1])
        until(lambda: len(control.snapshot.nodes) == 2, PATIENCE)
        assert [line.machine for line in joining(control)] == ["node3"]


def joining(control: Control) -> tuple[Line, ...]:
    return lines(JOIN, control.labs.facts("lab3"), lambda: worker_token(control, Right()))
