"""The labs there are: those of the course, in its order, then those of ESSAIM_LABS."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from pathlib import Path

from core.labs.folder import LAB, Reading, read
from core.labs.lab import Lab

log = logging.getLogger(__name__)

#: Where the labs of the course lie.
FOLDER = Path(__file__).parent
#: Names folders of more labs, parted as in PATH: each is a lab, or holds folders that are.
VARIABLE = "ESSAIM_LABS"


def found(environ: Mapping[str, str]) -> tuple[Reading, ...]:
    """All labs, each with what is wrong with it: none of a name that is taken already."""
    readings: dict[str, Reading] = {}
    for folder in [*_within(FOLDER), *_named(environ.get(VARIABLE, ""))]:
        reading = read(folder)
        if folder.name in readings:
            sentence = f"there is a lab called {folder.name} already: give the folder another name."
            readings[str(folder)] = Reading(folder, None, (sentence,))
        else:
            readings[folder.name] = reading
    return tuple(readings.values())


def _named(value: str) -> list[Path]:
    folders: list[Path] = []
    for each in filter(None, value.split(os.pathsep)):
        path = Path(os.path.expanduser(each))
        inside = [] if os.path.exists(path / LAB) else _within(path)
        folders += inside or [path]  # whatever is wrong with it is told when it is read
    return folders


def _within(path: Path) -> list[Path]:
    return sorted(file.parent for file in path.glob(f"*/{LAB}"))


def _taken(environ: Mapping[str, str]) -> tuple[Lab, ...]:
    labs = []
    for reading in found(environ):
        for fault in reading.faults:
            log.warning("the lab in %s is left out: %s", reading.folder, fault)
        if reading.lab:
            labs.append(reading.lab)
    return tuple(labs)


LABS: tuple[Lab, ...] = _taken(os.environ)

BY_NAME = {lab.name: lab for lab in LABS}
