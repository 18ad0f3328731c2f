"""The shell in containers, held to what a real alpine said to the same lines.

``shell_lines.txt`` holds the lines, each with what a real engine's shell wrote (its first twenty
lines, indented) and its exit code where that is not 0.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import docker
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from essaim_practice.hosting.server import PracticeServer
from essaim_practice.programs.base import program
from essaim_practice.programs.steps import COOKED, RAW, Interrupted, Wait, Work, Write

from .playing import Playing, context, played

RECORDED = Path(__file__).with_name("shell_lines.txt")
MOST = 20  # lines of output that are compared
# Runs each of its parameters in a folder of its own, and writes what RECORDED holds.
RUNNER = r"""
for line in "$@"; do
    echo "### $line"; rm -rf /p; mkdir /p; cd /p
    timeout 5 sh -c "$line" </dev/null >/tmp/o 2>&1; code=$?
    head -20 /tmp/o | sed "s/^/   /"
    [ $code = 0 ] || echo "   => $code"
done
"""


def recorded() -> dict[str, str]:
    blocks = re.split(r"^### ", RECORDED.read_text(), flags=re.MULTILINE)[1:]
    return {line: said for line, _, said in (block.partition("\n") for block in blocks)}


def said(line: str, behaviour: str = "alpine", shell: str = "sh") -> str:
    """What the practice shell makes of a line, as RECORDED writes it."""
    clock = Playing()
    path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    environment = {"HOME": "/root", "PATH": path, "PWD": "/p", "OLDPWD": "/", "SHLVL": "1"}
    here = context(behaviour, clock, env=environment, cwd="/p")
    here.fs.make_folder("/p")
    clock.play(program([shell, "-c", line], here))
    lines = clock.text.splitlines(keepends=True)[:MOST]
    text = "".join(f"   {line}" for line in lines)
    return text + (f"   => {clock.code}\n" if clock.code else "")


@pytest.mark.parametrize("line", recorded())
def test_a_line_says_what_it_says_in_a_real_alpine(line: str) -> None:
    assert said(line) == recorded()[line]


@pytest.mark.realswarm
@pytest.mark.skipif("ESSAIM_REAL_SWARM" not in os.environ, reason="no real Swarm is named")
def test_the_record_is_what_a_real_alpine_says() -> None:
    lines = list(recorded())
    client = docker.DockerClient(base_url=os.environ["ESSAIM_REAL_SWARM"])
    try:
        answer = client.containers.run("alpine", ["sh", "-c", RUNNER, "sh", *lines], remove=True)
    finally:
        client.close()
    assert answer.decode(errors="replace") == RECORDED.read_text()


@pytest.mark.parametrize(
    ("shell", "line", "text"),
    [
        ("sh", "nosuch", "   sh: 1: nosuch: not found\n   => 127\n"),
        ("bash", "nosuch", "   bash: line 1: nosuch: command not found\n   => 127\n"),
        ("sh", "cd /nosuch", "   sh: 1: cd: can't cd to /nosuch\n   => 2\n"),
        ("sh", "cat < /nosuch", "   sh: 1: cannot open /nosuch: No such file\n   => 2\n"),
        ("sh", "fi", '   sh: 1: Syntax error: "fi" unexpected\n   => 2\n'),
        (
            "sh",
            "ls /nosuch",
            NO_FILE := ("   ls: cannot access '/nosuch': No such file or directory\n   => 2\n"),
        ),
        ("bash", "ls /nosuch", NO_FILE),
        ("sh", "echo 'a\\tb'", "   a\tb\n"),
        ("bash", "echo 'a\\tb'", "   a\\tb\n"),
        ("sh", "cat nosuch", "   cat: nosuch: No such file or directory\n   => 1\n"),
        ("sh", "wget x", "   sh: 1: wget: not found\n   => 127\n"),
    ],
)
def test_debians_shells_have_words_of_their_own(shell: str, line: str, text: str) -> None:
    assert said(line, "python", shell) == text


# At a terminal


def typed(
    *given: bytes | Interrupted, behaviour: str = "alpine", shell: str = "/bin/sh"
) -> Playing:
    clock = Playing()
    here = context(behaviour, clock, tty=True, interactive=True)
    return clock.play(program([shell], here), list(given))


def test_the_courses_session() -> None:
    seen = typed(
        b"ls -l hello.txt\n",
        b'echo "hello world" > hello.txt\n',
        b"cat hello.txt\n",
        b"exit\n",
    )
    assert seen.text == (
        "/ # ls -l hello.txt\nls: hello.txt: No such file or directory\n"
        '/ # echo "hello world" > hello.txt\n/ # cat hello.txt\nhello world\n/ # exit\n'
    )
    assert seen.code == 0


@pytest.mark.parametrize(
    ("behaviour", "shell", "prompt"),
    [("alpine", "sh", "/ # "), ("nginx", "sh", "# "), ("nginx", "bash", "root@box:/# ")],
)
def test_a_shell_has_its_prompt(behaviour: str, shell: str, prompt: str) -> None:
    assert typed(behaviour=behaviour, shell=shell).text == prompt


def test_what_is_not_whole_is_asked_for_again() -> None:
    seen = typed(b"if true\n", b"then echo yes\n", b"fi\n")
    assert seen.text == "/ # if true\n> then echo yes\n> fi\nyes\n/ # "


def test_an_interruption_gives_a_new_prompt() -> None:
    for interruption in (Interrupted(2), b"more\x03"):
        seen = typed(b"echo 'a\n", interruption, b"echo $?\n")
        assert seen.text.replace("more", "") == "/ # echo 'a\n> ^C\n/ # echo $?\n130\n/ # "


def test_a_running_program_is_interrupted() -> None:
    clock = Playing()
    steps = program(["sh"], context(clock=clock, tty=True, interactive=True)).steps
    assert next(steps) == RAW
    assert b"# " in next(steps).data  # type: ignore[union-attr]
    next(steps)
    assert steps.send(b"sleep 100\n") == Write(b"sleep 100\n", 2)
    assert next(steps) == COOKED
    assert next(step for step in steps if not isinstance(step, Work)) == Wait(100)
    assert steps.throw(Interrupted(2)) == Write(b"\n", 2)
    assert next(steps) == RAW
    assert b"# " in next(steps).data  # type: ignore[union-attr]


def test_the_end_of_input_ends_a_shell() -> None:
    seen = typed(b"false\n", b"")
    assert (seen.text, seen.code) == ("/ # false\n/ # \n", 1)


def test_a_mistake_does_not_end_a_shell_at_a_terminal() -> None:
    assert typed(b"fi\n", b"echo $?\n").text == (
        '/ # fi\n/bin/sh: syntax error: unexpected "fi"\n/ # echo $?\n2\n/ # '
    )


def test_commands_are_read_from_a_pipe() -> None:
    seen = played(["sh"], context(interactive=True), given=[b"echo a\nX=1\necho $X", b""])
    assert (seen.text, seen.code) == ("a\n1\n", 0)


# Bounds


def test_nothing_is_made_before_somebody_wants_it() -> None:
    assert played(["sh", "-c", "yes | head -3"]).steps < 10


@pytest.mark.parametrize(
    "line",
    [
        "while true; do true; done",
        "while true; do echo a; done > /dev/null",
        "yes > /dev/null",
        "yes | grep n",
        "for i in $(seq 100000); do :; done; while :; do :; done",
        "f() { f; }; while :; do f; done 2>/dev/null",
        "seq 1000000000 | tail -1",
        "x=a; while :; do x=$x$x; done",
        "until false; do cat /dev/null; done",
        "cat /dev/zero | wc -c",
    ],
)
def test_time_goes_on_in_what_never_ends(line: str) -> None:
    clock = Playing()
    clock.play(program(["sh", "-c", line], context(clock=clock)), most=400)
    assert clock.now > Playing().now or clock.code


def test_background_commands_run_beside() -> None:
    clock = Playing()
    script = "(sleep 5; echo late) & sleep 1; echo soon; wait; echo over"
    clock.play(program(["sh", "-c", script], context(clock=clock)))
    assert clock.text == "soon\nlate\nover\n"
    assert 5 <= clock.now - Playing().now < 5.5


WORDS = st.sampled_from(
    [
        "if",
        "then",
        "fi",
        "for",
        "in",
        "do",
        "done",
        "while",
        "case",
        "esac",
        "{",
        "}",
        "(",
        ")",
        "$(",
        "`",
        "'",
        '"',
        "\\",
        "$((",
        "))",
        "${",
        "${x:-",
        "${x#",
        "|",
        "||",
        "&&",
        "&",
        ";",
        ";;",
        "<",
        ">",
        ">>",
        "<<E",
        "2>&1",
        "\n",
        "*",
        "?",
        "[a-z]",
        "~",
        "#",
        "$x",
        "$@",
        "x=1",
        "echo",
        "cat",
        "ls",
        "-l",
        "grep",
        "-E",
        "sed",
        "s/a/b/",
        "read",
        "exit",
        "break",
        "E",
        "set",
        "-e",
        "eval",
        "exec",
        "trap",
        "test",
        "[",
        "]",
        "!",
        "true",
        "seq",
        "3",
        "f()",
        "wait",
        "printf",
        "%d",
        "cut",
        "-f1",
        "sort",
        "-k",
        "tr",
        "a",
        "head",
        "-n",
        "find",
        "awk",
        "{print$1}",
        "xargs",
    ]
)


@settings(deadline=None, max_examples=400)
@given(st.one_of(st.text(max_size=60), st.lists(WORDS, max_size=25).map(" ".join)))
@example("$((" * 200)
@example("(" * 500)
@example("echo $(" * 300)
@example("${x:-" * 300)
@example("! " * 400 + "true")
@example("if true; then " * 200)
@example("a | " * 300 + "b")
@example("\ud800")
@example("echo \x00 '\udcff'")
@example("printf '%s' \"$(printf '\\377')\"")
def test_any_text_ends_or_waits(text: str) -> None:
    clock = Playing()
    clock.play(program(["sh", "-c", text], context(clock=clock)), most=300)


def test_a_container_shares_the_kernel_that_info_shows(practice: PracticeServer) -> None:
    engine = docker.DockerClient(base_url=practice.urls[0])
    engine.images.pull("alpine")
    told = engine.containers.run("alpine", ["uname", "-r"], remove=True)
    assert told.decode().strip() == engine.info()["KernelVersion"]
    engine.close()
