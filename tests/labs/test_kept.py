"""What is kept of the labs: progress goes on over a restart, and tells nothing that is hidden."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace

import pytest

from core.cluster.snapshot import ClusterSnapshot
from core.commands.journal import Journal
from core.labs.catalogue import BY_NAME, LABS
from core.labs.kept import KeptLabs, sketch, without_private
from core.labs.progress import Labs
from core.labs.queries import EngineQueries
from core.storage.records import decode, encode
from tests.cluster.test_public import SECRET, written

from .playing import play, practice


def labs_of(snapshot: Callable[[], ClusterSnapshot]) -> Labs:
    return Labs(snapshot, Journal(), EngineQueries(lambda: None), lambda: None, lambda: False)


def through_bytes(labs: Labs, hidden: bool = False) -> KeptLabs:
    return decode(encode(labs.kept(hidden)), KeptLabs)


def test_progress_and_name_are_the_same() -> None:
    with practice(BY_NAME["lab3"]) as control:
        control.labs.name = "Zoé"
        play(control, BY_NAME["lab3"], can=lambda step: step.name != "remove")
        kept = through_bytes(control.labs)
        later = labs_of(lambda: control.whole)
        later.restore(kept)
        assert later.name == "Zoé"
        (was,), (now,) = control.labs.begun(), later.begun()
        assert (now.lab, now.done, now.ways, now.since) == (was.lab, was.done, was.ways, was.since)
        assert len(now.done) > 3
        facts, then = control.labs.facts("lab3"), later.facts("lab3")
        assert (then.lab_start, then.step_start) == (facts.lab_start, facts.step_start)
        assert then.kept == facts.kept
        assert through_bytes(later) == kept
        later.stop()


def test_the_names_by_which_progress_is_kept_stay() -> None:
    """What a class has done before an update is kept by these names."""
    assert {lab.name: " ".join(step.name for step in lab.steps) for lab in LABS[:7]} == {
        "lab1": "first pull ls echo shell three hello isolation again exec kill clean",
        "lab2": "build run second change renew stop remove prune",
        "lab3": "init join create reach scale balance drain activate fewer rebalance remove",
        "lab4": "create crash node back promote manager quorum mend tidy",
        "lab5": "create update faster broken rollback env label remove",
        "lab6": "secret deploy read scale again remove forget",
        "lab7": "network server client name replicas outside inside services forget",
    }


def test_a_step_that_was_taken_out_of_a_lab_is_not_done() -> None:
    labs = labs_of(written)
    labs.progress("lab3")
    kept = labs.kept(hidden=False)
    (run,) = kept.runs
    steps = BY_NAME["lab3"].steps
    known = (steps[0].name, "no such step", steps[1].name)
    changed = replace(run, done=known, ways=("done",) * 3)
    gone = replace(run, lab="no such lab")
    later = labs_of(written)
    later.restore(KeptLabs("", (gone, changed)))
    (progress,) = later.begun()
    assert (progress.done, progress.ways) == ((steps[0].name,), ("done",))
    labs.stop()
    later.stop()


def test_nothing_hidden_is_kept_of_a_real_engine() -> None:
    labs = labs_of(written)
    labs.progress("lab5")
    assert SECRET in repr(labs.facts("lab5").step_start)  # checks compare it
    kept = labs.kept(hidden=True)
    assert SECRET not in repr(kept)
    assert SECRET.encode() not in encode(kept)
    labs.stop()


def test_what_was_hidden_counts_as_it_is_after_the_restart() -> None:
    labs = labs_of(written)
    labs.progress("lab5")
    kept = through_bytes(labs, hidden=True)
    labs.stop()
    nothing = ClusterSnapshot(0.0, 0, None)
    seen = [nothing]
    later = labs_of(lambda: seen[-1])
    later.restore(kept)
    later.progress("lab5")
    assert through_bytes(later, hidden=False).runs[0].hidden  # not known yet: still so
    seen.append(written())
    later._look(later._runs["lab5"])
    then = later.facts("lab5").step_start.services
    assert [(s.env, s.labels) for s in then] == [(s.env, s.labels) for s in written().services]
    assert not through_bytes(later, hidden=False).runs[0].hidden
    later.stop()


@pytest.mark.parametrize("hide", [sketch, lambda s: without_private(sketch(s))])
def test_a_sketch_has_what_checks_ask_for(
    hide: Callable[[ClusterSnapshot], ClusterSnapshot],
) -> None:
    whole = written()
    drawn = hide(whole)
    assert drawn.engine == whole.engine
    assert [c.id for c in drawn.containers] == [c.id for c in whole.containers]
    assert [i.tags for i in drawn.images] == [i.tags for i in whole.images]
    assert [(t.id, t.state) for t in drawn.tasks] == [(t.id, t.state) for t in whole.tasks]
    assert [(s.id, s.image, s.replicas) for s in drawn.services] == [
        (s.id, s.image, s.replicas) for s in whole.services
    ]


def test_an_engine_that_does_not_answer_keeps_no_record_waiting() -> None:
    asked, answers, answered = threading.Event(), threading.Event(), threading.Event()

    class Asked(EngineQueries):
        def secrets(self) -> frozenset[str]:
            asked.set()
            answers.wait(20)
            answered.set()
            return frozenset()

    labs = Labs(written, Journal(), Asked(lambda: None), lambda: None, lambda: True)
    beginning = threading.Thread(target=labs.progress, args=("lab6",))
    beginning.start()
    assert asked.wait(60)
    kept = labs.kept(hidden=False)
    assert not answered.is_set()  # it did not wait for it
    answers.set()
    beginning.join()
    assert [run.lab for run in kept.runs] == ["lab6"]
    labs.stop()
