"""A whole session as a shell script, and as a Python script."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from core.commands.command import HEADER, Command
from core.commands.source import comment


@dataclass(frozen=True, slots=True)
class Step:
    """A line, its command, and whether that succeeded."""

    line: str
    command: Command
    done: bool


def shell(steps: Iterable[Step]) -> str:
    """The docker lines in full; a refused one is a comment."""
    lines = [
        step.command.line() if step.done else comment(f"refused: {step.command.line()}")
        for step in steps
    ]
    return "\n".join(["#!/bin/sh", *lines, ""])


def python(steps: Iterable[Step]) -> str:
    """The docker-py text of each step below its docker line."""
    text = HEADER
    for step in steps:
        if step.done:
            text += f"\n{comment(step.line)}\n{step.command.python().removeprefix(HEADER)}"
        else:
            text += f"\n{comment(f'refused: {step.line}')}\n"
    return text
