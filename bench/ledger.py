"""What somebody did, and what of it is not there after a crash."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Literal

LATE = 1.0  # seconds until what was done is kept

#: lost: what was done long enough before is not there. torn: something is there that nobody made.
#: overtaken: what was done later is there, though not lost.
Kind = Literal["lost", "torn", "overtaken"]


@dataclass(frozen=True, slots=True)
class Write:
    """One act: this thing has this value now; None: it is gone.

    ended: when it was confirmed; None: nobody knows whether it was done. Seconds since the epoch.
    """

    thing: str
    value: str | None
    began: float
    ended: float | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    kind: Kind
    sentence: str


class Ledger:
    """Writes in the order in which they were made, one after the other."""

    def __init__(self) -> None:
        self._writes: list[Write] = []

    @contextmanager
    def write(self, thing: str, value: str | None) -> Iterator[None]:
        """Enter an act, which the block does; if it raises, nobody knows whether it was done."""
        at = len(self._writes)
        self._writes.append(Write(thing, value, time.time()))
        yield
        self._writes[at] = replace(self._writes[at], ended=time.time())

    def value(self, thing: str) -> str | None:
        """What the thing should be now."""
        return next((w.value for w in reversed(self._writes) if w.thing == thing), None)

    def things(self, kind: str) -> list[str]:
        """Those that should be there, of the kind that is their name's first word."""
        names = dict.fromkeys(each.thing for each in self._writes)
        return [n for n in names if n.startswith(f"{kind} ") and self.value(n) is not None]

    def settle(self, there: Mapping[str, str]) -> None:
        """Begin anew from what is there."""
        self._writes = [Write(thing, value, 0.0, 0.0) for thing, value in there.items()]

    def faults(self, there: Mapping[str, str], crash: float) -> list[Fault]:
        """What is wrong with what is there. crash: when it was, in seconds since the epoch."""
        found = []
        for thing in dict.fromkeys([*(each.thing for each in self._writes), *there]):
            if fault := self._fault(thing, there.get(thing), crash):
                found.append(fault)
        return found or self._overtaken(there, crash)

    def _fault(self, thing: str, value: str | None, crash: float) -> Fault | None:
        writes = [each for each in self._writes if each.thing == thing]
        kept = [n for n, w in enumerate(writes) if w.ended is not None and w.ended < crash - LATE]
        may_be = [each.value for each in writes[kept[-1] if kept else 0 :]]
        if value in may_be or (value is None and not kept):
            return None
        if value is not None and value not in [each.value for each in writes]:
            made = "; ".join(f"{w.value} {_when(w, crash)}" for w in writes) or "nothing"
            return Fault("torn", f"{thing} is {value}, which nobody made it; it was made {made}")
        last = writes[kept[-1]]
        return Fault("lost", f"{thing} is {value}: it became {last.value} {_when(last, crash)}")

    def _overtaken(self, there: Mapping[str, str], crash: float) -> list[Fault]:
        """What was made before something that is there, and is not there itself."""
        shown = [n for n, w in enumerate(self._writes) if self._shows(n, there.get(w.thing))]
        latest = max(shown, default=0)
        return [
            Fault(
                "overtaken",
                f"{write.thing} is {there.get(write.thing)} and not {write.value}, but what came "
                f"{self._writes[latest].began - (write.ended or 0.0):.2f} s later is there: "
                f"{self._writes[latest].thing}",
            )
            for number, write in enumerate(self._writes[:latest])
            if write.ended is not None
            and there.get(write.thing)
            not in [w.value for w in self._writes[number:] if w.thing == write.thing]
        ]

    def _shows(self, number: int, value: str | None) -> bool:
        """Whether this write alone can have made the value that is there."""
        write = self._writes[number]
        same = [w for w in self._writes if w.thing == write.thing and w.value == value]
        return value is not None and same == [write]


def _when(write: Write, crash: float) -> str:
    if write.ended is None:
        return f"perhaps, from {crash - write.began:.2f} s before on"
    ago = crash - write.ended
    return f"{ago:.2f} s before" if ago < 1e6 else "before the last crash"


class Tally:
    """Numbers that only grow: how many of each there were at least, and when."""

    def __init__(self) -> None:
        self._reached: dict[str, list[tuple[float, int]]] = {}

    def reached(self, thing: str, count: int) -> None:
        self._reached.setdefault(thing, []).append((time.time(), count))

    def faults(self, there: Mapping[str, int], crash: float) -> list[Fault]:
        found = []
        for thing, reached in self._reached.items():
            least = max((n for at, n in reached if at < crash - LATE), default=0)
            if (count := there.get(thing, 0)) < least:
                ago = crash - max(at for at, n in reached if n == least)
                sentence = f"{thing}: {count} of {least}, which there were {ago:.2f} s before"
                found.append(Fault("lost", sentence))
        return found

    def settle(self, there: Mapping[str, int]) -> None:
        self._reached = {thing: [(0.0, count)] for thing, count in there.items()}
