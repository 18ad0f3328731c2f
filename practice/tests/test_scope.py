"""The programs that the README lists are those that the engine plays, neither more nor fewer."""

from __future__ import annotations

import re
from pathlib import Path

from essaim_practice.engine import executables as executables  # enters all programs
from essaim_practice.programs import base
from essaim_practice.shell import launch

README = Path(__file__).parents[1] / "README.md"


def test_the_readme_lists_the_programs_that_are_played() -> None:
    section = README.read_text("utf-8").partition("\n## What it plays\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (.+?) \| (`.+) \|$", section, re.MULTILINE)
    listed = {name: set(re.findall(r"`([^`]+)`", names)) for name, names in rows}
    assert listed.pop("`sh`, itself") == launch.BUILTINS.keys()
    programs = set().union(*listed.values())
    assert programs == {name for _, name in base.played()}
    everywhere = {name for behaviour, name in base.played() if behaviour == "busybox"}
    assert listed["every image with a shell"] == everywhere
