"""Whether a process of ours that says nothing is hung, or only waits for a processor."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

#: Seconds without a word until a worker counts as hung; it says something each second.
SILENCE = 5.0
#: Seconds after which no excuse counts any more.
LONGEST = 30.0
#: Seconds between two looks.
LOOK = 0.25
#: Seconds without a look after which whoever looks was late itself.
LATE = 1.0
#: Seconds for which a process that wanted no turn counts as eager still.
EAGER = 1.0

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Work:
    """What a process does. used: seconds of a processor's time, so far.

    eager: one of its threads works, or would if a processor or the disk were free for it.
    """

    used: float
    eager: bool


def work(pid: int) -> Work:
    """As Linux tells it; elsewhere a process is never eager."""
    try:
        used = sum(map(int, _fields(Path(f"/proc/{pid}/stat"))[11:13])) / _TICKS
        threads = list(Path(f"/proc/{pid}/task").iterdir())
        return Work(used, any(_fields(each / "stat")[0] in ("R", "D") for each in threads))
    except OSError:  # it has ended, or one of its threads has
        return Work(0.0, eager=False)


def _fields(stat: Path) -> list[str]:
    """From the third one on; the second is a name, with any sign in it."""
    return stat.read_text().rpartition(")")[2].split()


class Pulse:
    """Of a process that says something each second.

    It is hung after 5 s of silence since its last word, but for those in which whoever looks was
    late itself. One that is eager is not: on a busy machine it may only not have had its turn. It
    has 5 s of a processor's time then, and 30 s at most.
    """

    def __init__(
        self,
        pid: int,
        work: Callable[[int], Work] = work,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._pid, self._work, self._now = pid, work, now
        self._beat = self._looked = self._eager = now()
        self._since = -math.inf  # the last word of which is known what follows:
        self._used = self._late = 0.0  # what had been used then, and how late we were since

    def beat(self) -> None:
        """It has said something."""
        self._beat = self._now()

    @property
    def hung(self) -> bool:
        """To be asked four times a second."""
        beat, seen = self._beat, self._work(self._pid)
        now = self._now()
        if beat > self._since:
            self._since, self._used, self._late = beat, seen.used, 0.0
        self._late += max(0.0, now - max(self._looked, beat) - LATE)
        self._looked = now
        if seen.eager:
            self._eager = now
        excused = now - self._eager < EAGER and seen.used - self._used < SILENCE
        return now - beat - self._late >= (LONGEST if excused else SILENCE)
