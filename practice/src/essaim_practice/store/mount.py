"""One mount of a container, as its record keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mount:
    """A volume, folder, file or memory that is mounted at a path of a container."""

    kind: str  # volume, bind, tmpfs; file: a task's secret or config
    target: str  # absolute path in the container
    source: str = ""  # a volume's name, or a path of the machine
    writable: bool = True
    mode: str = ""  # as -v gave it
    propagation: str = "rprivate"  # of a path of the machine: where later mounts below it show
    anonymous: bool = False  # a volume that goes when its container does
    copy: bool = True  # an empty volume is filled with what the image has there
    must_exist: bool = False  # a path of the machine is not made when it is missing
    listed: bool = True  # --tmpfs is not
    size: int = 0  # bytes that a tmpfs may hold; 0: the usual
    permissions: int = 0o1777  # of a tmpfs or a file
    labels: Mapping[str, str] | None = None  # of a volume that is made for it
    data: bytes = b""  # of a file: what it holds
    owner: tuple[int, int] = (0, 0)  # of a file: user and group
    problem: str = ""  # why the container cannot start with it
