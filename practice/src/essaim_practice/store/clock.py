"""Simulated time: the only clock and the only timers of the practice engine.

Every component asks a Clock, never the operating system, so that a class can speed time up and a
test can step it by hand.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import math
import time
from collections.abc import Callable, Coroutine
from typing import Any, Protocol, TypeVar

from essaim_practice.store.turns import SLICE, Account, turns_of

T = TypeVar("T")


class Timer(Protocol):
    """A call that is due later, and may be cancelled."""

    def cancel(self) -> None: ...


class Clock(Protocol):
    """Simulated time in seconds since the Unix epoch."""

    def now(self) -> float: ...

    def call_later(self, delay: float, callback: Callable[[], None]) -> Timer:
        """Call back once, ``delay`` simulated seconds from now."""
        ...

    def call_first(self, callback: Callable[[], None]) -> Timer:
        """Call back at this very instant, before everything else that is due."""
        ...

    async def sleep(self, delay: float) -> None: ...

    def real(self) -> float:
        """Real seconds since an arbitrary instant; always 0 on a clock without real time."""
        ...

    async def counted(self, work: Coroutine[Any, Any, T]) -> T:
        """Await work of a request to this clock's cluster, which takes its turns for it."""
        ...


class _Timer:
    def __init__(self, callback: Callable[[], None]) -> None:
        self.callback: Callable[[], None] | None = callback

    def cancel(self) -> None:
        self.callback = None


class _Timers:
    """Timers in the order of their due times; of two due at the same time, the older first."""

    def __init__(self) -> None:
        self._order = itertools.count(1)
        self._heap: list[tuple[float, int, _Timer]] = []

    def add(self, due: float, callback: Callable[[], None], first: bool = False) -> Timer:
        """first: before all that are due at the same time."""
        timer = _Timer(callback)
        order = next(self._order)
        heapq.heappush(self._heap, (due, -order if first else order, timer))
        return timer

    def next(self) -> float:
        """The due time of the next timer; infinity without one."""
        while self._heap and self._heap[0][2].callback is None:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else math.inf

    @property
    def first(self) -> bool:
        """Whether the next one was added to be first."""
        return self.next() < math.inf and self._heap[0][1] < 0

    def pop(self) -> Callable[[], None] | None:
        """Remove the next timer and return its function; None if it was cancelled."""
        return heapq.heappop(self._heap)[2].callback

    def clear(self) -> None:
        self._heap.clear()

    def __len__(self) -> int:
        return sum(timer.callback is not None for _, _, timer in self._heap)


class ManualClock:
    """Simulated time that moves only by ``advance`` and ``step``."""

    def __init__(self, start: float = 1_700_000_000.0) -> None:
        self._now = start
        self._timers = _Timers()

    def now(self) -> float:
        return self._now

    def call_later(self, delay: float, callback: Callable[[], None]) -> Timer:
        return self._timers.add(self.now() + max(delay, 0.0), callback)

    def call_first(self, callback: Callable[[], None]) -> Timer:
        return self._timers.add(self.now(), callback, first=True)

    async def sleep(self, delay: float) -> None:
        woken = asyncio.get_running_loop().create_future()
        self.call_later(delay, lambda: None if woken.done() else woken.set_result(None))
        await woken

    def real(self) -> float:
        return 0.0

    async def counted(self, work: Coroutine[Any, Any, T]) -> T:
        return await work

    @property
    def waiting(self) -> int:
        """The number of timers that are still due."""
        return len(self._timers)

    def advance(self, seconds: float) -> None:
        """Run every timer that falls due in the next ``seconds``, each at its own instant."""
        self._go_to(self.now() + seconds)

    async def step(self, seconds: float) -> None:
        """As ``advance``; tasks that sleep on the clock also wake at their due times."""
        end = self.now() + seconds
        while (due := self._timers.next()) <= end:
            self._go_to(due, self.real() + SLICE)
            await asyncio.sleep(0)
        self._go_to(end)

    def _go_to(self, end: float, until: float = math.inf) -> None:
        """Run what is due, to its end or until a real time."""
        while self._timers.next() <= end:
            self._run_next()
            if self.real() > until:
                return
        self._now = max(self._now, end)

    def _run_next(self) -> None:
        self._now = max(self._now, self._timers.next())
        if callback := self._timers.pop():
            callback()


class LoopClock(ManualClock):
    """Simulated time that runs with the event loop, ``factor`` times as fast as a real clock.

    Every timer runs at its own instant: one that the machine is late with still sees the time at
    which it was due, and so what it sets in motion is not late. Until then time stands still for
    everyone. A slow machine makes a simulation slow, never different.

    It keeps its timers itself, so that ``close`` ends all of them: nothing of its cluster goes on.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, factor: float = 1.0, start: float | None = None
    ) -> None:
        """factor: simulated seconds per real second; 0: paused, and 1 after ``resume``.

        start: the time that it begins with; None for the real one.
        """
        super().__init__(time.time() if start is None else start)
        self.wound: Callable[[], None] | None = None  # told when somebody winds or steps it
        self._loop = loop
        self.account = Account(turns_of(loop))
        self._factor = factor or 1.0
        self.paused = not factor
        self._base, self._mark = self._now, loop.time()  # the same instant, here and on the loop
        self._running = False  # a timer
        self._alarm: asyncio.TimerHandle | None = None
        self._asking = False  # for its turn
        self._closed = False

    @property
    def factor(self) -> float:
        return self._factor

    @factor.setter
    def factor(self, factor: float) -> None:
        """Change the factor from now on; pending timers keep their simulated due times."""
        self._settle()
        self._factor = factor
        self._set_alarm()

    def pause(self) -> None:
        self._settle()
        self.paused = True
        self._set_alarm()

    def resume(self) -> None:
        self._settle()
        self.paused = False
        self._set_alarm()

    def now(self) -> float:
        if self._running:
            return self._now
        return max(self._now, min(self._reading(), self._timers.next()))

    def real(self) -> float:
        return self._loop.time()

    async def counted(self, work: Coroutine[Any, Any, T]) -> T:
        return await self.account.run(work)

    def call_later(self, delay: float, callback: Callable[[], None]) -> Timer:
        return self._added(super().call_later, delay, callback)

    def call_first(self, callback: Callable[[], None]) -> Timer:
        return self._added(super().call_first, callback)

    def _added(self, add: Callable[..., Timer], *given: Any) -> Timer:
        if self._closed:
            return _Timer(given[-1])
        timer = add(*given)
        if not self._running:  # else whoever runs timers sets the alarm when done
            self._set_alarm()
        return timer

    def close(self) -> None:
        """Cancel all timers, now and later."""
        self._closed = True
        self._timers.clear()
        self._set_alarm()

    def _reading(self) -> float:
        """The simulated time that corresponds to the loop's clock."""
        if self.paused:
            return self._base
        return self._base + (self._loop.time() - self._mark) * self._factor

    def _settle(self) -> None:
        """Count from now."""
        self._base, self._mark = self.now(), self._loop.time()
        if self.wound is not None:
            self.wound()

    def _go_to(self, end: float, until: float = math.inf) -> None:
        try:
            super()._go_to(end, until)
            self._settle()
        finally:
            self._set_alarm()

    def _run_next(self) -> None:
        self._running = True
        try:
            super()._run_next()
        finally:
            self._running = False

    def _set_alarm(self) -> None:
        due = self._timers.next()
        if due == math.inf or (self.paused and not self._timers.first):
            when = math.inf
        else:
            when = self._mark + (due - self._base) / self._factor
        if self._alarm is not None:
            if self._alarm.when() == when:
                return
            self._alarm.cancel()
        self._alarm = self._loop.call_at(when, self._ring) if when < math.inf else None

    def _is_due(self) -> bool:
        """Whether a timer is to run now. What goes on at this instant does so in a pause, too."""
        due = self._timers.next() <= self._reading()
        return due and (self._timers.first or not self.paused)

    def _ring(self) -> None:
        self._alarm = None
        if self._asking:
            return
        if self.account.may_go():
            self._turn()
        else:
            self._ask()

    def _ask(self) -> None:
        self._asking = True
        self.account.ask(self._turn)

    def _turn(self) -> bool:
        """Run the timers that are due, until the turn ends."""
        self._asking = False
        began = self._loop.time()
        try:
            late = self._run_until(self.account.turns.until)
        finally:
            self.account.spend(self._loop.time() - began)
        if late and not self._asking:
            self._ask()
        return True

    def _run_until(self, end: float) -> bool:
        """Run due timers until this time on the loop's clock; returns whether more are due."""
        late = True
        try:
            while late := self._is_due():
                self._run_next()
                if self._loop.time() >= end:
                    break
        finally:
            self._set_alarm()
        return late
