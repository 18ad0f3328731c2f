"""A viewer's right to a real engine: from the password to Lock, leaving or idleness.

The right is one object. All code that acts for a viewer holds it, and checks it at each message and
each step. Its end also ends the commands that run under it. An ended right never comes back: a
viewer who unlocks again gets a new one.
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

#: Minutes without an action until a right ends, unless ``$ESSAIM_IDLE`` is set.
IDLE = 30.0
#: Seconds that a viewer's page may be away, as when a phone changes its network.
AWAY = 30.0
#: Seconds between two checks of a right.
LOOK = 1.0
#: Seconds for which a browser is remembered, on practice alone, after its board was last shown.
REMEMBERED = 15 * 60.0

#: The reason of its end; never: it was never given.
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
    """Holds until ``end()``, or until the viewer is idle or gone.

    idle: seconds without an action. here: whether the viewer's page is open now. now: a monotonic
    clock, in seconds.
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
        """Note an action of its viewer: the idle time begins anew."""
        if self.held:
            self._used = self._now()

    def require(self) -> None:
        """Raise NotAllowed, with the reason, if it has ended."""
        if not self.held:
            raise _ENDED[self.why]()

    def before(self, act: Callable[P, T]) -> Callable[P, T]:
        """A function that calls ``require`` and then ``act``."""

        def asking(*given: P.args, **named: P.kwargs) -> T:
            self.require()
            return act(*given, **named)

        return asking

    def end(self, why: Why = "locked") -> None:
        """End it, and the commands that run under it."""
        with self._lock:
            if self.why:
                return
            self.why = why
            closing = [*self._closing.values(), *filter(None, (each() for each in self._covered))]
        for close in closing:  # each on its own: an engine may take its time
            SupervisedThread("end", close).start()

    def covers(self, close: Callable[[], None]) -> None:
        """Call ``close`` when the right ends; at once, if it has ended.

        close: a bound method; its object is referenced weakly. May be called on any thread.
        """
        with self._lock:
            self._covered = [each for each in self._covered if each() is not None]
            self._covered.append(weakref.WeakMethod(close))
        self._watch()
        if self.why:
            close()

    @contextmanager
    def during(self, close: Callable[[], None]) -> Iterator[None]:
        """Within the block, the right's end calls ``close``; at once, if it has ended."""
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
        """Another right, to undo changes even after this one's end; its user must end it."""
        return Right(self.idle)

    def _watch(self) -> None:
        """Check it regularly from now on, because something runs under it."""
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


#: The right of a viewer who has not shown the password.
NONE = _never()


class Rights:
    """The rights by browser: the password unlocks one page, Lock locks all pages of a browser.

    environ: has ``ESSAIM_IDLE``, minutes. now: a monotonic clock, in seconds. Raises NotAllowed
    where the setting is no positive number.
    """

    def __init__(
        self, environ: Mapping[str, str], now: Callable[[], float] = time.monotonic
    ) -> None:
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
        self._remembered: dict[str, float] = {}  # when the board was last shown, by browser
        self._now = now
        self._lock = threading.Lock()

    def give(self, browser: str, here: Callable[[], bool]) -> Right:
        """A new right for one page. browser: its id, or '' for none. here: see Right."""
        right = Right(self.idle, here)
        with self._lock:
            self._given[right] = browser
        return right

    def lock(self, right: Right, browser: str) -> None:
        """End this right, and the rights of the same browser's other pages."""
        with self._lock:
            self._remembered.pop(browser, None)
            others = [each for each, whose in self._given.items() if browser and whose == browser]
            for each in {right, *others}:
                each.end("locked")

    def remember(self, browser: str, right: Right) -> None:
        """Note that this browser has shown the password. Only for the board of practice.

        right: that of its page; where Lock has just ended it, nothing is noted.
        """
        with self._lock:
            if browser and not right.why:  # without cookies, one browser is not told from another
                self._remembered[browser] = self._now()

    def remembered(self, browser: str) -> bool:
        """Whether a new page of this browser needs no password for the board of practice."""
        with self._lock:
            shown = self._remembered.get(browser)
            if shown is None or self._now() - shown <= REMEMBERED:
                return shown is not None
            del self._remembered[browser]
            return False
