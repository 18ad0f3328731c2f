"""The utilities of a Unix image, one module per family; importing this registers them all."""

from essaim_practice.utilities import (  # noqa: F401
    awk,
    copying,
    curl,
    disk,
    editing,
    files,
    listing,
    modes,
    nano,
    network,
    numbers,
    running,
    search,
    signals,
    sorting,
    system,
    text,
    vi,
    watching,
    web,
)
