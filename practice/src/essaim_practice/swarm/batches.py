"""Work on many records, done in batches: the clusters have their turns in between."""

from __future__ import annotations

from collections.abc import Iterator

from essaim_practice.store.clock import Clock

BATCH = 20  # records that are written at once: some milliseconds
GLANCE = 200  # records that are only looked at


def in_batches(clock: Clock, work: Iterator[None]) -> None:
    """Do the work up to its next yield; go on at the same instant, before all else that is due.

    What a request changes in between is there when the work goes on.
    """
    for _ in work:
        clock.call_first(lambda: in_batches(clock, work))
        return
