"""The teacher's settings: by which names the board calls the learners."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Literal

from core.board.learner import Learner

#: By number, by the first name that each is asked for, or by a name that the teacher gives.
Naming = Literal["numbers", "asked", "own"]
LONGEST = 60  # characters of a name that the teacher gives


def tidy(name: str, longest: int = LONGEST) -> str:
    """The name on one line, without marks that turn or hide letters, and no longer than that."""
    joiners = "\u200c\u200d"  # some languages write names with them
    line = "".join(c for c in " ".join(name.split()) if c.isprintable() or c in joiners)
    return line[:longest].strip()


class ClassSettings:
    """The teacher's settings. changed: called after each change."""

    def __init__(self) -> None:
        self._naming: Naming = "numbers"
        self._given: dict[str, str] = {}
        self.changed: Callable[[], None] = lambda: None

    @property
    def naming(self) -> Naming:
        return self._naming

    @naming.setter
    def naming(self, naming: Naming) -> None:
        self._naming = naming
        self.changed()

    @property
    def named(self) -> bool:
        """Whether learners are asked for their first names."""
        return self._naming == "asked"

    @property
    def given(self) -> Mapping[str, str]:
        """The names that the teacher gave, by the learner's code."""
        return self._given

    def give(self, names: Mapping[str, str], there: Collection[str]) -> None:
        """Give names by the learner's code; '' takes one away. there: all codes of the class."""
        given = {code: tidy(name) for code, name in {**self._given, **names}.items()}
        self._given = {code: name for code, name in given.items() if name and code in there}
        self.changed()

    def restore(self, naming: Naming, given: Mapping[str, str]) -> None:
        self._naming, self._given = naming, dict(given)

    def name(self, learner: Learner) -> str:
        """The learner's name on the board; '' where a number stands for it."""
        if self._naming == "own":
            return self._given.get(learner.code, "")
        return learner.called if self.named else ""


#: One class per process.
SETTINGS = ClassSettings()
