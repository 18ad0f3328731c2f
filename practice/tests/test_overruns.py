"""What overruns a container's limits: memory (137, OOMKilled) and processes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import docker
import pytest

from essaim_practice.files.rights import Bounds
from essaim_practice.hosting.server import PracticeServer

from .playing import context, played


@pytest.fixture(scope="module")
def client() -> Iterator[docker.DockerClient]:
    with PracticeServer.start(nodes=1, speed=100, seed=1, bind_ports=False) as server:
        server.client.images.pull("alpine", "latest")
        yield server.client


def ended(client: docker.DockerClient, argv: list[str], **more: Any) -> tuple[str, int, bool]:
    """What a container with 10 MiB of memory wrote, its exit code, and OOMKilled."""
    made = client.containers.run("alpine", argv, detach=True, mem_limit="10m", **more)
    code = made.wait()["StatusCode"]
    made.reload()
    said, state = made.logs().decode(), made.attrs["State"]
    made.remove()
    assert code == state["ExitCode"]
    return said, code, state["OOMKilled"]


@pytest.mark.parametrize(
    ("argv", "said", "code"),
    [  # recorded from a real 28.5
        (["tail", "/dev/zero"], "", 137),
        (["sh", "-c", "tail /dev/zero; echo $?"], "Killed\n137\n", 0),
        (["sh", "-c", "yes | sort | head"], "Killed\n", 0),
        (["sh", "-c", "x=$(yes | head -c 30000000); echo $?"], "", 137),
        (["sh", "-c", "dd if=/dev/zero of=/t/x bs=1M count=50; echo $?"], "Killed\n137\n", 0),
    ],
)
def test_a_program_that_asks_for_too_much_is_killed(
    client: docker.DockerClient, argv: list[str], said: str, code: int
) -> None:
    assert ended(client, argv, tmpfs={"/t": ""}) == (said, code, True)


def test_what_fits_is_not_killed(client: docker.DockerClient) -> None:
    argv = ["sh", "-c", "seq 1000 | sort -n | tail -1; dd if=/dev/zero of=/t/x bs=1M count=2"]
    said, code, killed = ended(client, argv, tmpfs={"/t": ""})
    assert (said.splitlines()[0], code, killed) == ("1000", 0, False)


def test_an_overrun_is_an_event(client: docker.DockerClient) -> None:
    made = client.containers.run("alpine", ["tail", "/dev/zero"], detach=True, mem_limit="10m")
    made.wait()
    finished = client.api.inspect_container(made.id)["State"]["FinishedAt"]
    until = int(datetime.fromisoformat(finished[:19] + "+00:00").timestamp()) + 1
    told = client.events(decode=True, filters={"container": made.id}, since=1, until=until)
    assert [event["Action"] for event in told][-2:] == ["oom", "die"]
    made.remove()


@pytest.mark.parametrize(
    ("most", "line", "said", "code"),
    [  # recorded from a real 28.5
        (5, "for i in 1 2 3 4 5 6; do sleep 1 & done; wait; echo $?", "", 2),
        (1, "echo a; ls /; echo b", "a\n", 2),
        (2, "echo a | cat", "", 2),
        (10, "for i in 1 2 3 4 5 6; do sleep 1 & done; wait; echo $?", "0\n", 0),
        (10, "echo a | cat | cat", "a\n", 0),
        (3, "sh -c 'sh -c \"echo deep; true\"'; echo $?", "deep\n0\n", 0),
    ],
)
def test_a_limit_of_processes_holds(most: int, line: str, said: str, code: int) -> None:
    done = played(["sh", "-c", line], context(bounds=Bounds(pids=most)))
    refused = "sh: can't fork: Resource temporarily unavailable\n" if code else ""
    assert (done.text, done.code) == (said + refused, code)
