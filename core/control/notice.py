"""What a page says above the cluster: that its worker was lost, and that something is not kept."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

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
    """The last return of a cluster, and what is not kept.

    warn: tells the latter, or None. now: a monotonic clock, in seconds.
    """

    def __init__(
        self,
        warn: Callable[[], Iterable[Worded | None]] = tuple,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._warn, self._now = warn, now
        self._last: tuple[float, Return] | None = None
        self._shown = ""  # when somebody asked whether it has changed

    def note(self, what: Return) -> None:
        self._last = (self._now(), what)

    @property
    def warnings(self) -> tuple[Worded, ...]:
        """A sentence for each thing that is not kept."""
        return tuple(filter(None, self._warn()))

    @property
    def shown(self) -> str:
        """All of it, in one language: to tell whether a page shows the same."""
        return "\n".join(map(str, filter(None, (self.text, *self.warnings))))

    def changed(self) -> bool:
        """Whether it is not what it was at the last question."""
        before, self._shown = self._shown, self.shown
        return before != self._shown

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
        return Worded(_KEPT) if what.kept else Worded(_ANEW)
