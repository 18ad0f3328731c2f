"""What a cluster is when it begins."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from essaim_practice.store.edition import EDITIONS, USUAL, Edition
from essaim_practice.store.limits import Limits, is_whole

#: The version of the Docker engine that is played where nobody chooses.
ENGINE = USUAL.name
NODES = (1, 100)
SPEEDS = (0.1, 100.0)


@dataclass(frozen=True, slots=True)
class Settings:
    """What a cluster is when it begins, and again after each reset.

    nodes: how many machines, 1 to 100. formed: they are one Swarm already, node1 its manager.
    speed: simulated seconds per second, 0.1 to 100; 0: time stands still until it is told to step.
    seed: the same one gives the same run; None draws one each time. bind_ports: listen for
    published ports on the loopback too, where that is possible. engine: the version of the Docker
    engine that is played, "29.8" or "28.5". claim_ports: where another program of this computer has
    a port, no container that publishes it starts, as on a real engine. share: a
    folder of this computer whose files the machines have at its own path, read only; None: no file
    of this computer is seen. Raises ValueError for what cannot be, in words for a person.

    >>> from essaim_practice import Settings
    >>> Settings(nodes=5, speed=50).formed
    True
    >>> Settings(nodes=0)
    Traceback (most recent call last):
    ValueError: nodes is 0: write a whole number from 1 to 100
    """

    nodes: int = 3
    formed: bool = True
    speed: float = 1.0
    seed: int | None = None
    limits: Limits = field(default_factory=Limits)
    bind_ports: bool = True
    engine: str = ENGINE
    claim_ports: bool = False
    share: Path | None = None

    @property
    def edition(self) -> Edition:
        return EDITIONS[self.engine]

    def __post_init__(self) -> None:
        if not is_whole(self.nodes) or not NODES[0] <= self.nodes <= NODES[1]:
            raise ValueError(f"nodes is {self.nodes!r}: write a whole number from 1 to {NODES[1]}")
        if not isinstance(self.formed, bool):
            raise ValueError(f"formed is {self.formed!r}: write True for one Swarm, False for none")
        fits = isinstance(self.speed, int | float) and not isinstance(self.speed, bool)
        if not fits or (self.speed and not SPEEDS[0] <= self.speed <= SPEEDS[1]):
            raise ValueError(f"speed is {self.speed!r}: write 0, or a number from 0.1 to 100")
        if self.seed is not None and not is_whole(self.seed):
            raise ValueError(f"seed is {self.seed!r}: write a whole number, or None")
        if not isinstance(self.limits, Limits):
            raise ValueError(f"limits is {self.limits!r}: write Limits(containers=20)")
        if not isinstance(self.bind_ports, bool):
            raise ValueError(f"bind_ports is {self.bind_ports!r}: write True or False")
        if self.share is not None:
            _check_share(self.share)
        if self.engine not in EDITIONS:
            known = ", ".join(map(repr, EDITIONS))
            raise ValueError(f"engine {self.engine!r} is not played: write one of {known}")


def _check_share(folder: object) -> None:
    """Raises ValueError for what is no folder, and for one that would hide a machine's own."""
    from essaim_practice.files import machine_tree  # takes a while, and few share a folder

    if not isinstance(folder, Path) or not folder.is_absolute() or not folder.is_dir():
        raise ValueError(f"share is {str(folder)!r}: write the absolute Path of a folder")
    if machine_tree.MACHINE.names(os.path.abspath(folder)):
        raise ValueError(f"share is {str(folder)!r}, which every machine has: share one below it")
