"""What Clusters wants of whoever keeps clusters on disk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from essaim_practice.hosting.server import PracticeServer

#: How a cluster came to be when it was opened.
Begun = Literal["new", "there", "restored"]
#: Why what was kept of a cluster was put aside.
Lost = Literal["damaged", "future"]


@dataclass(frozen=True, slots=True)
class Opened:
    """A cluster that was opened. lost: why what was kept of it is not in it."""

    server: PracticeServer
    begun: Begun
    lost: Lost | None = None


class Keeping(Protocol):
    """Keeps clusters beyond the end of their process. Called on the clusters' thread alone."""

    async def restore(self, key: str, server: PracticeServer) -> tuple[bool, Lost | None]:
        """Put what is kept of this cluster into one that has just begun, before it listens.

        Whether there was any, and why it was put aside. Keeps the cluster from now on, over
        resets, too.
        """

    async def forget(self, key: str) -> None:
        """Keep this cluster no more, and remove what was kept of it, if anything."""

    async def close(self) -> None:
        """Write what is not written yet, and keep nothing from now on."""
