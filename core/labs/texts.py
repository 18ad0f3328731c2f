"""The texts of a lab in one language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from core.i18n import DEFAULT, spaced, translation
from core.labs import markdown
from core.labs.catalogue import BY_NAME
from core.labs.lab import Lab
from core.labs.markdown import Quiz

__all__ = ["LabText", "Quiz", "StepText", "read", "texts"]


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
    """The lab's texts in this language; in English, or what there is, where it has none in it."""
    return read(BY_NAME[lab], language)


def read(lab: Lab, language: str) -> LabText:
    """The same, read anew."""
    path = written(lab.folder, language)
    words = markdown.read(spaced(path.read_text(encoding="utf-8"), path.stem))
    told = translation(language).gettext
    steps = {}
    for step in lab.steps:
        said = words.steps[step.name]
        remarks = {
            key: told(sentence)
            for check in reversed(step.checks)  # the first one's sentence holds
            for key, sentence in check.sentences.items()
        }
        steps[step.name] = StepText(
            said.title,
            said.why,
            said.do,
            said.see,
            said.otherwise,
            tuple(said.hints),
            remarks | said.remarks,
            tuple(said.questions),
        )
    return LabText(words.title, words.goal, lab.minutes, words.end, steps)


def written(folder: Path, language: str) -> Path:
    """The file of this language, or else of English, or else of any."""
    there = sorted(folder.glob("*.md"), key=lambda path: (path.stem != DEFAULT, path.name))
    return next((path for path in there if path.stem == language), there[0])
