"""What one sees from inside a container, held to what a real engine showed."""

from __future__ import annotations

from typing import Any

import docker
import pytest


def run(engine: docker.DockerClient, *argv: str, **more: Any) -> Any:
    return engine.containers.run("alpine", list(argv), detach=True, **more)


def typed(box: Any, line: str) -> str:
    """What a line says to a shell in the container, on both streams, and its code if not 0."""
    code, output = box.exec_run(["sh", "-c", line])
    return str(output.decode()) + (f"=> {code}" if code else "")


LOOP = "while true; do sleep 1000; done"


def test_ps_shows_what_runs_and_who_started_it(engine: docker.DockerClient) -> None:
    box = run(engine, "sh", "-c", LOOP)
    said = box.exec_run("ps -o pid,ppid,user,args").output.decode()
    assert said.splitlines() == [
        "PID   PPID  USER     COMMAND",
        f"    1     0 root     sh -c {LOOP}",
        "    7     1 root     sleep 1000",
        "    8     0 root     ps -o pid,ppid,user,args",
    ]
    assert [row[-1] for row in box.top()["Processes"]] == [f"sh -c {LOOP}", "sleep 1000"]
    line = "ps -o comm,args; true"
    assert typed(box, line).splitlines()[3:] == [
        f"sh               sh -c {line}",
        f"ps               {{ps}} sh -c {line}",
    ]
    inner = 'sh -c "ps -o args; true"; true'
    assert typed(box, inner).splitlines()[3:] == [
        f"sh -c {inner}",
        "sh -c ps -o args; true",
        "{ps} sh -c ps -o args; true",
    ]


@pytest.mark.parametrize(
    ("line", "seen"),
    [
        ("exec sleep 77", "sleep 77"),
        ("sleep 77", "sleep 77"),
        ("true && sleep 77", "sleep 77"),
        ("sleep 77; true", "sh -c sleep 77; true"),
        ("trap 'x' TERM; sleep 77", "sh -c trap 'x' TERM; sleep 77"),
    ],
)
def test_a_shell_becomes_its_last_program(
    engine: docker.DockerClient, line: str, seen: str
) -> None:
    box = run(engine, "sh", "-c", line)
    assert box.exec_run("ps -o args").output.decode().splitlines()[1] == seen


def test_a_signal_ends_one_child_of_a_shell(
    engine: docker.DockerClient,
) -> None:
    box = run(engine, "sh", "-c", LOOP)
    shown = typed(box, "kill -9 7; sleep 0.1; ps -o pid,args")
    assert " sleep 1000\n" in shown
    assert " 7 sleep" not in shown
    assert typed(box, "killall sleep; sleep 0.1; pidof sleep | wc -w") == "1\n"
    assert box.logs() == b"Killed\nTerminated\n"
    assert typed(box, 'sh -c "kill -9 \\$\\$"; echo $?; sh -c "kill \\$\\$"; echo $?') == (
        "Killed\n137\nTerminated\n143\n"
    )
    assert typed(box, "sleep 100 & kill $!; wait $!; echo $?") == "Terminated\n143\n"
    said = typed(
        box, "sleep 300 | cat & sleep 0.1; kill $(pidof sleep | tr ' ' '\\n' | head -n 1); wait"
    )
    assert said in ("", "Terminated\n")


@pytest.mark.parametrize(
    ("argv", "code"),
    [
        (["top", "-b"], 143),
        (["sh", "-c", "top -b"], 143),
        (["sh", "-c", "echo a; exec top -b"], 143),
        (["sh", "-c", "top -b; true"], 137),
        (["sh", "-c", "sleep 100"], 137),
        (["sleep", "100"], 137),
        (["tail", "-f", "/dev/null"], 137),
    ],
)
def test_what_a_stop_does_to_a_first_process(
    engine: docker.DockerClient, argv: list[str], code: int
) -> None:
    box = run(engine, *argv)
    box.stop(timeout=1)
    assert box.wait()["StatusCode"] == code


def test_an_init_stands_before_the_first_process(engine: docker.DockerClient) -> None:
    box = run(engine, "sleep", "1000", init=True)
    said = box.exec_run("ps -o pid,ppid,args").output.decode()
    assert said.splitlines()[1:3] == [
        "    1     0 /sbin/docker-init -- sleep 1000",
        "    7     1 sleep 1000",
    ]
    box.stop(timeout=5)
    assert box.wait()["StatusCode"] == 143  # it has handed the signal on


def test_processes_are_shared_on_demand(engine: docker.DockerClient) -> None:
    first = run(engine, "sleep", "1000")
    second = run(engine, "sleep", "2000", pid_mode=f"container:{first.id}")
    for box in (first, second):
        shown = box.exec_run("ps -o args").output.decode().splitlines()
        assert shown == ["COMMAND", "sleep 1000", "sleep 2000", "ps -o args"]
    assert typed(first, "kill -9 $(pidof sleep | cut -d' ' -f1)") == ""
    assert second.wait()["StatusCode"] == 137
    everything = run(engine, "sleep", "3000", pid_mode="host")
    shown = everything.exec_run("ps -o args").output.decode()
    assert "/usr/bin/dockerd" in shown
    assert "sleep 1000" in shown
