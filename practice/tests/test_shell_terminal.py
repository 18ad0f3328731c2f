"""The shell at a terminal: what is typed, Tab, jobs and signals."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from essaim_practice.programs import signals
from essaim_practice.programs.base import program
from essaim_practice.programs.docker_lines import WORDS, Line
from essaim_practice.programs.steps import Interrupted, Read, Write

from .playing import context
from .terminals import Terminal


class Answer:
    """Words from the docker command."""

    def __init__(self, words: list[str]) -> None:
        self._frames = [(WORDS, json.dumps(words).encode())]
        self.listener: Callable[[], None] | None = None
        self.ready = True

    def take(self) -> tuple[bytes, bytes] | None:
        return self._frames.pop() if self._frames else None

    def send(self, kind: bytes, payload: bytes = b"") -> None: ...

    def close(self) -> None: ...


@pytest.fixture
def ash() -> Terminal:
    return Terminal()


def test_a_line_is_edited_and_run(ash: Terminal) -> None:
    ash.type("ecno hi\x1b[D\x1b[D\x1b[D\x1b[D\x7f\x1b[3~h")
    assert ash.screen.lines == ["~ # ech hi"]
    ash.type("\x06\x01\x1b[C\x1b[C\x1b[Co\r")
    assert ash.screen.lines == ["~ # echo hi", "hi", "~ #"]
    ash.type("\x1b[A!\r")
    assert ash.screen.lines[-3:] == ["~ # echo hi!", "hi!", "~ #"]


def test_what_is_typed_is_kept_for_the_next_shell(ash: Terminal) -> None:
    ash.type("echo one\recho two\r")
    again = Terminal(files=ash.files)
    again.type("\x1b[A\x1b[A")
    assert again.screen.lines == ["~ # echo one"]
    assert again.files.read("/root/.ash_history") == b"echo one\necho two\n"
    elsewhere = Terminal(env={"HOME": "/root", "HISTFILE": "/tmp/h", "PATH": "/bin"})
    elsewhere.type("true\r")
    assert elsewhere.files.read("/tmp/h") == b"true\n"


@pytest.mark.parametrize(
    ("typed", "rows"),
    [
        ('echo "one\rtwo"\r', ['> two"', "one", "two", "~ #"]),
        ("echo 'a\rb'\r", ["> b'", "a", "b", "~ #"]),
        ("echo one \\\rtwo\r", ["> two", "one two", "~ #"]),
        ("if true\rthen echo yes\rfi\r", ["> then echo yes", "> fi", "yes", "~ #"]),
        ("for i in 1 2\rdo echo $i; done\r", ["> do echo $i; done", "1", "2", "~ #"]),
        ("while false\rdo :\rdone\r", ["> do :", "> done", "~ #"]),
        ("case a in\ra) echo A;;\resac\r", ["> a) echo A;;", "> esac", "A", "~ #"]),
        ("cat <<EOF\r$HOME\rEOF\r", ["> $HOME", "> EOF", "/root", "~ #"]),
        ("true &&\recho b\r", ["> echo b", "b", "~ #"]),
        ("echo a |\rcat\r", ["> cat", "a", "~ #"]),
        ("f() {\recho in f\r}\rf\r", ["> echo in f", "> }", "~ # f", "in f", "~ #"]),
        ("echo a)\r", ['ash: syntax error: unexpected ")"', "~ #"]),
        ("seq 3 | while read x; do echo $x$x; done\r", ["11", "22", "33", "~ #"]),
        ("for i in $(seq 3); do echo $i; done\r", ["1", "2", "3", "~ #"]),
        ("sleep 100\x03\r", ["~ #", "~ #"]),
    ],
)
def test_a_command_of_several_lines(ash: Terminal, typed: str, rows: list[str]) -> None:
    assert ash.type(typed)[1:] == rows


def test_a_paste_runs_line_by_line_and_programs_read_of_it(ash: Terminal) -> None:
    ash.type("mkdir app && cd app\rcat > app.py\rimport streamlit as st\r\tst.title('x')\r\x04ls\r")
    assert ash.screen.lines[-3:] == ["~/app # ls", "app.py", "~/app #"]
    assert ash.files.read("/root/app/app.py") == b"import streamlit as st\n\tst.title('x')\n"
    ash.type("\x0c\x1b[200~echo 'a\r\tb'\recho c\x1b[201~")
    assert ash.screen.lines == ["~/app # echo 'a", ">     b'", "a", "        b", "~/app # echo c"]


def test_a_prompt_after_a_row_that_has_no_end(ash: Terminal) -> None:
    ash.run("printf abc")
    ash.type("x" * 80 + "\x01y")
    assert ash.screen.lines[1] == "abc~ # y" + "x" * 72
    assert ash.screen.cursor == (1, 8)
    ash.type("\x0b\x0c")
    ash.type("\x15read -p 'name? ' x\rme\r" + "y" * 77)
    assert ash.screen.lines[-2:] == ["~ # " + "y" * 76, "y"]


@pytest.mark.parametrize(
    ("line", "row"),
    [
        ("clear", "~ # hi"),
        ("printf '\\033[31mred\\033[0m'", "red~ # hi"),
        ("printf 'half\\rab'", "ab~ # hi"),
        ("printf 'é日'", "é日~ # hi"),
        ("vi f", "~ # hi"),
    ],
)
def test_a_line_is_drawn_where_its_prompt_is(ash: Terminal, line: str, row: str) -> None:
    ash.type(f"{line}\r")
    ash.type(":q\r" if line == "vi f" else "")
    for keys in ("hi", "\x12", "no", "\x07"):  # what is searched for stands there for a moment
        ash.type(keys)
    assert ash.screen.lines[-1] == row


def test_the_line_is_drawn_anew_on_a_screen_of_another_size(ash: Terminal) -> None:
    ash.type("echo " + "x" * 50)
    ash.out = b""
    ash.resize(24, 40)
    assert ash.out == b"\x1b[1A\r\x1b[J~ # echo " + b"x" * 50
    ash.type("\x01")
    assert ash.out.endswith(b"\x1b[1A\r\x1b[4C")


# Tab


@pytest.mark.parametrize(
    ("typed", "line"),
    [
        ("hostn", "hostname "),
        ("ls /ro", "ls /root/"),
        ("cat /etc/passw", "cat /etc/passwd "),
        ("cd /etc/passw", "cd /etc/passw"),
        ("cat ~/my", "cat ~/my\\ notes.txt "),
        ("cat 'my", "cat 'my notes.txt' "),
        ('cat "my', 'cat "my notes.txt" '),
        ("cat $HOME/my", "cat $HOME/my\\ notes.txt "),
        ("echo $HOM", "echo $HOME "),
        ("echo a > my", "echo a > my\\ notes.txt "),
        ("true; unal", "true; unalias "),
        ("if hostn", "if hostname "),
        ("A=1 hostn", "A=1 hostname "),
        ("echo $(hostn", "echo $(hostname "),
        ("sleep 1 & hostn", "sleep 1 & hostname "),
        ("myfun", "myfunction "),
        ("./scr", "./script.sh "),
        ("ls .hid", "ls .hidden "),
        ("nosuchprogram", "nosuchprogram"),
    ],
)
def test_tab_completes(ash: Terminal, typed: str, line: str) -> None:
    ash.run(
        "touch 'my notes.txt' .hidden; echo > script.sh; chmod +x script.sh; myfunction() { :; }"
    )
    ash.type("\x0c" + typed + "\t|")
    shown = ash.screen.lines[0].removeprefix("~ # ")
    assert shown.removesuffix("|") == line


def test_tab_twice_lists(ash: Terminal) -> None:
    ash.run("mkdir d; cd d; touch one two; mkdir three")
    ash.type("\x0cls t\t\t")
    assert ash.screen.lines == ["~/d # ls t", "three/  two", "~/d # ls t"]


def test_tab_asks_for_words_of_docker() -> None:
    asked: list[tuple[object, object]] = []

    class Words:
        """A docker command that knows a few words, and says them a little later."""

        def begin(self, kind: bytes, given: Mapping[str, Any]) -> Line:
            asked.append((given["words"], given["prefix"]))
            words = ("container", "config", "--help", "ps", "nginx:latest")
            return Answer([word for word in words if word.startswith(given["prefix"])])

    ash = Terminal(docker=Words())
    ash.type("true; docker p\t-a\x15docker service ls --h\t\x15docker run ngi\t")
    assert asked == [
        (["docker"], "p"),
        (["docker", "service", "ls"], "--h"),
        (["docker", "run"], "ngi"),
    ]
    assert ash.screen.lines == ["~ # docker run nginx:latest"]
    ash.type("\x15touch Dockerfile\r\x0cdocker build -f Dock\t")
    assert ash.screen.lines == ["~ # docker build -f Dockerfile"]
    ash.type("\x15docker ps > Dock\t")
    assert ash.screen.lines == ["~ # docker ps > Dockerfile"]
    assert Terminal().type("docker p\t")[0] == "~ # docker p"


# Jobs


def test_a_command_in_the_background(ash: Terminal) -> None:
    assert ash.run("sleep 10 &") == ["[1] 9", "~ #"]
    assert ash.run("echo $!; jobs") == ["9", "[1]+  Running                    sleep 10", "~ #"]
    ash.clock.advance(10)
    assert ash.type("\r") == [
        "~ # echo $!; jobs", "9", "[1]+  Running                    sleep 10", "~ #",
        "[1]+  Done                       sleep 10", "~ #",
    ]  # fmt: skip
    assert ash.run("jobs") == ["~ #"]


def test_what_runs_in_the_background_goes_on_while_one_types(ash: Terminal) -> None:
    ash.run("(sleep 5; echo late) &")
    ash.type("\x0c", 6)
    assert ash.screen.lines == ["~ # late"]


def test_ctrl_z_stops_and_fg_goes_on(ash: Terminal) -> None:
    ash.type("sleep 10; echo over\r")
    assert ash.type("\x1a") == [
        "~ # sleep 10; echo over", "^Z",
        "[1]+  Stopped                    sleep 10; echo over", "~ #",
    ]  # fmt: skip
    ash.clock.advance(60)
    assert ash.run("jobs") == ["[1]+  Stopped                    sleep 10; echo over", "~ #"]
    assert ash.run("fg", 20) == ["sleep 10; echo over", "over", "~ #"]
    assert ash.run("fg") == ["ash: fg: No current job", "~ #"]


def test_bg_lets_it_go_on_behind_the_prompt(ash: Terminal) -> None:
    ash.type("sleep 10; echo over\r")
    ash.type("\x1a")
    assert ash.run("bg") == ["[1] sleep 10; echo over", "~ #"]
    assert ash.run("jobs")[0] == "[1]+  Running                    sleep 10; echo over"
    ash.type("\x0c", 20)
    assert ash.screen.lines == ["~ # over"]


def test_a_loop_that_is_stopped_keeps_its_own_state(ash: Terminal) -> None:
    ash.run("i=0; f() { local i=9; while true; do sleep 1; i=$((i+1)); done > log; }")
    ash.type("f a b\r", 3.5)
    ash.type("\x1a")
    assert ash.run("echo $i $# here") == ["0 0 here", "~ #"]
    assert ash.run("cd /; pwd") == ["/", "/ #"]
    ash.type("fg\r")
    ash.type("\x03")
    assert ash.run("echo $? $PWD") == ["130 /", "/ #"]


def test_ctrl_c_ends_the_foreground_only(ash: Terminal) -> None:
    ash.run("sleep 100 &")
    ash.type("sleep 50\r")
    ash.type("\x03")
    assert ash.run("echo $?; jobs") == ["130", "[1]+  Running                    sleep 100", "~ #"]


def test_one_that_reads_in_the_background_is_stopped(ash: Terminal) -> None:
    stopped = "[1]+  Stopped (tty input)        cat"
    assert ash.run("cat &") == ["[1] 9", stopped, "~ #"]
    assert ash.run("bg") == ["[1] cat", stopped, "~ #"]
    ash.type("\x0cfg\rhello\r")
    assert ash.screen.lines == ["~ # fg", "cat", "hello", "hello"]
    assert ash.type("\x04")[-1] == "~ #"


def test_kill_ends_jobs(ash: Terminal) -> None:
    ash.run("sleep 100 & sleep 200 & sleep 300 &")
    assert ash.run("kill %1; kill -9 $!") == [
        "[1]   Terminated                 sleep 100", "[3]+  Killed                     sleep 300",
        "~ #",
    ]  # fmt: skip
    assert ash.run("kill -STOP %sleep; jobs")[0].startswith("[2]+  Stopped")
    assert ash.run("kill -CONT %2; jobs")[0].startswith("[2]+  Running")
    ash.run("kill -TSTP %2")
    assert ash.run("kill %2") == ["[2]+  Terminated                 sleep 200", "~ #"]
    assert ash.run("kill %2") == ["ash: kill: %2: no such job", "~ #"]


def test_others_see_the_jobs_of_a_shell_and_end_them(ash: Terminal) -> None:
    ash.run("sleep 100 &")
    assert "9 root     sleep 100" in " ".join(ash.run("ps"))
    jobs = ash.program.jobs
    assert jobs is not None
    assert jobs.signal(9, signals.TERM)
    ash.process.signal(signals.CONT)
    assert not jobs.signal(9, signals.TERM)
    assert ash.type("\r")[-2:] == ["[1]+  Terminated                 sleep 100", "~ #"]


def test_wait_waits_for_jobs(ash: Terminal) -> None:
    ash.run("(sleep 3; exit 4) & sleep 2 &")
    assert ash.run("wait %1; echo $?", 5) == [
        "4",
        "[2]+  Done                       sleep 2",
        "~ #",
    ]
    ash.run("sleep 9 &")
    assert ash.run("wait; echo done", 20) == ["done", "~ #"]
    ash.run("sleep 100 &")
    ash.type("wait\r")
    ash.type("\x03")
    assert ash.run("echo $?") == ["130", "~ #"]


def test_a_pipeline_is_one_job(ash: Terminal) -> None:
    ash.type("sleep 5 | cat\r")
    ash.type("\x1a")
    assert ash.run("jobs")[0] == "[1]+  Stopped                    sleep 5 | cat"
    assert ash.run("fg", 6) == ["sleep 5 | cat", "~ #"]


def test_an_inner_shell_has_jobs_of_its_own(ash: Terminal) -> None:
    ash.run("sleep 100 &")
    ash.type("sh\rsleep 50\r")
    ash.type("\x1a")
    assert ash.run("jobs") == ["[1]+  Stopped                    sleep 50", "~ #"]
    ash.type("exit\r")
    assert "You have stopped jobs." in ash.screen.lines
    ash.type("exit\r")
    assert ash.run("jobs") == ["[1]+  Running                    sleep 100", "~ #"]


def test_bash_says_it_its_way() -> None:
    bash = Terminal("bash", behaviour="nginx")
    bash.type("sleep 10 &\rfalse &\rsleep 1; jobs\r", 2)
    assert bash.screen.lines[1:] == [
        "[1] 9",
        "root@box:~# false &",
        "[2] 11",
        "[2]+  Exit 1                  false",
        "root@box:~# sleep 1; jobs",
        "[1]+  Running                 sleep 10 &",
        "root@box:~#",
    ]


# The end


def test_a_hang_up_ends_all_but_what_does_not_listen(ash: Terminal) -> None:
    ash.run("sleep 100 & nohup sleep 200 &")
    ash.type("sleep 300\r")
    ash.process.signal(signals.HUP)
    ash.clock.advance(1)
    assert ash.code == 129
    assert [p.program.processes for p in ash.box.adopted] == [("nohup sleep 200",)]
    ash.clock.advance(300)
    assert ash.box.adopted[0].over
    assert ash.clock.waiting == 0


def test_what_runs_goes_on_after_an_exit(ash: Terminal) -> None:
    ash.type("(sleep 5; echo > /tmp/later) &\rexit\r")
    assert ash.code == 0
    ash.clock.advance(6)
    assert ash.files.exists("/tmp/later")
    assert ash.clock.waiting == 0


def test_a_shell_that_is_killed_leaves_nothing(ash: Terminal) -> None:
    ash.run("sleep 100 &")
    ash.type("sleep 50\r")
    ash.process.signal(signals.KILL)
    assert (ash.code, ash.clock.waiting) == (137, 0)


def test_a_prompt_costs_nothing_while_nobody_types(ash: Terminal) -> None:
    ash.type("ls\r")
    assert ash.clock.waiting == 0


@pytest.mark.parametrize("name", ["sh", "bash"])
def test_ctrl_c_at_whatever_instant_leaves_the_shell(name: str) -> None:
    number, ended = 1, False
    while not ended:
        ended = _interrupted_at(number, name)
        number += 1
    assert number > 5


def _interrupted_at(number: int, name: str) -> bool:
    """Whether that step is after the first command; the shell has to answer a second one."""
    here = context("nginx" if name == "bash" else "alpine", tty=True, interactive=True)
    here.fs.write("/etc/profile", b"true; if\n")
    steps, given, shown = program([name, "-l"], here).steps, [b"true | true\n"], b""
    step = next(steps)
    for _ in range(number):
        if isinstance(step, Read) and not given:
            return True
        step = steps.send(given.pop() if isinstance(step, Read) else None)
    step, given = steps.throw(Interrupted(2)), [b"echo o''k\n"]
    for _ in range(200):
        if isinstance(step, Write):
            shown += step.data
        if isinstance(step, Read) and not given:
            break
        step = steps.send(given.pop() if isinstance(step, Read) else None)
    assert b"\nok\n" in shown
    steps.close()
    return False
