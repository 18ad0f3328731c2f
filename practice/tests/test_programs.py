"""The simulated programs: what each says, how it ends, and what the shell makes of a line."""

from __future__ import annotations

from collections.abc import Mapping
from math import isinf
from posixpath import dirname
from typing import Any

import pytest

from essaim_practice.files.filesystem import FileSystem
from essaim_practice.programs.base import Context, Files, StartError, argv_of, program
from essaim_practice.programs.steps import Mode, Read, Wait, Write
from essaim_practice.store.objects import Container

from .playing import image  # enters the programs, too


def context(
    behaviour: str = "alpine", files: Mapping[str, bytes] | None = None, **more: Any
) -> Context:
    system = FileSystem(image(behaviour).files, lambda: 0.0)
    for path, content in (files or {}).items():
        system.make_folder(dirname(path), parents=True)
        system.write(path, content, mode=0o755)
    settings: dict[str, Any] = {
        "image": image(behaviour),
        "hostname": "box",
        "env": {"HOME": "/root", "WHO": "me"},
        "cwd": "/",
        "now": lambda: 1_700_000_000.0,
        "interactive": False,
        "inside": Files(system),
    }
    return Context(**settings | more)


def played(argv: list[str], here: Context, steps: int = 50) -> tuple[list[tuple[int, str]], Any]:
    """The lines of a program (stream and text), and its exit code or what it waits for."""
    written: list[tuple[int, str]] = []
    running = program(argv, here).steps
    outcome: Any = "goes on"
    for _ in range(steps):
        try:
            step = next(running)
        except StopIteration as end:
            outcome = end.value
            break
        if isinstance(step, Write):
            written.append((step.stream, step.data.decode()))
        elif isinstance(step, Read):
            if here.interactive:
                outcome = "reads"
                break
        elif not isinstance(step, Mode) and isinf(step.seconds):
            outcome = "for ever"
            break
    return [(stream, line) for stream, text in written for line in text.splitlines()], outcome


@pytest.mark.parametrize(
    ("script", "lines", "code"),
    [
        ("echo a; echo b", [(1, "a"), (1, "b")], 0),
        ("echo 'a; b' && echo \"$WHO\"", [(1, "a; b"), (1, "me")], 0),
        ("false && echo no; echo yes", [(1, "yes")], 0),
        ("false || echo rescued", [(1, "rescued")], 0),
        ("echo bad >&2; exit 3; echo never", [(2, "bad")], 3),
        ("nosuch", [(2, "sh: nosuch: not found")], 127),
        ("false", [], 1),
        ("echo a > /f; echo b >> /f; cat /f", [(1, "a"), (1, "b")], 0),
        ("echo lost > /dev/null; cat nope 2>/dev/null", [], 1),
        ("cd /tmp; pwd", [(1, "/tmp")], 0),
        ("X=1; export Y=2; echo $X${Y}", [(1, "12")], 0),
        (
            "mkdir /a; touch /a/b; ls /a; rm -r /a; ls /a",
            [(1, "b"), (2, "ls: /a: No such file or directory")],
            1,
        ),
        ("# a comment\necho a", [(1, "a")], 0),
        ("sleep x", [(2, "sleep: invalid number 'x'")], 1),
        ("exec echo a", [(1, "a")], 0),
        ("", [], 0),
        ("while true; do echo a; sleep 1; done", [(1, "a")] * 17, "goes on"),
        ("echo 'unclosed", [(2, "sh: syntax error: unterminated quoted string")], 2),
    ],
)
def test_the_shell_runs_a_line(script: str, lines: list[tuple[int, str]], code: Any) -> None:
    assert played(["sh", "-c", script], context()) == (lines, code)


@pytest.mark.parametrize(
    ("argv", "text"),
    [
        (["echo", "-n", "a", "b"], "a b"),
        (["hostname"], "box"),
        (["whoami"], "root"),
        (["uname"], "Linux"),
        (["date"], "Tue Nov 14 22:13:20 UTC 2023"),
        (["pwd"], "/"),
    ],
)
def test_a_command_says_its_line(argv: list[str], text: str) -> None:
    assert played(argv, context()) == ([(1, text)], 0)


def test_a_shell_waits_only_for_input_that_stays_open() -> None:
    assert played(["/bin/sh"], context()) == ([], 0)
    assert isinstance(next(program(["/bin/sh"], context(interactive=True)).steps), Read)
    assert played(["python3"], context("python")) == ([], 0)


def test_a_server_in_a_shells_line_is_still_a_server() -> None:
    alone = program(["sh", "-c", "nginx -g 'daemon off;'"], context("nginx"))
    assert (alone.ports, alone.term_code) == (frozenset({80}), 0)
    after = program(["sh", "-c", "echo ready && nginx -g 'daemon off;'"], context("nginx"))
    assert (after.ports, after.term_code) == (frozenset({80}), 0)
    assert after.site is not None


def test_streamlit_answers_at_the_port_it_is_given() -> None:
    files = {"/app/app.py": b"", "/usr/local/bin/streamlit": b"#!/usr/bin/python\n"}
    here = context("python", cwd="/app", files=files)
    words = ["streamlit", "run", "app.py"]
    assert program(words, here).ports == {8501}
    assert program([*words, "--server.port=8080"], here).ports == {8080}
    assert program([*words, "--server.port", "8080"], here).ports == {8080}
    assert program(["python", "-m", "streamlit", "run", "app.py"], here).ports == {8501}
    assert program([*words, "--server.address=localhost"], here).ports == set()
    by_environment = context("python", cwd="/app", files=files, env={"STREAMLIT_SERVER_PORT": "90"})
    assert program(words, by_environment).ports == {90}
    lines, code = played(["streamlit", "run", "nope.py"], here)
    assert code == 2
    assert lines[-1][1] == "Error: Invalid value: File does not exist: nope.py"


def test_a_script_of_the_image_is_run() -> None:
    here = context(files={"/start.sh": b"#!/bin/sh\nset -e\necho from $WHO\n"})
    assert played(["/start.sh"], here) == ([(1, "from me")], 0)


@pytest.mark.parametrize("name", ["nosuch", "/bin/nosuch", "nginx", "pip"])
def test_an_image_has_only_its_own_programs(name: str) -> None:
    with pytest.raises(StartError) as refused:
        program([name], context("alpine"))
    assert refused.value.exit_code == 127


def test_an_image_without_a_shell_has_none() -> None:
    with pytest.raises(StartError, match="executable file not found"):
        program(["sh"], context("whoami"))


@pytest.mark.parametrize(
    ("base", "asked", "argv"),
    [
        ({"Cmd": ["a"]}, {}, ["a"]),
        ({"Cmd": ["a"]}, {"Cmd": ["b"]}, ["b"]),
        ({"Entrypoint": ["e"], "Cmd": ["a"]}, {}, ["e", "a"]),
        ({"Entrypoint": ["e"], "Cmd": ["a"]}, {"Cmd": ["b"]}, ["e", "b"]),
        ({"Entrypoint": ["e"], "Cmd": ["a"]}, {"Entrypoint": ["f"]}, ["f"]),
        ({"Entrypoint": ["e"], "Cmd": ["a"]}, {"Entrypoint": ["f"], "Cmd": ["b"]}, ["f", "b"]),
        ({"Entrypoint": ["e"], "Cmd": ["a"]}, {"Entrypoint": [""], "Cmd": ["b"]}, ["b"]),
        ({}, {}, []),
    ],
)
def test_entrypoint_and_command_combine_as_in_docker(
    base: dict[str, Any], asked: dict[str, Any], argv: list[str]
) -> None:
    container = Container("1", "node1", "c", "i", "", asked, {}, (), 0.0)
    assert argv_of(container, image(**base)) == argv


def test_time_goes_on_in_a_loop_without_a_sleep() -> None:
    steps = program(["sh", "-c", "while true; do true; done"], context()).steps
    assert all(isinstance(next(steps), Wait) for _ in range(5))


def test_nginx_and_python_do_a_little_more_than_run() -> None:
    lines, code = played(["nginx", "-t"], context("nginx"))
    assert (lines[-1][1], code) == (
        "nginx: configuration file /etc/nginx/nginx.conf test is successful",
        0,
    )
    heard: list[tuple[int, int]] = []

    class Killing(Files):
        def kill(self, pid: int, number: int) -> None:
            heard.append((pid, number))

    here = context("nginx", inside=Killing(context("nginx").fs))
    assert played(["nginx", "-s", "reload"], here)[1] == 0
    assert heard == [(1, 1)]
    assert played(["python", "-c", "print('hi')"], context("python")) == ([(1, "hi")], 0)
    assert played(["python", "-c", "import numpy"], context("python"))[1] == 1


def test_python_at_a_terminal_says_that_it_answers_nothing() -> None:
    written = next(program(["python"], context("python", tty=True)).steps)
    assert isinstance(written, Write)
    assert written.data.startswith(b"(simulated)")
    assert isinstance(next(program(["python"], context("python")).steps), Read)


def test_a_program_that_is_not_simulated_says_so_and_fails() -> None:
    assert played(["i2cdetect", "-l"], context("alpine")) == (
        [(2, "i2cdetect: unsupported by the practice engine")],
        1,
    )
