"""``python -m essaim_practice`` as a person starts it."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from pathlib import Path

import docker
import pytest

from essaim_practice import PracticeClient

from .conftest import environ
from .ports import free_ports


def start(*options: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "essaim_practice", *options],
        env=environ(),
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


@pytest.mark.parametrize(("swarm", "state"), [("formed", "active"), ("empty", "inactive")])
def test_it_says_where_it_is_and_ends_quietly(swarm: str, state: str) -> None:
    port = free_ports(3)
    with start("--port", str(port), "--swarm", swarm, "--seed", "1") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == f"export DOCKER_HOST=tcp://127.0.0.1:{port}\n"
        for number in range(3):
            client = docker.DockerClient(base_url=f"tcp://127.0.0.1:{port + number}")
            info = client.info()
            client.close()
            assert info["Name"] == f"node{number + 1}"
            assert info["Swarm"]["LocalNodeState"] == state
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    assert process.returncode == 0
    assert out == ""
    assert err.startswith("A simulation: no container really runs.")
    assert "Traceback" not in err


def test_sigterm_ends_it_whatever_runs_in_it() -> None:
    port = free_ports(1)
    with start("--port", str(port), "--nodes", "1") as process:
        assert process.stdout is not None
        process.stdout.readline()
        client = docker.DockerClient(base_url=f"tcp://127.0.0.1:{port}")
        client.images.pull("alpine", tag="latest")
        for line in ("while :; do :; done", "yes | sort", "trap '' TERM; yes"):
            client.containers.run("alpine", ["sh", "-c", line], detach=True)
        following = client.containers.list()[0].logs(stream=True, follow=True)
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=20)
        following.close()
        client.close()
    assert process.returncode == 0
    assert "Traceback" not in err


def test_a_taken_port_is_said_in_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with start("--port", str(port), "--nodes", "1") as process:
            out, err = process.communicate(timeout=20)
    assert process.returncode == 1
    assert out == ""
    assert err.count("\n") == 1
    assert str(port) in err


def test_it_listens_for_others_where_it_is_told_to_and_says_so() -> None:
    with socket.create_server(("0.0.0.0", 0)) as taken:
        port = taken.getsockname()[1]
    with start("--port", str(port), "--nodes", "1", "--host", "0.0.0.0") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == f"export DOCKER_HOST=tcp://127.0.0.1:{port}\n"
        client = docker.DockerClient(base_url=f"tcp://127.0.0.2:{port}")
        client.containers.run("nginx", detach=True, ports={"80/tcp": 8080})
        client.close()
        [opening] = PracticeClient(f"tcp://127.0.0.2:{port}").ports()
        assert not opening.bound
        assert opening.url == f"http://127.0.0.2:{port}/_practice/open/node1/8080/"
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=20)
    assert "without a password" in err


def ask(host: str) -> dict[str, str]:
    client = docker.DockerClient(base_url=host)
    info = client.info()
    client.close()
    return {"name": info["Name"], "cluster": info["Swarm"]["Cluster"]["ID"]}


def test_it_listens_at_sockets_and_removes_them(tmp_path: Path) -> None:
    path = tmp_path / "x.sock"
    with start("--socket", str(path), "--nodes", "2") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == f"export DOCKER_HOST=unix://{path}\n"
        assert ask(f"unix://{path}")["name"] == "node1"
        second = docker.DockerClient(base_url=f"unix://{tmp_path}/x-node2.sock")
        assert second.info()["Name"] == "node2"
        second.close()
        assert {each.stat().st_mode & 0o777 for each in tmp_path.iterdir()} == {0o600}
        with start("--socket", str(path), "--nodes", "1") as another:
            _, err = another.communicate(timeout=20)
        assert another.returncode == 1
        assert err == f"Cannot listen on {path}: another program listens there.\n"
        assert ask(f"unix://{path}")["name"] == "node1"
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=20)
    assert process.returncode == 0
    assert f"node2 unix://{tmp_path}/x-node2.sock." in err
    assert list(tmp_path.iterdir()) == []


def test_two_swarms_share_nothing(tmp_path: Path) -> None:
    path, port = tmp_path / "x", free_ports(2)
    for where, last in (
        (["--socket", str(path)], f"unix://{path}-swarm2"),
        (["--port", str(port)], f"tcp://127.0.0.1:{port + 1}"),
    ):
        with start(*where, "--swarms", "2", "--nodes", "1", "--seed", "1") as process:
            assert process.stdout is not None
            hosts = [process.stdout.readline().strip().partition("=")[2] for _ in range(2)]
            assert hosts[1] == last
            one, two = map(ask, hosts)
            assert one["name"] == two["name"] == "node1"
            assert one["cluster"] != two["cluster"]
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=20)
        assert process.returncode == 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "options", [("--socket", "/x.sock", "--port", "2375"), ("--swarms", "0"), ("--swarms", "1000")]
)
def test_what_does_not_go_together_is_refused(options: tuple[str, ...]) -> None:
    with start(*options) as process:
        _, err = process.communicate(timeout=20)
    assert process.returncode == 2
    assert "usage: python -m essaim_practice" in err


@pytest.mark.parametrize(
    "options", [("--speed", "101"), ("--speed", "-1"), ("--nodes", "0"), ("--swarm", "maybe")]
)
def test_options_that_make_no_sense_are_refused(options: tuple[str, str]) -> None:
    with start(*options) as process:
        _, err = process.communicate(timeout=20)
    assert process.returncode == 2
    assert "usage: python -m essaim_practice" in err
