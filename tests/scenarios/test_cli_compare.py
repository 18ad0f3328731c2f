"""Docker lines, typed on both engines, print the same: a script for each part of the course."""

from __future__ import annotations

from pathlib import Path

import pytest

from .engines import opened
from .typed import differences, read

SCRIPTS = sorted((Path(__file__).parent / "lines").glob("*.txt"))


@pytest.mark.realswarm
@pytest.mark.cli
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_both_engines_print_the_same(script: Path) -> None:
    with opened("real") as real, opened("practice") as practice:
        found = list(differences(read(script), real, practice))
    if found:  # what only chance made differ does not differ twice
        with opened("real") as real, opened("practice") as practice:
            again = {d.split(":")[0] for d in differences(read(script), real, practice)}
        found = [d for d in found if d.split(":")[0] in again]
    assert not found, "\n" + "\n".join(found)
