"""The parts of a terminal, each alone."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import docker
import pytest

from core.console.consoles import Consoles
from core.console.desk import MOST_ACTS, Desk
from core.console.grant import Grant
from core.control.control import Control
from core.control.rights import NONE
from core.errors import InvalidCommand
from core.terminal.cooked import MOST_TYPED, Cooked, Frames, Typed
from core.terminal.routes import MOST_TYPING, _Typing
from core.terminal.stream import Stream
from core.terminal.terminal import IDLE, SCROLLBACK, UNWATCHED, End, Terminal
from core.terminal.tickets import MOST, MOST_OF_ONE, VALID, Tickets
from tests.cluster.test_collector import until


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def frame(stream: int, text: bytes) -> bytes:
    return bytes([stream, 0, 0, 0]) + len(text).to_bytes(4, "big") + text


@pytest.mark.parametrize("cut", range(1, 20))
def test_frames_are_put_together_wherever_they_are_cut(cut: int) -> None:
    data = frame(1, b"one\n") + frame(2, b"two\n")
    frames = Frames()
    assert frames.take(data[:cut]) + frames.take(data[cut:]) == b"one\r\ntwo\r\n"


def test_a_program_without_a_terminal_gets_whole_lines() -> None:
    keyboard = Cooked()
    assert keyboard.take(b"caf") == Typed(echo=b"caf")
    assert keyboard.take("é\x7fe".encode()) == Typed(echo="é\b \be".encode())
    assert keyboard.take(b"\r") == Typed(echo=b"\r\n", line=b"cafe\n")
    assert keyboard.take(b"\x7f") == Typed()  # there is nothing to take back
    assert keyboard.take(b"rm\x03") == Typed(echo=b"rm^C\r\n", interrupted=True)
    assert keyboard.take(b"x\x04") == Typed(echo=b"x", line=b"x")
    assert not keyboard.ended
    assert keyboard.take(b"\x04and more") == Typed()
    assert keyboard.ended


def test_a_ticket_is_good_once_and_for_some_time() -> None:
    clock = Clock()
    tickets = Tickets[str](clock)
    first, second = tickets.issue("a"), tickets.issue("b")
    assert tickets.waits(first)
    assert tickets.redeem(first) == "a"
    assert not tickets.waits(first)
    assert tickets.redeem(first) is None
    assert tickets.redeem("a guess") is None
    clock.now = VALID + 1
    assert not tickets.waits(second)
    assert tickets.redeem(second) is None


def test_tickets_do_not_pile_up() -> None:
    tickets = Tickets[int](Clock())
    issued = [tickets.issue(n) for n in range(MOST + 1)]
    assert not tickets.waits(issued[0])
    assert tickets.redeem(issued[-1]) == MOST


def test_one_browsers_tickets_take_no_others_away() -> None:
    tickets = Tickets[int](Clock())
    hers = tickets.issue(-1, "hers")
    his = [tickets.issue(n, "his") for n in range(MOST + 1)]
    assert tickets.redeem(hers, "hers") == -1
    assert [tickets.waits(each) for each in his].count(True) == MOST_OF_ONE
    assert tickets.redeem(his[-MOST_OF_ONE], "his") == MOST + 1 - MOST_OF_ONE


def test_a_line_without_an_end_is_bounded_as_in_linux() -> None:
    keyboard = Cooked()
    for _ in range(50):
        assert len(keyboard.take(b"x" * 200_000).echo) in (MOST_TYPED, 0)
    assert keyboard.take(b"\r").line == b"x" * MOST_TYPED + b"\n"


class Program:
    """A stream that a test plays."""

    title = "program"

    def __init__(self) -> None:
        self.prints: queue.Queue[bytes | None] = queue.Queue()
        self.typed = b""
        self.closed = False

    def read(self) -> bytes:
        data = self.prints.get()
        if data is None:
            raise TimeoutError
        return data

    def write(self, data: bytes, show: Callable[[bytes], None]) -> None:
        self.typed += data

    def resize(self, columns: int, rows: int) -> None:
        self.size = (columns, rows)

    def code(self) -> int:
        return 3

    def close(self) -> None:
        self.closed = True
        self.prints.put(b"")


def opened(clock: Clock | None = None) -> tuple[Program, Terminal]:
    program = Program()
    return program, Terminal(cast(Stream, program), clock or Clock())


async def shown(terminal: Terminal, enough: Any) -> bytes:
    """What a new view is sent until ``enough`` of it says so."""
    data = b""
    with terminal.view() as view:
        while not enough(data):
            news = await asyncio.wait_for(view.next(), 30)
            assert isinstance(news, bytes)
            data += news
    return data


def test_who_comes_later_sees_the_screen() -> None:
    program, terminal = opened()
    program.prints.put(b"/ # ")
    assert asyncio.run(shown(terminal, lambda d: len(d) >= 4)) == b"/ # "
    assert asyncio.run(shown(terminal, lambda d: len(d) >= 4)) == b"/ # "
    terminal.type(b"ls\r")
    assert program.typed == b"ls\r"
    terminal.resize(10_000, 0)
    assert program.size == (500, 2)
    terminal.close()


class Cat:
    """The socket of a program without a terminal, which answers before sendall returns."""

    def __init__(self) -> None:
        self.prints: queue.Queue[bytes] = queue.Queue()
        self.reads = threading.Semaphore(0)

    def settimeout(self, seconds: float) -> None:
        pass

    def recv(self, most: int) -> bytes:
        self.reads.release()
        return self.prints.get()

    def sendall(self, line: bytes) -> None:
        self.reads.acquire()  # of the answer
        self.prints.put(frame(1, line))
        assert self.reads.acquire(timeout=30)  # of what follows it: the answer is shown

    def shutdown(self, how: int) -> None:
        pass

    def close(self) -> None:
        self.prints.put(b"")


def test_what_is_typed_shows_before_what_is_answered() -> None:
    socket = Cat()
    stream = Stream(
        docker.DockerClient("tcp://127.0.0.1:9", version="1.44"),
        socket,
        "cat",
        tty=False,
        size=lambda columns, rows: None,
        code=lambda: 0,
    )
    terminal = Terminal(stream)
    terminal.type(b"hellp\x7fo\r")
    screen = asyncio.run(shown(terminal, lambda data: data.count(b"\n") == 2))
    terminal.close()
    assert screen == b"hellp\b \bo\r\nhello\r\n"


def test_the_end_is_told_with_its_code() -> None:
    program, terminal = opened()
    program.prints.put(b"bye")
    program.prints.put(b"")
    until(lambda: terminal.end is not None)

    async def visit() -> list[bytes | End]:
        with terminal.view() as view:
            return [await view.next(), await view.next()]

    assert asyncio.run(visit()) == [b"bye", End(3)]
    assert program.closed
    terminal.type(b"too late")
    assert program.typed == b""


def test_another_program_goes_on_below_the_screen_of_one_that_has_ended() -> None:
    program, terminal = opened()
    assert not terminal.renew(cast(Stream, Program()))  # the first one still runs
    program.prints.put(b"first")
    program.prints.put(b"")
    until(lambda: terminal.end is not None)
    second = Program()

    async def visit() -> list[bytes | End]:
        with terminal.view() as view:
            assert view.past == len(b"first")
            seen = [await view.next(), await view.next()]
            assert await asyncio.to_thread(terminal.renew, cast(Stream, second), b"[anew]")
            second.prints.put(b"second")
            told = b""
            while not told.endswith(b"second"):
                news = await view.next()
                assert isinstance(news, bytes)
                told += news
            terminal.type(b"ls\r")
            second.prints.put(b"")
            return [*seen, told, await view.next()]

    assert asyncio.run(visit()) == [b"first", End(3), b"[anew]second", End(3)]
    assert second.typed == b"ls\r"
    assert asyncio.run(shown(terminal, lambda d: len(d) > 12)) == b"first[anew]second"


def test_what_is_kept_is_bounded_and_begins_with_a_line() -> None:
    program, terminal = opened()
    line = b"x" * 98 + b"\r\n"
    for _ in range(50):
        program.prints.put(line * 100)
    program.prints.put(b"the last")
    program.prints.put(b"")
    until(lambda: terminal.end is not None)
    kept = asyncio.run(shown(terminal, lambda data: data.endswith(b"the last")))
    assert SCROLLBACK / 2 < len(kept) <= 2 * SCROLLBACK
    assert kept.startswith(b"x" * 98 + b"\r\n")


def test_a_slow_browser_gets_the_latest() -> None:
    program, terminal = opened()

    async def visit() -> bytes:
        with terminal.view() as view:
            for _ in range(50):
                program.prints.put(b"x" * 9998 + b"\r\n")
            program.prints.put(b"")
            await asyncio.to_thread(until, lambda: terminal.end is not None)
            await asyncio.sleep(0)
            data = await view.next()
            assert isinstance(data, bytes)
            return data

    data = asyncio.run(visit())
    assert data.startswith(b"\x1bc")
    assert len(data) <= 2 * SCROLLBACK


def test_what_nobody_looks_at_is_hung_up() -> None:
    clock = Clock()
    program, terminal = opened(clock)
    clock.now = UNWATCHED + 1
    program.prints.put(None)
    until(lambda: terminal.end is not None)
    assert terminal.end == End(idle=True)
    assert program.closed


def test_what_is_looked_at_stays_but_not_for_ever() -> None:
    clock = Clock()
    program, terminal = opened(clock)

    async def visit() -> list[bytes | End]:
        with terminal.view() as view:
            clock.now = UNWATCHED + 1
            program.prints.put(None)
            program.prints.put(b"still here")
            seen = [await view.next()]
            clock.now += IDLE + 1
            program.prints.put(None)
            return [*seen, await view.next()]

    assert asyncio.run(visit()) == [b"still here", End(idle=True)]


def test_a_ticket_is_good_for_the_browser_that_got_it() -> None:
    tickets = Tickets[str]()
    for thief in ("another", ""):
        assert tickets.redeem(tickets.issue("a", "hers"), thief) is None
    assert tickets.redeem(tickets.issue("a"), "another") is None
    assert tickets.redeem(tickets.issue("a", "hers"), "hers") == "a"


def test_a_console_session_is_found_again_by_its_browser_alone() -> None:
    consoles, control = Consoles(), cast(Control, object())
    hers, his = (Grant(control, "who", lambda: NONE, browser=each) for each in ("hers", "his"))
    session = consoles.session(None, hers)
    assert consoles.session(session.key, hers) is session
    assert consoles.session(session.key, his) is not session


def test_a_desk_that_a_closed_tab_has_left_is_taken_up_by_its_browser_alone() -> None:
    consoles, control = Consoles(), cast(Control, object())
    hers, his = (Grant(control, "who", lambda: NONE, browser=each) for each in ("hers", "his"))
    nobodys, elsewhere = Grant(control, "who", lambda: NONE), cast(Control, object())
    desk = consoles.desk(None, hers)
    assert consoles.desk(desk.key, hers) is desk
    assert consoles.desk(None, hers) is desk
    assert consoles.desk(desk.key, his) is not desk
    assert consoles.desk(None, his) is not desk
    assert consoles.desk(None, nobodys) is not consoles.desk(None, nobodys)
    assert consoles.desk(None, replace(hers, control=elsewhere)) is not desk
    assert consoles.session(desk.key, hers).key != desk.key  # its key opens no console


def test_a_fault_ends_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_self: Program) -> bytes:
        raise KeyError("a frame")

    monkeypatch.setattr(Program, "read", fail)
    program, terminal = opened()
    until(lambda: terminal.end == End(), 30)
    assert program.closed


def test_who_asks_a_desk_for_much_gets_no_thread_for_each(monkeypatch: pytest.MonkeyPatch) -> None:
    desk, go_on, begun = Desk(cast(Control, object())), threading.Event(), list[str]()

    def stream(machine: str, *given: object) -> Stream:
        begun.append(machine)
        go_on.wait()
        raise InvalidCommand("none")

    monkeypatch.setattr(desk, "_stream", stream)
    grant = Grant(desk.control, "who", lambda: NONE)
    for _ in range(200):
        desk.open("node1", grant, "en")
    names = [each.name for each in threading.enumerate()]
    go_on.set()
    assert names.count("essaim_desk") <= MOST_ACTS
    until(lambda: len(begun) == MOST_ACTS)
    until(lambda: "essaim_desk" not in [each.name for each in threading.enumerate()])
    desk.open("node1", grant, "en")
    until(lambda: len(begun) == MOST_ACTS + 1)


def test_terminals_that_do_not_read_keep_no_other_clusters_waiting() -> None:
    class Cluster:
        pass

    async def typed() -> None:
        typing, stuck, free, go_on = _Typing(), Cluster(), Cluster(), threading.Event()
        waiting = [asyncio.create_task(typing.do(stuck, go_on.wait)) for _ in range(300)]
        try:
            async with asyncio.timeout(60):
                await typing.do(free, lambda: None)
            assert sum(each.name.startswith("AnyIO") for each in threading.enumerate()) < 64
        finally:
            go_on.set()
            await asyncio.gather(*waiting)

    assert MOST_TYPING < 64
    asyncio.run(typed())
