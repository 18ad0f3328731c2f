"""The runtime on a clock that a test steps by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from essaim_practice.engine import executables
from essaim_practice.engine.runtime import Runtime
from essaim_practice.files.container_files import ContainerFiles
from essaim_practice.images import local as images
from essaim_practice.images.catalogue import look_up
from essaim_practice.images.reference import parse
from essaim_practice.network.addresses import add_predefined
from essaim_practice.programs.logs import LogBook
from essaim_practice.store.clock import ManualClock
from essaim_practice.store.limits import STANDARD
from essaim_practice.store.objects import Container, Engine, Image, Network
from essaim_practice.store.store import Store

assert executables  # the programs are entered by importing them


class Machine:
    """One engine with nginx and alpine on it, and the runtime alone."""

    def __init__(self) -> None:
        self.made = 0
        self.clock = ManualClock()
        self.store = Store(self.clock)
        self.logs = LogBook(self.clock)
        self.store.add_index(Container, "engine", lambda container: container.engine)
        self.store.add_index(Image, "engine", lambda image: image.engine)
        self.store.add_index(Network, "name", lambda network: network.name)
        add_predefined(self.store, Random(1), "node1")
        self.store.put(Engine("node1", "192.168.0.11"))
        files = ContainerFiles(self.store)
        self.runtime = Runtime(self.store, self.clock, self.logs, files, Random(1))
        for name in ("nginx", "alpine"):
            published = look_up(parse(name))
            assert published is not None
            images.add_pulled(self.store, "node1", parse(name), published)

    def make(self, image: str = "nginx", *command: str, **more: Any) -> str:
        config = {"Cmd": list(command)} if command else {}
        now = self.clock.now()
        settings: dict[str, Any] = {"host_config": {}, "networks": ("bridge",)} | more
        self.made += 1
        number = str(self.made)
        made = Container(number, "node1", f"c{number}", image, "", config, created=now, **settings)
        return self.store.put(made).id

    def change(self, id: str, **changes: Any) -> None:
        self.store.put(replace(self[id], **changes))

    def __getitem__(self, id: str) -> Container:
        container = self.store.get(Container, id)
        assert container is not None
        return container

    def text(self, id: str) -> str:
        return b"".join(line.text for line in self.logs.read(id)).decode()

    def power(self, up: bool) -> None:
        engine = self.store.get(Engine, "node1")
        assert engine is not None
        self.store.put(replace(engine, up=up))


@pytest.fixture
def machine() -> Machine:
    return Machine()


def test_a_container_takes_its_time_to_be_made_and_started(machine: Machine) -> None:
    id = machine.make(desired="running")
    assert machine[id].state == "new"
    machine.clock.advance(0.15)
    assert machine[id].state == "created"
    machine.clock.advance(0.4)
    running = machine[id]
    assert (running.state, running.address, running.health) == ("running", "172.17.0.2", "")
    assert running.pid > 0
    assert "Configuration complete; ready for start up" in machine.text(id)


def test_a_missing_image_is_pulled_only_for_those_who_ask(machine: Machine) -> None:
    plain = machine.make("busybox")
    task = machine.make("busybox", desired="running", pull=True)
    machine.clock.advance(0.2)
    assert (machine[plain].state, machine[plain].error) == (
        "dead",
        "No such image: busybox:latest",
    )
    assert machine[task].state == "new"
    machine.clock.advance(5)
    assert machine[task].image_id
    unknown = machine.make("nosuch:1", desired="running", pull=True)
    machine.clock.advance(5)
    assert machine[unknown].state == "dead"
    assert "docker.io/library/nosuch:1: not found" in machine[unknown].error


def test_a_stop_waits_for_gossip_then_signals_then_kills(machine: Machine) -> None:
    id = machine.make("alpine", "sleep", "1000", desired="running")
    machine.clock.advance(1)
    machine.change(id, desired="stopped", stop_delay=2.0, stop_grace=10.0)
    machine.clock.advance(11.9)
    assert machine[id].state == "running"
    machine.clock.advance(0.2)
    assert (machine[id].state, machine[id].exit_code) == ("exited", 137)
    assert machine[id].finished - machine[id].started == pytest.approx(12.5, abs=0.5)


def test_a_removal_takes_a_container_in_any_state(machine: Machine) -> None:
    ways: dict[str, Callable[[str], None]] = {
        "new": lambda id: None,
        "created": lambda id: machine.clock.advance(0.15),
        "running": lambda id: machine.clock.advance(1),
    }
    for state, reach in ways.items():
        id = machine.make(desired="running" if state == "running" else "created")
        reach(id)
        assert machine[id].state == state
        machine.change(id, desired="removed")
        machine.clock.advance(1)
        assert machine.store.get(Container, id) is None
    assert machine.logs.read("1") == []


def test_a_start_that_fails_leaves_the_container_as_it_was(machine: Machine) -> None:
    id = machine.make("alpine", "nosuch", desired="running")
    machine.clock.advance(1)
    container = machine[id]
    assert (container.state, container.desired, container.exit_code) == ("created", "stopped", 127)
    assert 'exec: "nosuch": executable file not found in $PATH' in container.error
    machine.change(id, config={"Cmd": ["true"]}, desired="running")
    machine.clock.advance(1)
    assert (machine[id].state, machine[id].error, machine[id].exit_code) == ("exited", "", 0)


def test_a_pause_holds_a_program(machine: Machine) -> None:
    script = "sleep 2; echo late"
    id = machine.make("alpine", "sh", "-c", script, desired="running")
    machine.clock.advance(1)
    machine.change(id, paused=True)
    machine.clock.advance(100)
    assert machine.text(id) == ""
    machine.change(id, paused=False)
    machine.clock.advance(2)
    assert machine.text(id) == "late\n"
    assert machine[id].state == "exited"


def test_restarts_come_slower_and_slower(machine: Machine) -> None:
    policy = {"RestartPolicy": {"Name": "always"}}
    id = machine.make("alpine", "false", host_config=policy, desired="running")
    machine.clock.advance(1)
    assert machine[id].restarting
    early = machine[id].restarts
    machine.clock.advance(60)
    late = machine[id].restarts
    machine.clock.advance(60)
    assert early < late <= 11
    assert machine[id].restarts - late <= 2
    machine.change(id, desired="stopped")
    machine.clock.advance(120)
    assert (machine[id].state, machine[id].restarting) == ("exited", False)


def test_a_machine_that_is_down_is_frozen_and_finds_its_containers_dead(machine: Machine) -> None:
    plain = machine.make(desired="running")
    always = machine.make(host_config={"RestartPolicy": {"Name": "always"}}, desired="running")
    machine.clock.advance(1)
    machine.power(False)
    late = machine.make(desired="running")
    machine.clock.advance(100)
    assert [machine[id].state for id in (plain, always, late)] == ["running", "running", "new"]
    machine.power(True)
    assert (machine[plain].state, machine[plain].exit_code) == ("exited", 255)
    machine.clock.advance(2)
    assert [machine[id].state for id in (plain, always, late)] == ["exited", "running", "running"]


def test_addresses_are_given_again(machine: Machine) -> None:
    first, second = machine.make(desired="running"), machine.make(desired="running")
    machine.clock.advance(1)
    assert {machine[first].address, machine[second].address} == {"172.17.0.2", "172.17.0.3"}
    machine.change(first, desired="removed")
    machine.clock.advance(1)
    third = machine.make(desired="running")
    machine.clock.advance(1)
    assert machine[third].address not in ("", machine[second].address)
    machine.change(second, desired="stopped")
    machine.clock.advance(1)
    fourth = machine.make(desired="running")
    machine.change(second, desired="running")
    machine.clock.advance(1)
    assert len({machine[id].address for id in (second, third, fourth)}) == 3


def test_an_idle_machine_has_nothing_to_do(machine: Machine) -> None:
    machine.make(desired="running")
    machine.clock.advance(5)
    version = machine.store.version
    machine.clock.advance(3600)
    assert machine.store.version == version


def test_a_log_is_bounded() -> None:
    book = LogBook(ManualClock())
    for number in range(3000):
        book.write("c", f"{number} {'x' * 400}\n".encode())
    kept = book.read("c")
    assert sum(len(line.text) for line in kept) <= STANDARD.log_bytes
    assert kept[-1].text.startswith(b"2999 ")
    assert not kept[0].text.startswith(b"0 ")
