"""What the console shows while something goes on, and the scripts of a session."""

from __future__ import annotations

from collections.abc import Callable
from threading import Timer

from core.commands.command import Progress
from core.commands.nodes import ListNodes
from core.commands.runs import RunContainer
from core.console.progress import Progressing, line
from core.console.scripts import Step, python, shell


def test_a_layer_has_one_line_that_moves_and_a_log_has_many() -> None:
    shown: list[str] = []
    now = [0.0]
    progress = Progressing(0.1, shown.append, lambda: now[0], lambda _wait, _act: Timer(1e6, print))
    progress.report(Progress("", "Step 1/2 : FROM alpine", 1, 2))
    for current in (0, 500, 1000):
        now[0] += 0.2
        progress.report(Progress("a3ed95", "Downloading", current, 1000))
    now[0] += 0.05
    progress.report(Progress("", "too soon to be shown", 1, 2))
    now[0] += 0.2
    progress.report(Progress("", "Step 2/2 : CMD ls", 2, 2))
    assert len(shown) == 5
    assert shown[-1].splitlines() == [
        "Step 1/2 : FROM alpine",
        f"a3ed95: Downloading [{'=' * 30}]  1kB/1kB",
        "too soon to be shown",
        "Step 2/2 : CMD ls",
    ]


def test_a_layer_of_unknown_size_has_no_bar() -> None:
    assert line(Progress("a3ed95", "Waiting")) == "a3ed95: Waiting"


def test_a_session_as_scripts() -> None:
    run = RunContainer(image="alpine", command=("echo", "a b"))
    steps = [Step("node ls", ListNodes(), True), Step("docker run alpine echo 'a b'", run, False)]
    assert shell(steps) == (
        "#!/bin/sh\ndocker node ls\n# refused: docker container run alpine echo 'a b'\n"
    )
    text = python(steps)
    assert text.startswith("import docker\n\nclient = docker.from_env()\n\n# node ls\nfor node in")
    assert text.endswith("\n# refused: docker run alpine echo 'a b'\n")
    assert text.count("import docker") == 1
    compile(text, "script", "exec")


def test_a_line_of_several_lines_stays_a_comment() -> None:
    run = RunContainer(image="alpine", command=("echo", "a\nimport evil\nrm x"))
    words = "run alpine echo 'a\nimport evil\nrm x'"
    steps = [Step(words, run, True), Step(words, run, False)]
    told = "# run alpine echo 'a import evil rm x'\n"
    assert told in python(steps)
    assert told.replace("# ", "# refused: ") in python(steps)
    assert shell(steps).endswith(
        "# refused: docker container run alpine echo 'a import evil rm x'\n"
    )


def test_a_session_of_nothing() -> None:
    assert shell([]) == "#!/bin/sh\n"
    assert python([]) == "import docker\n\nclient = docker.from_env()\n"


def test_the_last_report_is_shown_too_and_none_after_the_end() -> None:
    shown: list[str] = []
    late = list[Callable[[], None]]()

    def timer(_wait: float, act: Callable[[], None]) -> Timer:
        late.append(act)
        return Timer(1e6, act)

    progress = Progressing(0.1, shown.append, lambda: 0.0, timer)
    for text in ("one", "two", "three"):
        progress.report(Progress("", text))
    assert shown == ["one"]
    late.pop()()
    assert shown[-1] == "one\ntwo\nthree"
    progress.report(Progress("", "four"))
    progress.end()
    late.pop()()
    assert len(shown) == 2
