"""The terminals on machines, served for real: whose they are, and what becomes of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from core.console.grant import Grant
from core.control.control import Control
from core.engine.practice import calls
from core.terminal.routes import NO_TICKET
from tests.cluster.test_collector import until
from tests.terminal.conftest import PATIENCE, Keyboard, Served


class Tab:
    """A browser tab's side of a desk."""

    def __init__(self, served: Served, socket: ClientConnection) -> None:
        self.served, self.socket = served, socket
        self.told: dict[Any, dict[str, Any]] = {}  # the latest by topic, records by number

    def until(self, true: Any) -> Any:
        while not (answer := true()):
            message = json.loads(self.socket.recv(timeout=PATIENCE))
            self.told[message.get("number", message["topic"])] = message
        return answer

    def say(self, **message: Any) -> None:
        self.socket.send(json.dumps(message))

    def machines(self) -> list[str]:
        return [each["name"] for each in self.told.get("machines", {}).get("machines", ())]

    def terminals(self) -> list[dict[str, Any]]:
        self.until(lambda: "terminals" in self.told)
        return list(self.told["terminals"]["terminals"])

    def open(self, machine: str, **more: Any) -> str:
        """The key of one more terminal there."""
        before = {each["key"] for each in self.terminals()}
        self.say(do="open", machine=machine, **more)
        self.until(lambda: {each["key"] for each in self.terminals()} - before)
        (key,) = {each["key"] for each in self.terminals()} - before
        return str(key)

    def ticket(self, terminal: str) -> str:
        self.told.pop("seat", None)
        self.say(do="seat", terminal=terminal)
        return str(self.until(lambda: self.told.get("seat"))["ticket"])

    @contextmanager
    def sit(self, terminal: str) -> Iterator[Shell]:
        with connect(f"{self.served.address}/terminal/socket") as socket:
            socket.send(json.dumps({"ticket": self.ticket(terminal)}))
            yield Shell(socket)


class Shell(Keyboard):
    def type_line(self, line: str, shows: str) -> None:
        """Type a line, and wait until the screen shows this."""
        self.socket.send(f"{line}\r".encode())
        self.until(lambda: shows in self.screen)


@contextmanager
def sits(served: Served, key: str | None = None, grant: Grant | None = None) -> Iterator[Tab]:
    granted = grant or Grant(served.control, "tester", lambda: served.right)
    with connect(f"{served.address}/machines/socket") as socket:
        hello = {"ticket": served.consoles.grants.issue(granted), "session": key, "language": "en"}
        socket.send(json.dumps(hello))
        yield Tab(served, socket)


def test_each_machine_has_shells_of_its_own_that_outlive_the_page(served: Served) -> None:
    with sits(served) as tab:
        tab.until(lambda: tab.machines() == ["node1", "node2", "node3"])
        one, two = tab.open("node1", first=True), tab.open("node2", first=True, size=[100, 30])
        with tab.sit(one) as shell:
            shell.type_line("x=still; echo $x-$(hostname)", "still-node1")
        with tab.sit(two) as shell:
            shell.type_line("stty size", "30 100")
        key = tab.told["session"]["key"]
    with sits(served, key) as again:
        assert [each["machine"] for each in again.terminals()] == ["node1", "node2"]
        again.say(do="open", machine="node1", first=True)  # there is one
        with again.sit(one) as shell:
            shell.until(lambda: "still-node1" in shell.screen)
            shell.type_line("echo $x-and-on", "still-and-on")
        again.say(do="hang_up", terminal=two)
        again.until(lambda: len(again.terminals()) == 1)


def test_four_terminals_on_a_machine_and_no_more(served: Served) -> None:
    with sits(served) as tab:
        for number in range(4):
            tab.open("node1")
            assert tab.terminals()[-1]["number"] == number + 1
        tab.say(do="open", machine="node1")
        assert "close one" in tab.until(lambda: tab.told.get("refused"))["text"]
        tab.told.pop("refused")
        tab.say(do="open", machine="node9")
        assert "node9" in tab.until(lambda: tab.told.get("refused"))["text"]


def test_a_shell_that_has_ended_is_followed_by_another_in_its_terminal(served: Served) -> None:
    with sits(served) as tab:
        terminal = tab.open("node1")
        with tab.sit(terminal) as shell:
            shell.type_line("x=1; exit 3", "exit 3")
            shell.until(lambda: shell.end)
            assert shell.end == {"code": 3, "idle": False}
            shown = len(shell.screen)
            tab.say(do="again", terminal=terminal)
            shell.until(lambda: shell.screen[shown:].rstrip().endswith("$"))
            shell.type_line("echo x is ${x:-gone}", "x is gone")


def test_a_machine_that_lost_power_has_a_fresh_shell_when_it_is_back(served: Served) -> None:
    send = served.control.connection.send
    with sits(served) as tab:
        terminal = tab.open("node2")
        with tab.sit(terminal) as shell:
            shell.type_line("echo be''fore", "before")
            send(calls.kill("node2"))
            shell.until(lambda: shell.end)
            assert shell.end == {"code": None, "idle": False}

            def up() -> list[bool]:
                return [each["up"] for each in tab.told["machines"]["machines"]]

            tab.until(lambda: up() == [True, False, True])
            send(calls.start("node2"))
            tab.until(lambda: up() == [True, True, True])

            def fresh() -> bool:
                tab.say(do="again", terminal=terminal)  # its engine may need a moment
                with suppress(TimeoutError):
                    news = shell.socket.recv(timeout=1)
                    shell.screen += news.decode() if isinstance(news, bytes) else ""
                return "this is a fresh shell" in shell.screen

            until(fresh)
            shell.until(lambda: shell.screen.rstrip().endswith("$"))
            shell.type_line("echo af''ter", "after")
        with tab.sit(terminal) as later:
            later.until(lambda: "after" in later.screen)
            assert later.screen.index("before") < later.screen.index("fresh shell")


def test_a_new_machine_is_told_of_at_once(served: Served) -> None:
    with sits(served) as tab:
        tab.until(lambda: len(tab.machines()) == 3)
        served.control.connection.send(calls.add_machine())
        tab.until(lambda: tab.machines() == ["node1", "node2", "node3", "node4"])


def test_what_is_typed_there_is_in_the_journal_beside_what_is_clicked(served: Served) -> None:
    with sits(served) as tab, served.console() as console:
        console.run("docker node ls")
        tab.until(lambda: any(line(each) == "docker node ls" for each in tab.told.values()))
        with tab.sit(tab.open("node1")) as shell:
            shell.type_line(
                "docker service create --name web --replicas 2 nginx; echo en''d", "end"
            )
            shell.type_line("docker service scale webb=3; echo code $?", "code 1")
        tab.until(lambda: any("webb" in line(each) for each in tab.told.values()))
    typed = [each for each in served.control.journal.records() if each.machine]
    assert [(each.machine, each.line, each.outcome, each.code) for each in typed] == [
        ("node1", "docker service create --name web --replicas 2 nginx", "ok", 0),
        ("node1", "docker service scale webb=3", "refused", 1),
    ]


def line(told: dict[str, Any]) -> str:
    return str(told.get("line", ""))


def test_who_only_looks_on_gets_no_terminal_not_even_with_its_key(served: Served) -> None:
    watching: Control = served.control.as_read_only()
    looker = Grant(watching, "looker", lambda: served.right)
    with sits(served) as tab:
        terminal = tab.open("node1")
        key = tab.until(lambda: tab.told.get("session"))["key"]
        with sits(served, key, looker) as other:
            assert other.terminals() == []
            other.say(do="open", machine="node1")
            assert "look on" in other.until(lambda: other.told.get("refused"))["text"]
            assert other.ticket(terminal) == ""
            assert other.terminals() == []
        with sits(served, key, Grant(served.control, "x", lambda: served.right, browser="x")) as x:
            assert x.terminals() == []  # another browser, which has learnt the key
            assert x.ticket(terminal) == ""


def test_a_terminal_without_a_ticket_and_a_container_that_is_not_there(served: Served) -> None:
    with sits(served) as tab:
        tab.until(lambda: len(tab.machines()) == 3)
        tab.say(do="open", machine="node1", container="nobody")
        assert "nobody" in tab.until(lambda: tab.told.get("refused"))["text"]
    with connect(f"{served.address}/machines/socket") as socket:
        socket.send('{"ticket": "a guess"}')
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(timeout=PATIENCE)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == NO_TICKET


def test_a_container_gets_a_terminal_beside_its_machines(served: Served) -> None:
    with served.console() as console:
        console.run("docker run -d --name box nginx")
    with sits(served) as tab:
        terminal = tab.open("node1", container="box")
        assert tab.terminals()[0]["container"] == "box"
        with tab.sit(terminal) as shell:
            shell.type_line("ls -d /etc/ng''inx", "/etc/nginx")
    until(lambda: any("exec" in each.line for each in served.control.journal.records()))
