"""docs/commands.md is a promise: it lists what there is."""

from __future__ import annotations

from pathlib import Path

from core.commands.__main__ import page
from core.commands.registry import COMMANDS


def test_the_page_of_commands_is_up_to_date() -> None:
    kept = Path(__file__).parents[2].joinpath("docs", "commands.md").read_text(encoding="utf-8")
    assert kept == page(), "run: python -m core.commands > docs/commands.md"


def test_every_command_says_what_it_does_in_one_sentence() -> None:
    for command in COMMANDS:
        first = (command.__doc__ or "").splitlines()[0]
        assert first.endswith("."), command
