"""docker lines typed into the terminals of machines, through a worker and the docker command."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Callable, Iterator

import pytest

from .machine_terminal import PROMPT, Terminal, Worker, worker


@pytest.fixture(scope="module")
def working() -> Iterator[Worker]:
    with worker() as made:
        yield made


@pytest.fixture
def terminal(working: Worker) -> Iterator[Terminal]:
    with working.terminal("shared") as made:
        made.run("docker rm -f $(docker ps -aq) 2>/dev/null")
        yield made


def wait_for(said: Callable[[], object], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not said():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_pipes_and_substitutions(terminal: Terminal) -> None:
    assert terminal.run("docker ps | wc -l") == "1\n"
    terminal.run("for i in 1 2 3; do docker run -d alpine sleep 1000; done")
    assert terminal.run("docker ps -q | wc -l") == "3\n"
    terminal.run("docker rm -f $(docker ps -aq)")
    assert terminal.run("docker ps -aq | wc -l; docker nosuch 2>/dev/null; echo $?") == "0\n1\n"


def test_keys_reach_a_program_in_a_container(terminal: Terminal) -> None:
    terminal.type("docker run -it --name box alpine sh\r")
    terminal.until("/ # ")
    terminal.type("stty size; echo a; sleep 100\r")
    terminal.until("24 80\r\na\r\n")
    terminal.type("\x03")
    terminal.until("/ # ")
    terminal.api.exec_resize(terminal.id, 40, 100)
    terminal.type("sleep 1; stty size\r")
    terminal.until("40 100\r\n")
    terminal.type("exit 3\r")
    terminal.until(PROMPT)
    assert terminal.run("echo $?") == "3\n"
    terminal.type("docker start -ai box\r")
    terminal.until("/ # ")
    terminal.type("\x10\x11")
    terminal.until(PROMPT)
    assert terminal.run("docker ps --format '{{.Names}}'") == "box\n"


def test_ctrl_c(terminal: Terminal) -> None:
    terminal.run("docker run -d --name told alpine sh -c 'while :; do echo tick; sleep 1; done'")
    terminal.type("docker logs -f told\r")
    terminal.until("tick\r\ntick")
    terminal.type("\x03")
    terminal.until(PROMPT)
    assert terminal.run("echo still; docker ps -q | wc -l") == "still\n1\n"


def test_the_machines_own_files(terminal: Terminal) -> None:
    terminal.run("mkdir -p /root/app && cd /root/app && echo hello > x")
    terminal.run("printf 'FROM alpine\\nCOPY x /x\\n' > Dockerfile")
    assert "Successfully tagged mine:latest" in terminal.run("docker build -t mine .")
    assert terminal.run("docker run --rm mine cat /x") == "hello\n"
    shown = terminal.run("docker save -o x.tar mine && ls -l x.tar")
    assert re.search(r"[1-9]\d+ .* x\.tar\n", shown), shown
    assert terminal.run("docker rmi -f mine >/dev/null; docker load -i x.tar") == (
        "Loaded image: mine:latest\n"
    )
    assert terminal.run("docker run --name made -d mine sleep 9; docker cp made:/x ./y; cat y")[
        -6:
    ] == ("hello\n")
    assert terminal.run("docker save mine | tar -t | grep -c json; cd") != "0\n"


def test_in_the_background(terminal: Terminal) -> None:
    terminal.run("docker events --since 1 --filter event=create --format 'heard {{.Action}}' &")
    terminal.type("docker create --name seen alpine\r")
    terminal.until("heard create")
    terminal.type("\r")  # the prompt may have come before
    terminal.until(re.compile(r"\$ "))


def test_a_terminal_that_is_closed_ends_its_lines(working: Worker) -> None:
    with working.terminal("closing") as terminal:
        terminal.type("docker events\r")
        pid = working.docker_server()

        def lines() -> int:
            with open(f"/proc/{pid}/task/{pid}/children") as file:
                return len(file.read().split())

        wait_for(lambda: lines() == 1)
    wait_for(lambda: lines() == 0)


def test_the_docker_command_is_killed_in_between(terminal: Terminal, working: Worker) -> None:
    pid = working.docker_server()
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: _another(working, pid))
    assert terminal.run("docker ps -q | wc -l") == "0\n"


def _another(working: Worker, before: int) -> bool:
    try:
        return working.docker_server() != before
    except ProcessLookupError:
        return False


def test_thirty_at_once(terminal: Terminal) -> None:
    many = "for i in $(seq 30); do docker version --format '{{.Server.Os}}' & done; wait"
    assert terminal.run(many).count("linux\n") == 30


def test_only_machines_of_the_cluster_are_reached(terminal: Terminal, working: Worker) -> None:
    name = "info --format '{{.Name}}'"
    for host in ("tcp://node2:2375", "node2:2375", "tcp://192.168.0.12", "192.168.0.12:2375"):
        assert terminal.run(f"docker -H {host} {name}") == "node2\n"
        assert terminal.run(f"DOCKER_HOST={host} docker {name}") == "node2\n"
    for host in (
        "tcp://127.0.0.1:8501",
        "tcp://node2:80",
        "tcp://nosuch:2375",
        "ssh://root@node2",
        f"unix://{working.folder}/w.sock",
        f"unix://{working.folder}/shared/node2.sock",
        "http://169.254.169.254/latest",
    ):
        shown = terminal.run(f"docker -H {host} ps; echo $?")
        assert shown.startswith(f"Cannot connect to the Docker daemon at {host}. "), shown
        assert shown.endswith("\n1\n")


def test_lines_that_have_ended_are_told(terminal: Terminal) -> None:
    api = terminal.api
    address = api._url("/_practice/machine/lines")
    before = max((line["number"] for line in api._get(address).json()), default=0)
    terminal.run("cd /tmp; docker ps -q; docker rm nosuch; cd")
    told = api._get(address, params={"since": before}).json()
    assert [(line["argv"], line["cwd"], line["code"]) for line in told] == [
        (["docker", "ps", "-q"], "/tmp", 0),
        (["docker", "rm", "nosuch"], "/tmp", 1),
    ]


def test_a_worker_without_a_docker_command(working: Worker) -> None:
    with worker("/nosuch/docker") as lacking, lacking.terminal("a") as terminal:
        shown = "docker: the docker command does not answer: try again\n127\n"
        assert terminal.run("docker ps; echo $?") == shown


def test_tab(terminal: Terminal) -> None:
    terminal.run("docker run -d --name brave_bell alpine sleep 1000")
    for typed, shown in (("docker stop br", "ave_bell"), ("docker node update --av", "ailability")):
        terminal.type(typed)
        terminal.until(typed)
        terminal.type("\t")
        terminal.until(shown)
        terminal.type("\x15\r")
        terminal.until(PROMPT)


def test_a_login_is_the_machines(terminal: Terminal) -> None:
    terminal.type("docker login -u ada\r")
    terminal.until("Password: ")
    terminal.type("sesame\r")
    assert "sesame" not in terminal.until("Login Succeeded")
    terminal.until(PROMPT)
    assert "YWRhOnNlc2FtZQ==" in terminal.run("cat ~/.docker/config.json")
    assert terminal.run("ls -l ~/.docker/config.json").startswith("-rw-------")
    terminal.run("docker logout")
    assert "YWRh" not in terminal.run("cat ~/.docker/config.json")
