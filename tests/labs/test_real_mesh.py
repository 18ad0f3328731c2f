"""Lab 3 on a real Swarm with its routing mesh: all of it, the doors and the load as well."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence

import pytest

from core.control.control import Control
from core.labs.catalogue import BY_NAME
from core.labs.moves import Curl, Move
from core.lessons.solutions import visit
from tests.cluster.test_collector import until

from .playing import do_it_for_me, play
from .real import real

pytestmark = pytest.mark.realmesh

#: Seconds: a Swarm in an emulated machine may take long for an answer.
ANSWER, STEP = 60.0, 600.0


def test_every_step_of_lab_3_turns_green(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("core.engine.connection", "core.lessons.solutions"):
        monkeypatch.setattr(f"{module}.QUESTION_TIMEOUT", ANSWER)
    monkeypatch.setattr("tests.labs.playing.PATIENCE", STEP)
    with real(os.environ["ESSAIM_REAL_MESH"]) as control, hearts_beating_slowly(control):

        def do(control: Control, moves: Sequence[Move]) -> None:
            for move in moves:
                if isinstance(move, Curl):  # what runs there may yet have to listen
                    until(lambda move=move: open_doors(control, move), STEP)
            do_it_for_me(control, moves)

        assert play(control, BY_NAME["lab3"], do) == []
        done = control.labs.progress("lab3").done
        assert done == tuple(step.name for step in BY_NAME["lab3"].steps)


@contextlib.contextmanager
def hearts_beating_slowly(control: Control) -> Iterator[None]:
    """A node too busy to say so in time is not held for down meanwhile."""
    with contextlib.closing(control.connection.client()) as client:

        def every(nanoseconds: int) -> int:
            known = client.api.inspect_swarm()
            beat = known["Spec"]["Dispatcher"]
            spec = known["Spec"] | {"Dispatcher": beat | {"HeartbeatPeriod": nanoseconds}}
            client.api.update_swarm(known["Version"]["Index"], swarm_spec=spec)
            return int(beat["HeartbeatPeriod"])

        before = every(60_000_000_000)
        try:
            yield
        finally:
            every(before)


def open_doors(control: Control, move: Curl) -> bool:
    """Whether every node's way in leads to a replica that answers."""
    doors = len(control.snapshot.nodes)
    return all("HTTP 200" in visit(control, move.port, turn) for turn in range(doors))
