"""What a cluster is made of again: all of it that outlives a power cut."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from essaim_practice.files.diary import SavedFiles
from essaim_practice.programs.logs import LogPart
from essaim_practice.store.store import Stored


@dataclass(frozen=True, slots=True)
class ClusterState:
    """A cluster as it was at one instant.

    records: of each kind, oldest first. files: by kind and id, as ContainerFiles names them.
    now: the simulated time that it is now, in seconds since 1970. factor, paused: how the clock
    goes. touched: see Cluster.
    """

    records: Sequence[Stored]
    version: int
    writes: int
    files: Mapping[str, SavedFiles]
    logs: Sequence[LogPart]
    now: float
    factor: float
    paused: bool
    touched: bool = True
    engine: str = "28.5"  # which edition it plays; files of old do not say so
