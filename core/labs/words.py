"""Whether the texts of a lab are whole: in each language, for each step, and the same in all."""

from __future__ import annotations

import string
from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path

from core.labs import markdown
from core.labs.lab import Lab, Step
from core.labs.markdown import LabWords, StepWords
from core.labs.statement import AnyOf, Statement


def faults(folder: Path, lab: Lab) -> list[str]:
    """What is wrong with the Markdown files, a sentence each."""
    files = sorted(folder.glob("*.md"))
    if not files:
        return ["there are no texts: write en.md, and a file for each other language, as fr.md."]
    found: list[str] = []
    read: dict[str, LabWords] = {}
    for path in files:
        try:
            words = markdown.read(markdown.text_of(path))
        except (OSError, ValueError) as error:
            found.append(f"{path.name} cannot be read: {error}.")
            continue
        read[path.name] = words
        found += [f"{path.name}, {fault}" for fault in words.faults]
        found += [f"{path.name}: {fault}" for fault in _missing(words, lab)]
    return found + list(_unlike(read, lab))


def _missing(words: LabWords, lab: Lab) -> Iterator[str]:
    if not words.title:
        yield "it has no title: “# Title”."
    elif not words.goal:
        yield "below the title stands nothing: say what the lab is for."
    if not words.end:
        yield "it has no end: “## End”, with what has been learnt."
    steps = {step.name: step for step in lab.steps}
    for name in steps.keys() - words.steps.keys():
        yield f"the step {name} is missing: “## {name}: Title”."
    for name, said in words.steps.items():
        if name not in steps:
            yield f"line {said.line}: lab.toml has no step {name}."
            continue
        for section, text in (("Do", said.do), ("See", said.see)):
            if not text:
                yield f"the step {name} has no “### {section}”."
        if not said.why:
            yield f"the step {name} does not say why: write it below its title."
        yield from _remarks(steps[name], said)


def _remarks(step: Step, said: StepWords) -> Iterator[str]:
    known = {key: names for check in step.checks for key, names in fields_of(check).items()}
    for key, text in said.remarks.items():
        if key not in known:
            there = ", ".join(known) or "none"
            yield f"the step {step.name} has no remark {key}; its checks know {there}."
            continue
        try:
            parts = [part for part in string.Formatter().parse(text) if part[1] is not None]
        except ValueError:
            yield f"the remark {key} of the step {step.name} has a brace without its other half."
            continue
        if any(spec or kind for _text, _name, spec, kind in parts):
            yield f"the remark {key} of the step {step.name} has more than a name between braces."
        for name in sorted({str(name) for _text, name, _spec, _kind in parts} - known[key]):
            there = ", ".join(f"{{{each}}}" for each in sorted(known[key]))
            yield (
                f"the remark {key} of the step {step.name} has {{{name}}}: nothing fills it in; "
                f"there are {there}."
            )


def fields_of(check: Statement) -> Mapping[str, set[str]]:
    """What may stand in braces in each remark: its parameters, and what its own sentence has."""
    if isinstance(check, AnyOf):
        return {key: names for each in check.of for key, names in fields_of(each).items()}
    given = {field.name for field in fields(check)}
    return {
        key: given | {name for _t, name, _s, _k in string.Formatter().parse(text) if name}
        for key, text in check.remarks.items()
    }


def _unlike(read: Mapping[str, LabWords], lab: Lab) -> Iterator[str]:
    """Where a language says less than the first one."""
    (first, model), *others = read.items() if read else [("", LabWords())]
    for name, words in others:
        for step in lab.steps:
            here, there = words.steps.get(step.name), model.steps.get(step.name)
            if here is None or there is None:
                continue
            for what, mine, theirs in (
                ("hints", len(here.hints), len(there.hints)),
                ("questions", len(here.questions), len(there.questions)),
                ("remarks", sorted(here.remarks), sorted(there.remarks)),
                ("“### Otherwise”", bool(here.otherwise), bool(there.otherwise)),
                ("right answers", _answers(here), _answers(there)),
            ):
                if mine != theirs:
                    yield f"{name}: the {what} of the step {step.name} are not those of {first}."


def _answers(step: StepWords) -> list[tuple[int, int]]:
    return [(len(quiz.answers), quiz.right) for quiz in step.questions]
