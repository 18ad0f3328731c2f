"""The style sheets keep to one scale of type, and move nothing for long."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from core.live.routes import BROWSER

SHEETS = sorted(BROWSER.glob("*.css"))
#: Seconds that a change of ours may take to be seen.
LONGEST = 0.2


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda path: path.name)
def test_sizes_of_type_come_from_the_scale(sheet: Path) -> None:
    scale = set(re.findall(r"(--essaim-\w+):", (BROWSER / "pages.css").read_text()))
    for size in re.findall(r"font-size: ([^;}]+)", sheet.read_text()):
        if found := re.fullmatch(r"var\((--essaim-\w+)\)", size):
            assert found[1] in scale, size
            continue
        # What is seen from afar grows with the window; a phone zooms at fields below 16 pixels.
        relative = size.startswith("clamp(") or re.fullmatch(r"[0-9.]+em", size)
        assert relative or size in ("inherit", "0", "16px") or _figure(size), size


def _figure(size: str) -> bool:
    """A number to be read from the last row."""
    return size.endswith("rem") and float(size.removesuffix("rem")) >= 2.5


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda path: path.name)
def test_no_transition_takes_long(sheet: Path) -> None:
    for rule in re.findall(r"(?:transition|animation): ([^;}]+)", sheet.read_text()):
        if "infinite" in rule:  # it says that something goes on
            continue
        for number, unit in re.findall(r"([0-9.]+)(ms|s)\b", rule):
            assert float(number) / (1000 if unit == "ms" else 1) <= LONGEST, rule


def test_who_wants_no_motion_has_none() -> None:
    assert "prefers-reduced-motion: reduce" in (BROWSER / "pages.css").read_text()
