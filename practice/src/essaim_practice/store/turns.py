"""Turns: which cluster may use the thread next, where several have something to do.

The clusters of a worker share one thread. Each has an account of the real time that it used, for
programs, for Swarm or for requests. Who has used least comes first, and a turn is short: whoever
asks for little waits for one turn of another at most, however many ask for much.

The rule is start-time fair queueing (Goyal, Vin and Cheng, 1996), as of packets in a network. What
a cluster does starts at a virtual time: where its use before has ended, but never before what is
served now, less a little. The earliest start is served first. So who wakes up comes before who goes
on, nobody saves up more than that little by being idle, and time that nobody else wants is free.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Generator
from contextvars import ContextVar
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

T = TypeVar("T")

SLICE = 0.0005  # real seconds of work, after which the loop looks for what has come from outside
_LEAD = 0.1  # by which one who wakes up may be before who is served
_LOOKS = 4  # times that it looks: from a connection to the request on it, and to its handler

#: The account of the cluster that a task works for.
_CURRENT: ContextVar[Account | None] = ContextVar("account", default=None)


class Account:
    """What one cluster has used of its thread."""

    def __init__(self, turns: Turns) -> None:
        self.turns = turns
        self.used = 0.0  # a virtual time: where its use has ended
        self.total = 0.0  # real seconds
        self.asking: deque[Callable[[], bool]] = deque()

    def may_go(self) -> bool:
        """Whether it has its turn at once."""
        return self.turns.may_go(self)

    def ask(self, begin: Callable[[], bool]) -> None:
        """Call back when it has its turn; what is asked first comes first.

        begin returns whether it is done; if not, ``turns.done`` has to be called.
        """
        self.turns.ask(self, begin)

    def spend(self, seconds: float) -> None:
        """Count what it has used."""
        self.turns.spend(self, seconds)

    async def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Await something of this cluster: each of its steps waits for a turn, and is counted."""
        _CURRENT.set(self)
        result: T = await _Counted(work, self)
        return result


class Turns:
    """The clusters of one loop that have something to do."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._now = 0.0  # virtual time: the start of what was served last
        self._asking: dict[Account, None] = {}  # in the order in which they began to
        self._left = SLICE  # real seconds until the loop has to look
        self._looking: asyncio.Handle | None = None
        self._out = False  # a task has its turn, and will go on with the loop's next round

    @property
    def until(self) -> float:
        """The loop's time at which the turn of who has it ends."""
        return self._loop.time() + self._left

    def may_go(self, account: Account) -> bool:
        if self._left <= 0:
            return False
        start = max(self._now - _LEAD, account.used)
        return all(start < other.used for other in self._asking)

    def ask(self, account: Account, begin: Callable[[], bool]) -> None:
        if account not in self._asking:
            account.used = max(self._now - _LEAD, account.used)
            self._asking[account] = None
        account.asking.append(begin)
        self._look()

    def spend(self, account: Account, seconds: float) -> None:
        start = max(self._now - _LEAD, account.used)
        self._now = max(self._now, start)
        account.used = start + seconds
        account.total += seconds
        self._left -= seconds
        self._look()

    def done(self) -> None:
        """The task that had its turn has made its step."""
        self._out = False
        self._look()

    def _look(self, times: int = _LOOKS) -> None:
        if self._looking is None:
            self._looking = self._loop.call_soon(self._looked, times)

    def _looked(self, times: int) -> None:
        """The loop has looked for what has come: others have their turns, who used least first."""
        self._looking = None
        if self._left <= 0 and times > 1:
            self._look(times - 1)
            return
        self._left = SLICE
        while self._asking and self._left > 0 and not self._out:
            account = min(self._asking, key=_used)
            begin = account.asking.popleft()
            if not account.asking:
                del self._asking[account]
            self._now = max(self._now, account.used)
            self._out = not begin()
        if self._asking and not self._out:
            self._look()


def _used(account: Account) -> float:
    return account.used


_TURNS: WeakKeyDictionary[asyncio.AbstractEventLoop, Turns] = WeakKeyDictionary()


def turns_of(loop: asyncio.AbstractEventLoop) -> Turns:
    """The turns of everything on a loop."""
    if loop not in _TURNS:
        _TURNS[loop] = Turns(loop)
    return _TURNS[loop]


class _Counted:
    """An awaitable that runs a coroutine step by step."""

    def __init__(self, work: Coroutine[Any, Any, Any], account: Account) -> None:
        self._work = work
        self._account = account

    def __await__(self) -> Generator[Any, Any, Any]:
        work, account = self._work, self._account
        loop = asyncio.get_running_loop()
        sent: Any = None
        thrown: BaseException | None = None
        pausing = False  # it gives way, and could go on at once
        while True:
            granted = False
            if thrown is None and (pausing or not account.may_go()):
                try:
                    yield from _turn(account, loop.create_future())
                    granted = True
                except asyncio.CancelledError as error:
                    thrown = error
            began = loop.time()
            try:
                awaited = work.throw(thrown) if thrown is not None else work.send(sent)
            except StopIteration as end:
                return end.value
            finally:
                account.spend(loop.time() - began)
                if granted:
                    account.turns.done()
            sent = thrown = None
            pausing = awaited is None
            if pausing:
                continue
            try:
                sent = yield awaited
            except BaseException as error:
                thrown = error


def _turn(account: Account, ready: asyncio.Future[None]) -> Generator[Any, Any, None]:
    """Wait for a turn."""

    def begin() -> bool:
        if ready.done():  # whoever waited has gone
            return True
        ready.set_result(None)
        return False

    account.ask(begin)
    try:
        yield from ready
    except BaseException:
        if ready.done() and not ready.cancelled():  # it came too late
            account.turns.done()
        raise


def counted(work: Coroutine[Any, Any, T]) -> Coroutine[Any, Any, T]:
    """What a task of its own shall do for the cluster of this task, to be counted as well."""
    account = _CURRENT.get()
    return work if account is None else account.run(work)
