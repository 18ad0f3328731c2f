"""The terminals of one browser tab on the machines of a practice cluster, and the journal."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass

from core.cluster.failures import unforeseen
from core.commands.command import HEADER
from core.commands.execs import ExecContainer
from core.commands.journal import Record
from core.console.answer import message
from core.console.grant import Grant
from core.control.control import Control
from core.engine.practice import Machine
from core.errors import EssaimError, InvalidCommand, NotAllowed
from core.i18n import later as _
from core.i18n import translation
from core.live.hub import Subscription
from core.machines.shell import SIZE, shell
from core.terminal.stream import Stream
from core.terminal.terminal import Terminal
from core.threads.supervised import SupervisedThread

MOST_TERMINALS = 4  # on one machine
MOST_ACTS = 8  # of its browsers that go on at a time, each on a thread; more are not begun
#: Seconds until a terminal is closed: without a browser; without input and output. A lesson's talk
#: is shorter, and so is a walk through the other pages.
UNWATCHED = 2 * 3600.0
IDLE = 8 * 3600.0


@dataclass(frozen=True, slots=True)
class Place:
    """One terminal of a machine. number: from 1 on. container: '' for the machine's own shell."""

    machine: str
    number: int
    terminal: Terminal
    container: str = ""


class Desk:
    """Opens terminals, tells its browsers which there are, and outlives their pages."""

    private = False  # of a practice cluster nobody hides anything

    def __init__(self, control: Control, browser: str = "") -> None:
        self.key = secrets.token_urlsafe(18)
        self.control, self.browser = control, browser
        self.terminals: dict[str, Terminal] = {}
        self.used = time.monotonic()
        self._places: dict[str, Place] = {}
        self._lock = threading.RLock()
        self._opening = threading.Lock()  # held while one opens: none is opened twice
        self._subscriptions: set[Subscription] = set()
        self._next = 0  # the number of the next record to tell
        self._acts = threading.BoundedSemaphore(MOST_ACTS)

    @contextmanager
    def follow(self, language: str) -> Iterator[Subscription]:
        """A subscription that starts with all there is. Call on the browser's event loop."""
        subscription = Subscription(language)
        machines, journal = self.control.machines, self.control.journal
        with self._lock:
            subscription.offer("session", message("session", key=self.key))
            subscription.offer(*self._machines())
            subscription.offer(*self._terminals())
            past = journal.news(0)
            for number, record in enumerate(past.entries, past.first):
                assert isinstance(record, Record)
                subscription.offer(f"record {number}", _told(number, record, language))
            first = not self._subscriptions
            self._subscriptions.add(subscription)
            if first:
                self._next = past.first + len(past.entries)
        if first:
            machines.follow(self._moved)
            journal.follow(self._recorded)
            self._moved()  # what happened meanwhile
            self._recorded()
        try:
            yield subscription
        finally:
            with self._lock:
                self._subscriptions.discard(subscription)
                self.used = time.monotonic()
                last = not self._subscriptions
            if last:
                machines.leave(self._moved)
                journal.leave(self._recorded)

    @property
    def watched(self) -> bool:
        return bool(self._subscriptions)

    def shown_to(self, grant: Grant) -> bool:
        return True

    def open(
        self,
        machine: str,
        grant: Grant,
        language: str,
        *,
        first: bool = False,
        size: tuple[int, int] = SIZE,
        container: str = "",
    ) -> None:
        """Open a terminal there, on a thread of its own; browsers are told of it, or of a refusal.

        first: only where the machine has none yet. size: columns and rows. container: whose shell;
        else the machine's.
        """

        def begin() -> None:
            with self._opening:
                mine = [place for place in self._places.values() if place.machine == machine]
                if first and mine:
                    return
                if len(mine) >= MOST_TERMINALS:
                    sentence = _("{machine} has {count} terminals open: close one of them first.")
                    raise InvalidCommand(sentence, machine=machine, count=MOST_TERMINALS)
                stream = self._stream(machine, container, grant, size)
                terminal = Terminal(stream, unwatched=UNWATCHED, idle=IDLE)
                number = min(set(range(1, MOST_TERMINALS + 1)) - {place.number for place in mine})
                with self._lock:
                    self.terminals[terminal.key] = terminal
                    self._places[terminal.key] = Place(machine, number, terminal, container)
            self._count()

        self._do(begin, language, machine)

    def again(self, key: str, grant: Grant, language: str, size: tuple[int, int] = SIZE) -> None:
        """A fresh shell in a terminal whose shell has ended, or was lost with its machine."""
        place = self._places.get(key)
        end = place.terminal.end if place else None
        if place is None or place.container or end is None:
            return
        lost = end.code is None and not end.idle

        def begin() -> None:
            with self._opening:
                if place.terminal.end is None:
                    return
                stream = self._stream(place.machine, "", grant, size)
                told = b""
                if lost:
                    text = translation(language).gettext(
                        _("The connection to {machine} was lost: this is a fresh shell.")
                    )
                    told = note(text.format(machine=place.machine))
                place.terminal.renew(stream, told)

        # A browser asks until the machine is back.
        self._do(begin, language, place.machine, quiet=lost)

    def hang_up(self, key: str) -> None:
        """Close one of its terminals, and forget it."""
        with self._lock:
            self._places.pop(key, None)
            terminal = self.terminals.pop(key, None)
        if terminal is not None:
            terminal.close()
        self._count()

    def close(self) -> None:
        for key in list(self.terminals):
            self.hang_up(key)

    def _stream(self, machine: str, container: str, grant: Grant, size: tuple[int, int]) -> Stream:
        if container:
            command = ExecContainer(
                interactive=True, tty=True, container=container, command=("sh",)
            )
            return grant.control.attach(command, grant.who, grant.right())
        refusal = NotAllowed(_("Only the machines of a practice cluster have a terminal here."))
        grant.control.require_practice(refusal)
        return shell(grant.control.machines.at(machine), size)

    def _do(
        self, begin: Callable[[], None], language: str, machine: str, quiet: bool = False
    ) -> None:
        def act() -> None:
            try:
                begin()
            except Exception as error:
                if quiet and isinstance(error, EssaimError):
                    return
                said = unforeseen(error).said(translation(language).gettext)
                self._tell(("refused", message("refused", machine=machine, text=said)))

        def over(error: BaseException | None) -> None:
            self._acts.release()
            if error:
                unforeseen(error)

        self.used = time.monotonic()
        if self._acts.acquire(blocking=False):
            SupervisedThread("desk", act, over).start()

    def _moved(self) -> None:
        self._tell(self._machines())

    def _recorded(self) -> None:
        with self._lock:
            news = self.control.journal.news(self._next)
            self._next = news.first + len(news.entries)
            for number, record in enumerate(news.entries, news.first):
                assert isinstance(record, Record)
                for each in self._subscriptions:
                    each.offer(f"record {number}", _told(number, record, each.language))

    def _machines(self) -> tuple[str, str]:
        found = [_shown(machine) for machine in self.control.machines.machines]
        return "machines", message("machines", machines=found)

    def _terminals(self) -> tuple[str, str]:
        with self._lock:
            shown = [
                {
                    "key": key,
                    "machine": place.machine,
                    "number": place.number,
                    "container": place.container,
                }
                for key, place in self._places.items()
            ]
        return "terminals", message("terminals", terminals=shown)

    def _count(self) -> None:
        """Tell which terminals there are now."""
        with self._lock:
            self._tell(self._terminals())

    def _tell(self, told: tuple[str, str]) -> None:
        with self._lock:
            for subscription in self._subscriptions:
                subscription.offer(*told)


def note(text: str) -> bytes:
    """A line of ours between those of programs, pale and in brackets."""
    return f"\r\n\x1b[2m[{text}]\x1b[0m\r\n".encode()


def _shown(machine: Machine) -> dict[str, object]:
    known = asdict(machine)
    return {name: known[name] for name in ("name", "up", "cut", "full", "address", "role")}


def _told(number: int, record: Record, language: str) -> str:
    translate = translation(language).gettext
    return message(
        "record",
        number=number,
        time=record.time,
        who=record.who,
        machine=record.machine,
        line=record.line,
        python=record.python.removeprefix(HEADER).strip(),
        code=record.code,
        refused=record.refusal.said(translate) if record.refusal else "",
    )
