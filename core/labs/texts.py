"""The texts of a lab in one language, read from its TOML file."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from core.i18n import DEFAULT, spaced

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Quiz:
    """A question of the quick check, which gives no marks: predict, then see."""

    ask: str
    answers: tuple[str, ...]
    right: int  # which of them, from 0
    because: str


@dataclass(frozen=True, slots=True)
class StepText:
    """The texts of a step. All are Markdown but the title."""

    title: str
    why: str
    do: str
    see: str
    otherwise: str  # where something else is seen
    hints: tuple[str, ...]  # one at a time
    remarks: Mapping[str, str]  # by key; fields in braces are filled in
    questions: tuple[Quiz, ...]


@dataclass(frozen=True, slots=True)
class LabText:
    """The texts of a lab in one language."""

    title: str
    goal: str
    minutes: int
    end: str  # for a lab that is done
    steps: Mapping[str, StepText]  # by name


@cache
def texts(lab: str, language: str) -> LabText:
    """The lab's texts in this language, or in English where it has none in this language.

    Raises KeyError or TypeError for a file with a missing text; a test reads all files.
    """
    if not (FOLDER / lab / f"{language}.toml").exists():
        language = DEFAULT
    written = (FOLDER / lab / f"{language}.toml").read_text(encoding="utf-8")
    raw = tomllib.loads(spaced(written, language))
    steps = {name: _step(step) for name, step in raw.pop("steps").items()}
    return LabText(**raw, steps=steps)


def _step(raw: dict[str, Any]) -> StepText:
    hints, remarks = tuple(raw.pop("hints")), raw.pop("remarks", {})
    questions = tuple(
        Quiz(**{**quiz, "answers": tuple(quiz["answers"])}) for quiz in raw.pop("questions", ())
    )
    return StepText(**raw, hints=hints, remarks=remarks, questions=questions)
