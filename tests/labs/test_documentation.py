"""docs/labs.md is a promise: it lists what a lab can say, and its example is a lab."""

from __future__ import annotations

import re
from pathlib import Path

from core.labs.__main__ import PAGE, page
from core.labs.folder import read

KEPT = PAGE.read_text(encoding="utf-8")


def test_the_page_of_labs_is_up_to_date() -> None:
    assert page(KEPT) == KEPT, "run: python -m core.labs"


def test_its_example_is_a_lab(tmp_path: Path) -> None:
    folder = tmp_path / "example"
    folder.mkdir()
    for kind, name in (("toml", "lab.toml"), ("markdown", "en.md")):
        (text,) = re.findall(rf"^```{kind}\n(.*?)^```", KEPT, re.MULTILINE | re.DOTALL)
        (folder / name).write_text(text, encoding="utf-8")
    assert read(folder).faults == ()
