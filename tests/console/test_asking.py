"""Docker's own question, asked and answered in the console as on a machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from core.commands.registry import parse
from core.console.answer import Answer
from core.console.grant import Grant
from core.console.session import Session
from core.control.control import Control
from core.control.rights import NONE
from core.labs.catalogue import BY_NAME
from tests.cluster.test_collector import until
from tests.labs.playing import PATIENCE, practice

ASKED = "WARNING! This will remove all stopped containers.\n"
ASKED += "Are you sure you want to continue? [y/N] "


class Typist:
    def __init__(self, control: Control, session: Session) -> None:
        self.control, self.session = control, session
        self.grant = Grant(control, "learner", lambda: NONE)

    def type(self, text: str) -> None:
        self.session.give(text, "en", self.grant)
        until(lambda: not self.session._working, PATIENCE)

    @property
    def shown(self) -> list[tuple[str, str, str]]:
        return [
            (e.line, e.kind, e.text)
            for e in self.session._answers.values()
            if isinstance(e, Answer)
        ]

    @property
    def names(self) -> list[str]:
        self.control.collector.refresh(60)
        return [c.name for c in self.control.snapshot.containers]


@pytest.fixture
def typist() -> Iterator[Typist]:
    with practice(BY_NAME["lab1"]) as control, closing(Session(control)) as session:
        control.submit(parse("docker run --name old alpine true"), "test", NONE)
        yield Typist(control, session)


def test_nothing_is_pruned_before_the_y(typist: Typist) -> None:
    typist.type("docker container prune")
    assert typist.shown == [("docker container prune", "asking", ASKED)]
    assert typist.names == ["old"]
    typist.type("y")
    assert typist.names == []
    (_, kind, text), (line, done, answer) = typist.shown
    assert (kind, text, line, done) == ("done", ASKED, "y", "done")
    assert answer.startswith("Deleted Containers:\n")
    assert "docker container prune\n" in typist.session._summaries()[1][1].replace("\\n", "\n")


@pytest.mark.parametrize("answer", ["n", "", "yes", "nonsense"])
def test_all_but_y_is_a_no(typist: Typist, answer: str) -> None:
    typist.type("docker container prune")
    typist.type(answer)
    assert [kind for _, kind, _ in typist.shown] == ["done", "done"]
    assert typist.names == ["old"]
    typist.type("docker container ls -q")
    assert typist.shown[-1][1] == "done"


def test_a_docker_line_is_a_no_and_is_run(typist: Typist) -> None:
    typist.type("docker container prune")
    typist.type("docker container ls -a --quiet")
    assert typist.names == ["old"]
    assert typist.shown[-1][1:] != ("done", "")


def test_ctrl_c_is_a_no(typist: Typist) -> None:
    typist.type("docker container prune")
    typist.session.interrupt(typist.grant)
    until(lambda: not typist.session._working, PATIENCE)
    assert "asking" not in [kind for _, kind, _ in typist.shown]
    assert typist.names == ["old"]


def test_pasted_lines_answer_and_the_rest_of_the_line_waits(typist: Typist) -> None:
    typist.type("docker container prune && docker container ls -a\nY\ndocker version")
    assert [line for line, kind, _ in typist.shown if kind == "done"] == [
        "docker container prune",
        "docker container ls -a",
        "Y",
        "docker version",
    ]
    assert "old" not in typist.shown[1][2]


@pytest.mark.parametrize(
    "line", ["docker container prune -f", "docker image prune --force", "docker image prune -af"]
)
def test_forced_it_does_not_ask(typist: Typist, line: str) -> None:
    typist.type(line)
    assert typist.shown[0][1] == "done"


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("docker image prune", "all dangling images."),
        ("docker image prune -a", "all images without at least one container associated to them."),
    ],
)
def test_images_have_a_question_of_their_own(typist: Typist, line: str, what: str) -> None:
    typist.type(line)
    assert typist.shown[0][2].startswith(f"WARNING! This will remove {what}\n")
