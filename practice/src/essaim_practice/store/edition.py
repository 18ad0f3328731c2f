"""What differs between the versions of the Docker engine that are played: all of it is here.

An engine answers in the shape of the version of the API that it is asked in, too: how an older one
and how 29 shows what it is asked for is told in ``api/versions.py``.
"""

from __future__ import annotations

from dataclasses import dataclass

Version = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Edition:
    """One version of the Docker engine.

    newest, oldest: the versions of the API that it speaks. containerd: images lie in containerd's
    store, where an image's id is the digest of its manifest and its size counts what was pulled,
    besides what was unpacked.
    """

    name: str  # as one chooses it: 29.8
    version: str
    newest: Version
    oldest: Version
    containerd: bool
    built: str
    commit: str

    @property
    def api(self) -> str:
        return spelled(self.newest)

    @property
    def oldest_api(self) -> str:
        return spelled(self.oldest)

    @property
    def driver(self) -> str:
        """Of the storage below containers."""
        return "overlayfs" if self.containerd else "overlay2"


def spelled(version: Version) -> str:
    return f"{version[0]}.{version[1]}"


_EDITIONS = (
    Edition(
        "28.5", "28.5.2", (1, 51), (1, 24), False, "2025-11-05T14:43:25.000000000+00:00", "89c5e8f"
    ),
    Edition(
        "29.8", "29.8.0", (1, 56), (1, 40), True, "2026-08-20T14:11:07.000000000+00:00", "unknown"
    ),
)
#: By the names that choose them.
EDITIONS = {each.name: each for each in _EDITIONS} | {"29": _EDITIONS[1]}
#: What is played where nobody chooses.
USUAL = EDITIONS["28.5"]
