"""Processes and their streams on a clock that a test winds by hand, without an event loop."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from essaim_practice.programs import signals
from essaim_practice.programs.base import Program
from essaim_practice.programs.process import Process
from essaim_practice.programs.stdio import Streams
from essaim_practice.programs.steps import (
    COOKED,
    FOREVER,
    READ,
    Interrupted,
    Read,
    Steps,
    Wait,
    Write,
    line,
)
from essaim_practice.programs.terminal import Terminal
from essaim_practice.store.clock import ManualClock


class Bench:
    """One process with its streams; ``out`` is what it wrote, ``code`` how it ended."""

    def __init__(
        self,
        steps: Steps,
        tty: bool = False,
        first: bool = False,
        clock: ManualClock | None = None,
        **more: object,
    ) -> None:
        self.clock = clock or ManualClock()
        self.out = b""
        self.code: int | None = None
        self.streams = Streams(tty, is_open=True, log=self._heard)
        program = Program(steps, **more)  # type: ignore[arg-type]
        self.process = Process(program, self.streams, self.clock, self._ended, first=first)
        self.process.go_on()

    def _heard(self, data: bytes, stream: int) -> None:
        self.out += data

    def _ended(self, code: int) -> None:
        self.code = code

    def type(self, data: bytes) -> None:
        """What a client sends, as long as the program keeps up with it."""
        with pytest.raises(StopIteration):
            self.streams.type(data).send(None)


def copying() -> Steps:
    while data := (yield READ):
        yield line(repr(data))
    return 7


def asleep() -> Steps:
    yield FOREVER
    return 0


def listening() -> Steps:
    while True:
        try:
            yield FOREVER
        except Interrupted as heard:
            yield line(f"heard {heard.signal}")
            if heard.signal == signals.TERM:
                return 5


def test_a_program_reads_what_comes_and_hears_of_the_end() -> None:
    bench = Bench(copying())
    bench.type(b"one\ntw")
    bench.type(b"o")
    assert (bench.out, bench.code) == (b"b'one\\ntw'\nb'o'\n", None)
    bench.streams.hang_up()
    assert bench.code == 7
    assert bench.clock.waiting == 0


def test_a_terminal_gives_lines_and_echoes_them() -> None:
    bench = Bench(copying(), tty=True)
    bench.type(b"on\x7fne\rtwo")
    assert bench.out == b"on\x08 \x08ne\r\nb'one\\n'\r\ntwo"
    bench.type(b"\x15x\n\x04")
    assert bench.out.endswith(b"\x08 \x08\x08 \x08\x08 \x08x\r\nb'x\\n'\r\n")
    assert bench.code == 7


def test_ctrl_c_is_a_signal_to_the_program() -> None:
    first = Bench(asleep(), tty=True, first=True)
    first.type(b"\x03")
    assert (first.out, first.code) == (b"^C", None)  # a container's first process is deaf to it
    later = Bench(asleep(), tty=True)
    later.type(b"\x03")
    assert later.code == 130
    caught = Bench(listening(), tty=True, hears=frozenset({2}))
    caught.type(b"\x03")
    assert (caught.out, caught.code) == (b"^Cheard 2\r\n", None)


@pytest.mark.parametrize(
    ("number", "first", "code"),
    [(15, True, None), (15, False, 143), (9, True, 137), (1, False, 129), (28, False, None)],
)
def test_a_signal_does_what_it_does(number: int, first: bool, code: int | None) -> None:
    bench = Bench(asleep(), first=first)
    bench.process.signal(number)
    assert bench.code == code


def test_a_program_hears_the_signals_that_it_wants() -> None:
    bench = Bench(listening(), first=True, hears=frozenset({1, 15}))
    bench.process.signal(signals.HUP)
    assert (bench.out, bench.code) == (b"heard 1\n", None)
    bench.process.go_on(paused=True)
    bench.process.signal(signals.TERM)
    assert (bench.out, bench.code) == (b"heard 1\n", None)  # frozen: it hears of it later
    bench.process.go_on()
    assert (bench.out, bench.code) == (b"heard 1\nheard 15\n", 5)


def test_one_that_never_waits_stops_nothing() -> None:
    def babbling() -> Steps:
        while True:
            yield line("y" * 100)

    bench = Bench(babbling())
    written = len(bench.out)
    assert 0 < written < 10**6
    bench.clock.advance(60)
    assert written < len(bench.out) < 10**7
    bench.process.signal(signals.KILL)
    assert bench.code == 137
    assert bench.clock.waiting == 0


def test_a_program_that_breaks_ends_alone() -> None:
    def broken() -> Steps:
        yield Wait(1)
        raise RuntimeError("a bug")

    bench = Bench(broken())
    bench.clock.advance(2)
    assert bench.code == 1


def reading_keys() -> Steps:
    while (keys := (yield Read(raw=True))) != b"q":
        yield Write(repr(keys).encode() + b"\n")
    yield COOKED
    yield FOREVER
    return 0


def test_a_program_reads_keys_as_they_are_typed() -> None:
    bench = Bench(reading_keys(), tty=True, hears=frozenset({2}))
    bench.type(b"a\x03")
    bench.type(b"\x1b[Ab\rc\r\r")
    assert bench.out == b"b'a\\x03'\r\nb'\\x1b[Ab\\r'\r\nb'c\\r'\r\nb'\\r'\r\n"
    bench.out = b""
    bench.type(b"q")
    bench.type(b"ahead")
    assert (bench.out, bench.code) == (b"ahead", None)
    bench.type(b"\x03")
    assert (bench.out, bench.code) == (b"ahead^C", 130)


def test_keys_are_answered_while_simulated_time_stands() -> None:
    bench = Bench(reading_keys(), tty=True)
    for _ in range(200):
        bench.type(b"a")
    assert bench.out == b"b'a'\r\n" * 200


def test_what_is_typed_ahead_is_read_as_keys_or_as_lines() -> None:
    def changing() -> Steps:
        yield Wait(1)
        yield line(repr((yield Read(raw=True))))
        yield line(repr((yield READ)))
        yield line(repr((yield READ)))
        yield line(repr((yield Read(raw=True))))
        return 0

    bench = Bench(changing(), tty=True)
    bench.type(b"one\rtwo\x7f\rthree\rfo")
    bench.type(b"ur\r")
    bench.out = b""
    bench.clock.advance(2)
    assert bench.out == (
        b"b'one\\n'\r\ntw\r\nb'tw\\n'\r\n"  # keys are shown when they become a line
        b"three\r\nb'three\\n'\r\nb'four\\n'\r\n"
    )


def test_ctrl_z_is_a_signal_to_the_program() -> None:
    deaf = Bench(asleep(), tty=True)
    deaf.type(b"\x1a")
    assert (deaf.out, deaf.code) == (b"^Z", None)
    caught = Bench(listening(), tty=True, hears=frozenset({20}))
    caught.type(b"\x1a")
    assert caught.out == b"^Zheard 20\r\n"


@pytest.mark.parametrize(
    ("typed", "lines"),
    [
        (b"a\xc3\xa9\x7fb\r", [b"ab\n"]),
        (b"one two\x17three\r", [b"one three\n"]),
        (b"half\x04", [b"half"]),
        (b"x\x1b[5;7Ry\r", [b"xy\n"]),  # where the cursor is: an answer, nothing typed
        (b"z" * 9000 + b"\r", [b"z" * 4095 + b"\n"]),
    ],
)
def test_keys_make_lines(typed: bytes, lines: list[bytes]) -> None:
    ignore: Callable[[object], None] = lambda _: None  # noqa: E731
    terminal = Terminal(ignore, ignore, lambda: None)
    terminal.type(typed)
    assert [terminal.take(raw=False) for _ in lines] == lines
    assert terminal.take(raw=False) is None


def test_what_is_typed_at_once_is_shown_at_once() -> None:
    shown: list[bytes] = []
    terminal = Terminal(shown.append, lambda number: None, lambda: shown.append(b"|"))
    terminal.type("héé\x7f".encode())
    terminal.type(b"a\rb\x03c")
    assert shown == ["héé\b \b".encode(), b"a\r\n", b"|", b"b^C", b"c"]


def test_keys_that_come_in_thousands_are_read_in_pieces() -> None:
    ignore: Callable[[object], None] = lambda _: None  # noqa: E731
    terminal = Terminal(ignore, ignore, lambda: None)
    terminal.set_mode(raw=True)
    terminal.type(b"x" * 1020 + b"\x1b[1;5C" + b"y" * 3000 + b"\r")
    pieces = []
    while (piece := terminal.take(raw=True)) is not None:
        pieces.append(piece)
    assert max(map(len, pieces)) <= 1024
    assert pieces[1].startswith(b"\x1b[1;5C")  # no key is cut in two
    assert b"".join(pieces) == b"x" * 1020 + b"\x1b[1;5C" + b"y" * 3000 + b"\r"
