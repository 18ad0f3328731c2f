"""The docker command server: a process for each line, what it reaches, and what bounds it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.commands import frames, reference
from essaim_practice import PracticeServer

from .typing_lines import Commands, at, commands


@pytest.fixture(scope="module")
def practice() -> Iterator[PracticeServer]:
    with PracticeServer.start(nodes=2, seed=1, speed=20, bind_ports=False) as server:
        yield server


def ways(practice: PracticeServer) -> dict[str, Callable[[], object]]:
    one, two = practice.urls
    return {"": at(one), "tcp://node2:2375": at(two)}


@pytest.fixture(scope="module")
def typing(practice: PracticeServer) -> Iterator[Commands]:
    with commands(ways(practice)) as made:  # type: ignore[arg-type]
        yield made


def wait_for(said: Callable[[], object], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not said():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_line_prints_and_ends(typing: Commands) -> None:
    code, out, error = typing.type("node", "ls", "--format", "{{.Hostname}}")
    assert (code, out, error) == (0, "node1\nnode2\n", "")
    code, out, error = typing.type("nosuch")
    assert (code, out) == (1, "")
    assert error.startswith("docker: unknown command: docker nosuch\n")


def test_another_machine_and_one_that_is_not_there(typing: Commands) -> None:
    shown = ("info", "--format", "{{.Name}}")
    assert typing.type(*shown)[1] == "node1\n"
    assert typing.type("-H", "tcp://node2:2375", *shown)[1] == "node2\n"
    assert typing.type(*shown, env={"DOCKER_HOST": "tcp://node2:2375"})[1] == "node2\n"
    code, out, error = typing.type("-H", "tcp://10.0.0.1:2375", "ps")
    assert (code, out) == (1, "")
    words = "Cannot connect to the Docker daemon at tcp://10.0.0.1:2375. Is the docker daemon"
    assert error == f"{words} running?\n"


def test_what_is_typed_reaches_the_program(typing: Commands) -> None:
    code, out, _ = typing.type("run", "-i", "--rm", "alpine", "cat", given=b"hello\n")
    assert (code, out) == (0, "hello\n")


def test_a_terminal_is_raw_while_a_program_has_it(typing: Commands) -> None:
    terminal = {"in": True, "out": True}
    line = typing.begin("run", "-it", "--rm", "alpine", "sh", tty=terminal, size=[30, 99])
    line.until(lambda line: line.wanted)
    assert line.wanted.pop() == b"raw"
    line.until(lambda line: b"/ # " in line.out)
    line.connection.send(frames.INPUT, b"stty size\r")
    line.until(lambda line: b"\r\n30 99\r\n" in line.out)
    line.connection.send_json(frames.RESIZE, [40, 120])
    wait_for(lambda: _sized(line, b"\r\n40 120\r\n"))
    line.connection.send(frames.INPUT, b"exit 4\r")
    assert line.ended()[0] == 4


def _sized(line: object, wanted: bytes) -> bool:
    line.connection.send(frames.INPUT, b"stty size\r")  # type: ignore[attr-defined]
    time.sleep(0.2)
    return wanted in line.out  # type: ignore[attr-defined]


def test_a_yes_is_asked_for(typing: Commands) -> None:
    code, out, _ = typing.type("volume", "prune", given=b"n\n")
    assert (code, "Are you sure you want to continue? [y/N]" in out) == (0, True)


def test_ctrl_c_ends_what_follows_and_what_does_not_hear_of_it(typing: Commands) -> None:
    typing.type(
        "run", "-d", "--name", "told", "alpine", "sh", "-c", "while :; do date; sleep 1; done"
    )
    line = typing.begin("logs", "-f", "told")
    line.until(lambda line: line.out)
    line.connection.send(frames.INTERRUPT)
    assert line.ended()[0] in (0, 130)
    line = typing.begin("wait", "told")
    wait_for(lambda: typing.children())
    line.connection.send(frames.INTERRUPT)
    assert line.ended() == (130, "", "")


def test_one_that_is_hung_up_ends(typing: Commands) -> None:
    wait_for(lambda: not typing.children())
    line = typing.begin("events")
    wait_for(typing.children)
    line.hang_up()
    wait_for(lambda: not typing.children())


def test_many_at_once(typing: Commands) -> None:
    lines = [typing.begin("version", "--format", "{{.Server.APIVersion}}") for _ in range(30)]
    assert {line.ended() for line in lines} == {(0, "1.56\n", "")}
    wait_for(lambda: not typing.children())


def test_words_that_may_follow(typing: Commands) -> None:
    typing.type("run", "-d", "--name", "whole", "alpine", "sleep", "1000")
    typing.type("network", "create", "wide")
    assert typing.complete("docker", prefix="netw") == ["network"]
    assert typing.complete("docker", "container", prefix="l") == ["logs", "ls"]
    assert typing.complete("docker", "stop", prefix="wh") == ["whole"]
    assert typing.complete("docker", "rm", "-f", prefix="who") == ["whole"]
    assert typing.complete("docker", "cp", prefix="wh") == ["whole:"]
    assert typing.complete("docker", "run", "--network", prefix="w") == ["wide"]
    assert typing.complete("docker", "run", "--net", prefix="w") == ["wide"]
    assert typing.complete("docker", "inspect", prefix="wi") == ["wide"]
    assert typing.complete("docker", "node", "update", "--availability") == [
        "active", "drain", "pause",
    ]  # fmt: skip
    assert typing.complete("docker", "node", "inspect", prefix="n") == ["node1", "node2"]
    assert typing.complete("docker", "-H", "tcp://node2:2375", "stop", prefix="wh") == []
    assert typing.complete("docker", "-H", "tcp://1.2.3.4:2375", "stop", prefix="wh") == []
    assert "--name" in typing.complete("docker", "run", prefix="--")
    assert typing.complete("docker", "nosuch") == []


def test_ctrl_c_reaches_a_program_through_the_engine(typing: Commands) -> None:
    trap = "trap 'echo heard; exit 5' INT; while :; do echo on; sleep 1; done"
    typing.type("run", "-d", "--name", "trapping", "alpine", "sh", "-c", trap)
    line = typing.begin("attach", "trapping")
    line.until(lambda line: line.out)
    line.connection.send(frames.INTERRUPT)
    code, out, error = line.ended()
    assert (code, out[-7:], error) == (5, "\nheard\n", "")


def test_the_third_ctrl_c_ends_any(typing: Commands) -> None:
    typing.type(
        "run",
        "-d",
        "--name",
        "deaf",
        "alpine",
        "sh",
        "-c",
        "trap '' INT; while :; do echo on; sleep 1; done",
    )
    line = typing.begin("attach", "deaf")
    line.until(lambda line: line.out)
    for _ in range(3):
        line.connection.send(frames.INTERRUPT)
    assert line.ended()[::2] == (1, "\ngot 3 SIGTERM/SIGINTs, forcefully exiting\n")


def test_every_help_is_in_memory(typing: Commands) -> None:
    assert typing.type()[::2][1].startswith("Usage:  docker [OPTIONS] COMMAND")
    for words in (["--help"], *([*verb, "--help"] for verb in sorted(reference.entries()))):
        code, out, error = typing.type(*words)
        assert (code, error) == (0, ""), words
        assert "Usage:  docker" in out


SPIN = """\
import re
from core.commands import confined, program, server
confined.BURST, confined.SHARE, confined.NICE = 1, 0, 0
play = program.play
def spin(words, streams, client):
    if words[0] == "spin":
        while True: pass
    if words[0] == "match":
        re.match("(a*)*(a*)*(a*)*b", "a" * 100)  # in one piece of C
    if words[0] == "grow":
        bytearray(2 * confined.MEMORY)
    return play(words, streams, client)
program.play = spin
"""


@pytest.fixture(scope="module")
def hostile(practice: PracticeServer) -> Iterator[Commands]:
    with commands(ways(practice), SPIN) as made:  # type: ignore[arg-type]
        yield made


@pytest.mark.parametrize("line", ["spin", "match"])
def test_one_that_computes_for_ever_is_ended(hostile: Commands, line: str) -> None:
    hostile.begin(line).until(lambda line: line.code == -1, 200)


def test_one_that_wants_much_memory_gets_none(hostile: Commands) -> None:
    code, _, _ = hostile.type("grow")
    assert code not in (None, 0)


def test_beside_one_that_computes_others_go_on_and_it_ends_with_its_terminal(
    practice: PracticeServer,
) -> None:
    patient = SPIN.replace("confined.NICE = 1,", "confined.NICE = 1000,")
    with commands(ways(practice), patient) as typing:  # type: ignore[arg-type]
        busy = typing.begin("match")
        wait_for(typing.children)
        assert typing.type("version", "--format", "{{.Server.APIVersion}}")[0] == 0
        assert busy.code is None
        busy.hang_up()
        wait_for(lambda: not typing.children())


def bounds(pid: int) -> dict[str, str]:
    limits = Path(f"/proc/{pid}/limits").read_text("ascii")
    return {row[:25].strip(): row[26:46].strip() for row in limits.splitlines()}


def test_its_bounds(typing: Commands) -> None:
    wait_for(lambda: not typing.children())
    line = typing.begin("events")
    wait_for(typing.children)
    [pid] = typing.children()
    wait_for(lambda: bounds(pid)["Max file size"] == "0")
    assert int(bounds(pid)["Max cpu time"]) <= 10
    assert int(bounds(pid)["Max address space"]) < 600e6
    assert bounds(pid)["Max open files"] == "64"
    assert os.getpriority(os.PRIO_PROCESS, pid) == 5 + os.getpriority(os.PRIO_PROCESS, 0)
    line.hang_up()
