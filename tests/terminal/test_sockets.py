"""The console and its terminals through real websockets, on the practice engine."""

from __future__ import annotations

import json

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.typing import Origin

from core.control.control import Control
from core.control.rights import AWAY, Right
from core.terminal.routes import NO_TICKET, NOT_ALLOWED
from tests.terminal.conftest import PATIENCE, Console, Served


def test_lines_are_answered_as_the_docker_command_does(served: Served) -> None:
    with served.console() as console:
        listed = console.run("node ls")
        assert listed["line"] == "node ls"
        assert "HOSTNAME" in listed["text"]
        refused = console.run("docker service scal web=3")
        assert refused["kind"] == "refused"
        assert "Did you mean docker service scale?" in refused["text"]
        missing = console.run("docker service scale web=3 && docker node ls")
        assert missing["kind"] == "refused"
        assert "web not found" in missing["text"]
        console.until(lambda: console.told.get(4, {}).get("kind") == "skipped")
        assert "docker service scale" in console.run("help")["text"]


def test_what_is_done_is_in_the_journal_and_in_the_scripts(served: Served) -> None:
    with served.console() as console:
        console.run("docker service create --name web --replicas 2 nginx")
        console.run("docker service scale webb=3")
        console.until(lambda: "webb" in console.told["scripts"]["shell"])
        scripts = console.told["scripts"]
    assert scripts["shell"].splitlines() == [
        "#!/bin/sh",
        "docker service create --name web --replicas 2 nginx",
        "# refused: docker service scale webb=3",
    ]
    compile(scripts["python"], "script", "exec")
    assert scripts["python"].count("import docker") == 1
    done = [(entry.line, entry.outcome) for entry in served.control.journal.records()]
    assert done == [
        ("docker service create --name web --replicas 2 nginx", "ok"),
        ("docker service scale webb=3", "refused"),
    ]


def test_tab_knows_what_there_is(served: Served) -> None:
    with served.console() as console:
        console.say(do="complete", text="docker node update --availability drain node")
        found = console.until(lambda: console.told.get("completion"))
    assert [choice["word"] for choice in found["choices"]] == ["node1", "node2", "node3"]


def test_a_session_is_found_again_after_a_reload(served: Served) -> None:
    with served.console() as console:
        console.run("docker node ls")
        console.run("docker version")
        key = console.session()
    with served.console(key) as again:
        assert again.session() == key
        again.until(lambda: again.told.get("scripts"))
        assert [again.told[n]["line"] for n in (1, 2)] == ["docker node ls", "docker version"]
        assert again.told["session"]["history"] == ["docker node ls", "docker version"]
        again.say(do="run", text="clear")
        again.until(lambda: again.told.get("cleared"))
    with served.console(key) as cleared:
        cleared.until(lambda: cleared.told.get("scripts"))
        assert 1 not in cleared.told
        assert cleared.told["session"]["history"][-1] == "clear"
    with served.console("a guess") as stranger:
        assert stranger.session() != key


def test_the_files_of_a_container_stay_its_own(served: Served) -> None:
    """Lab 1: three shells of one image, exit, start -i, cat."""
    names = ("one", "two", "three")
    with served.console() as console:
        for name in names:
            opened = console.run(f"docker container run -it --name {name} alpine /bin/sh")
            assert opened["kind"] == "terminal"
            with served.sit(console.seat(opened["terminal"])) as keyboard:
                if name == "three":
                    keyboard.type('echo "hello world" > hello.txt')
                else:
                    assert "No such file" in keyboard.type("cat hello.txt")
                assert keyboard.leave() == {
                    "code": 0 if name == "three" else 1,
                    "idle": False,
                }
        back = console.run("docker container start -i three")
        with served.sit(console.seat(back["terminal"])) as keyboard:
            assert "hello.txt" in keyboard.type("ls")
            assert "hello world\n" in keyboard.type("cat hello.txt")
            keyboard.leave()
        assert "hello world" not in console.run("docker logs one")["text"]
    lines = [entry.line for entry in served.control.journal.records()]
    assert "docker container start -i three" in lines


def test_exec_opens_a_second_shell_beside_the_first(served: Served) -> None:
    with served.console() as console:
        first = console.run("docker run -it --name box alpine")
        with served.sit(console.seat(first["terminal"])) as one:
            one.type("echo one > file")
            second = console.run("docker exec -it box sh")
            with served.sit(console.seat(second["terminal"])) as two:
                assert "one\n" in two.type("cat file")
                assert console.run("docker exec box cat file")["text"] == "one"
                two.leave()
            assert "file" in one.type("ls")
            console.say(do="hang_up", terminal=first["terminal"])
            one.until(lambda: one.end)
        # Hanging up leaves the container to itself, as closing a real terminal does.
        assert "box" in console.run("docker ps")["text"]
        again = console.run("docker attach box")
        assert again["kind"] == "terminal"


def test_its_size_colours_and_interrupts(served: Served) -> None:
    with served.console() as console:
        opened = console.run("docker run -it --rm --name box alpine")
        with served.sit(console.seat(opened["terminal"])) as keyboard:
            keyboard.prompt()
            keyboard.socket.send(json.dumps({"size": [97, 31]}))
            assert "31 97" in keyboard.type("stty size")
            keyboard.prompt()
            seen = len(keyboard.screen)
            keyboard.socket.send(b"sleep 1000\r")
            keyboard.until(lambda: "\n" in keyboard.screen[seen:])
            keyboard.socket.send(b"\x03")
            assert "130" in keyboard.type("echo $?")
            keyboard.socket.send(b"echo several; \\\r echo lines\r")
            keyboard.until(lambda: "lines\r\n" in keyboard.screen.partition("several\r\n")[2])
            assert keyboard.leave()["idle"] is False
        assert "box" not in console.run("docker ps -a")["text"]


def test_a_terminal_comes_back_with_its_screen(served: Served) -> None:
    with served.console() as console:
        opened = console.run("docker run -it --name box alpine")
        with served.sit(console.seat(opened["terminal"])) as keyboard:
            keyboard.type("echo still here")
        key = console.session()
    with served.console(key) as again:
        again.until(lambda: again.told.get("terminals", {}).get("terminals"))
        shown = again.told["terminals"]["terminals"]
        assert shown == [{"key": opened["terminal"], "title": "box"}]
        with served.sit(again.seat(opened["terminal"])) as keyboard:
            keyboard.until(lambda: "still here\r\n" in keyboard.screen)
            keyboard.leave()


def test_a_program_without_a_terminal_gets_lines(served: Served) -> None:
    with served.console() as console:
        opened = console.run("docker run -i --name box alpine cat")
        with served.sit(console.seat(opened["terminal"])) as keyboard:
            keyboard.socket.send(b"hellp\x7fo\r")
            keyboard.until(lambda: keyboard.screen.endswith("hello\r\n"))
            keyboard.socket.send(b"\x04")
            keyboard.until(lambda: keyboard.end)
            assert keyboard.screen.count("o\r\n") == 2  # typed once, printed once


@pytest.mark.parametrize("path", ["console", "terminal"])
@pytest.mark.parametrize("first", ['{"ticket": "a guess"}', "{}", "nonsense", "[]", '"x"', "3"])
def test_without_a_ticket_nobody_comes_in(served: Served, path: str, first: str) -> None:
    with connect(f"{served.address}/{path}/socket") as socket:
        socket.send(first)
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(timeout=PATIENCE)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == NO_TICKET


@pytest.mark.parametrize("path", ["console", "terminal"])
def test_other_sites_pages_stay_outside(served: Served, path: str) -> None:
    with pytest.raises(Exception, match="403"):
        connect(f"{served.address}/{path}/socket", origin=Origin("http://elsewhere.example"))


def test_a_real_engine_lets_strangers_only_look(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Control, "practice", property(lambda self: False))
    with served.console() as console:
        assert "HOSTNAME" in console.run("docker node ls")["text"]
        for line in ("docker run -it alpine", "docker exec -it x sh", "docker service rm web"):
            refused = console.run(line)
            assert refused["kind"] == "refused"
            assert "password" in refused["text"]
        served.right = Right()
        opened = console.run("docker run -it --name box alpine")
        key, ticket = console.session(), console.seat(opened["terminal"])
        with served.sit(ticket) as keyboard:
            keyboard.type("echo secret")
            served.right.end()  # the page is locked while the terminal is open
            keyboard.socket.send(b"echo too late\r")
            with pytest.raises(ConnectionClosed) as closed:
                keyboard.until(lambda: "too late\r\n" in keyboard.screen)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == NOT_ALLOWED
        with pytest.raises(
            ConnectionClosed
        ) as closed:  # the console, too: what it shows is private
            console.seat(opened["terminal"])
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == NOT_ALLOWED
    with served.console(key) as stranger:  # what was seen unlocked is not shown again
        assert stranger.session() != key
    served.right = Right()
    with served.console(key) as again:
        assert again.session() == key


@pytest.fixture
def unlocked(served: Served, monkeypatch: pytest.MonkeyPatch) -> Served:
    """The same cluster, held for a real one, and the password has been shown."""
    monkeypatch.setattr(Control, "practice", property(lambda self: False))
    served.right = Right()
    return served


def test_with_the_right_end_its_log_its_terminal_and_its_lines(unlocked: Served) -> None:
    with unlocked.console() as console:
        assert console.run("docker run -d --name web nginx")["kind"] == "done"
        shell = console.run("docker exec -it web sh")["terminal"]
        key, ticket = console.session(), console.seat(shell)
        with unlocked.sit(ticket) as keyboard:
            keyboard.prompt()
            console.say(do="run", text="docker logs -f web\ndocker rm -f web")
            console.until(lambda: "start worker" in console.told.get(3, {"text": ""})["text"])
            unlocked.right.end()
            with pytest.raises(ConnectionClosed):
                keyboard.until(lambda: False)
        with pytest.raises(ConnectionClosed):  # nobody hears of it who has no right to
            console.until(lambda: False)
    unlocked.right = Right()
    with unlocked.console(key) as console:  # who unlocks again sees how it ended
        console.until(lambda: console.told.get(4, {"kind": "waiting"})["kind"] == "refused")
        assert "The page was locked" in console.told[3]["text"]
        with unlocked.sit(console.seat(shell)) as keyboard:
            keyboard.until(lambda: keyboard.end)
        assert "web" in console.run("docker ps")["text"]


def test_a_right_is_asked_at_each_message_whoever_holds_the_socket(unlocked: Served) -> None:
    present, now = True, 0.0
    unlocked.right = Right(1800, lambda: present, lambda: now)
    with unlocked.console() as console:
        assert console.run("docker run -d --name web nginx")["kind"] == "done"
        present = False  # the tab is closed, and a script has kept the console's socket
        now += AWAY - 1
        assert console.run("docker stop web")["kind"] == "done"  # it may come back, as a phone does
        now += 2
        with pytest.raises(ConnectionClosed):
            console.run("docker rm web")
    assert unlocked.right.why == "left"


def test_several_terminals_but_not_without_end(served: Served) -> None:
    with served.console() as console:
        for number in range(8):
            assert console.run(f"docker run -it --name c{number} alpine")["kind"] == "terminal"
        refused = console.run("docker run -it alpine")
        assert refused["kind"] == "refused"
        assert "close one of them" in refused["text"]


def begin(console: Console, number: int, typed: str, shows: str) -> None:
    """Type a line that goes on, and wait until its entry, of this number, shows this."""
    console.until(lambda: console.told.get("scripts"))
    console.say(do="run", text=typed)
    console.until(lambda: shows in console.told.get(number, {"text": ""})["text"])
    assert console.told[number]["kind"] == "going"


def stop(console: Console, number: int) -> str:
    """Press Ctrl-C, and wait for the end of the entry of this number."""
    console.say(do="interrupt")
    console.until(lambda: console.told[number]["kind"] not in ("going", "running"))
    return str(console.told[number]["text"])


def test_a_container_in_the_foreground_is_heard_as_it_goes_and_stopped(served: Served) -> None:
    with served.console() as console:
        begin(console, 1, "docker run --name web nginx", "start worker processes")
        text = stop(console, 1)
        assert "signal 2 (SIGINT) received, exiting" in text
        found = console.run("docker ps -a")["text"]
        assert "Exited (0)" in found
        assert "container run --name web nginx" in console.told["scripts"]["shell"]


def test_what_does_not_hear_ctrl_c_is_left_to_itself_at_the_second(served: Served) -> None:
    with served.console() as console:
        begin(console, 1, "docker run --name box alpine sh -c 'echo up; sleep 9999'", "up")
        console.say(do="interrupt")
        assert "docker container stop box" in stop(console, 1)
        assert "Up" in console.run("docker ps")["text"]


def test_logs_are_followed_until_ctrl_c(served: Served) -> None:
    with served.console() as console:
        console.run("docker run -d --name box alpine sh -c 'while true; do date; sleep 1; done'")
        begin(console, 2, "docker logs -f box", "\n")  # a second line: it came later
        stop(console, 2)
        assert "Up" in console.run("docker ps")["text"]
        console.run("docker service create --name web --replicas 2 nginx")
        begin(console, 5, "docker service logs -f web", "web.2")
        assert "| " in stop(console, 5)
        skipped = console.run("docker version")
        assert skipped["kind"] == "done"
