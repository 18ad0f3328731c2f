"""make lab-check plays a lab's folder, and says in one sentence each what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from core.control.control import Control
from core.labs.catalogue import BY_NAME
from core.labs.lab import Lab
from core.labs.texts import texts
from core.lessons import rehearsal
from tests.labs.playing import practice
from tests.labs.teaching import TOML, lab

RUN = "docker container run alpine echo hello"


@pytest.fixture(autouse=True)
def _forgotten(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """On the worker of the tests; the lab of a test is in the catalogue for that test alone."""

    @contextmanager
    def cluster(lab: Lab, patience: float) -> Iterator[Control]:
        with practice(lab) as control:
            yield control

    monkeypatch.setattr(rehearsal, "_cluster", cluster)
    yield
    BY_NAME.pop("word", None)
    texts.cache_clear()


def test_a_lab_that_is_whole_plays(tmp_path: Path) -> None:
    told: list[str] = []
    assert rehearsal.check(lab(tmp_path / "word"), told.append) == ()
    assert told[:2] == [
        "word: the folder is whole, in en.",
        "Who reads fr is shown another language.",
    ]
    assert [line.split(": ")[0] for line in told[2:]] == ["1/2 run", "2/2 clean"]


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (RUN, "docker container run alpine ls", "step run: its solution leaves it red. It has not"),
        (RUN, "docker container rm nobody", "step run: its solution fails: "),
        (RUN, "docker container rm <noted x>", "step run: its solution names something that is no"),
        ('"no containers"', '"container", image = "alpine"', "step clean: it is green before its"),
    ],
)
def test_a_step_that_does_not_play_is_told(tmp_path: Path, old: str, new: str, fault: str) -> None:
    folder = lab(tmp_path / "word", TOML.replace(old, new))
    faults = rehearsal.check(folder, lambda said: None, patience=5)
    assert len(faults) == 1
    assert faults[0].startswith(fault)


def test_a_broken_folder_ends_with_a_code_and_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = lab(tmp_path / "word", TOML.replace("engine", "enigne"))
    assert rehearsal.main([str(folder)]) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"✗ {folder}: lab.toml: start is 'enigne'")
    assert rehearsal.main([]) == 2
    assert "make lab-check DIR=" in capsys.readouterr().err
    assert rehearsal.check(lab(tmp_path / "lab3")) == (
        "there is a lab called lab3 already: give the folder another name.",
    )
