"""Each lab is whole in both languages, red when untouched, and green once its solution plays."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace

import pytest

from core.cluster.snapshot import ClusterSnapshot, Engine, Node
from core.commands.command import Command
from core.commands.journal import Journal
from core.commands.registry import parse
from core.control.control import Control
from core.control.rights import NONE, Right
from core.engine.connection import Connection
from core.i18n import LANGUAGES, spaced, translation
from core.labs.catalogue import BY_NAME, LABS
from core.labs.facts import Facts, red
from core.labs.lab import Lab
from core.labs.moves import InstanceFault, Join, Move
from core.labs.progress import ASKING, INTEREST, Labs, remark
from core.labs.queries import EngineQueries
from core.labs.texts import LabText, texts
from core.lessons.solutions import Play, visit
from tests.cluster.test_collector import until

from .playing import PATIENCE, do_it_for_me, play, practice, turns_green

#: What a learner types, at the machine's prompt or in a container's.
SHELL = {"docker", "curl", "for", "echo", "ls", "cat", "uname", "exit"}

CREATE = parse("docker service create -p 80:80 --name web nginx:latest")
ENGINE = Engine("node1", "", "", True, "active", True, "", "", "", 1, 1)

MANAGER = Node(
    "id", "node1", "manager", "active", "ready", "", "", False, "reachable", (), "", 1, 1, 1
)

each_lab = pytest.mark.parametrize("lab", LABS, ids=lambda lab: lab.name)


def sentences(text: LabText) -> list[str]:
    """Everything that a learner may read of a lab."""
    found = [text.title, text.goal, text.end]
    for step in text.steps.values():
        found += [step.title, step.why, step.do, step.see, step.otherwise, *step.hints]
        found += step.remarks.values()
        for question in step.questions:
            found += [question.ask, *question.answers, question.because]
    return found


@each_lab
@pytest.mark.parametrize("language", LANGUAGES)
def test_its_texts_are_whole(lab: Lab, language: str) -> None:
    assert (lab.folder / f"{language}.md").exists()
    text = texts(lab.name, language)
    assert list(text.steps) == [step.name for step in lab.steps]
    assert all(sentence.strip() for sentence in sentences(text))
    for step in text.steps.values():
        assert step.hints
        for question in step.questions:
            assert 0 <= question.right < len(question.answers)


@each_lab
def test_both_languages_say_the_same_things(lab: Lab) -> None:
    for french, english in zip(
        sentences(texts(lab.name, "fr")), sentences(texts(lab.name, "en")), strict=True
    ):
        # A hint may be nothing but a docker line.
        assert french != english or len(french) < 40 or french.startswith("`docker"), french


@each_lab
def test_every_step_can_be_typed(lab: Lab) -> None:
    for step in lab.steps:
        for line in (*step.lines(), *step.look):
            assert line.split()[0] in SHELL, line


@each_lab
def test_untouched_it_stays_red(lab: Lab) -> None:
    with practice(lab) as control:
        control.labs.progress(lab.name)
        for _ in range(5):
            assert control.collector.refresh(30)
            control.labs.feed()
            time.sleep(0.1)  # for a thread that might wrongly turn it green
        assert control.labs.progress(lab.name).done == ()
        assert control.labs.progress(lab.name).current == lab.steps[0]


@each_lab
def test_its_solution_turns_it_green(lab: Lab) -> None:
    made: list[str] = []

    def do(control: Control, moves: Sequence[Move]) -> None:
        made.extend(step.name for step in (control.labs.progress(lab.name).current,) if step)
        do_it_for_me(control, moves)
        control.collector.refresh(30)

    with practice(lab) as control:
        play(control, lab, do)
        assert made == [step.name for step in lab.steps]  # none was green before its own
        progress = control.labs.progress(lab.name)
        assert progress.current is None
        assert progress.done == tuple(step.name for step in lab.steps)


def test_a_remark_is_filled_in() -> None:
    words = {"few": "{ready} of {wanted}"}
    assert remark(words, red("few", ready=1, wanted=3)) == "1 of 3"
    assert remark(words, red()) == ""


def test_what_is_so_when_a_lab_begins_is_told_from_what_was_done() -> None:
    with practice(BY_NAME["lab4"]) as control:  # on a Swarm that others have formed
        until(lambda: len(control.snapshot.nodes) == 3, PATIENCE)
        assert control.labs.progress("lab3").ways == ("given", "given")
        do_it_for_me(control, BY_NAME["lab3"].step("create").moves(control.labs.facts("lab3")))
        turns_green(control, BY_NAME["lab3"], "create")
        assert control.labs.progress("lab3").ways == ("given", "given", "done")


@pytest.mark.parametrize(("lab", "step"), [("lab6", "secret"), ("lab1", "first")])
def test_what_leaves_the_snapshot_as_it_was_is_done_not_given(lab: str, step: str) -> None:
    with practice(BY_NAME[lab]) as control:
        until(lambda: control.snapshot.engine is not None, PATIENCE)
        assert control.labs.progress(lab).ways == ()
        do_it_for_me(control, BY_NAME[lab].step(step).moves(control.labs.facts(lab)))
        turns_green(control, BY_NAME[lab], step)
        assert control.labs.progress(lab).ways == ("done",)


@pytest.mark.parametrize(
    ("managers", "down", "said"),
    [
        (3, 0, "3 of 3 managers are still there: that is a majority."),
        (3, 1, "2 of 3 managers are still there: that is a majority."),
        (3, 2, "One manager of 3 is left: no majority any more."),
        (5, 3, "2 of 5 managers are left: no majority any more."),
        (4, 2, "2 of 4 managers are left: no majority any more."),
        (1, 0, "Managers: 1. It takes three"),
    ],
)
def test_a_majority_is_more_than_half_of_the_managers(managers: int, down: int, said: str) -> None:
    nodes = tuple(
        replace(
            MANAGER, hostname=f"node{at}", reachability="unreachable" if at < down else "reachable"
        )
        for at in range(managers)
    )
    now = ClusterSnapshot(0.0, 1, ENGINE, nodes=nodes)
    facts = Facts(now, now, now, (), {}, EngineQueries(lambda: None))
    verdict = BY_NAME["lab4"].step("quorum").check(facts)
    assert remark(texts("lab4", "en").steps["quorum"].remarks, verdict).startswith(said)


def test_a_published_port_is_visited_by_each_nodes_door_in_turn() -> None:
    with practice(BY_NAME["lab4"]) as control:
        until(lambda: len(control.snapshot.nodes) == 3, PATIENCE)
        assert visit(control, 80) == "curl: no node answers on port 80"
        create = BY_NAME["lab3"].step("create")
        control.labs.progress("lab3")
        do_it_for_me(control, create.moves(control.labs.facts("lab3")))
        turns_green(control, BY_NAME["lab3"], "create")
        answers = [visit(control, 80, turn).partition(",")[0] for turn in range(4)]
        assert answers == [f"[{node}] HTTP 200" for node in ("node1", "node2", "node3", "node1")]


def test_nothing_is_unplugged_and_nobody_joins_by_itself_on_a_real_swarm(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    french = translation("fr").gettext
    with practice(BY_NAME["lab4"]) as control:
        monkeypatch.setattr(Control, "practice", property(lambda self: False))
        control.connection = Connection(control.connection.base_url)
        for move, told in (
            (
                InstanceFault("off", "node3"),
                "Seul un cluster d’entraînement tombe en panne d’un clic.",
            ),
            (Join("node3"), "Essaim ne peut pas joindre node3 : tapez-y la ligne vous-même."),
        ):
            played = Play(control, (move,), "test", Right())
            played.wait(PATIENCE)
            assert played.error
            assert played.error.said(french) == spaced(told, "fr")
            assert "_practice" not in played.log


def test_cleaning_up_spares_the_containers_of_others() -> None:
    lab = BY_NAME["lab2"]
    with practice(lab) as control:
        with closing(control.connection.client()) as client:
            client.containers.run("alpine", "true", name="somebodys")
        until(lambda: control.snapshot.containers, PATIENCE)
        play(control, lab)
        assert [container.name for container in control.snapshot.containers] == ["somebodys"]


def test_a_step_that_a_machine_cannot_do_is_let_be() -> None:
    lab = BY_NAME["lab3"]
    with practice(lab) as control:
        assert control.labs.progress("lab3").done == ()
        control.labs.skip("lab3")
        assert control.labs.progress("lab3").done == ("init",)
        assert control.labs.progress("lab3").ways == ("skipped",)
        control.labs.reset("lab3")
        assert control.labs.progress("lab3").done == ()


@each_lab
def test_its_solution_can_be_typed_into_the_console(lab: Lab) -> None:
    """Each command of it reads back from its line; the console runs what it reads."""
    with practice(lab) as control:
        control.labs.progress(lab.name)
        facts = control.labs.facts(lab.name)
    moves = [move for step in lab.steps for move in step.moves(facts)]
    for move in moves:
        if isinstance(move, Command):
            assert parse(move.line()) == move


@pytest.mark.parametrize(
    ("line", "step", "key"),
    [
        ("service scale web=12", "scale", "other"),
        ("service rm web", "scale", "gone"),
        ("node update --availability pause node2", "drain", "paused"),
    ],
)
def test_a_wrong_state_gets_a_word(line: str, step: str, key: str) -> None:
    lab = BY_NAME["lab3"]
    with practice(replace(lab, start="swarm")) as control:
        control.submit(CREATE, "test", NONE)
        until(lambda: "create" in control.labs.progress("lab3").done, PATIENCE)
        while control.labs.progress("lab3").current != lab.step(step):
            control.labs.skip("lab3")
        control.submit(parse(f"docker {line}"), "test", NONE)
        until(lambda: control.labs.progress("lab3").verdict.remark == key, PATIENCE)
        for language in LANGUAGES:
            words = texts("lab3", language).steps[step].remarks
            assert "{" not in remark(words, control.labs.progress("lab3").verdict)


def test_nobodys_cluster_is_asked_nothing() -> None:
    """A step that asks the engine twice a second would keep a forgotten cluster awake."""
    asked: list[None] = []

    class Asked(EngineQueries):
        def secrets(self) -> frozenset[str]:
            asked.append(None)
            return frozenset()

    snapshot = ClusterSnapshot(0.0, 1, ENGINE)
    labs = Labs(lambda: snapshot, Journal(), Asked(lambda: None), lambda: None, lambda: False)
    labs.progress("lab6")
    until(lambda: len(asked) > 2)
    labs._wanted -= INTEREST
    until(lambda: not changes_soon(asked))
    labs.stop()


def test_a_line_counts_that_began_before_the_last_step_was_seen_done() -> None:
    """Who pastes two lines begins the second before the first one's step is green."""
    clock = iter([90.0, 95.0, 99.0, 101.0])
    journal = Journal(clock=lambda: next(clock))
    snapshot = ClusterSnapshot(0.0, 1, ENGINE)
    labs = Labs(
        lambda: snapshot,
        journal,
        EngineQueries(lambda: None),
        lambda: None,
        lambda: False,
        lambda: 100.0,
    )
    labs.progress("lab1")
    for line in ("docker ps", "docker container exec web ls"):
        journal.note(line, "", "ada", lambda: None)
    assert [each.line for each in labs.facts("lab1").records] == ["docker container exec web ls"]
    labs.stop()


def test_a_fault_of_the_watching_thread_does_not_end_the_watching() -> None:
    asked, faults = list[None](), [KeyError("a step")]

    class Asked(EngineQueries):
        def secrets(self) -> frozenset[str]:
            asked.append(None)
            return frozenset()

    def watched() -> bool:
        if faults:
            raise faults.pop()
        return True

    snapshot = ClusterSnapshot(0.0, 1, ENGINE)
    progress = Labs(lambda: snapshot, Journal(), Asked(lambda: None), lambda: None, watched)
    progress.progress("lab6")
    until(lambda: not faults)
    before = len(asked)

    def watches_again() -> bool:
        progress.feed()
        return len(asked) > before + 1

    until(watches_again)
    progress.stop()


def changes_soon(things: list[None]) -> bool:
    before = len(things)
    time.sleep(3 * ASKING)
    return len(things) > before
