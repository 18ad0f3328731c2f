"""The class as CSV: for the gradebook of Moodle, and with all there is for a spreadsheet.

Moodle takes the first under Grades, Import, CSV file: it finds a learner by the address or the ID
number, and takes each lab's column as the grade of an item, in percent. The columns of a learner
have the headings of Moodle's own export. Source: https://docs.moodle.org/en/Grade_import
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Sequence

from core.board.grid import begun, waiting
from core.board.learner import Learner
from core.labs.kept import LabProgress
from core.labs.lab import Lab

#: The headings of Moodle's export, in English: Moodle asks which column is which all the same.
WHO = ("First name", "Last name", "ID number", "Email address")

#: What a spreadsheet takes for one, at the beginning of a cell; some part cells at semicolons, too.
_FORMULA = re.compile(r"(^|;)(?=[\t\r]|\s*[=+@\-\uff1d\uff0b\uff0d\uff20])")

Name = Callable[[Learner], str]


def moodle(
    learners: Iterable[Learner], labs: Sequence[Lab], titles: Sequence[str], name: Name
) -> str:
    """A row for each learner who has begun a lab, and the percent of each lab's steps.

    titles: of the labs, the headings. A lab that was not begun has an empty field: no grade. A step
    that was skipped does not count; one that was so already does.
    """
    rows = [
        [*_who(name(each)), *(_percent(each.progress(lab.name)) for lab in labs)]
        for each in begun(learners)
    ]
    return _csv([(*WHO, *titles), *rows])


def details(learners: Iterable[Learner], now: float, name: Name) -> str:
    """A row for each lab that a learner has begun."""
    head = ("learner", "name", "lab", "step", "done", "skipped", "steps", "seconds at step")
    rows = []
    for learner in begun(learners):
        for progress in learner.labs:
            latest = progress is learner.latest
            step = progress.current.name if progress.current else ""
            skipped = progress.ways.count("skipped")
            done, steps = len(progress.done) - skipped, len(progress.lab.steps)
            seconds = str(round(waiting(learner, now))) if latest and step else ""
            who = (str(learner.number), name(learner), progress.lab.name, step)
            rows.append((*who, str(done), str(skipped), str(steps), seconds))
    return _csv([head, *rows])


def _who(name: str) -> tuple[str, str, str, str]:
    """The four columns of WHO: a name may be an address or an ID number, too."""
    if "@" in name:
        return "", "", "", name
    if re.search(r"\d", name) and " " not in name:
        return "", "", name, ""
    first, _space, last = name.partition(" ")
    return first, last, "", ""


def _percent(progress: LabProgress | None) -> str:
    if progress is None:
        return ""
    done = len(progress.done) - progress.ways.count("skipped")
    return f"{100 * done / len(progress.lab.steps):.0f}"


def _csv(rows: Iterable[Sequence[str]]) -> str:
    file = io.StringIO()
    csv.writer(file, lineterminator="\n").writerows(
        [_harmless(each) for each in row] for row in rows
    )
    return file.getvalue()


def _harmless(text: str) -> str:
    """The text, which no spreadsheet takes for a formula."""
    return _FORMULA.sub(r"\1'", text)
