"""The docker lines of a worker's machines, with a docker command that a test plays."""

from __future__ import annotations

import itertools
import shlex
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import docker
import pytest

from ..machines import Shell
from .conftest import Started, started

_number = itertools.count()
COMMAND = shlex.join([sys.executable, str(Path(__file__).with_name("docker_command.py"))])


@pytest.fixture(scope="module")
def working(folder: Path) -> Iterator[Started]:
    worker = started("--listen", f"unix://{folder}/docker.sock", "--docker", COMMAND)
    yield worker
    assert worker.end() == 0
    for stream in (worker.process.stdin, worker.process.stdout):
        assert stream is not None
        stream.close()


@pytest.fixture
def api(
    working: Started, folder: Path, request: pytest.FixtureRequest
) -> Iterator[docker.APIClient]:
    """Of node1 of a cluster of the test's own."""
    name = f"t{abs(hash(request.node.name)) % 10**9}"
    working.client.open(name, nodes=2)
    client = docker.APIClient(base_url=f"unix://{folder}/{name}/node1.sock")
    yield client
    client.close()
    working.client.end(name)


@pytest.fixture
def shell(api: docker.APIClient) -> Iterator[Shell]:
    with Shell(api) as made:
        yield made


def wait_for(said: Callable[[], object], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not said():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_line(shell: Shell) -> None:
    assert shell.run("docker say hello; echo $?") == "hello\n3\n"
    assert shell.run("docker lost; echo $?") == "Killed\n137\n"


def test_much_output_waits_for_its_reader(shell: Shell, working: Started) -> None:
    assert shell.run("docker flood 20971520 | wc -c").strip() == "20971520"
    before = working.client.status().memory
    shell.type("docker flood 104857600 | (sleep 2; echo slept; sleep 100)\r")
    shell.until("\r\nslept")
    assert working.client.status().memory < before + 10e6
    shell.type("\x03")


def test_engines_of_the_cluster_are_reached_by_name_and_address(shell: Shell) -> None:
    for host in ("''", "unix:///var/run/docker.sock", "tcp://localhost:2375", "node1"):
        assert shell.run(f"docker ping {host}") == "node1\n"
    for host in ("tcp://node2:2375", "node2", "192.168.0.12:2375"):
        assert shell.run(f"docker ping {host}") == "node2\n"
    for host in (
        "node3",
        "tcp://node2:1",
        "tcp://192.168.0.99",
        "unix:///tmp/x",
        "tcp://[",
        "x://",
    ):
        assert shell.run(f"docker ping '{host}'") == "unreachable\n"


def test_one_that_is_down_or_cut_off_is_not_reached(shell: Shell, api: docker.APIClient) -> None:
    for begin, end in (("kill", "start"), ("cut", "plug")):
        assert api._post(_faulty(api, begin)).status_code < 300
        wait_for(lambda: shell.run("docker ping node2") == "unreachable\n")
        assert api._post(_faulty(api, end)).status_code < 300


def _faulty(api: docker.APIClient, what: str) -> str:
    return f"{api.base_url}/_practice/engines/node2/{what}"


def test_eight_go_on_and_the_next_one_waits(api: docker.APIClient) -> None:
    shells = [Shell(api) for _ in range(9)]
    for each in shells[:8]:
        each.type("docker hold\r")
        each.until("\r\nheld")
    shells[8].type("docker say waited\r")
    time.sleep(0.5)
    shells[0].type("\r")
    shells[8].until("\r\nwaited")
    shells[0].type("docker hold\r")
    shells[0].until("\r\nheld")
    shells[8].type("docker say refused; echo $?\r")
    shells[8].until("docker: 8 docker commands go on already: end one first\r\n125\r\n")
    shells[1].close()
    shells[8].type("docker say again\r")
    shells[8].until("\r\nagain")
    for each in (shells[0], *shells[2:]):
        each.close()


def test_a_docker_command_that_ends_begins_anew(shell: Shell) -> None:
    assert shell.run("docker die; echo $?") == "Killed\n137\n"
    wait_for(lambda: shell.run("docker say there") == "there\n")


def test_words_that_do_not_come_are_not_waited_for(shell: Shell) -> None:
    shell.run("true")
    shell.type("docker p\t")
    time.sleep(0.5)
    shell.type("s; echo on\r")
    shell.until("on\r\n")


def test_a_cluster_that_is_reset_ends_its_lines(api: docker.APIClient) -> None:
    shells = [Shell(api) for _ in range(8)]
    for each in shells:
        each.type("docker hold\r")
        each.until("\r\nheld")
    assert api._post(f"{api.base_url}/_practice/reset").status_code < 300
    with Shell(api) as shell:
        assert shell.run("docker say anew") == "anew\n"
    for each in shells:
        each.close()
