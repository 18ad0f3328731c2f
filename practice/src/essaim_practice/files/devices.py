"""What is read from the devices that give bytes without end: /dev/zero, /dev/full, /dev/urandom."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from essaim_practice.files.filesystem import FileSystem
from essaim_practice.store.file_tree import Device

_ZEROS, _RANDOM = (5, 7), (8, 9)  # their minor numbers


def source(fs: FileSystem, path: str) -> Callable[[int], bytes] | None:
    """What gives so many bytes of the device; None where the path is another file.

    Random bytes come from the time of the first read, so that the same run has the same ones.
    Raises OSError.
    """
    entry = fs.entry(path)
    if not isinstance(entry, Device) or entry.major != 1:
        return None
    if entry.minor in _ZEROS:
        return bytes
    return Random(f"{path} {fs.now()!r}").randbytes if entry.minor in _RANDOM else None
