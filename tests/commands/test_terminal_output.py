"""Programs' output as a terminal leaves it, without one."""

from __future__ import annotations

import struct
from typing import Any

import pytest

from core.commands import engine_messages, terminal_output
from core.commands.command import Progress, no_report
from core.commands.service_logs import ServiceLogs, _origin


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("", ""),
        ("as it is", "as it is"),
        ("10%\r100%", "100%"),
        ("a line of a terminal\r", "a line of a terminal"),
        ("100%\r5", "500%"),  # what is not written over stays
        ("Receiving 10%\r\x1b[KDone", "Done"),
        ("abc\x1b[2K\rx", "x"),
        ("abc\b\bX", "aXc"),
        ("ab\x1b[1DX", "aX"),
        ("a\x1b[2Cb", "a  b"),
        ("abc\x1b[2GX", "aXc"),
        ("\x1b]0;a title\x07text\r", "text"),
        ("form\x0cfeed", "form\x0cfeed"),
        ("a\u2028b\u2029c\x85d\x1ce", "a\u2028b\u2029c\x85d\x1ce"),
        ("\x1b[31mred\x1b[0m", "\x1b[31mred\x1b[0m"),
        ("\x1b[31mold\r\x1b[0m\x1b[32mnew\x1b[0m", "\x1b[32mnew\x1b[0m"),
        ("\x1b[1m\x1b[32mab\x1b[0m\rX", "X\x1b[1m\x1b[32mb\x1b[0m"),
    ],
)
def test_a_line_is_what_a_terminal_shows_in_the_end(written: str, read: str) -> None:
    assert terminal_output.line(written) == read


def test_only_a_newline_ends_a_line() -> None:
    output = "one\rONE\ntwo\x0b\x0c\u2028still two\r\n\nfour\n".encode()
    assert terminal_output.lines(output) == ["ONE", "two\x0b\x0c\u2028still two", "", "four"]
    assert terminal_output.lines(b"") == []
    assert terminal_output.lines(b"\xff\xc3\xa9") == ["\ufffd\u00e9"]


def test_where_no_colour_can_be_shown_nothing_of_it_is() -> None:
    assert terminal_output.plain(
        "\x1b[1;31mred\x1b[0m \x1b(B\x1b]8;;http://a\x1b\\link\x07\x00\n\ttab"
    ) == ("red link\n\ttab")


def test_a_letter_that_is_cut_in_two_is_one_letter() -> None:
    heard: list[Progress] = []
    assert engine_messages.reported(
        [b"caf\xc3", b"\xa9\n1%\r10", b"0%\nne", b"xt"], heard.append
    ) == ("caf\u00e9\n100%\nnext")
    assert [each.text for each in heard] == ["caf\u00e9", "100%", "next"]


def test_a_build_that_counts_up_shows_where_it_came_to() -> None:
    heard: list[Progress] = []
    messages = [
        {"stream": text} for text in ("Step 1/1 : RUN fetch\n", "10%\r", "100", "%\n", "ok")
    ]
    assert engine_messages.build(messages, heard.append) == "Step 1/1 : RUN fetch\n100%\nok"
    assert [each.text for each in heard] == ["Step 1/1 : RUN fetch", "100%"]


class _Engine:
    """Answers with a log, and counts what it is asked."""

    def __init__(self, pieces: list[bytes]) -> None:
        self.api = self
        self._url = self._raise_for_status = lambda *_: None
        self.timeout = 60
        self.pieces = pieces
        self.asked: list[str] = []

    def _get(self, *_: Any, **__: Any) -> _Engine:
        return self

    def iter_content(self, *_: Any) -> list[bytes]:
        """Each piece behind its header: the standard output, and the number of bytes."""
        return [struct.pack(">BxxxL", 1, len(piece)) + piece for piece in self.pieces]

    def close(self) -> None:
        pass

    def inspect_task(self, id: str) -> dict[str, Any]:
        self.asked.append(id)
        return {"ServiceID": "s", "Slot": int(id[-1])}

    def inspect_service(self, id: str) -> dict[str, Any]:
        return {"ID": "s", "Spec": {"Name": "web"}}

    def inspect_node(self, id: str) -> dict[str, Any]:
        return {"Description": {"Hostname": id}}


def _piece(task: int, text: bytes) -> bytes:
    keys = f"com.docker.swarm.node.id=node{task},com.docker.swarm.service.id=s"
    return f"{keys},com.docker.swarm.task.id=task{task} ".encode() + text


def logs(pieces: list[bytes]) -> tuple[list[str], _Engine]:
    engine = _Engine(pieces)
    text = ServiceLogs(service="web")._run(engine, no_report)
    return text.split("\n"), engine


def test_the_engine_is_asked_once_a_task() -> None:
    lines, engine = logs([_piece(task, b"line\n") for task in (1, 2, 3) for _ in range(400)])
    assert len(lines) == 1200
    assert sorted(engine.asked) == ["task1", "task2", "task3"]


@pytest.mark.parametrize("odd", ["10%\r100%", "a\x0cb", "a\u2028b", "a\x1db", "\r", "", "a=b c"])
def test_no_letter_breaks_a_services_log(odd: str) -> None:
    lines, _ = logs(
        [_piece(1, b"before\n"), _piece(1, odd.encode() + b"\n"), _piece(2, b"after\n")]
    )
    assert [line.partition("    | ")[0] for line in lines] == [
        "web.1.task1@node1", "web.1.task1@node1", "web.2.task2@node2",
    ]  # fmt: skip
    assert lines[1].partition("    | ")[2] == terminal_output.line(odd)


def test_a_long_line_is_put_together_whoever_writes_meanwhile() -> None:
    pieces = [_piece(1, b"x" * 16384), _piece(2, b"short\n"), _piece(1, b"yz\n"), _piece(2, b"cut")]
    lines, _ = logs(pieces)
    assert [line.partition("    | ")[2] for line in lines] == ["short", "x" * 16384 + "yz", "cut"]


def test_what_names_no_task_is_shown_all_the_same() -> None:
    assert logs([b"from a ", b"terminal\r\n"])[0] == ["    | from a terminal"]


@pytest.mark.parametrize(
    "text",
    [
        b"a=" + b"com.docker.swarm.task.id=x" * 2500,
        b"a=com.docker.swarm.task.id=" + b"x" * 65000,
        b"a=com.docker.swarm.task.id= x",
    ],
)
def test_what_a_terminal_prints_keeps_nobody_busy(text: bytes) -> None:
    """A service with a terminal prints what it likes, where others have their task."""
    assert logs([text + b"\r\n"])[0] == [f"    | {text.decode()}"]


def test_a_time_may_come_before_the_task() -> None:
    piece = b"2026-11-30T12:00:00.000000000Z " + _piece(1, b"a=com.docker.swarm.task.id=task2 x\n")
    _lines, engine = logs([_piece(1, b"a=com.docker.swarm.task.id=task2 x\n")])
    assert engine.asked == ["task1"]
    assert _origin(piece) == (b"task1", len(piece) - len(b"a=com.docker.swarm.task.id=task2 x\n"))
