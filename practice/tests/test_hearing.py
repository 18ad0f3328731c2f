"""Programs that wait for what comes from outside: alone, in a shell, in pipelines."""

from __future__ import annotations

from collections.abc import Callable
from math import inf

import pytest

from essaim_practice.programs import base
from essaim_practice.programs.base import Context, Program, program
from essaim_practice.programs.steps import (
    READ,
    Hear,
    Interrupted,
    Read,
    Steps,
    line,
)
from essaim_practice.store.clock import ManualClock

from .playing import context
from .test_processes import Bench


class News:
    """A channel that a test fills."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.listener: Callable[[], None] | None = None
        self.closed = False

    @property
    def ready(self) -> bool:
        return bool(self.told)

    def tell(self, word: str) -> None:
        self.told.append(word)
        if self.listener is not None:
            self.listener()


def hearing(news: News, reading: Read | None = None, seconds: float = inf) -> Steps:
    """Prints what it hears and reads, until it hears ``end`` or its input ends."""
    try:
        while True:
            try:
                given = yield Hear((news,), reading, seconds)
            except Interrupted:
                yield line("interrupted")
                continue
            if given is not None:
                yield line(f"read {given!r}")
                if not given:
                    return 4
            elif not news.told:
                yield line("nothing")
            while news.told:
                word = news.told.pop(0)
                if word == "end":
                    return 3
                yield line(f"heard {word}")
    finally:
        news.closed = True


def test_a_program_hears_what_comes_first() -> None:
    news = News()
    bench = Bench(hearing(news, READ, 5))
    assert bench.out == b""
    news.tell("one")
    bench.type(b"keys")
    assert bench.out == b"heard one\nread b'keys'\n"
    bench.clock.advance(5)
    assert bench.out.endswith(b"nothing\n")
    news.tell("end")
    assert (bench.code, news.closed, news.listener) == (3, True, None)


def test_one_that_is_killed_leaves_its_channel() -> None:
    news = News()
    bench = Bench(hearing(news))
    bench.process.signal(9)
    assert (bench.code, news.closed, news.listener) == (137, True, None)


def test_raw_keys_come_as_they_are_typed() -> None:
    news = News()
    bench = Bench(hearing(news, Read(raw=True)), tty=True)
    bench.type(b"l\x03\x1b[A\r")
    assert bench.out == b"read b'l\\x03\\x1b[A\\r'\r\n"


@pytest.fixture
def news(monkeypatch: pytest.MonkeyPatch) -> News:
    """What the program ``listen`` hears."""
    channel = News()

    def made(argv: list[str], here: Context) -> Program:
        return Program(hearing(channel, READ if "-i" in argv else None))

    monkeypatch.setitem(base._EXECUTABLES, ("alpine", "listen"), made)
    return channel


def shell(*words: str, tty: bool = False) -> Bench:
    clock = ManualClock()
    here = context(tty=tty, interactive=True, now=clock.now)
    here.fs.write("/bin/listen", b"\x7fELF", mode=0o755)
    made = program(["sh", *words], here)
    return Bench(made.steps, tty=tty, clock=clock, hears=made.hears)


def test_in_a_pipeline(news: News) -> None:
    bench = shell("-c", "listen | wc -l; echo ${x:-done}")
    for word in ("one", "two", "end"):
        assert bench.out == b""
        news.tell(word)
    assert bench.out.split() == [b"2", b"done"]
    assert bench.code == 0


def test_in_a_substitution_and_its_exit_code(news: News) -> None:
    bench = shell("-c", 'x=$(listen); echo "$? $x"')
    news.tell("one")
    news.tell("end")
    assert bench.out == b"3 heard one\n"


def test_its_input_is_a_pipe(news: News) -> None:
    bench = shell("-c", "(echo a; sleep 3; echo b) | listen -i")
    news.tell("one")
    bench.clock.advance(2)
    news.tell("two")
    bench.clock.advance(10)
    said = [b"read b'a\\n'", b"heard one", b"heard two", b"read b'b\\n'", b"read b''"]
    assert bench.out.splitlines() == said
    assert bench.code == 4


def test_in_the_background_it_goes_on_while_the_prompt_waits(news: News) -> None:
    bench = shell(tty=True)
    bench.type(b"listen &\r")
    news.tell("one")
    assert b"heard one" in bench.out
    bench.type(b"echo still\r")
    assert b"\nstill\r\n" in bench.out
    news.tell("two")
    assert b"heard two" in bench.out


def test_sleepers_in_the_background_go_on_while_the_prompt_waits() -> None:
    bench = shell(tty=True)
    bench.type(b"(sleep 2; echo woken) &\r")
    bench.clock.advance(1)
    assert b"# woken" not in bench.out
    bench.clock.advance(1.1)
    assert b"# woken" in bench.out


def test_ctrl_c_is_for_the_one_in_front(news: News) -> None:
    bench = shell(tty=True)
    bench.type(b"listen\r")
    bench.type(b"\x03")
    assert b"interrupted" in bench.out
    news.tell("end")
    bench.type(b"echo code $?\r")
    assert b"code 3" in bench.out


def test_a_shell_that_is_hung_up_leaves_the_channel(news: News) -> None:
    bench = shell("-c", "listen | cat")
    assert not news.closed
    bench.process.signal(1)
    assert (bench.code, news.closed) == (129, True)
