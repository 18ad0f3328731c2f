"""A lab's beginning is made without losing what a learner did, or by forgetting it on purpose."""

from __future__ import annotations

from contextlib import closing

import pytest

from core.control import beginning
from core.control.control import Control
from core.engine.connection import Connection
from core.errors import NotAllowed
from core.labs.catalogue import BY_NAME
from tests.cluster.test_collector import until
from tests.labs.playing import PATIENCE, practice

FORMED, APART = BY_NAME["lab4"], BY_NAME["lab3"]


def test_a_cluster_is_pristine_until_somebody_does_something() -> None:
    with practice(FORMED) as control:
        assert beginning.pristine(control)
        assert beginning.there(control, "engine")
        assert beginning.there(control, "swarm")
        assert not beginning.there(control, "apart")
        with closing(control.connection.client()) as client:
            client.volumes.create("data")  # no snapshot shows it
        assert not beginning.pristine(control)


def test_a_step_that_was_left_out_is_something_to_lose() -> None:
    with practice(FORMED) as control:
        until(lambda: len(control.snapshot.nodes) == 3, PATIENCE)
        assert control.labs.progress("lab3").ways == ("given", "given")
        assert beginning.pristine(control)
        control.labs.skip("lab3")
        assert not beginning.pristine(control)


def test_three_empty_machines_and_a_swarm_again() -> None:
    with practice(FORMED) as control:
        until(lambda: len(control.snapshot.nodes) == 3, PATIENCE)
        assert control.labs.progress("lab3").done == ("init", "join")
        beginning.begin(control, "apart", "ada", "lab3")
        assert beginning.there(control, "apart")
        assert control.labs.progress("lab3").done == ()
        assert beginning.pristine(control)
        beginning.begin(control, "swarm", "ada")
        assert beginning.there(control, "swarm")


def test_a_swarm_is_taken_apart_and_what_is_on_its_machines_stays() -> None:
    with practice(FORMED) as control:
        with closing(control.connection.client()) as client:
            client.containers.run("alpine", "true", name="mine")
            client.services.create("nginx", name="web")
        until(lambda: control.snapshot.services and control.snapshot.containers, PATIENCE)
        assert beginning.loss(control).services == ("web",)
        assert beginning.loss(control).containers == 1
        beginning.take_apart(control, "ada", "lab3")
        assert beginning.there(control, "apart")
        assert control.labs.progress("lab3").done == ()
        assert [c.name for c in control.snapshot.containers if not c.service] == ["mine"]
        lines = [record.line for record in control.journal.records()]
        assert sum("swarm leave" in line for line in lines) == 3


def test_who_looks_on_begins_nothing() -> None:
    with practice(FORMED) as control:
        with pytest.raises(NotAllowed):
            beginning.begin(control.as_read_only(), "apart", "eve")
        with pytest.raises(NotAllowed):
            beginning.take_apart(control.as_read_only(), "eve")
        assert beginning.there(control, "swarm")


def test_a_real_engine_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    with practice(APART) as control:
        monkeypatch.setattr(Control, "practice", property(lambda self: False))
        control.connection = Connection(control.connection.base_url)
        assert not beginning.pristine(control)
        assert beginning.there(control, "apart")
        with pytest.raises(NotAllowed):
            beginning.begin(control, "swarm", "ada")
        with pytest.raises(NotAllowed):
            beginning.take_apart(control, "ada")
