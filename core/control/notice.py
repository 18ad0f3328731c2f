"""What a page says after the worker of its practice cluster was lost."""

from __future__ import annotations

import time
from collections.abc import Callable

from core.engine.worker import Return
from core.errors import Worded
from core.i18n import later as _

#: Seconds for which it is said.
SAID = 300.0

_KEPT = _(
    "The server's practice machines lost power for a moment: they are back with their files, Swarm "
    "replaces its tasks, and other containers without a restart policy wait for docker start."
)
_ANEW = _(
    "The server's practice machines were lost: this cluster was begun anew, and your progress in "
    "the labs is kept."
)
_DAMAGED = _(
    "What was kept of this cluster is damaged: it was put aside, and the cluster was begun anew. "
    "Your progress in the labs is kept."
)
_FUTURE = _(
    "What was kept of this cluster was written by a newer Essaim: it was put aside, and the "
    "cluster was begun anew. Your progress in the labs is kept."
)


class Notice:
    """The last return of a cluster. now: a monotonic clock, in seconds."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._last: tuple[float, Return] | None = None

    def note(self, what: Return) -> None:
        self._last = (self._now(), what)

    @property
    def text(self) -> Worded | None:
        """One sentence or two; None where there is nothing to say, or no more."""
        if self._last is None or self._now() - self._last[0] > SAID:
            return None
        what = self._last[1]
        if what.aside == "damaged":
            return Worded(_DAMAGED)
        if what.aside == "future":
            return Worded(_FUTURE)
        return Worded(_KEPT if what.kept else _ANEW)
