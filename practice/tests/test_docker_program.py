"""The program ``docker`` of a machine, with a docker command that a test plays."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from essaim_practice.programs import base
from essaim_practice.programs.base import program
from essaim_practice.programs.docker import complete
from essaim_practice.programs.docker_lines import (
    COMPLETE,
    ERROR,
    EXIT,
    INPUT,
    INTERRUPT,
    NO_DOCKER,
    OUTPUT,
    RESIZE,
    START,
    WANT,
    WORDS,
    Docker,
)
from essaim_practice.programs.steps import Steps, line
from essaim_practice.store.clock import ManualClock

from .playing import context
from .test_processes import Bench


class Outside:
    """A docker command, and its one line."""

    def __init__(self) -> None:
        self.asked: list[tuple[bytes, Mapping[str, Any]]] = []
        self.sent: list[tuple[bytes, bytes]] = []
        self.frames: list[tuple[bytes, bytes]] = []
        self.listener: Callable[[], None] | None = None
        self.closed = 0
        self.ended: list[tuple[list[str], str, int]] = []

    def tell(self, argv: Sequence[str], cwd: str, code: int) -> None:
        self.ended.append((list(argv), cwd, code))

    def begin(self, kind: bytes, asked: Mapping[str, Any]) -> Outside:
        self.asked.append((kind, asked))
        return self

    @property
    def ready(self) -> bool:
        return bool(self.frames)

    def take(self) -> tuple[bytes, bytes] | None:
        return self.frames.pop(0) if self.frames else None

    def send(self, kind: bytes, payload: bytes = b"") -> None:
        self.sent.append((kind, payload))

    def close(self) -> None:
        self.closed += 1

    def say(self, kind: bytes, payload: bytes = b"") -> None:
        self.frames.append((kind, payload))
        if self.listener is not None:
            self.listener()

    def end(self, code: int) -> None:
        self.say(EXIT, json.dumps({"code": code}).encode())


@pytest.fixture(autouse=True)
def _in_alpine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Containers have no docker: here one has."""
    monkeypatch.setitem(
        base._EXECUTABLES, ("alpine", "docker"), base._EXECUTABLES["machine", "docker"]
    )


def shell(outside: Docker, *words: str, tty: bool = False) -> Bench:
    clock, benches = ManualClock(), list[Bench]()
    here = context(
        tty=tty,
        interactive=True,
        now=clock.now,
        window=lambda: benches[0].streams.window if benches else (24, 80),
        docker=outside,
    )
    here.fs.write("/bin/docker", b"\x7fELF", mode=0o755)
    made = program(["sh", *words], here)
    bench = Bench(made.steps, tty=tty, clock=clock, hears=made.hears)
    bench.streams.resize(24, 80)
    if tty:
        benches.append(bench)
    return bench


def test_a_line_goes_out_and_its_output_comes_in() -> None:
    outside = Outside()
    bench = shell(outside, "-c", "cd /tmp; X=1; export Y=2; docker ps -a; echo code $?")
    kind, asked = outside.asked[0]
    assert (kind, asked["argv"], asked["cwd"]) == (START, ["ps", "-a"], "/tmp")
    assert asked["env"]["Y"] == "2"
    assert "X" not in asked["env"]
    assert asked["tty"] == {"in": False, "out": False}
    outside.say(OUTPUT, b"one\n")
    outside.say(ERROR, b"two\n")
    outside.end(3)
    assert bench.out == b"one\ntwo\ncode 3\n"
    assert outside.closed
    assert outside.ended == [(["docker", "ps", "-a"], "/tmp", 3)]


def test_standard_error_goes_its_own_way() -> None:
    outside = Outside()
    bench = shell(outside, "-c", "docker ps 2>/dev/null | wc -l; docker ps >/dev/null 2>&1")
    outside.say(ERROR, b"a warning\n")
    outside.say(OUTPUT, b"one\ntwo\n")
    outside.end(0)
    outside.say(OUTPUT, b"hidden\n")
    outside.end(0)
    assert (bench.out.split(), bench.code) == ([b"2"], 0)


@pytest.mark.parametrize(
    ("line", "into", "out"),
    [
        ("docker ps", True, True),
        ("docker ps | cat", True, False),
        ("echo a | docker ps", False, True),
        ("docker ps >/tmp/a", True, False),
        ("docker ps </etc/passwd", False, True),
        ("x=$(docker ps)", True, False),
        ("docker ps & sleep 1", False, True),
    ],
)
def test_it_knows_where_a_person_is(line: str, into: bool, out: bool) -> None:
    outside = Outside()
    shell(outside, "-c", line, tty=True)
    assert outside.asked[0][1]["tty"] == {"in": into, "out": out}


def test_it_reads_only_what_is_wanted() -> None:
    outside = Outside()
    bench = shell(outside, tty=True)
    bench.type(b"docker volume prune\r")
    bench.type(b"y\r")
    assert outside.sent == []
    outside.say(OUTPUT, b"sure? ")
    outside.say(WANT, b"line")
    assert outside.sent == [(INPUT, b"y\n")]
    bench.type(b"echo next\r")
    outside.end(0)
    assert b"\nnext\r\n" in bench.out


def test_a_pipe_is_its_input_to_the_end() -> None:
    outside = Outside()
    bench = shell(outside, "-c", "printf 'FROM alpine' | docker build -")
    outside.say(WANT, b"line")
    outside.say(WANT, b"line")
    assert outside.sent == [(INPUT, b"FROM alpine"), (INPUT, b"")]
    outside.end(0)
    assert bench.code == 0


def test_raw_keys_are_passed_on() -> None:
    outside = Outside()
    bench = shell(outside, tty=True)
    bench.type(b"docker run -it alpine sh\r")
    outside.say(WANT, b"raw")
    shown = bench.out
    bench.type(b"\x03")
    outside.say(WANT, b"raw")
    bench.type(b"\x1b[A")
    assert outside.sent == [(INPUT, b"\x03"), (INPUT, b"\x1b[A")]
    assert bench.out == shown
    outside.end(0)
    bench.type(b"echo $?\r")
    assert b"\n0\r\n" in bench.out


def test_ctrl_c_is_passed_on_and_the_line_ends_as_it_likes() -> None:
    outside = Outside()
    bench = shell(outside, tty=True)
    bench.type(b"docker logs -f web\r")
    outside.say(OUTPUT, b"GET /\n")
    bench.type(b"\x03")
    assert outside.sent == [(INTERRUPT, b"")]
    outside.end(130)
    bench.type(b"echo code $?\r")
    assert b"code 130\r\n" in bench.out


def test_a_new_size_is_passed_on() -> None:
    outside = Outside()
    bench = shell(outside, tty=True)
    bench.type(b"docker stats\r")
    assert outside.asked[0][1]["size"] == (24, 80)
    bench.streams.resize(50, 132)
    bench.process.resized()
    assert outside.sent == [(RESIZE, b"[50, 132]")]


@pytest.mark.parametrize("number", [1, 9, 15])
def test_a_signal_ends_it(number: int) -> None:
    outside = Outside()
    bench = shell(outside, "-c", "docker events | grep x")
    assert not outside.closed
    bench.process.signal(number)
    assert (bool(outside.closed), bench.code) == (True, 128 + number)
    assert outside.ended == [(["docker", "events"], "/", 137)]


def test_one_that_is_lost_is_killed() -> None:
    outside = Outside()
    bench = shell(outside, "-c", "docker ps; echo $?")
    outside.say(EXIT)
    assert bench.out == b"Killed\n137\n"


def test_without_a_docker_command_it_says_so() -> None:
    bench = shell(NO_DOCKER, "-c", "docker ps; echo $?")
    assert bench.out == b"docker: this worker has no docker command\n127\n"


def test_words_that_may_follow() -> None:
    outside, found = Outside(), list[list[str]]()

    def asking() -> Steps:
        here = context(docker=outside)
        found.append((yield from complete(["docker", "rm"], "w", here)))
        yield line("done")
        return 0

    bench = Bench(asking())
    assert outside.asked[0][0] == COMPLETE
    outside.say(WORDS, b'["web", "web2"]')
    assert (found, bench.code, outside.closed) == ([["web", "web2"]], 0, 1)


def test_words_that_do_not_come() -> None:
    outside, found = Outside(), list[list[str]]()

    def asking() -> Steps:
        found.append((yield from complete(["docker"], "", context(docker=outside))))
        yield line("done")
        return 0

    bench = Bench(asking())
    outside.say(EXIT)
    assert (found, bench.code, outside.closed) == ([[]], 0, 1)
