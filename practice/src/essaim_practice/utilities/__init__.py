"""The small programs of a Unix image, a module per family: importing this enters them all."""

from essaim_practice.utilities import (
    awk,
    copying,
    disk,
    editing,
    files,
    listing,
    modes,
    network,
    numbers,
    running,
    search,
    signals,
    sorting,
    system,
    text,
    web,
)

__all__ = [
    "awk",
    "copying",
    "disk",
    "editing",
    "files",
    "listing",
    "modes",
    "network",
    "numbers",
    "running",
    "search",
    "signals",
    "sorting",
    "system",
    "text",
    "web",
]
