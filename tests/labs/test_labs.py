"""Each lab is whole in both languages, red when untouched, and green once its solution plays."""

from __future__ import annotations

import re
import string
import time

import pytest

from core.i18n import LANGUAGES
from core.labs.catalogue import LABS
from core.labs.lab import Lab, red
from core.labs.progress import remark
from core.labs.texts import FOLDER, LabText, texts

from .playing import play, practice

#: What a learner types, at the machine's prompt or in a container's.
SHELL = {"docker", "curl", "for", "echo", "ls", "cat", "uname", "exit"}

each_lab = pytest.mark.parametrize("lab", LABS, ids=lambda lab: lab.name)


def sentences(text: LabText) -> list[str]:
    """Everything that a learner may read of a lab."""
    found = [text.title, text.goal, text.end]
    for step in text.steps.values():
        found += [step.title, step.why, step.do, step.see, step.otherwise, *step.hints]
        found += step.remarks.values()
        for question in step.questions:
            found += [question.ask, *question.answers, question.because]
    return found


def outline(text: LabText) -> list[object]:
    """What two languages have to have in common."""
    return [
        (
            name,
            len(step.hints),
            {key: fields(words) for key, words in step.remarks.items()},
            [(len(q.answers), q.right) for q in step.questions],
        )
        for name, step in text.steps.items()
    ]


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@each_lab
@pytest.mark.parametrize("language", LANGUAGES)
def test_its_texts_are_whole(lab: Lab, language: str) -> None:
    assert (FOLDER / lab.name / f"{language}.toml").exists()
    text = texts(lab.name, language)
    assert list(text.steps) == [step.name for step in lab.steps]
    assert all(sentence.strip() for sentence in sentences(text))
    for step in text.steps.values():
        assert step.hints
        for question in step.questions:
            assert 0 <= question.right < len(question.answers)


@each_lab
def test_both_languages_say_the_same_things(lab: Lab) -> None:
    assert outline(texts(lab.name, "fr")) == outline(texts(lab.name, "en"))
    for french, english in zip(
        sentences(texts(lab.name, "fr")), sentences(texts(lab.name, "en")), strict=True
    ):
        # A hint may be nothing but a docker line.
        assert french != english or len(french) < 40 or french.startswith("`docker"), french


@each_lab
def test_every_step_can_be_typed(lab: Lab) -> None:
    for step in lab.steps:
        for line in (*step.lines(), *step.look):
            assert line.split()[0] in SHELL, line


@each_lab
def test_untouched_it_stays_red(lab: Lab) -> None:
    with practice(lab) as control:
        control.labs.standing(lab.name)
        for _ in range(5):
            assert control.collector.refresh(30)
            control.labs.feed()
            time.sleep(0.1)  # for a thread that might wrongly turn it green
        assert control.labs.standing(lab.name).done == ()
        assert control.labs.standing(lab.name).current == lab.steps[0]


@each_lab
def test_its_solution_turns_it_green(lab: Lab) -> None:
    with practice(lab) as control:
        play(control, lab)
        standing = control.labs.standing(lab.name)
        assert standing.current is None
        assert standing.done == tuple(step.name for step in lab.steps)


@each_lab
def test_the_remarks_are_those_of_its_checks(lab: Lab) -> None:
    source = (FOLDER / lab.name / "lab.py").read_text(encoding="utf-8")
    made = set(re.findall(r'red\(\s*"(\w+)"', source))
    told = {key for step in texts(lab.name, "en").steps.values() for key in step.remarks}
    assert made == told


def test_a_remark_is_filled_in() -> None:
    words = {"few": "{ready} of {wanted}"}
    assert remark(words, red("few", ready=1, wanted=3)) == "1 of 3"
    assert remark(words, red()) == ""
