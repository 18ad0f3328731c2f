"""What is learnt of machines, and of the docker lines that are typed on them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import pytest

from core.commands.command import Command
from core.commands.journal import Journal
from core.engine.connection import Connection
from core.engine.practice import Call, Machine
from core.errors import EngineUnreachable, InvalidCommand
from core.machines.typed import TypedLine, command_of, faces
from core.machines.watch import MachineWatch
from tests.cluster.test_collector import until


def machine(name: str, up: bool = True) -> Machine:
    return Machine(name, up, False, False, "192.168.0.8", "", "inactive", "", ())


class Cluster:
    """A practice cluster that a test plays: a connection to each of its machines."""

    practice = True

    def __init__(self, *names: str) -> None:
        self.machines = [machine(name) for name in names]
        self.typed: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
        self.asked: list[str] = []
        self.hint: Callable[..., None] = lambda *parts: None
        self.name = ""
        self.silent = False

    def listen(self, hint: Callable[..., None], told: Callable[..., None]) -> None:
        self.hint = hint

    def at(self, found: Machine) -> Cluster:
        there = object.__new__(Cluster)
        there.__dict__ = {**self.__dict__, "name": found.name}
        return there

    def send(self, call: Call[Any]) -> Any:
        self.asked.append(f"{self.name}:{call.path}")
        if self.silent:
            raise EngineUnreachable("gone")
        if call.path == "engines":
            return tuple(self.machines)
        since = int(call.path.rpartition("=")[2])
        return call.read([line for line in self.typed[self.name] if line["number"] > since])

    def type(self, name: str, line: str, code: int = 0) -> None:
        number = len(self.typed[name]) + 1
        told = {"number": number, "argv": line.split(), "cwd": "/root", "code": code, "at": 1.0}
        self.typed[name].append(told)


def watched(cluster: Cluster) -> tuple[MachineWatch, Journal]:
    journal = Journal()
    return MachineWatch(cast(Connection, cluster), journal), journal


def lines(journal: Journal) -> list[tuple[str, str, int, str]]:
    return [(each.machine, each.line, each.code, each.outcome) for each in journal.records()]


def test_lines_of_all_machines_come_into_the_journal_once() -> None:
    cluster = Cluster("node1", "node2")
    _watch, journal = watched(cluster)
    cluster.type("node1", "docker ps -a")
    cluster.hint("lines")
    until(lambda: len(journal.records()) == 1)
    cluster.type("node2", "docker service scale web=3", 1)
    cluster.hint("lines", "tasks")
    until(lambda: len(journal.records()) == 2)
    cluster.type("node1", "docker run -it alpine sh", 130)
    cluster.hint("lines")
    until(lambda: len(journal.records()) == 3)
    assert lines(journal) == [
        ("node1", "docker container ls -a", 0, "ok"),
        ("node2", "docker service scale web=3", 1, "refused"),
        # The code is that of what ran in the container.
        ("node1", "docker container run -i -t alpine sh", 130, "ok"),
    ]
    assert [each.who for each in journal.records()] == ["root@node1", "root@node2", "root@node1"]


def test_a_machine_that_counts_anew_is_heard_from_its_first_line() -> None:
    cluster = Cluster("node1")
    _watch, journal = watched(cluster)
    for _ in range(3):
        cluster.type("node1", "docker ps")
    cluster.hint("lines")
    until(lambda: len(journal.records()) == 3)
    cluster.typed["node1"].clear()  # a new beginning
    cluster.type("node1", "docker images")
    cluster.hint("lines")
    until(lambda: len(journal.records()) == 4)


def test_after_a_restart_no_line_comes_twice() -> None:
    cluster = Cluster("node1")
    _watch, journal = watched(cluster)
    cluster.type("node1", "docker ps")
    cluster.hint("lines")
    until(lambda: len(journal.records()) == 1)
    later = Journal()
    later.restore(1, journal.records())
    MachineWatch(cast(Connection, cluster), later)
    cluster.hint("lines")
    until(lambda: len([each for each in cluster.asked if "lines" in each]) == 2)
    cluster.type("node1", "docker images")
    cluster.hint("lines")
    until(lambda: len(later.records()) == 2)
    assert [each.line for each in later.records()] == ["docker container ls", "docker image ls"]


def test_a_help_text_is_no_line_of_the_journal_and_no_secret_is_in_it() -> None:
    cluster = Cluster("node1")
    _watch, journal = watched(cluster)
    cluster.type("node1", "docker ps --help")
    cluster.type("node1", "docker run -e KEY=secret alpine")
    cluster.type("node1", "docker run -e KEY=secret --wrong alpine", 125)
    cluster.hint("lines")
    until(lambda: len(journal.records()) == 2)
    assert "secret" not in repr(journal.records())
    assert lines(journal)[1] == ("node1", "docker run …", 125, "refused")
    for each in journal.records():
        compile(each.python, "script", "exec")


def test_who_follows_hears_of_each_change_of_the_machines() -> None:
    cluster = Cluster("node1")
    watch, _journal = watched(cluster)
    told: list[tuple[Machine, ...]] = []

    def hear() -> None:
        told.append(watch.machines)

    watch.follow(hear)
    until(lambda: [[each.name for each in machines] for machines in told] == [["node1"]])
    cluster.hint("machines")
    cluster.machines.append(machine("node2", up=False))
    cluster.typed["node2"] = []
    cluster.hint("machines")
    until(lambda: len(told) == 2)
    watch.leave(hear)
    cluster.machines.clear()
    cluster.hint("machines")
    until(lambda: watch.machines == ())
    assert len(told) == 2
    assert not any(each.startswith("node2:") for each in cluster.asked)  # it has no power


def test_nothing_is_asked_of_a_cluster_that_is_not_ours() -> None:
    cluster = Cluster("node1")
    cluster.practice = False
    watch, _journal = watched(cluster)
    watch.follow(lambda: None)
    cluster.hint("machines", "lines")
    assert cluster.asked == []


def test_a_silent_cluster_is_asked_again_when_it_is_back() -> None:
    cluster = Cluster("node1")
    watch, _journal = watched(cluster)
    cluster.silent = True
    cluster.hint("machines")
    until(lambda: len(cluster.asked) == 1)
    cluster.silent = False
    cluster.hint("machines")
    until(lambda: len(watch.machines) == 1)
    assert watch.at("node1")
    with pytest.raises(InvalidCommand, match="no machine node7"):
        watch.at("node7")


def test_an_unread_line_shows_its_first_words() -> None:
    line = TypedLine(1, ("docker", "login", "-p", "secret"), 1)
    assert faces(line, None)[0] == "docker login …"


def test_an_unread_line_stays_a_comment_in_python() -> None:
    line = TypedLine(1, ("docker", "x\nimport evil\rimport evil"), 1)
    python = faces(line, None)[1]
    assert len(python.splitlines()) == 4
    assert python.splitlines()[-1].startswith("# ")


def test_a_line_that_cannot_be_noted_keeps_no_other_out(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = Cluster("node1")
    _watch, journal = watched(cluster)

    def read(line: TypedLine) -> Command | None:
        if "bad" in line.argv:
            raise ValueError("nobody foresaw it")
        return command_of(line)

    monkeypatch.setattr("core.machines.watch.command_of", read)
    cluster.type("node1", "docker rm bad")
    cluster.type("node1", "docker ps")
    cluster.hint("lines")
    until(lambda: [each.line for each in journal.records()] == ["docker container ls"])
