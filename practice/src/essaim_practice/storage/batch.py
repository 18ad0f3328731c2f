"""What changed in a cluster between two instants, to be written to its file at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from essaim_practice.files.diary import FilesPart
from essaim_practice.programs.logs import LogPart
from essaim_practice.store.store import Stored

Key = tuple[str, str]  # kind and id


class Moment(msgspec.Struct, frozen=True):
    """What belongs to no record of a cluster: counters, clock, and whether it was touched.

    wall: the real time, in seconds since 1970.
    """

    version: int
    writes: int
    now: float
    factor: float
    paused: bool
    wall: float
    touched: bool = True  # nobody knows it of files that do not say so
    engine: str = "28.5"  # there was no other, when files did not say so


@dataclass(frozen=True, slots=True)
class Batch:
    """All changes up to a moment. whole: it is all that there is, and nothing else counts.

    records: None for one that is no more, and whether each is new, after all others of its kind.
    """

    moment: Moment
    records: Mapping[Key, tuple[Stored | None, bool]]
    files: Sequence[FilesPart]
    logs: Sequence[LogPart]
    whole: bool = False
