"""Reads the texts of a lab in one language from its Markdown file.

# Title of the lab
Its goal.
## join: Title of the step called join
Why it matters.
### Do
### See
### Otherwise
### Hint
### Remark few
### Question
What is asked?
- [ ] An answer
- [x] The right one
Because of this.
## End
What has been learnt.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

#: Of a step; those that may stand there more than once are HINT, REMARK and QUESTION.
DO, SEE, OTHERWISE, HINT, REMARK, QUESTION = "Do", "See", "Otherwise", "Hint", "Remark", "Question"
SECTIONS = (DO, SEE, OTHERWISE, HINT, REMARK, QUESTION)
END = "End"
#: Bytes that no file of a lab needs.
LONG = 500_000

_HEADING = re.compile(r"(#{1,3}) +(.+?) *#*$")
_ANSWER = re.compile(r"[-*] \[([ xX])\] +(.+)")
_CODE = re.compile(r"(?<![`\\])(`+)(?!`).+?(?<!`)\1(?!`)")
_FENCED = re.compile(r"^ {0,3}(```|~~~)[^`\n]*$.*?^ {0,3}\1", re.DOTALL | re.MULTILINE)
#: The texts are somebody else's: what is drawn of them is text and links to pages, nothing else.
_HTML = re.compile(r"<[A-Za-z!/?][^>\n]*>?")
_IMAGE = re.compile(r"!\[")
_LINK = re.compile(r"\]\(\s*<?([^)\s>]*)|^\s*\[[^\]]+\]:\s*<?(\S+)", re.MULTILINE)
_ADDRESS = re.compile(r"(https?://|/|#|mailto:)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Quiz:
    """A question of the quick check, which gives no marks: predict, then see."""

    ask: str
    answers: tuple[str, ...]
    right: int  # which of them, from 0
    because: str


@dataclass(slots=True)
class StepWords:
    """What a file says of a step. All is Markdown but the title."""

    line: int
    title: str
    why: str = ""
    do: str = ""
    see: str = ""
    otherwise: str = ""
    hints: list[str] = field(default_factory=list)
    remarks: dict[str, str] = field(default_factory=dict)
    questions: list[Quiz] = field(default_factory=list)


@dataclass(slots=True)
class LabWords:
    """What a file says of a lab, and what is wrong with the file: a sentence each."""

    title: str = ""
    goal: str = ""
    end: str = ""
    steps: dict[str, StepWords] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Part:
    """A heading, and the text below it up to the next one."""

    line: int
    level: int
    heading: str
    text: str


def text_of(path: Path) -> str:
    """The content of a file of a lab. Raises OSError and ValueError."""
    if not path.is_file() and path.exists():  # a pipe or a device may have no end
        raise ValueError("it is no file")
    if path.stat().st_size > LONG:
        raise ValueError(f"it is longer than {LONG} bytes")
    return path.read_text(encoding="utf-8")


def read(written: str) -> LabWords:
    """The words of a file; each fault begins with its line."""
    words = LabWords()
    step: StepWords | None = None
    for part in _parts(written):

        def fault(sentence: str, part: _Part = part) -> None:
            words.faults.append(f"line {part.line}: {sentence}")

        for found in unsafe(part.text):
            fault(found)
        name, colon, title = part.heading.partition(":")
        if part.level == 0:
            if part.text:
                fault("there is text before the title: a file begins with “# Title”.")
        elif part.level == 1:
            if words.title:
                fault("there is a second title; a step begins with “## name: Title”.")
            words.title, words.goal = part.heading, part.text
        elif part.level == 2 and part.heading == END:
            words.end, step = part.text, None
        elif part.level == 2 and colon and name.strip() and title.strip():
            if name.strip() in words.steps:
                fault(f"the step {name.strip()} is there twice.")
            step = StepWords(part.line, title.strip(), part.text)
            words.steps[name.strip()] = step
        elif part.level == 2:
            fault(f"“## {part.heading}” is neither “## name: Title” of a step nor “## {END}”.")
            step = None
        elif step is None:
            fault(f"“### {part.heading}” stands in no step.")
        elif said := _section(step, part):
            fault(said)
    return words


def _parts(written: str) -> Iterator[_Part]:
    line, level, heading, text, fenced = 1, 0, "", list[str](), False
    for number, each in enumerate(written.split("\n"), 1):
        if each.lstrip().startswith(("```", "~~~")):
            fenced = not fenced
        found = None if fenced else _HEADING.match(each)
        if found:
            yield _Part(line, level, heading, "\n".join(text).strip())
            line, level, heading, text = number, len(found[1]), found[2], []
        else:
            text.append(each)
    yield _Part(line, level, heading, "\n".join(text).strip())


def _section(step: StepWords, part: _Part) -> str:
    """Take a section into the step; what is wrong with it, or ''."""
    kind, _space, word = part.heading.partition(" ")
    if kind not in SECTIONS or (word and kind != REMARK):
        return f"“### {part.heading}” is unknown: there are {', '.join(SECTIONS)}."
    if not part.text:
        return f"there is nothing below “### {part.heading}”."
    if kind == HINT:
        step.hints.append(part.text)
    elif kind == QUESTION:
        return _question(step, part)
    elif kind == REMARK:
        if not word or word in step.remarks:
            return "a remark has a word of its own: “### Remark few”."
        step.remarks[word] = part.text
    else:
        if getattr(step, kind.lower()):
            return f"“### {kind}” is there twice."
        setattr(step, kind.lower(), part.text)
    return ""


def _question(step: StepWords, part: _Part) -> str:
    ask, answers, right, because = list[str](), list[str](), list[int](), list[str]()
    for line in part.text.split("\n"):
        if found := _ANSWER.match(line):
            if found[1] != " ":
                right.append(len(answers))
            answers.append(found[2].strip())
        else:
            (because if answers else ask).append(line)
    quiz = Quiz("\n".join(ask).strip(), tuple(answers), right[0] if right else 0, "")
    told = "\n".join(because).strip()
    if len(answers) < 2 or len(right) != 1 or not quiz.ask or not told:
        return (
            "a question has a text, then answers “- [ ] …”, two at least, of which one is right, "
            "“- [x] …”, then a text that says why."
        )
    step.questions.append(Quiz(quiz.ask, quiz.answers, quiz.right, told))
    return ""


def unsafe(text: str) -> Iterator[str]:
    """What a text may not hold, a sentence each: HTML, images, links but to pages."""
    read = _CODE.sub("", _FENCED.sub("", text))
    for found in _HTML.finditer(read):
        if not found[0].startswith(("<http://", "<https://")):
            yield f"{found[0][:30]} is HTML, which is not shown: write code between backticks."
            break
    if _IMAGE.search(read):
        yield "an image is not shown: describe it."
    for link in _LINK.finditer(read):
        address = link[1] or link[2] or ""
        if address and not _ADDRESS.match(address):
            yield f"a link leads to {address[:30]}: only http, https and mailto are followed."
