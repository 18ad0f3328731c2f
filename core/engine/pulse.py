"""Whether a process of ours that says nothing is hung, or only waits for a processor."""

from __future__ import annotations

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
LOOK = 0.5

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

    It is hung after 5 s of silence, but for those in which whoever looks was late itself. One that
    is eager is not: on a busy machine it may only not have had its turn. It has 5 s of a
    processor's time then, and 30 s at most.
    """

    def __init__(
        self,
        pid: int,
        work: Callable[[int], Work] = work,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._pid, self._work, self._now = pid, work, now
        self._heard = True
        self._silent = self._used = 0.0
        self._looked = self._eager = now()

    def beat(self) -> None:
        """It has said something."""
        self._heard = True

    @property
    def hung(self) -> bool:
        """To be asked twice a second."""
        now, seen = self._now(), self._work(self._pid)
        if self._heard:
            self._heard, self._silent, self._used = False, 0.0, seen.used
        else:
            self._silent += min(now - self._looked, 2 * LOOK)
        self._looked = now
        if seen.eager:
            self._eager = now
        excused = now - self._eager < 2 * LOOK and seen.used - self._used < SILENCE
        return self._silent >= (LONGEST if excused else SILENCE)
