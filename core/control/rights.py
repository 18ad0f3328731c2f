"""A viewer's right to a real engine: from the password to Lock, leaving or idleness.

There is one object for it. Whoever acts for a viewer, now or later, carries this object and asks it
at each message and at each step; what runs under it is ended with it. It never comes back: who
unlocks again gets another one, and what an ended right had begun stays ended.
"""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Literal, ParamSpec, TypeVar

from core.errors import NotAllowed
from core.i18n import later as _
from core.threads.supervised import SupervisedThread

P = ParamSpec("P")
T = TypeVar("T")

#: Minutes without an act after which a right ends, where ``$ESSAIM_IDLE`` names no others.
IDLE = 30.0
#: Seconds for which a viewer's page may be away, as when a phone changes its network.
AWAY = 30.0
#: Seconds between two looks at whether a right has run out.
LOOK = 1.0

#: Why it ended; never: it was not given.
Why = Literal["", "never", "locked", "idle", "left"]

_ENDED: dict[str, Callable[[], NotAllowed]] = {
    "never": lambda: NotAllowed(_("This is a real engine: enter the password first.")),
    "locked": lambda: NotAllowed(_("The page was locked: enter the password to go on.")),
    "idle": lambda: NotAllowed(
        _("Nothing was done for long, so the page was locked: enter the password to go on.")
    ),
    "left": lambda: NotAllowed(
        _("The page that this was begun from was closed: enter the password on another.")
    ),
}


class Right:
    """From the password until ``end()``, or until nobody acts or is there.

    idle: seconds without an act. here: whether the viewer's page is open now. now: a clock in
    seconds that never goes back.
    """

    def __init__(
        self,
        idle: float = IDLE * 60,
        here: Callable[[], bool] = lambda: True,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.idle = idle
        self.why: Why = ""
        self._here, self._now = here, now
        self._used = self._seen = now()
        self._lock = threading.Lock()
        self._closing = dict[object, Callable[[], None]]()
        self._covered: list[weakref.WeakMethod[Callable[[], None]]] = []
        self._watched = False

    @property
    def held(self) -> bool:
        """Whether it holds now."""
        if not self.why:
            now = self._now()
            if self._here():
                self._seen = now
            if now - self._seen > AWAY:
                self.end("left")
            elif now - self._used > self.idle:
                self.end("idle")
        return not self.why

    def acted(self) -> None:
        """Its viewer has done something: the time without an act begins anew."""
        if self.held:
            self._used = self._now()

    def require(self) -> None:
        """Raise NotAllowed, with the reason, where it has ended."""
        if not self.held:
            raise _ENDED[self.why]()

    def before(self, act: Callable[P, T]) -> Callable[P, T]:
        """The same act, but the right is asked first, each time."""

        def asking(*given: P.args, **named: P.kwargs) -> T:
            self.require()
            return act(*given, **named)

        return asking

    def end(self, why: Why = "locked") -> None:
        """Take it away, and end what runs under it."""
        with self._lock:
            if self.why:
                return
            self.why = why
            closing = [*self._closing.values(), *filter(None, (each() for each in self._covered))]
        for close in closing:  # each on its own: an engine may take its time
            SupervisedThread("end", close).start()

    def covers(self, close: Callable[[], None]) -> None:
        """Call this with the right's end, should its object still be there; at once, if it ended.

        close: a method of what is to end; may be called on any thread.
        """
        with self._lock:
            self._covered = [each for each in self._covered if each() is not None]
            self._covered.append(weakref.WeakMethod(close))
        self._watch()
        if self.why:
            close()

    @contextmanager
    def during(self, close: Callable[[], None]) -> Iterator[None]:
        """While this is under way, the right's end calls ``close``; at once, if it has ended."""
        this = object()
        with self._lock:
            self._closing[this] = close
        self._watch()
        try:
            if self.why:
                close()
            yield
        finally:
            with self._lock:
                del self._closing[this]

    def to_put_back(self) -> Right:
        """Another right for whoever must put back what they changed, even after this one's end.

        To be ended by its user, as soon as all is back.
        """
        return Right(self.idle)

    def _watch(self) -> None:
        """From now on something runs under it: look by itself whether it has run out."""
        with self._lock:
            if self._watched or self.why:
                return
            self._watched = True
        SupervisedThread("right", self._look).start()

    def _look(self) -> None:
        while self.held:
            time.sleep(LOOK)


def _never() -> Right:
    right = Right()
    right.end("never")
    return right


#: The right of who has not shown the password.
NONE = _never()


class Rights:
    """The rights of each browser: a password opens one page, Lock closes all pages of a browser.

    environ: where ``ESSAIM_IDLE`` is read, minutes; what is no such number raises NotAllowed.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        told = environ.get("ESSAIM_IDLE", "").strip()
        try:
            self.idle = 60 * (float(told) if told else IDLE)
        except ValueError:
            self.idle = 0.0
        if not 0 < self.idle < float("inf"):
            raise NotAllowed(
                _("ESSAIM_IDLE is {told!r}: it takes minutes, as in ESSAIM_IDLE=30."), told=told
            )
        self._given = weakref.WeakKeyDictionary[Right, str]()
        self._lock = threading.Lock()

    def give(self, browser: str, here: Callable[[], bool]) -> Right:
        """A right for one page of this browser; '' for one that cannot be told from others."""
        right = Right(self.idle, here)
        with self._lock:
            self._given[right] = browser
        return right

    def lock(self, right: Right, browser: str) -> None:
        """End this right, and those of the same browser's other pages."""
        with self._lock:
            others = [each for each, whose in self._given.items() if browser and whose == browser]
        for each in {right, *others}:
            each.end("locked")
