"""A cluster under control on which a lab can be played."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from core.control.access import Access
from core.control.control import Control
from core.control.rights import Right
from core.engine.connection import Connection
from core.labs.lab import Lab, Step
from core.labs.moves import Move
from core.lessons.solutions import Play
from tests.cluster.test_collector import until
from tests.practising import practice_cluster

#: Seconds that a slow and busy machine may take for a step.
PATIENCE = 90
FACTOR = 50.0


@contextmanager
def practice(lab: Lab, factor: float = FACTOR) -> Iterator[Control]:
    """A practice cluster as the lab wants it at its start."""
    formed = lab.start != "apart"
    with (
        practice_cluster(nodes=3, formed=formed, speed=factor, seed=1) as connection,
        under_control(connection) as control,
    ):
        yield control


@contextmanager
def under_control(connection: Connection) -> Iterator[Control]:
    control = Control(connection, Access({"ESSAIM_PASSWORD": "a password for tests"}))
    control.start()
    try:
        until(lambda: control.snapshot.engine is not None, PATIENCE)
        yield control
    finally:
        control.stop()


#: A way to make moves, such as Do it for me or a prompt; raises AssertionError where one fails.
Do = Callable[[Control, Sequence[Move]], None]


def do_it_for_me(control: Control, moves: Sequence[Move]) -> None:
    played = Play(control, moves, "test", Right(), 0.05)
    played.wait(4 * PATIENCE)  # a build may fetch a lot
    assert not played.running
    assert not played.error


def play(
    control: Control,
    lab: Lab,
    do: Do = do_it_for_me,
    can: Callable[[Step], bool] = lambda _: True,
) -> list[str]:
    """Every step by its solution, which must turn it green.

    can: whether this Swarm can do what a step asks for. Answers the names of those it cannot.
    """
    left = []
    control.labs.progress(lab.name)
    for step in lab.steps:
        if step.name in control.labs.progress(lab.name).done:
            continue  # so already, on a cluster that others have formed
        if not can(step):
            left.append(step.name)
            control.labs.skip(lab.name)
            continue
        # What a move is made of, such as a container to kill, may only just be coming.
        until(lambda step=step: step.moves(control.labs.facts(lab.name)), PATIENCE)
        do(control, step.moves(control.labs.facts(lab.name)))
        turns_green(control, lab, step.name)
    assert control.labs.progress(lab.name).current is None
    return left


def turns_green(control: Control, lab: Lab, step: str) -> None:
    try:
        until(lambda: step in control.labs.progress(lab.name).done, PATIENCE)
    except AssertionError:
        verdict = control.labs.progress(lab.name).verdict
        services = [(s.name, s.image, s.replicas, s.running) for s in control.snapshot.services]
        raise AssertionError(f"{lab.name}, {step} stays red: {verdict}, {services}") from None
