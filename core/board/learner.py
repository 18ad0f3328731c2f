"""A learner as the board sees one."""

from __future__ import annotations

from dataclasses import dataclass

from core.labs.kept import LabProgress


@dataclass(frozen=True, slots=True)
class Learner:
    """A cluster with what was done in the labs there."""

    number: int  # from 1, in the order in which they came; it stays
    code: str  # the one to look on; '' where everybody shares the cluster
    called: str  # the first name that they gave, '' for none
    here: bool  # a page of theirs is open
    labs: tuple[LabProgress, ...]  # those that have begun

    @property
    def latest(self) -> LabProgress | None:
        """The lab of the latest progress; None where none has begun."""
        return max(self.labs, key=lambda progress: progress.since, default=None)

    def progress(self, lab: str) -> LabProgress | None:
        return next((each for each in self.labs if each.lab.name == lab), None)
